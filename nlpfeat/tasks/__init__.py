"""Systems: the settings and rows of the table of tasks, a family a file."""

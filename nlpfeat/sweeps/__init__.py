"""Many members: grid, buckets, compiled programs, the study folder and its labelled array."""

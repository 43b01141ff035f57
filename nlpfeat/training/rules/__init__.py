"""Learning rules other than gradient descent."""

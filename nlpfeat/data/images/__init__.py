"""Labelled vectors and pictures of a fixed size: MNIST-1D, scikit-learn's digits, MNIST."""

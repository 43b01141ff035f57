"""What features does a neural network learn, and what does its width buy?

A sweep is one labelled array, computed by a few compiled programs. The table of everything that can be
swept is `nlpfeat.tasks`; a study runs by `nlpfeat.sweeps.run`. Importing the package computes nothing.
"""

__version__ = "0.1.0"

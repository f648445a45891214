"""The name ``torch`` for this library, in a program that was written for PyTorch."""

"""Processes of PyTorch's launcher, which is not here."""

"""Tools of PyTorch's launcher that programs use without it."""

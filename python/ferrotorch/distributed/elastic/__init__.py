"""PyTorch's launcher of processes, which is not here."""

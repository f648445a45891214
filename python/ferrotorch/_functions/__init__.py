"""Functions that are compositions of operators, by family; each also serves as a method of ``Tensor``."""

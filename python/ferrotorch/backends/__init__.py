"""What the parts that compute can do here."""

from ferrotorch.backends import cpu

__all__ = ["cpu"]

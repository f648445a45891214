"""Comparison of tensors in tests."""

from ferrotorch.testing._comparison import assert_close

__all__ = ["assert_close"]

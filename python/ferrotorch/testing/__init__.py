"""Comparison of tensors in tests, and tensors to test with."""

from ferrotorch.testing._allclose import assert_allclose
from ferrotorch.testing._comparison import assert_close
from ferrotorch.testing._creation import make_tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]

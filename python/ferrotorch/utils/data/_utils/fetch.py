"""Samples of a batch."""

from ferrotorch.utils.data._fetch import make_fetch

__all__ = ["make_fetch"]

"""A mode that packages enter for the compiler's sake."""

from ferrotorch.overrides import BaseTorchFunctionMode

__all__ = ["TransformGetItemToIndex"]


class TransformGetItemToIndex(BaseTorchFunctionMode):
    """Lets ``vmap`` index by the number in a tensor without reading it, as it always does here."""

"""The class of nested tensors: values of all sequences, one after the other, and where each sequence starts."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor


class RaggedSize:
    """The size of a dimension that is another one in each sequence; equal for tensors with the same offsets."""

    _count = 0

    def __init__(self) -> None:
        RaggedSize._count += 1
        self._name = f"j{RaggedSize._count}"

    def __repr__(self) -> str:
        return self._name


class NestedTensor(Tensor):
    """A batch of tensors that differ in the size of one dimension.

    The tensor that it is for the core is that of the values (total, *): the ragged dimension is the first of them. Made
    by the functions of `torch.nested`.
    """

    _offsets: Tensor
    _layout: Any
    _ragged_idx: int
    _size: RaggedSize

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute with the values."""
        from ferrotorch.nested import _dispatch

        return _dispatch.call(func, args, kwargs or {})

    @property
    def is_nested(self) -> bool:
        """True."""
        return True

    def offsets(self) -> Tensor:
        """Where the sequences start among the values (batch + 1), and where the last one ends."""
        return self._offsets

    def lengths(self) -> None:
        """None: there are no holes between the sequences."""
        return None

    # Other programs read these of PyTorch's class.
    @property
    def _lengths(self) -> None:
        return None

    @property
    def _values(self) -> Tensor:  # type: ignore[override]  # a method of sparse tensors
        return values_of(self)

    def _nested_tensor_size(self) -> Tensor:
        """The sizes of the tensors of the batch (batch, dimensions)."""
        return torch.tensor([part.shape for part in parts_of(self)], dtype=torch.int64)

    def to_padded_tensor(self, padding: float, output_size: Any = None) -> Tensor:
        """See `torch.nested.to_padded_tensor`."""
        return to_padded_tensor(self, padding, output_size)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        node = self.grad_fn
        suffix = f", grad_fn=<{type(node).__name__}>" if node is not None else ""
        if node is None and self.requires_grad:
            suffix = ", requires_grad=True"
        if self._layout == torch.strided:
            parts = [repr(x.detach()).replace("\n", "\n  ") for x in parts_of(self)]
            return "nested_tensor([\n  " + ",\n  ".join(parts) + f"\n]{suffix})"
        size = ", ".join(str(n) for n in sizes(self))
        return f"NestedTensor(size=({size}), offsets={self._offsets}, contiguous={self._ragged_idx == 1}{suffix})"


def is_nested(x: Any) -> bool:
    """Is an object a nested tensor?"""
    return isinstance(x, NestedTensor)


def values_of(x: NestedTensor) -> Tensor:
    """The values (total, *), with their history."""
    with _C.DisableTorchFunctionSubclass():
        return x.as_subclass(Tensor)


def wrap(values: Tensor, offsets: Tensor, layout: Any, ragged: int = 1, size: RaggedSize | None = None) -> NestedTensor:
    """A nested tensor of values, with their history.

    Args:
        values: (total, *), the ragged dimension first.
        offsets: (batch + 1): where each sequence starts, and where the last one ends.
        layout: ``torch.jagged`` or ``torch.strided``.
        ragged: which dimension of the nested tensor is the ragged one.
        size: the name of its size; a new one by default.
    """
    with _C.DisableTorchFunctionSubclass():
        result = values.as_subclass(NestedTensor)
    fields = {"_offsets": offsets, "_layout": layout, "_ragged_idx": ragged, "_size": size or RaggedSize()}
    result.__dict__.update(fields)
    return result


def like(x: NestedTensor, values: Tensor, ragged: int | None = None) -> NestedTensor:
    """A nested tensor of other values in the same sequences."""
    return wrap(values, x._offsets, x._layout, x._ragged_idx if ragged is None else ragged, x._size)


def sizes(x: NestedTensor) -> tuple[Any, ...]:
    """Sizes of all dimensions, a `RaggedSize` that of the ragged one."""
    with _C.DisableTorchFunctionSubclass():
        inner: list[Any] = list(x.shape[1:])
    inner.insert(x._ragged_idx - 1, x._size)
    return (len(x._offsets) - 1, *inner)


def parts_of(x: NestedTensor) -> tuple[Tensor, ...]:
    """The tensors of the batch."""
    lengths = (x._offsets[1:] - x._offsets[:-1]).tolist()
    parts = values_of(x).split(lengths) if lengths else ()
    return tuple(part.movedim(0, x._ragged_idx - 1) for part in parts)


def to_padded_tensor(input: NestedTensor, padding: float, output_size: Any = None) -> Tensor:
    """The batch as one tensor in which short sequences are filled up with ``padding``.

    Args:
        input: a nested tensor.
        padding: the number to fill up with.
        output_size: sizes of the result; by default those of the longest sequence.

    Raises:
        TypeError: the input is not nested.
        RuntimeError: an output size that is too small.
    """
    if not is_nested(input):
        raise TypeError("to_padded_tensor(): argument 'input' must be a nested tensor")
    values, offsets = values_of(input), input._offsets
    batch = len(offsets) - 1
    lengths = offsets[1:] - offsets[:-1]
    longest = int(lengths.max()) if batch else 0
    wanted = longest if output_size is None else output_size[input._ragged_idx]
    if wanted < longest:
        raise RuntimeError("Value in output_size is less than NestedTensor padded size. Truncation is not supported.")
    rows = torch.arange(batch, device=values.device).repeat_interleave(lengths)
    within = torch.arange(values.size(0), device=values.device) - offsets[:-1].repeat_interleave(lengths)
    padded = values.new_full((batch, wanted, *values.shape[1:]), padding).index_put((rows, within), values)
    result = padded.movedim(1, input._ragged_idx)
    if output_size is None or tuple(output_size) == tuple(result.shape):
        return result
    widths = [n for have, want in zip(result.shape, output_size, strict=True) for n in (want - have, 0)]
    if min(widths) < 0:
        raise RuntimeError("Value in output_size is less than NestedTensor padded size. Truncation is not supported.")
    return torch.nn.functional.pad(result, widths[::-1], value=padding)

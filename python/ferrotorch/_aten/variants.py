"""Views, copies and other forms of ops that the package has under another name or with other parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._checks import require_tensors
from ferrotorch.nn import functional as F

__all__ = ["TABLE"]

Tensor = torch.Tensor
Function = Callable[..., Any]

# Methods that write to a tensor: without the underscore they write to a copy.
_WRITING = ("cauchy", "copy", "exponential", "geometric", "log_normal", "random", "uniform", "zero")
# Functions that write their result to their input where the name has an underscore.
_OF_FUNCTIONAL = ("gelu", "hardsigmoid", "hardswish", "mish", "relu6", "silu")
# Functions of `torch.linalg` and `torch.special` that are composed here, by their names there.
_LINALG = (
    "cond", "matmul", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "tensorinv",
    "tensorsolve", "vander",
)  # fmt: skip
_SPECIAL = ("log_softmax", "logit", "logsumexp", "multigammaln", "polygamma", "round", "softmax")


def _on_a_copy(method: str) -> Function:
    def changed(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return getattr(self.clone(), method)(*args, **kwargs)

    return changed


def _into_the_input(function: Function) -> Function:
    def written(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return self.copy_(function(self, *args, **kwargs))

    return written


def _loaded(part: str, name: str) -> Function:
    """A function of a part of the package that is loaded when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(getattr(torch, part), name)(*args, **kwargs)

    return call


def _copied(function: Function) -> Function:
    def copy(*args: Any, **kwargs: Any) -> Tensor:
        return function(*args, **kwargs).clone()

    return copy


def to_copy(self: Tensor, **options: Any) -> Tensor:
    """A copy with another dtype, device or memory format."""
    options.pop("layout", None)
    options.pop("pin_memory", None)
    return self.to(**options, copy=True) if options else self.clone()


def alias(self: Tensor) -> Tensor:
    """The whole tensor as a view of it."""
    return self.view(self.shape) if self.is_contiguous() else self.as_strided(self.shape, self.stride())


def slice_(self: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """``self[start:end:step]`` along a dimension."""
    require_tensors("slice", self=self)
    places: list[slice] = [slice(None)] * self.dim()
    places[dim] = slice(start, end, step)
    return self[tuple(places)]


def index(self: Tensor, indices: Sequence[Tensor | None]) -> Tensor:
    """``self[indices]``; None stands for a whole dimension."""
    return self[tuple(slice(None) if at is None else at for at in indices)]


def unsafe_index_put(
    self: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False
) -> Tensor:
    """``index_put``, whose indices are checked here all the same."""
    return torch.index_put(self, indices, values, accumulate)


def slice_copy(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """A copy of ``input[start:end:step]`` along a dimension."""
    return slice_(input, dim, start, end, step).clone()


def _shape_as_tensor(self: Tensor) -> Tensor:
    """The sizes of the dimensions as a tensor of integers."""
    return torch.tensor(self.shape, dtype=torch.int64)


def embedding_renorm_(self: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """Scale the rows that are asked for down to a norm, in place."""
    table = torch.detach(self)
    asked = torch.zeros(table.shape[:1], dtype=torch.bool, device=table.device)
    asked = asked.index_fill(0, torch.flatten(indices), True).unsqueeze(1)
    norms = torch.linalg.vector_norm(table, norm_type, -1, keepdim=True)
    table.copy_(torch.where(asked & (norms > max_norm), table * (max_norm / (norms + 1e-7)), table))
    return self


def mT(self: Tensor) -> Tensor:
    """The last two dimensions exchanged."""
    return self.mT


def mH(self: Tensor) -> Tensor:
    """The last two dimensions exchanged, and conjugated."""
    return self.mH


def im2col(
    self: Tensor, kernel_size: Sequence[int], dilation: Sequence[int], padding: Sequence[int], stride: Sequence[int]
) -> Tensor:
    """The blocks of an image as columns."""
    return F.unfold(self, tuple(kernel_size), tuple(dilation), tuple(padding), tuple(stride))


def col2im(
    self: Tensor, output_size: Sequence[int], kernel_size: Sequence[int], dilation: Sequence[int],
    padding: Sequence[int], stride: Sequence[int],
) -> Tensor:  # fmt: skip
    """The sum of columns as blocks of an image."""
    sizes = (tuple(size) for size in (output_size, kernel_size, dilation, padding, stride))
    return F.fold(self, *sizes)


def _reflection(self: Tensor, padding: Sequence[int]) -> Tensor:
    return F.pad(self, list(padding), "reflect")


def _replication(self: Tensor, padding: Sequence[int]) -> Tensor:
    return F.pad(self, list(padding), "replicate")


def is_all_true(self: Tensor) -> Tensor:
    """Are all elements True?"""
    return self.all()


def is_any_true(self: Tensor) -> Tensor:
    """Is any element True?"""
    return self.any()


def assert_async(self: Tensor, assert_msg: str = "Expected Tensor with single nonzero value, but got zero") -> None:
    """Raise where a tensor of one element is zero."""
    torch._assert_async(self, assert_msg)


def functional_assert_async(self: Tensor, assert_msg: str, dep_token: Tensor) -> Tensor:
    """:func:`assert_async` that hands a tensor on, by which it comes after others."""
    assert_async(self, assert_msg)
    return dep_token.clone()


def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """A copy in memory that a device reads directly, where there is such memory."""
    return self.pin_memory()


def _has_compatible_shallow_copy_type(input: Tensor, from_: Tensor) -> bool:
    """Could one take the other's place as its ``data``: are both dense, or sparse in the same layout?"""
    return input.layout is from_.layout


def sparse_addmm(self: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * self + alpha * (mat1 @ mat2)`` with a sparse ``mat1``."""
    return beta * self + alpha * torch.sparse.mm(mat1, mat2)


def assert_scalar(self: Any, assert_msg: str) -> None:
    """Raise RuntimeError where a number is zero."""
    if not self:
        raise RuntimeError(assert_msg)


TABLE: dict[str, Function] = {
    **{name: _on_a_copy(f"{name}_") for name in _WRITING},
    **{f"{name}_": _into_the_input(getattr(F, name)) for name in _OF_FUNCTIONAL},
    **{f"linalg_{name}": _loaded("linalg", name) for name in _LINALG},
    **{f"special_{name}": _loaded("special", name) for name in _SPECIAL},
    **{f"reflection_pad{n}d": _reflection for n in (1, 2, 3)},
    **{f"replication_pad{n}d": _replication for n in (1, 2, 3)},
    "_assert_async": assert_async,
    "_assert_scalar": assert_scalar,
    "_pin_memory": pin_memory,
    "_sparse_addmm": sparse_addmm,
    "_conj": torch.conj,
    "_conj_copy": _copied(torch.conj),
    "_functional_assert_async": functional_assert_async,
    "_is_all_true": is_all_true,
    "_is_any_true": is_any_true,
    "_local_scalar_dense": torch.Tensor.item,
    "_reshape_alias": lambda self, size, stride: self.reshape(size),
    "_reshape_copy": lambda self, size: self.reshape(size).clone(),
    "_shape_as_tensor": _shape_as_tensor,
    "_stack": torch.stack,
    "_to_copy": to_copy,
    "_unsafe_index": index,
    "_unsafe_index_put": unsafe_index_put,
    "_unsafe_view": torch.Tensor.view,
    "_version": lambda self: self._version,
    "alias": alias,
    "col2im": col2im,
    "embedding_renorm": lambda self, *args: embedding_renorm_(self.clone(), *args),
    "embedding_renorm_": embedding_renorm_,
    "im2col": im2col,
    "index": index,
    "is_leaf": lambda self: self.is_leaf,
    "lift": lambda self: self,
    "lift_fresh": lambda self: self,
    "lift_fresh_copy": torch.clone,
    "mH": mH,
    "mT": mT,
    "matrix_H": mH,
    "normal_functional": _on_a_copy("normal_"),
    "numpy_T": lambda self: self.T,
    "output_nr": lambda self: self.output_nr,
    "retains_grad": lambda self: self.retains_grad,
    "slice": slice_,
    "slice_copy": slice_copy,
    "sym_constrain_range_for_size": lambda size, *, min=None, max=None: None,
    "sym_numel": torch.Tensor.numel,
    "sym_size": torch.Tensor.size,
    "sym_storage_offset": torch.Tensor.storage_offset,
    "sym_stride": torch.Tensor.stride,
    "sym_is_contiguous": torch.Tensor.is_contiguous,
}

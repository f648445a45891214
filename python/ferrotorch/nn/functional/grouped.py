"""Products of several matrices of different sizes, and of matrices of few bits with scales."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors

__all__ = ["ScalingType", "SwizzleType", "grouped_mm", "scaled_grouped_mm", "scaled_mm"]

_GROUPED = (_C.float32, _C.bfloat16, _C.float16)
_OF_8_BITS = (_C.float8_e4m3fn, _C.float8_e5m2)


class ScalingType(enum.IntEnum):
    """Which elements of a matrix share a scale: all, those of a row of the left matrix or a column of the right one,
    or those of a block.
    """

    TensorWise = 0
    RowWise = 1
    BlockWise1x16 = 2
    BlockWise1x32 = 3
    BlockWise1x128 = 4
    BlockWise128x128 = 5


class SwizzleType(enum.IntEnum):
    """The order in which scales of blocks lie in memory."""

    NO_SWIZZLE = 0
    SWIZZLE_32_4_4 = 1
    SWIZZLE_32_8 = 2


def grouped_mm(
    mat_a: Tensor, mat_b: Tensor, *, offs: Tensor | None = None, bias: Tensor | None = None,
    out_dtype: _C.dtype | None = None,
) -> Tensor:  # fmt: skip
    """The products of groups of matrices, such as those of tokens with the weights of their experts.

    Args:
        mat_a: (M, K), of whose rows or columns each group has some; or (G, M, K).
        mat_b: (G, K, N); or (K, N).
        offs: (G,) int32: where each group ends, counted in the dimension of the matrix without G that is shared out:
            rows of ``mat_a`` for (G, K, N), columns of ``mat_b`` for (G, M, K), and K where both are matrices. None if
            both have three dimensions.
        bias: must be None.
        out_dtype: the dtype of the arguments, or None.

    Returns:
        (M, N); (G, M, N) where neither rows nor columns are shared out. What is behind the last group is zero.

    Raises:
        RuntimeError: other shapes or dtypes, or offsets that do not fit them.
    """
    require_tensors("grouped_mm", mat_a=mat_a, mat_b=mat_b)
    _check_groups(mat_a, mat_b, offs, bias, out_dtype)
    if offs is None:
        return _C.bmm(mat_a, mat_b)
    # The shape of the result does not depend on where groups end: without elements they may be empty.
    ends = [0] * offs.shape[0] if offs.is_meta else offs.tolist()
    spans = list(zip([0, *ends[:-1]], ends, strict=True))
    if mat_a.dim() == 2 and mat_b.dim() == 2:
        return _C.stack([mat_a[:, start:end] @ mat_b[start:end] for start, end in spans])
    if mat_a.dim() == 2:
        parts = [mat_a[start:end] @ mat_b[i] for i, (start, end) in enumerate(spans)]
        return _padded(parts, 0, mat_a.shape[0] - ends[-1])
    parts = [mat_a[i] @ mat_b[:, start:end] for i, (start, end) in enumerate(spans)]
    return _padded(parts, 1, mat_b.shape[1] - ends[-1])


def _padded(parts: list[Tensor], dim: int, missing: int) -> Tensor:
    """The parts one behind the other, and zeros behind them."""
    if missing > 0:
        shape = list(parts[0].shape)
        shape[dim] = missing
        parts = [*parts, parts[0].new_zeros(shape)]
    return _C.cat(parts, dim)


def _check_groups(
    mat_a: Tensor, mat_b: Tensor, offs: Tensor | None, bias: Tensor | None, out_dtype: _C.dtype | None
) -> None:
    for name, matrix in (("mat_a", mat_a), ("mat_b", mat_b)):
        if matrix.dim() not in (2, 3):
            raise RuntimeError(f"{name} has to be 2 or 3d, got {matrix.dim()}-D tensor")
        if matrix.dtype not in _GROUPED:
            raise RuntimeError(f"Expected {name} to be Float32, BFloat16 or Float16 matrix, got {matrix.dtype}")
    if mat_a.dtype is not mat_b.dtype:
        raise RuntimeError(f"Expected mat_a and mat_b to have the same dtype, got {mat_a.dtype} and {mat_b.dtype}")
    if mat_a.shape[-1] != mat_b.shape[-2]:
        raise RuntimeError("contraction dimension of mat_a and mat_b must match")
    is_shared_out = mat_a.dim() == 2 or mat_b.dim() == 2
    if is_shared_out != (offs is not None):
        raise RuntimeError("Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d")
    if offs is not None and offs.dtype is not _C.int32:
        raise RuntimeError("Offsets have to be int32")
    groups = [matrix.shape[0] for matrix in (mat_a, mat_b) if matrix.dim() == 3]
    if offs is not None and (offs.dim() != 1 or any(count != offs.shape[0] for count in groups)):
        raise RuntimeError(f"offs must have one element for each group, got {list(offs.shape)} for {groups}")
    if bias is not None:
        raise RuntimeError("Bias not supported yet")
    if out_dtype is not None and out_dtype is not mat_a.dtype:
        raise RuntimeError("Grouped gemm output dtype must match `mat_a` dtype")


def _scaled_mm(
    self: Tensor, mat2: Tensor, scale_a: Tensor, scale_b: Tensor, bias: Tensor | None = None,
    scale_result: Tensor | None = None, out_dtype: _C.dtype | None = None, use_fast_accum: bool = False,
) -> Tensor:  # fmt: skip
    """``(self * scale_a) @ (mat2 * scale_b) + bias`` of two matrices of 8 bits, computed in float32.

    Args:
        self: (M, K), float8.
        mat2: (K, N), float8.
        scale_a, scale_b: float32, one element each; or (M, 1) and (1, N).
        bias: (N,) or None.
        scale_result: not used, as in PyTorch for results that are no float8.
        out_dtype: by default that of ``self``.
        use_fast_accum: accepted.

    Raises:
        ValueError: dtypes or scales are none of these.
        RuntimeError: shapes do not fit.
    """
    require_tensors("_scaled_mm", self=self, mat2=mat2)
    if self.dim() != 2 or mat2.dim() != 2 or self.shape[1] != mat2.shape[0]:
        shapes = " and ".join("x".join(map(str, x.shape)) for x in (self, mat2))
        raise RuntimeError(f"_scaled_mm: mat1 and mat2 shapes cannot be multiplied ({shapes})")
    by_row = tuple(scale_a.shape) == (self.shape[0], 1) and tuple(scale_b.shape) == (1, mat2.shape[1])
    fits = by_row or (scale_a.numel() == 1 and scale_b.numel() == 1)
    fits = fits and scale_a.dtype is scale_b.dtype is _C.float32
    if self.dtype not in _OF_8_BITS or mat2.dtype not in _OF_8_BITS or not fits:
        raise ValueError(
            "Invalid scaling configuration.\n"
            "- For TensorWise scaling, a and b should be float8, scales should be float and singletons.\n"
            "- For RowWise scaling, a and b should be float8, scales should be float, scale_a should be "
            f"({self.shape[0]}, 1) and scale_b should be (1, {mat2.shape[1]}), and both should be contiguous.\n"
            f"Got {self.dtype}, {mat2.dtype}, scales {list(scale_a.shape)} and {list(scale_b.shape)}"
        )
    result = _C.mm(self.to(_C.float32), mat2.to(_C.float32)) * scale_a * scale_b
    if bias is not None:
        result = result + bias.to(_C.float32)
    return result.to(self.dtype if out_dtype is None else out_dtype)


# By which name PyTorch has it beside its ops.
_grouped_mm = grouped_mm


def _only(name: str, value: Any) -> Any:
    """The one thing of a list, or what was given."""
    if isinstance(value, Sequence):
        if len(value) != 1:
            raise NotImplementedError(f"{name}: scales of two levels are not supported, got {len(value)}")
        return value[0]
    return value


def scaled_mm(
    mat_a: Tensor, mat_b: Tensor, scale_a: Any, scale_recipe_a: Any, scale_b: Any, scale_recipe_b: Any,
    swizzle_a: Any = None, swizzle_b: Any = None, bias: Tensor | None = None,
    output_dtype: _C.dtype | None = _C.bfloat16, contraction_dim: Sequence[int] = (), use_fast_accum: bool = False,
) -> Tensor:  # fmt: skip
    """``(mat_a * scale_a) @ (mat_b * scale_b) + bias`` of two matrices of 8 bits, computed in float32.

    Args:
        mat_a: (M, K), float8.
        mat_b: (K, N), float8.
        scale_a, scale_b: float32: one element each, or (M, 1) and (1, N).
        scale_recipe_a, scale_recipe_b: which of these, as `ScalingType`.
        swizzle_a, swizzle_b: None, or `SwizzleType.NO_SWIZZLE`.
        bias: (N,) or None.
        output_dtype: the dtype of the result.
        contraction_dim: () or (1, 0).
        use_fast_accum: accepted; sums are always in float32.

    Raises:
        NotImplementedError: scales of blocks, or in another order.
        ValueError: scales that do not follow the recipe, or another contraction.
    """
    recipes = [_only("scaled_mm", scale_recipe_a), _only("scaled_mm", scale_recipe_b)]
    orders = [_only("scaled_mm", swizzle_a), _only("scaled_mm", swizzle_b)]
    if any(recipe > ScalingType.RowWise for recipe in recipes) or any(orders):
        raise NotImplementedError(
            "scaled_mm: scales are for whole matrices or for rows and columns (ScalingType.TensorWise, RowWise); "
            "multiply blocks by their scales and use torch.mm"
        )
    if list(contraction_dim) not in ([], [1, 0]):
        raise ValueError(f"scaled_mm only supports contraction_dim=(1, 0), got {tuple(contraction_dim)}")
    if recipes[0] != recipes[1]:
        raise ValueError(f"scaled_mm: both scales must follow one recipe, got {recipes[0]!r} and {recipes[1]!r}")
    scales = _only("scaled_mm", scale_a), _only("scaled_mm", scale_b)
    of_rows = recipes[0] == ScalingType.RowWise
    counts = (mat_a.shape[0], mat_b.shape[-1]) if of_rows else (1, 1)
    for name, scale, count in zip(("scale_a", "scale_b"), scales, counts, strict=True):
        if scale.numel() != count or scale.dtype is not _C.float32:
            raise ValueError(
                f"{name} must have {count} Float element{'s' * (count > 1)}, got {scale.numel()} of {scale.dtype}"
            )
    return _scaled_mm(mat_a, mat_b, *scales, bias, None, output_dtype, use_fast_accum)


def scaled_grouped_mm(
    mat_a: Tensor, mat_b: Tensor, scale_a: Any, scale_recipe_a: Any, scale_b: Any, scale_recipe_b: Any,
    swizzle_a: Any = None, swizzle_b: Any = None, bias: Tensor | None = None, offs: Tensor | None = None,
    output_dtype: _C.dtype | None = _C.bfloat16, contraction_dim: Sequence[int] = (), use_fast_accum: bool = False,
) -> Tensor:  # fmt: skip
    """`grouped_mm` of matrices of 8 bits, each row of ``mat_a`` and each column of ``mat_b`` with a scale.

    Args:
        mat_a: (M, K), float8.
        mat_b: (G, K, N), float8.
        scale_a, scale_b: float32: (M,) and (G, N).
        scale_recipe_a, scale_recipe_b: `ScalingType.RowWise`.
        swizzle_a, swizzle_b, bias: must be None.
        offs: (G,) int32: where the rows of each group end.
        output_dtype: the dtype of the result.
        contraction_dim: must be ().
        use_fast_accum: accepted; sums are always in float32.

    Raises:
        NotImplementedError: other recipes or shapes.
    """
    recipes = [_only("scaled_grouped_mm", each) for each in (scale_recipe_a, scale_recipe_b)]
    others = any(each is not None for each in (swizzle_a, swizzle_b, bias)) or len(contraction_dim) > 0
    if recipes != [ScalingType.RowWise] * 2 or others or mat_a.dim() != 2 or mat_b.dim() != 3:
        raise NotImplementedError(
            "scaled_grouped_mm: rows of a matrix are multiplied with (G, K, N), with ScalingType.RowWise and no more"
        )
    left = mat_a.to(_C.float32) * _only("scaled_grouped_mm", scale_a).reshape(-1, 1)
    right = mat_b.to(_C.float32) * _only("scaled_grouped_mm", scale_b).unsqueeze(1)
    return grouped_mm(left, right, offs=offs).to(output_dtype or mat_a.dtype)

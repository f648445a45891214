"""Which results of its ops PyTorch's autograd keeps: a mode sees each of these detached after the op."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C

__all__ = ["kept_of"]

# The first result of the op, and of the op in place where there is one.
_FIRST = frozenset(
    name + end
    for name in (
        "celu", "cholesky_solve", "copysign", "cumprod", "dist", "elu", "exp", "exp2", "expm1", "hypot", "ldexp",
        "linalg_cholesky_ex", "linalg_inv_ex", "linalg_lstsq", "linalg_lu_factor_ex", "linalg_pinv",
        "linalg_solve_triangular",
        "linalg_vector_norm", "logcumsumexp", "logsumexp", "norm", "amax", "amin", "polar", "prod", "reciprocal",
        "relu", "rsqrt", "scatter_reduce", "selu", "sgn", "sigmoid", "sqrt", "std", "std_mean", "tan", "tanh",
        "triangular_solve", "_cdist_forward", "_linalg_det", "_linalg_slogdet", "_linalg_solve_ex", "_log_softmax",
        "_pdist_forward", "_safe_softmax", "_scaled_dot_product_flash_attention_for_cpu", "_softmax",
    )
    for end in ("", "_")
)  # fmt: skip
_OUT_OF_PLACE = frozenset(["celu", "elu", "selu"])
_OVERLOADS = frozenset(
    ["max.default", "min.default", "median.default", "nanmedian.default", "pow.Scalar", "pow.Tensor_Tensor"]
)
_SEVERAL = {
    "aminmax": (0, 1),
    "_linalg_eigh": (0, 1), "_linalg_svd": (1, 0, 2), "linalg_eig": (0, 1), "linalg_lu": (1, 2), "linalg_qr": (0, 1),
    "native_group_norm": (1, 2),
}  # fmt: skip


def kept_of(func: Any, result: Any) -> list[Any]:
    """The results of an op that its derivative reads, of those that are differentiated."""
    if not _C.is_grad_enabled():
        return []
    name = func.overloadpacket.__name__
    if name in _SEVERAL and isinstance(result, tuple):
        found = [result[i] for i in _SEVERAL[name] if i < len(result)]
    elif (name in _FIRST and name not in _OUT_OF_PLACE) or func.__name__ in _OVERLOADS:
        found = [result[0] if isinstance(result, tuple) and result else result]
    else:
        return []
    # What describes a normalization has no gradient itself.
    counted = found if name == "native_group_norm" else [x for x in found if isinstance(x, _C.Tensor)]
    return [x for x in counted if isinstance(x, _C.Tensor) and x.requires_grad]

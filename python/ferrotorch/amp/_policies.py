"""What autocasting does with which function.

The lists are PyTorch's: on the host those for CPUs, on GPUs those for CUDA.

A function that is in no list runs in the dtypes of its arguments. One that is composed of others, and in no list, is
cast where these are.
"""

from __future__ import annotations

from enum import Enum, auto

__all__ = ["Policy", "policies_of"]


class Policy(Enum):
    """What is done with a call."""

    #: Floating-point arguments are cast to the narrow dtype.
    LOWER = auto()
    #: They are cast to float32.
    FLOAT32 = auto()
    #: The result is asked for in float32, if no dtype was asked for.
    FLOAT32_RESULT = auto()
    #: They are cast to the widest dtype among them.
    PROMOTE = auto()
    #: It runs in the dtypes of its arguments, and so does all that it is composed of.
    AS_GIVEN = auto()
    #: The call is refused.
    UNSAFE = auto()


_PRODUCTS = frozenset(
    [
        "addbmm", "addmm", "baddbmm", "bmm", "chain_matmul", "conv1d", "conv2d", "conv3d", "conv_tbc",
        "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "einsum", "linear", "matmul", "mm", "multi_dot",
        "prelu", "scaled_dot_product_attention", "vecdot", "__matmul__", "__rmatmul__",
    ]
)  # fmt: skip
_LOSSES = frozenset(
    [
        "binary_cross_entropy_with_logits", "cdist", "cosine_embedding_loss", "hinge_embedding_loss", "huber_loss",
        "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss", "multi_margin_loss", "multilabel_margin_loss",
        "nll_loss", "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss", "triplet_margin_loss",
    ]
)  # fmt: skip

_CPU = {
    Policy.LOWER: _PRODUCTS | {"lstm", "tensordot"},
    Policy.FLOAT32: _LOSSES
    | {
        "adaptive_avg_pool3d", "adaptive_max_pool3d", "avg_pool3d", "binary_cross_entropy", "cholesky",
        "cholesky_ex", "cholesky_inverse", "cholesky_solve", "cond", "cross_entropy", "ctc_loss", "eig", "eigh",
        "eigvals", "eigvalsh", "fft", "fft2", "fftn", "fractional_max_pool2d", "fractional_max_pool3d", "geqrf",
        "grid_sample", "grid_sampler", "hfft", "householder_product", "ifft", "ifft2", "ifftn", "ihfft", "inv",
        "inv_ex", "inverse", "irfft", "irfft2", "irfftn", "lstsq", "lu_solve", "matrix_rank", "max_pool3d",
        "max_unpool2d", "max_unpool3d", "nanquantile", "orgqr", "ormqr", "pinverse", "polar", "prod", "qr", "quantile",
        "rfft", "rfft2", "rfftn", "solve", "stft", "svd", "svdvals", "tensorinv", "tensorsolve", "trace",
        "triangular_solve", "view_as_complex",
    },
    Policy.AS_GIVEN: {"bilinear"},
    Policy.PROMOTE: {"cat", "concat", "concatenate", "index_copy", "stack"},
}  # fmt: skip
_GPU = {
    Policy.LOWER: _PRODUCTS
    | {
        "addmv", "addr", "gru", "gru_cell", "lstm", "lstm_cell", "mv", "rnn_relu", "rnn_relu_cell", "rnn_tanh",
        "rnn_tanh_cell",
    },
    Policy.FLOAT32: _LOSSES
    | {
        "acos", "arccos", "arcsin", "asin", "cosh", "cosine_similarity", "cross_entropy", "dist", "erfinv", "exp",
        "expm1", "group_norm", "interpolate", "layer_norm", "log", "log10", "log1p", "log2", "logsumexp", "pdist",
        "pow", "reciprocal", "renorm", "rms_norm", "rsqrt", "sinh", "softplus", "tan", "__pow__", "__rpow__",
    },
    Policy.FLOAT32_RESULT: {
        "cumprod", "cumsum", "frobenius_norm", "log_softmax", "matrix_norm", "norm", "nuclear_norm", "prod", "softmax",
        "sum", "vector_norm",
    },
    Policy.PROMOTE: {
        "addcdiv", "addcmul", "arctan2", "atan2", "bilinear", "cross", "dot", "grid_sample", "grid_sampler",
        "index_put", "scatter_add", "tensordot", "vdot",
    },
    Policy.UNSAFE: {"binary_cross_entropy"},
}  # fmt: skip


def policies_of(device_type: str) -> dict[str, Policy]:
    """The policies by the names of functions."""
    lists = _CPU if device_type == "cpu" else _GPU
    # Functions of `torch.fft` and `torch.linalg` are known by either name.
    known = ("{}", "fft_{}", "linalg_{}")
    return {form.format(name): policy for policy, names in lists.items() for name in names for form in known}

"""For every differentiable op, arguments on which its gradient is checked."""

from collections.abc import Callable, Iterator
from typing import Any

import ferrotorch as torch
import linear
from sample import Sample, one, s, two


def three(low: float = -2.0, high: float = 2.0, **kwargs: Any) -> list[Sample]:
    return [
        s(*shapes, low=low, high=high, **kwargs)
        for shapes in [((2, 3),) * 3, ((2, 1), (3,), ()), ((0, 2), (2,), (1, 1))]
    ]


def index(*values: Any) -> torch.Tensor:
    return torch.tensor(list(values), dtype=torch.int64)


def mask(*values: Any) -> torch.Tensor:
    return torch.tensor(list(values))


POINTWISE: dict[str, list[Sample]] = {
    **{
        name: one()
        for name in [
            "abs",
            "atan",
            "asinh",
            "cos",
            "cosh",
            "erf",
            "erfc",
            "exp",
            "exp2",
            "expm1",
            "frac",
            "neg",
            "sgn",
            "sign",
            "sin",
            "sinh",
            "sigmoid",
            "sinc",
            "square",
        ]
    },
    **{
        name: one()
        for name in [
            "tan",
            "tanh",
            "floor",
            "ceil",
            "trunc",
            "round",
            "nan_to_num",
            "relu",
            "conj_physical",
        ]
    },
    **{
        name: one(0.2, 2)
        for name in ["sqrt", "rsqrt", "reciprocal", "log", "log2", "log10", "log1p", "lgamma", "digamma"]
    },
    **{name: one(-0.9, 0.9) for name in ["acos", "asin", "atanh", "erfinv"]},
    **{
        name: two()
        for name in [
            "add",
            "sub",
            "mul",
            "maximum",
            "minimum",
            "fmax",
            "fmin",
            "atan2",
            "hypot",
            "copysign",
            "logaddexp",
            "logaddexp2",
            "rsub",
        ]
    },
    **{name: two(0.3, 3) for name in ["div", "pow", "xlogy", "xlog1py", "fmod", "remainder"]},
    "acosh": one(1.2, 3),
    "logit": [*one(0.1, 0.9), s((3,), low=0.1, high=0.9, eps=0.3)],
    "polygamma": one(0.5, 3),
    "lerp": [*three(), s((2, 3), (3,), args=(0.3,))],
    "addcmul": three(value=0.5),
    "addcdiv": three(0.5, 2, value=0.5),
    "clamp": [*one(min=-1.0, max=0.5), s((2, 3), (3,), (1,))],
    "clamp_min": one(min=0.1) + two(),
    "clamp_max": one(max=0.1) + two(),
    "fill": [s((2, 3), ())],
}
ONES = [(2, 3), (0, 3)]
DIMS = [s((2, 3)), s(()), s((2, 3), dim=1), s((2, 3, 2), dim=(0, 2)), s((2, 3), dim=-1, keepdim=True)]
DIM = [s((2, 3), dim=1), s((2, 3), dim=0), s((3,), dim=-1), s((2, 1, 3), dim=2)]
STATISTICS = [s((2, 3)), s((2, 3), dim=1), s((2, 3, 2), dim=(0, 2), keepdim=True), s((2, 3), dim=0, correction=0)]
REDUCE: dict[str, list[Sample]] = {
    **{name: [*DIMS, s((0, 3)), s((2, 0), dim=0)] for name in ["sum", "nansum"]},
    **dict.fromkeys(["mean", "nanmean"], DIMS),
    **dict.fromkeys(
        ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin", "median", "nanmedian", "max", "min", "logsumexp"], DIM
    ),
    **dict.fromkeys(["std", "var", "std_mean", "var_mean"], STATISTICS),
    "prod": [s((2, 3)), s((2, 3), dim=1), s((2, 3), dim=0, keepdim=True), s((0,)), s(())],
    "amax": [*DIM, s((2, 3, 2), dim=(0, 2))],
    "amin": [*DIM, s((2, 3, 2), dim=(0, 2))],
    "aminmax": [*DIM, s((2, 3))],
    "mode": DIM,
    "kthvalue": [s((2, 5), args=(2,)), s((5, 2), args=(3,), dim=0)],
    "topk": [s((2, 5), args=(2,)), s((5, 2), args=(3,), dim=0, largest=False)],
    "sort": DIM,
    "msort": [s((4, 2))],
    "quantile": [s((2, 5), args=(0.3,)), s((2, 5), args=(0.6,), dim=1)],
    "nanquantile": [s((2, 5), args=(0.3,)), s((2, 5), args=(0.6,), dim=1)],
    "softmax": [*DIM, s((0, 3), dim=1)],
    "log_softmax": [*DIM, s((0, 3), dim=1)],
    "trace": [s((3, 3)), s((2, 3))],
    "_vector_norm": [s((2, 3)), s((2, 3), args=(3.0,), low=0.2)],
}
MATMUL: dict[str, list[Sample]] = {
    "matmul": [
        s(*p)
        for p in [
            ((2, 3), (3, 2)),
            ((3,), (3,)),
            ((3,), (3, 2)),
            ((2, 2, 3), (3,)),
            ((2, 1, 2, 3), (3, 3, 2)),
            ((0, 3), (3, 2)),
            ((2, 0), (0, 3)),
        ]
    ],
    "mm": [s((2, 3), (3, 4)), s((2, 0), (0, 2))],
    "bmm": [s((2, 2, 3), (2, 3, 2)), s((0, 2, 3), (0, 3, 2))],
    "mv": [s((2, 3), (3,))],
    "dot": [s((3,), (3,)), s((0,), (0,))],
    "vdot": [s((3,), (3,))],
    "outer": [s((2,), (3,))],
    "ger": [s((2,), (3,))],
    "addmm": [s((2, 2), (2, 3), (3, 2), beta=0.5, alpha=2.0), s((2,), (2, 3), (3, 2))],
    "addmv": [s((2,), (2, 3), (3,), beta=0.5, alpha=2.0)],
    "addr": [s((2, 3), (2,), (3,), beta=0.5, alpha=2.0)],
    "addbmm": [s((2, 2), (3, 2, 3), (3, 3, 2), beta=0.5, alpha=2.0)],
    "baddbmm": [s((3, 2, 2), (3, 2, 3), (3, 3, 2), beta=0.5, alpha=2.0)],
}
VIEW: dict[str, list[Sample]] = {
    **{name: one() for name in ["clone", "ravel", "flatten", "atleast_1d", "atleast_2d", "atleast_3d"]},
    "adjoint": [s((2, 3))],
    "t": [s((2, 3)), s((3,))],
    "as_strided": [s((2, 3), args=((2, 2), (1, 2))), s((2, 3), args=((3, 2), (1, 1), 1))],
    "broadcast_to": [s((1, 3), args=((2, 3),)), s((), args=((2,),))],
    "broadcast_tensors": [s((2, 1), (3,))],
    "chunk": [s((5, 2), args=(2,))],
    "diagonal": [s((3, 3)), s((2, 3, 2), args=(1, 0, 1))],
    "split": [s((5, 2), args=(2,)), s((5, 2), args=([1, 4],))],
    "split_with_sizes": [s((5, 2), args=([1, 4],))],
    "unsafe_chunk": [s((5, 2), args=(2,))],
    "unsafe_split": [s((5, 2), args=(2,))],
    "unsafe_split_with_sizes": [s((5, 2), args=([1, 4],))],
    "tensor_split": [s((5, 2), args=(3,)), s((5, 2), args=((1, 3),))],
    "hsplit": [s((2, 4), args=(2,))],
    "vsplit": [s((4, 2), args=(2,))],
    "dsplit": [s((1, 2, 4), args=(2,))],
    "movedim": [s((2, 3, 2), args=(0, 2))],
    "narrow": [s((2, 3), args=(1, 1, 2))],
    "permute": [s((2, 3, 2), args=((2, 0, 1),))],
    "reshape": [s((2, 3), args=((3, 2),)), s((0, 3), args=((3, 0),))],
    "select": [s((2, 3), args=(1, 2))],
    "squeeze": [s((2, 1, 3)), s((2, 1, 3), dim=1)],
    "unsqueeze": [s((2, 3), args=(1,))],
    "swapaxes": [s((2, 3), args=(0, 1))],
    "transpose": [s((2, 3), args=(0, 1))],
    "unbind": [s((2, 3)), s((2, 3), dim=1)],
    "unflatten": [s((2, 6), args=(1, (2, 3)))],
    "real": one(),
    "flip": [s((2, 3), args=((0, 1),))],
    "fliplr": [s((2, 3))],
    "flipud": [s((2, 3))],
    "roll": [s((2, 3), args=(1,)), s((2, 3), args=(1, 1))],
    "rot90": [s((2, 3)), s((2, 3), args=(2,))],
    "tile": [s((2, 1), args=((2, 3),))],
    "repeat_interleave": [s((2, 3), args=(2,)), s((2, 3), args=(index(2, 1),), dim=0)],
    "meshgrid": [s((2,), (3,), packed=True, indexing="ij")],
    "tril": [s((3, 3)), s((2, 3), diagonal=-1)],
    "triu": [s((3, 3)), s((2, 3), diagonal=1)],
    "diag": [s((3,)), s((3, 3)), s((2, 3), args=(1,))],
    "diag_embed": [s((2, 3)), s((2,), args=(1,))],
    "diagflat": [s((2, 2))],
    "constant_pad_nd": [s((2, 3), args=((1, 2), 0.5)), s((2, 3), args=((-1, 1, 0, 2),))],
    "combinations": [s((4,))],
    "cartesian_prod": [s((2,), (3,))],
    "block_diag": [s((2, 2), (1, 3))],
    "view_as_complex": [s((2, 3, 2)), s((2,)), s((0, 2))],
    "view_as_real": [s((2, 3), (2, 3)), s((), ())],
    "imag": [s((2, 3), (2, 3)), s((), ())],
}
JOINED = [s((2, 3), (2, 3), packed=True), s((1, 3), (2, 3), packed=True)]
JOIN: dict[str, list[Sample]] = {
    **dict.fromkeys(["cat", "vstack"], JOINED),
    "stack": [s((2, 3), (2, 3), packed=True, dim=d) for d in (0, -1)] + [s((0,), (0,), packed=True)],
    "hstack": [s((2, 1), (2, 3), packed=True), s((2,), (1,), packed=True)],
    "dstack": [s((2, 3), (2, 3), packed=True)],
    "column_stack": [s((2,), (2, 3), packed=True)],
}
ROWS = index(0, 2, 0)
INDEX: dict[str, list[Sample]] = {
    "index_select": [s((3, 2), args=(0, ROWS)), s((2, 3), args=(1, ROWS))],
    "index_add": [Sample([(3, 2), (3, 2)])],
    "index_copy": [Sample([(3, 2), (2, 2)])],
    "index_fill": [s((3, 2), args=(0, index(0, 2), 0.5)), Sample([(3, 2), ()])],
    "index_put": [Sample([(3, 2), (3, 2)])],
    "put": [Sample([(3, 2), (2,)])],
    "index_reduce": [Sample([(3, 2), (3, 2)], 0.5, 2.0)],
    "gather": [s((3, 2), args=(0, index([0, 1], [2, 2]))), s((3, 2), args=(1, index([0, 1, 1])))],
    "take": [s((3, 2), args=(index(0, 5, 5),))],
    "take_along_dim": [s((3, 2), args=(index([0, 1], [2, 2]), 0))],
    "scatter": [Sample([(3, 2), (2, 2)])],
    "scatter_add": [Sample([(3, 2), (2, 2)])],
    "scatter_reduce": [Sample([(3, 2), (2, 2)], 0.5, 2.0)],
    "masked_fill": [s((2, 3), args=(mask([True], [False]), 0.5)), Sample([(2, 3), ()])],
    "masked_select": [s((2, 3), args=(mask([True, False, True], [False, True, True]),))],
    "masked_scatter": [Sample([(2, 3), (6,)])],
    "where": [Sample([(2, 3), (3,)]), Sample([(0, 3), ()])],
    "slice_scatter": [s((3, 4), (3, 2), dim=1, start=0, end=4, step=2)],
    "select_scatter": [s((3, 4), (4,), dim=0, index=1)],
    "diagonal_scatter": [s((3, 3), (3,))],
    "as_strided_scatter": [s((3, 3), (2, 2), args=((2, 2), (1, 3)))],
}
# Ops whose tensors are not the first arguments: how to call them with their tensors only.
PAIRS = index([0, 1], [2, 0])
CALLS: dict[str, Callable[..., Any]] = {
    **linear.CALLS,
    "index_add": lambda x, y: torch.index_add(x, 0, ROWS, y, alpha=2),
    "index_copy": lambda x, y: torch.index_copy(x, 0, index(2, 0), y),
    "index_fill": lambda x, *v: (
        torch.index_fill(x, 0, index(0, 2, 0, -1), v[-1]) if len(v) == 1 else torch.index_fill(x, *v)
    ),
    "index_put": lambda x, y: torch.index_put(x, (ROWS,), y, accumulate=True),
    "put": lambda x, y: [torch.put(x, index(0, -1), y), torch.put(x, index(3, 3), y, accumulate=True)],
    "index_reduce": lambda x, y: torch.index_reduce(x, 0, ROWS, y, "prod"),
    "scatter": lambda x, y: torch.scatter(x, 0, PAIRS, y),
    "scatter_add": lambda x, y: torch.scatter_add(x, 0, PAIRS, y),
    "scatter_reduce": lambda x, y: [
        torch.scatter_reduce(x, 0, PAIRS, y, how) for how in ("sum", "prod", "mean", "amax")
    ],
    "masked_fill": lambda x, *v: (
        torch.masked_fill(x, *v) if len(v) > 1 else torch.masked_fill(x, mask([True], [False]), v[0])
    ),
    "masked_scatter": lambda x, y: torch.masked_scatter(x, mask([True, False, True], [False, True, True]), y),
    "where": lambda x, y: torch.where(mask(True, False, True), x, y),
    "broadcast_tensors": lambda *xs: torch.broadcast_tensors(*xs),
    "add": lambda x, y: torch.add(x, y, alpha=1.5),
    "polygamma": lambda x: [torch.polygamma(n, x) for n in (0, 1, 2)],
    "_vector_norm": lambda x, p=2.0: torch.norm(x, p),
    "_einsum": lambda x, y: torch.einsum("ij,jk->ik", x, y),
    "_tensordot": lambda x, y: torch.tensordot(x, y, 1),
    # Through complex numbers and back, so that inputs and results are real.
    "view_as_complex": lambda x: torch.view_as_real(torch.view_as_complex(x) ** 2),
    "view_as_real": lambda x, y: torch.view_as_real(torch.complex(x, y) ** 2),
    "frexp": lambda x: torch.frexp(x).mantissa,
    "qr": lambda x: list(torch.qr(x)),
    "svd": lambda x: torch.svd(x).S,
    "gradient": lambda x, **k: list(torch.gradient(x, **k)),
    "imag": lambda x, y: torch.imag(torch.complex(x, y) ** 2),
    "angle": lambda x, y: torch.angle(torch.complex(x, y)),
    "complex": lambda x, y: torch.view_as_real(torch.complex(x, y) ** 2),
    "conj": lambda x, y: torch.view_as_real(torch.conj(torch.complex(x, y)) ** 2),
    "polar": lambda x, y: torch.view_as_real(torch.polar(x, y)),
}
MATMUL["_einsum"] = MATMUL["_tensordot"] = [s((2, 3), (3, 2))]

ROWS_OF = [s((3, 4)), s((5,))]
PAIR = [s((2, 3), (2, 3)), s((), ())]
# Compositions in Python: the functions of `ferrotorch._functions` and `ferrotorch.functional`.
COMPOSED: dict[str, list[Sample]] = {
    **{name: one() for name in ["deg2rad", "rad2deg", "positive"]},
    "float_power": [*one(0.3, 2, args=(1.5,)), s((2, 3), (3,), low=0.3)],
    "ldexp": [s((2, 3), (3,))],
    "mvlgamma": one(2.5, 5, p=2),
    **dict.fromkeys(["angle", "complex", "conj", "polar"], PAIR),
    "norm": [s((2, 3)), s((2, 3), p=3, dim=1), s((2, 3), dim=0, keepdim=True)],
    "dist": [s((2, 3), (2, 3)), s((2, 3), (3,), p=3)],
    "diff": [s((2, 4)), s((4, 2), dim=0, n=2), s((2, 3), prepend=torch.ones(2, 1, dtype=torch.float64))],
    "inner": [s((2, 3), (4, 3)), s((3,), (3,)), s((2, 3), ())],
    "cov": [*ROWS_OF, s((3, 4), correction=0), s((2, 3), fweights=index(1, 2, 1))],
    "corrcoef": [s((3, 4))],
    "trapezoid": [s((2, 4)), s((2, 4), (4,)), s((3, 2), dx=0.5, dim=0)],
    "cumulative_trapezoid": [s((2, 4)), s((2, 4), (4,)), s((3, 2), dx=0.5, dim=0)],
    "cross": [s((2, 3), (2, 3)), s((3, 2), (3, 2), dim=0)],
    "renorm": [s((3, 2), args=(2, 0, 0.7)), s((2, 3), args=(2, 1, 0.5))],
    "kron": [s((2, 3), (2, 2)), s((2,), (1, 3))],
    "gradient": [s((3, 2)), s((4,), spacing=0.5, edge_order=2), s((2, 3), dim=1)],
    "segment_reduce": [s((4, 2), args=("mean",), lengths=index(1, 3)), s((4,), args=("prod",), lengths=index(0, 4))],
    "frexp": [s((3,), low=0.3, high=0.7, order=1)],
    "matrix_power": [s((2, 3, 3), args=(3,))],
    "chain_matmul": [s((2, 3), (3, 2), (2, 2))],
    "vander": [s((3,)), s((2,), args=(4,))],
    "norm_except_dim": [s((3, 2, 2)), s((2, 3), args=(3, 1), low=0.3)],
    **{name: [s((3, 3))] for name in ("cholesky", "lu", "lu_solve", "triangular_solve")},
    **{name: [s((3, 2))] for name in ("nuclear_norm", "pinverse", "qr", "svd")},
    "frobenius_norm": [s((2, 3), args=(1,))],
    "cdist": [
        s((3, 2), (4, 2)),
        s((2, 3, 2), (2, 1, 2), p=3.0),
        s((2, 3, 2), (4, 2), compute_mode="use_mm_for_euclid_dist"),
    ],
}

FAMILIES = {"pointwise": POINTWISE, "reduce": REDUCE, "matmul": MATMUL, "view": VIEW, "join": JOIN, "index": INDEX}
FAMILIES["composed"] = COMPOSED
FAMILIES |= linear.FAMILIES
GRADIENTS: dict[str, list[Sample]] = {name: made for family in FAMILIES.values() for name, made in family.items()}

W = index(1, 0)
CLASSES = index(1, 0, 2)
IMAGE, LINE, BOX = (1, 2, 4, 4), (1, 2, 5), (1, 1, 3, 3, 3)
NN: dict[str, list[Sample]] = {
    **{
        name: one()
        for name in [
            "elu",
            "gelu",
            "hardshrink",
            "hardsigmoid",
            "hardswish",
            "hardtanh",
            "leaky_relu",
            "log_sigmoid",
            "mish",
            "relu",
            "relu6",
            "silu",
            "softplus",
            "softshrink",
        ]
    },
    "threshold": one(threshold=0.1, value=0.5),
    "prelu": [s((2, 3, 2), (3,)), s((2, 3), (1,))],
    "glu": [s((2, 4)), s((4, 3), args=(0,)), s((0, 2))],
    "pixel_shuffle": [s((1, 4, 2, 1), args=(2,)), s((2, 1, 4, 1, 2), args=(2,)), s((1, 2, 2), args=(1,))],
    "pixel_unshuffle": [s((1, 1, 2, 4), args=(2,)), s((2, 1, 1, 4, 2), args=(2,)), s((1, 2, 2), args=(1,))],
    "channel_shuffle": [s((2, 4, 3), args=(2,)), s((1, 2, 2, 1), args=(2,))],
    "grid_sample": [
        s((1, 2, 4, 4), (1, 2, 3, 2), mode=mode, padding_mode="border", align_corners=True)
        for mode in ("bilinear", "bicubic")
    ],
    "dropout": [s((2, 3), p=0.0), s((2, 3), p=0.5, training=False)],
    "linear": [s((2, 3), (2, 3)), s((2, 2, 3), (4, 3), (4,)), s((3,), (2, 3), (2,)), s((0, 3), (2, 3), (2,))],
    "embedding": [s((4, 2))],
    "in_format_of": [s(IMAGE, args=(torch.ones(1, 2, 2, 2).to(memory_format=torch.channels_last),))],
    "pad": [s(LINE, args=((1, 2),), mode=m) for m in ("constant", "reflect", "replicate", "circular")],
    "conv1d": [
        s(LINE, (3, 2, 3), (3,), padding=1),
        s(LINE, (2, 1, 2), stride=2, groups=2),
        s((2, 5), (1, 2, 2), dilation=2),
    ],
    "conv2d": [
        s(IMAGE, (2, 2, 3, 3), (2,), padding=1),
        s(IMAGE, (2, 1, 2, 2), stride=2, groups=2),
        s(IMAGE, (1, 2, 2, 2), dilation=(1, 2)),
    ],
    "conv3d": [s(BOX, (1, 1, 2, 2, 2), (1,), padding=(1, 0, 0))],
    "conv_transpose1d": [s(LINE, (2, 2, 3), (2,), stride=2, padding=1, output_padding=1)],
    "conv_transpose2d": [s((1, 2, 3, 3), (2, 1, 2, 2), (2,), stride=2, groups=2)],
    "_conv_each": [s((2, 1, 2, 5), (2, 3, 2, 2)), s((2, 1, 2, 3, 3), (2, 2, 1, 2, 2), groups=2)],
    "_conv_transpose_each": [s((2, 1, 2, 3), (2, 2, 3, 2), stride=2)],
    "conv_transpose3d": [s((1, 1, 2, 2, 2), (1, 1, 2, 2, 2), (1,))],
    "avg_pool1d": [s(LINE, args=(2,)), s(LINE, args=(3,), stride=1, padding=1, count_include_pad=False)],
    "avg_pool2d": [s(IMAGE, args=(2,)), s(IMAGE, args=(3,), stride=2, padding=1, ceil_mode=True)],
    "avg_pool3d": [s(BOX, args=(2,))],
    "max_pool1d_with_indices": [s(LINE, args=(2,)), s(LINE, args=(3,), stride=1, padding=1)],
    "max_pool2d_with_indices": [s(IMAGE, args=(2,)), s(IMAGE, args=(2,), stride=1, dilation=2)],
    "max_pool3d_with_indices": [s(BOX, args=(2,), stride=1)],
    "adaptive_avg_pool1d": [s(LINE, args=(3,))],
    "adaptive_avg_pool2d": [s(IMAGE, args=((3, 2),))],
    "adaptive_avg_pool3d": [s(BOX, args=((2, 1, 2),))],
    "adaptive_max_pool1d_with_indices": [s(LINE, args=(3,))],
    "adaptive_max_pool2d_with_indices": [s(IMAGE, args=((3, 2),))],
    "adaptive_max_pool3d_with_indices": [s(BOX, args=((2, 1, 2),))],
    "batch_norm": [s((3, 2)), s((3, 2, 2), (2,), (2,))],
    "group_norm": [s((2, 4)), s((2, 4, 2), (4,), (4,))],
    "layer_norm": [s((2, 3), args=((3,),)), s((2, 3, 2), args=((3, 2),)), Sample([(2, 3), (3,), (3,)])],
    "rms_norm": [s((2, 3), args=((3,),)), Sample([(2, 3), (3,)])],
    "binary_cross_entropy": [s((2, 3), (2, 3), low=0.1, high=0.9, reduction=r) for r in ("mean", "sum", "none")],
    "binary_cross_entropy_with_logits": [s((2, 3), (2, 3), low=0.1, high=0.9, reduction=r) for r in ("mean", "none")],
    "cross_entropy": [s((3, 4), args=(CLASSES,), reduction=r) for r in ("mean", "sum", "none")]
    + [s((3, 4), args=(CLASSES,), label_smoothing=0.1, ignore_index=2), s((3, 4), (3, 4), low=0.1)],
    "nll_loss": [s((3, 4), args=(CLASSES,)), s((3, 4), args=(CLASSES,), reduction="none", ignore_index=0)],
    **{
        name: [s((2, 3), (2, 3), reduction=r) for r in ("mean", "sum", "none")]
        for name in ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]
    },
    "scaled_dot_product_attention": [
        s((1, 3, 2), (1, 4, 2), (1, 4, 3)),
        s((2, 3, 2), (2, 3, 2), (2, 3, 2), is_causal=True),
    ],
}
F = torch.nn.functional
NN_CALLS: dict[str, Callable[..., Any]] = {
    "embedding": lambda w: F.embedding(index([0, 2], [2, 1]), w),
    "batch_norm": lambda x, *wb: F.batch_norm(x, None, None, *wb, training=True),
    "group_norm": lambda x, *wb: F.group_norm(x, 2, *wb),
    "layer_norm": lambda x, *wb: F.layer_norm(x, (3,), *wb) if len(wb) == 2 else F.layer_norm(x, *wb),
    "rms_norm": lambda x, w: F.rms_norm(x, (3,), w) if isinstance(w, torch.Tensor) else F.rms_norm(x, w),
}

# The same op under a second name, or its values as a copy.
ALIASES = {
    "_segment_reduce": "segment_reduce",
    "trapz": "trapezoid",
    "resolve_conj": "positive",
    "resolve_neg": "positive",
    "_neg_view": "neg",
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "clip": "clamp",
    "concat": "cat",
    "concatenate": "cat",
    "divide": "div",
    "fix": "trunc",
    "moveaxis": "movedim",
    "multiply": "mul",
    "negative": "neg",
    "row_stack": "vstack",
    "subtract": "sub",
    "swapdims": "swapaxes",
    "true_divide": "div",
}
# No real number varies in these: results or arguments are integers, booleans, or constants; or the result is random.
NO_GRADIENT = {
    "_int_mm",
    "hash_tensor",
    "geqrf",
    "detach",
    "get_device",
    "histogram",
    "histogramdd",
    "is_same_size",
    "is_signed",
    "resize_as",
    "all",
    "allclose",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "bincount",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bucketize",
    "count_nonzero",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eq",
    "equal",
    "eye",
    "floor_divide",
    "full",
    "full_like",
    "gcd",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "heaviside",
    "histc",
    "isclose",
    "isreal",
    "randint_like",
    "is_complex",
    "is_conj",
    "is_inference",
    "is_neg",
    "is_floating_point",
    "is_nonzero",
    "numel",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "lcm",
    "le",
    "less",
    "less_equal",
    "linspace",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logspace",
    "lt",
    "multinomial",
    "ne",
    "nonzero",
    "nonzero_static",
    "normal",
    "not_equal",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "range",
    "scalar_tensor",
    "searchsorted",
    "signbit",
    "tril_indices",
    "triu_indices",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "zeros",
    "zeros_like",
    "zero",
    "_standard_gamma_grad",
    "_dirichlet_grad",
}
# Differentiable, and flat wherever they are.
FLAT = {"ceil", "floor", "round", "sgn", "sign", "trunc"}
# Differentiable, but their gradient is not that of their values: it is zero, passes through, or is a random sample's.
ZERO_GRADIENT = {"_sample_dirichlet", "_standard_gamma", "bernoulli", "binomial", "nextafter", "poisson"}


def native_names(module: Any) -> Iterator[str]:
    """The ops of an extension module, without the in-place forms."""
    names = {name for name in dir(module) if type(getattr(module, name)).__name__ == "Op"}
    yield from sorted({name.rstrip("_") if name.endswith("_") else name for name in names})

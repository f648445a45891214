"""Functions of layers that are composed in Python, as PyTorch makes them of ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._aten.lowering.creation import _made, _made_like
from ferrotorch._aten.lowering.shapes import contiguous, reshape
from ferrotorch._ops import aten

__all__ = ["RULES"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]

# Functions that are one op of PyTorch's with the same arguments.
_LEAVES = (
    "angle", "celu", "celu_", "deg2rad", "deg2rad_", "dist", "frexp", "ldexp", "ldexp_", "mvlgamma", "mvlgamma_",
    "rad2deg", "rad2deg_", "renorm", "renorm_", "triangular_solve", "alias_copy", "as_strided_copy", "detach_copy",
    "diagonal_copy", "expand_copy", "narrow_copy", "permute_copy", "select_copy", "split_copy",
    "split_with_sizes_copy", "squeeze_copy", "t_copy", "transpose_copy", "unbind_copy", "unfold_copy", "unsafe_split",
    "unsafe_split_with_sizes", "unsqueeze_copy", "view_as_complex_copy", "view_as_real_copy", "view_copy",
)  # fmt: skip
_WINDOWS = ("bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window")


def _leaf(name: str) -> Rule:
    """The rule for a function that is one op."""

    def rule(ask: Ask, input: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(input, Tensor):
            return NotImplemented
        return ask(getattr(aten, name), input, *args, **kwargs)

    return rule


def _of_lists(name: str) -> Rule:
    """The rule for a function of lists of tensors."""

    def rule(ask: Ask, *args: Any, **kwargs: Any) -> Any:
        return ask(getattr(aten, name), *args, **kwargs)

    return rule


def _pair(value: Any, count: int = 2) -> list[int]:
    return [value] * count if isinstance(value, int) else list(value)


def unfold(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """The blocks of an image; the method of the name is another function."""
    names = ("kernel_size", "dilation", "padding", "stride")
    options = dict(zip(names, args, strict=False)) | kwargs
    if "kernel_size" not in options or "size" in options or (len(args) == 3 and not isinstance(args[0], tuple | list)):
        return NotImplemented
    if input.dim() not in (3, 4):
        return NotImplemented
    sizes = [_pair(options.get(name, preset)) for name, preset in zip(names, (None, 1, 0, 1), strict=True)]
    return ask(aten.im2col.default, input, *sizes)


def fold(
    ask: Ask, input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """The sum of blocks as an image."""
    sizes = [_pair(each) for each in (output_size, kernel_size, dilation, padding, stride)]
    return ask(aten.col2im.default, input, *sizes)


def max_unpool2d(
    ask: Ask, input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
    output_size: Any = None,
) -> Any:  # fmt: skip
    """Elements at their places, and zeros elsewhere."""
    kernel = _pair(kernel_size)
    steps, frame = (kernel if stride is None else _pair(stride)), _pair(padding)
    if output_size is not None:
        return NotImplemented
    sizes = [(n - 1) * s - 2 * p + k for n, s, p, k in zip(input.shape[-2:], steps, frame, kernel, strict=True)]
    return ask(aten.max_unpool2d.default, input, indices, sizes)


def bilinear(ask: Ask, input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Any:
    """The sum of products of three, of all rows at once."""
    rows = [ask(aten.view.default, x, [-1, x.shape[-1]]) for x in (input1, input2)]
    result = ask(aten._trilinear.default, rows[0], weight, rows[1], [1, 3], [0], [1, 2], [2, 3])
    result = ask(aten.view.default, result, [*input1.shape[:-1], weight.shape[0]])
    return result if bias is None else ask(aten.add.Tensor, result, bias)


def rrelu(
    ask: Ask, input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
    inplace: bool = False,
) -> Any:  # fmt: skip
    """One op, which fills a buffer."""
    if inplace:
        return NotImplemented
    noise = ask(aten.empty_like.default, input, memory_format=torch.contiguous_format)
    return ask(aten.rrelu_with_noise.default, input, noise, lower, upper, training)


def local_response_norm(
    ask: Ask, input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """The elements over means of squares of the channels around."""
    if input.dim() < 3 or input.numel() == 0:
        return NotImplemented
    square = ask(aten.mul.Tensor, input, input)
    around = [size // 2, (size - 1) // 2]
    if input.dim() == 3:
        mean = ask(aten.constant_pad_nd.default, ask(aten.unsqueeze.default, square, 1), [0, 0, *around], 0)
        mean = ask(aten.avg_pool2d.default, mean, [size, 1], [1, 1])
        mean = ask(aten.squeeze.dim, mean, 1)
    else:
        n, channels, rows, *rest = input.shape
        mean = ask(aten.view.default, square, [n, 1, channels, rows, -1])
        mean = ask(aten.constant_pad_nd.default, mean, [0, 0, 0, 0, *around], 0)
        mean = ask(aten.avg_pool3d.default, mean, [size, 1, 1], [1, 1, 1])
        mean = ask(aten.squeeze.dim, mean, 1)
        mean = ask(aten.view.default, mean, [n, channels, rows, *rest])
    scaled = ask(aten.add.Tensor, ask(aten.mul.Tensor, mean, alpha), k)
    return ask(aten.div.Tensor, input, ask(aten.pow.Tensor_Scalar, scaled, beta))


def normalize(ask: Ask, input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    """The elements over a norm, which is spread."""
    dims = [dim] if isinstance(dim, int) else list(dim)
    norm = ask(aten.linalg_vector_norm.default, input, int(p) if p == int(p) else p, dims, True)
    norm = ask(aten.expand.default, ask(aten.clamp_min.default, norm, eps), list(input.shape))
    return ask(aten.div.Tensor, input, norm)


def _channels_dropped(count: int) -> Rule:
    """The rule for a dropout of whole channels of so many dimensions."""

    def rule(ask: Ask, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        if inplace or not 0 < p < 1 or input.dim() != count + 2:
            return NotImplemented
        if not training:
            return input
        shape = [*input.shape[:2], *[1] * count]
        noise = ask(aten.bernoulli_.float, ask(aten.new_empty.default, input, shape), 1 - p)
        return ask(aten.mul.Tensor, input, ask(aten.div_.Scalar, noise, 1 - p))

    return rule


_ALPHA = 1.7580993408473766


def _alpha_dropped(of_channels: bool) -> Rule:
    """The rule for a dropout that keeps mean and variance."""

    def rule(ask: Ask, input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
        if inplace or not 0 < p < 1:
            return NotImplemented
        if not training:
            return input
        if of_channels:
            noise = ask(aten.new_empty.default, input, [*input.shape[:2], *[1] * (input.dim() - 2)])
        else:
            noise = ask(aten.empty_like.default, input)
        noise = ask(aten.bernoulli_.float, noise, 1 - p)
        scale = 1.0 / math.sqrt((_ALPHA**2 * p + 1) * (1 - p))
        shift = ask(aten.mul_.Scalar, ask(aten.add.Scalar, noise, -1), _ALPHA * scale)
        shift = ask(aten.add_.Scalar, shift, _ALPHA * scale * p)
        noise = ask(aten.mul_.Scalar, noise, scale)
        return ask(aten.add_.Tensor, ask(aten.mul.Tensor, input, noise), shift)

    return rule


def embedding(
    ask: Ask, input: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Any:  # fmt: skip
    """Rows by index; those that are longer than is allowed are scaled first."""
    if max_norm is None or not isinstance(weight, Tensor):
        return NotImplemented
    input = contiguous(ask, input)
    ask(aten.embedding_renorm_.default, ask(aten.detach.default, weight), input, max_norm, norm_type)
    padding = -1 if padding_idx is None else padding_idx
    return ask(aten.embedding.default, weight, input, padding, scale_grad_by_freq, sparse)


def embedding_bag(
    ask: Ask, input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
    per_sample_weights: Tensor | None = None, include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """One op for rows of all bags."""
    if max_norm is not None or mode not in ("sum", "mean", "max") or not isinstance(weight, Tensor):
        return NotImplemented
    if input.dim() == 2 and offsets is None:
        options = {"dtype": input.dtype, "device": input.device, "pin_memory": False}
        offsets = ask(aten.arange.start_step, 0, input.numel(), input.shape[1], **options)
        input = reshape(ask, input, [-1])
        if per_sample_weights is not None:
            per_sample_weights = reshape(ask, per_sample_weights, [-1])
    if offsets is None:
        return NotImplemented
    place = ("sum", "mean", "max").index(mode)
    op = aten._embedding_bag if weight.requires_grad else aten._embedding_bag_forward_only
    padding = () if padding_idx is None else (padding_idx,)
    flags = (scale_grad_by_freq, place, sparse, per_sample_weights, include_last_offset, *padding)
    return ask(op.default, weight, input, offsets, *flags)[0]


def one_hot(ask: Ask, tensor: Tensor, num_classes: int = -1) -> Any:
    """Ones at the places of the classes."""
    if tensor.dtype is not torch.int64 or tensor.numel() == 0:
        return NotImplemented
    least, most = (ask(aten._local_scalar_dense.default, each) for each in ask(aten.aminmax.default, tensor))
    if least < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(most) + 1
    elif most >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    options = {"dtype": tensor.dtype, "layout": torch.strided, "device": tensor.device}
    zeros = ask(aten.zeros.default, [*tensor.shape, num_classes], **options)
    return ask(aten.scatter_.value, zeros, -1, ask(aten.unsqueeze.default, tensor, -1), 1)


_FORMS = {1: "1d", 2: "2d", 3: "3d"}


def interpolate(
    ask: Ask, input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    """One op by mode and number of dimensions."""
    count = input.dim() - 2
    if mode == "area" or count not in _FORMS or recompute_scale_factor or (size is None) is (scale_factor is None):
        return NotImplemented
    factors: list[float] = []
    if size is None:
        given = scale_factor if isinstance(scale_factor, list | tuple) else [scale_factor] * count
        factors = [float(factor) for factor in given]
        size = [math.floor(float(n * f)) for n, f in zip(input.shape[2:], factors, strict=True)]
    else:
        size = _pair(size, count)
    names = {"nearest": "nearest", "nearest-exact": "_nearest_exact"}
    known = {("linear", 1), ("bilinear", 2), ("bicubic", 2), ("trilinear", 3)}
    if mode in names:
        op = getattr(aten, f"{'_' if mode == 'nearest-exact' else ''}upsample_{names[mode].strip('_')}{_FORMS[count]}")
        return ask(op.default, input, size, *factors)
    if (mode, count) not in known:
        return NotImplemented
    name = f"upsample_{mode}{_FORMS[count]}"
    op = getattr(aten, f"_{name}_aa") if antialias else getattr(aten, name)
    return ask(op.default, input, size, bool(align_corners), *factors)


def grid_sample(
    ask: Ask, input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Any:  # fmt: skip
    """One op, with modes as numbers."""
    modes, paddings = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    if align_corners is None or mode not in modes or padding_mode not in paddings or input.dim() not in (4, 5):
        return NotImplemented
    op = getattr(aten, f"grid_sampler_{input.dim() - 2}d")
    return ask(op.default, input, grid, modes.index(mode), paddings.index(padding_mode), align_corners)


def affine_grid(ask: Ask, theta: Tensor, size: Any, align_corners: bool | None = None) -> Any:
    """One op."""
    if align_corners is None:
        return NotImplemented
    return ask(aten.affine_grid_generator.default, theta, list(size), align_corners)


def view(ask: Ask, self: Tensor, *shape: Any) -> Any:
    """A view as another dtype has a view without a history made of it."""
    if len(shape) != 1 or not isinstance(shape[0], torch.dtype):
        return NotImplemented
    return ask(aten.detach.default, ask(aten.view.dtype, self, shape[0])) if not self.requires_grad else NotImplemented


def _operator(name: str) -> Rule:
    """The rule for an operator that is an op of its own."""

    def rule(ask: Ask, self: Tensor, other: Any, /) -> Any:
        return ask(getattr(aten, name), self, other)

    return rule


def rtruediv(ask: Ask, self: Tensor, other: Any, /) -> Any:
    """A number over a tensor is a product."""
    return ask(aten.mul.Tensor, ask(aten.reciprocal.default, self), other)


def rpow(ask: Ask, self: Tensor, other: Any, /) -> Any:
    """A power of a number."""
    return NotImplemented if isinstance(other, Tensor) else ask(aten.pow.Scalar, other, self)


RULES: dict[str, Rule] = {
    **{name: _leaf(name) for name in _LEAVES},
    **{name: _made(name) for name in _WINDOWS},
    **{f"dropout{count}d": _channels_dropped(count) for count in (1, 2, 3)},
    **{f"_foreach_{name}{end}": _of_lists(f"_foreach_{name}{end}") for end in ("", "_") for name in (
        "abs", "add", "addcdiv", "addcmul", "ceil", "clamp_max", "clamp_min", "cos", "div", "exp", "floor", "lerp",
        "log", "maximum", "minimum", "mul", "neg", "pow", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin",
        "sqrt", "sub", "tan", "tanh", "trunc", "zero",
    )},
    "_foreach_copy_": _of_lists("_foreach_copy_"),
    "_foreach_norm": _of_lists("_foreach_norm"),
    "__and__": _operator("bitwise_and"),
    "__floordiv__": _operator("floor_divide"),
    "__lshift__": _operator("__lshift__"),
    "__rshift__": _operator("__rshift__"),
    "__or__": _operator("bitwise_or"),
    "__pow__": _operator("pow"),
    "__rpow__": rpow,
    "__rsub__": _operator("rsub"),
    "__rtruediv__": rtruediv,
    "__xor__": _operator("bitwise_xor"),
    "affine_grid": affine_grid,
    "alpha_dropout": _alpha_dropped(of_channels=False),
    "bilinear": bilinear,
    "embedding": embedding,
    "embedding_bag": embedding_bag,
    "feature_alpha_dropout": _alpha_dropped(of_channels=True),
    "fold": fold,
    "grid_sample": grid_sample,
    "interpolate": interpolate,
    "local_response_norm": local_response_norm,
    "max_unpool2d": max_unpool2d,
    "normalize": normalize,
    "one_hot": one_hot,
    "randint_like": _made_like("randint_like"),
    "rrelu": rrelu,
    "unfold": unfold,
    "view": view,
}  # fmt: skip

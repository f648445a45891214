"""Rules for layers: samples join the batch that these ops know, or their channels do."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import Batch, is_batched, levels_of, spread

Tensor = _C.Tensor


def _convolution(name: str, spatial: int) -> Callable[..., Any]:
    op = getattr(_C._nn, name)
    each = _C._nn._conv_transpose_each if "transpose" in name else _C._nn._conv_each

    def rule(input: Tensor, weight: Tensor, bias: Tensor | None = None, **options: Any) -> Tensor:
        if input.dim() == spatial + 1:
            return rule(input.unsqueeze(0), weight, bias, **options).squeeze(0)
        if input.dim() != spatial + 2 or weight.dim() != spatial + 2:
            raise RuntimeError(
                f"Expected {spatial + 1}D (unbatched) or {spatial + 2}D (batched) input to {name}, but got "
                "input of size: "
                f"{list(input.shape)}"
            )
        if bias is not None and is_batched(bias):
            return rule(input, weight, None, **options) + bias.view(-1, *(1,) * spatial)
        if not is_batched(weight):
            return _in_batch(Batch(input), True, lambda x: op(x, weight, bias, **options), input)
        batch = Batch(input, weight)
        return batch.unfold(each(batch.fold(input), batch.fold(weight), bias, **options))

    return rule


def _convolution_each(name: str) -> Callable[..., Any]:
    """Samples of samples, which have a weight each already."""
    op = getattr(_C._nn, name)

    def rule(input: Tensor, weight: Tensor, bias: Tensor | None = None, **options: Any) -> Tensor:
        if bias is not None and is_batched(bias):
            return rule(input, weight, None, **options) + bias.view(-1, *(1,) * (input.dim() - 3))
        batch = Batch(input, weight)
        result = op(batch.fold(input).flatten(0, 1), batch.fold(weight).flatten(0, 1), bias, **options)
        return batch.unfold(result.unflatten(0, (batch.size, input.shape[0])))

    return rule


def _pool(name: str, spatial: int) -> Callable[..., Any]:
    op = getattr(_C._nn, name)

    def rule(input: Tensor, **options: Any) -> Any:
        if input.dim() not in (spatial + 1, spatial + 2):
            raise RuntimeError(
                f"{name}: Expected {spatial + 1}D or {spatial + 2}D (batch mode) tensor, but got input of size: "
                f"{list(input.shape)}"
            )
        batch = Batch(input)
        return _in_batch(batch, input.dim() == spatial + 2, lambda x: op(x, **options), input)

    return rule


def _in_batch(batch: Batch, has_batch: bool, function: Callable[[Tensor], Any], input: Tensor) -> Any:
    """``function`` of all samples of an input as one batch, or behind one another in the batch that they have."""
    whole = batch.fold(input)
    samples, n = whole.shape[:2]

    def apart(result: Tensor) -> Tensor:
        return batch.unfold(result.unflatten(0, (samples, n)) if has_batch else result)

    result = function(whole.flatten(0, 1) if has_batch else whole)
    return apart(result) if isinstance(result, Tensor) else tuple(map(apart, result))


def _affine(result: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Sequence[int]) -> Tensor:
    result = result if weight is None else result * weight.reshape(shape)
    return result if bias is None else result + bias.reshape(shape)


def _layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    shape = [normalized_shape] if isinstance(normalized_shape, int) else list(normalized_shape)
    _check_normalized(input, shape)
    if is_batched(weight) or is_batched(bias):
        return _affine(_C._nn.layer_norm(input, shape, None, None, eps), weight, bias, shape)
    batch = Batch(input)
    return batch.unfold(_C._nn.layer_norm(batch.fold(input), shape, weight, bias, eps))


def _rms_norm(input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None) -> Tensor:
    shape = [normalized_shape] if isinstance(normalized_shape, int) else list(normalized_shape)
    _check_normalized(input, shape)
    if is_batched(weight):
        return _affine(_C._nn.rms_norm(input, shape, None, eps), weight, None, shape)
    batch = Batch(input)
    return batch.unfold(_C._nn.rms_norm(batch.fold(input), shape, weight, eps))


def _check_normalized(input: Tensor, shape: list[int]) -> None:
    if len(shape) > input.dim() or list(input.shape[input.dim() - len(shape) :]) != shape:
        wanted = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={shape}, expected input with shape [*, {wanted}], but got input of size"
            f"{list(input.shape)}"
        )


def _group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    if is_batched(weight) or is_batched(bias):
        result = _C._nn.group_norm(input, num_groups, None, None, eps)
        return _affine(result, weight, bias, (-1, *(1,) * (input.dim() - 2)))
    return _in_batch(Batch(input), True, lambda x: _C._nn.group_norm(x, num_groups, weight, bias, eps), input)


def batch_norm(
    input: Tensor, training: bool, momentum: float, eps: float, weight: Tensor | None = None,
    bias: Tensor | None = None, running_mean: Tensor | None = None, running_var: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The samples' channels are channels of one input, so that each has statistics of its own."""
    batch = Batch(input, running_mean, running_var)
    if batch.size and batch.levels:
        mean, var = _statistics(batch, training, running_mean, running_var)
        whole = batch.fold(input)
        channels = whole.movedim(0, 1).flatten(1, 2)
        result = _C._nn.batch_norm(channels, None, None, mean, var, training, momentum, eps)
        if training:
            _write_back((running_mean, mean), (running_var, var))
        input = batch.unfold(result.unflatten(1, (whole.shape[0], whole.shape[2])).movedim(1, 0))
    else:
        input = _C._nn.batch_norm(input, None, None, running_mean, running_var, training, momentum, eps)
    return _affine(input, weight, bias, (-1, *(1,) * (input.dim() - 2)))


def _statistics(batch: Batch, training: bool, mean: Tensor | None, var: Tensor | None) -> list[Tensor | None]:
    """Running statistics for the channels of all samples; where it is possible, as a view of these."""
    running = [stat for stat in (mean, var) if stat is not None]
    if training and any(_C._levels(stat) != batch.levels for stat in running):
        raise RuntimeError(
            "Batch norm got a batched tensor as input while the running_mean or running_var, which will be updated in "
            "place, were not batched.\nIf you are using a module and do not need eval mode, please set "
            "`track_running_stats` to be False.If you are using a prebuilt module and do not need eval mode, "
            "please see "
            "the functorch website for resources on how to patch your module to work with vmap"
        )
    if not training:
        return [None if stat is None else batch.fold(stat).reshape(-1) for stat in (mean, var)]
    return [None if stat is None else _C._physical(stat).reshape(-1) for stat in (mean, var)]


def _write_back(*pairs: tuple[Tensor | None, Tensor | None]) -> None:
    """Write moved statistics to where they came from, if they are no view of that."""
    for stat, moved in pairs:
        if stat is not None and moved is not None:
            whole = _C._physical(stat)
            if whole.data_ptr() != moved.data_ptr():
                whole.copy_(moved.view(whole.shape))


def _embedding(
    weight: Tensor, indices: Tensor, padding_idx: int | None = None, scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:  # fmt: skip
    if not is_batched(weight):
        levels = _C._levels(indices)
        found = _C._nn.embedding(weight, _C._physical(indices), padding_idx, scale_grad_by_freq, sparse)
        return _C._batched(found, levels)
    if scale_grad_by_freq:
        return NotImplemented
    # The tables of all samples one below the other.
    batch = Batch(weight, indices)
    tables, places = batch.fold(weight), batch.fold(indices)
    first = torch.arange(batch.size, device=tables.device) * tables.shape[1]
    rows = places + first.view(-1, *(1,) * (places.dim() - 1))
    found = batch.unfold(_C._nn.embedding(tables.flatten(0, 1), rows))
    if padding_idx is None or padding_idx < 0:
        return found
    return torch.where((indices == padding_idx).unsqueeze(-1), found.detach(), found)


def attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """Hidden dimensions are leading ones, which attention takes as a batch."""
    if enable_gqa:
        key, value = (x.repeat_interleave(query.size(-3) // x.size(-3), -3) for x in (key, value))
    if dropout_p > 0:
        return _attention_with_dropout(query, key, value, attn_mask, dropout_p, is_causal, scale)
    levels = levels_of(query, key, value, attn_mask)
    operands = [operand for operand in (query, key, value, attn_mask) if operand is not None]
    rank = max(operand.dim() for operand in operands)
    q, k, v, *mask = (_C._aligned(spread(operand, levels), levels, rank) for operand in operands)
    result = _C._nn.scaled_dot_product_attention(q, k, v, mask[0] if mask else None, 0.0, is_causal, scale)
    return _C._batched(result, levels)


def _attention_with_dropout(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, p: float, is_causal: bool, scale: float | None
) -> Tensor:
    scores = torch.matmul(query, key.mT) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        allowed = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        scores = scores.masked_fill(~allowed, -math.inf)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return torch.matmul(_C._nn.dropout(_C.softmax(scores, -1), p, True), value)


def _prelu(input: Tensor, weight: Tensor) -> Tensor:
    channels = weight.reshape(-1, *(1,) * max(input.dim() - 2, 0)) if weight.numel() != 1 else weight.reshape(())
    return torch.where(input > 0, input, input * channels)


def _pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = 0) -> Tensor:
    batch = Batch(input)
    whole = batch.fold(input)
    if mode == "constant":
        if len(pad) > 2 * input.dim():
            raise RuntimeError(
                f"Length of pad should be no more than twice the number of dimensions of the input. Pad "
                f"length is {len(pad)} "
                f"while the input has {input.dim()} dimensions."
            )
        return batch.unfold(_C._nn.pad(whole, pad, mode, value))
    has_batch = input.dim() == len(pad) // 2 + 2
    return _in_batch(batch, has_batch, lambda x: _C._nn.pad(x, pad, mode, value), input)


def _grid_sample(input: Tensor, grid: Tensor, mode: str, padding_mode: str, align_corners: bool) -> Tensor:
    batch = Batch(input, grid)
    images, grids = batch.fold(input), batch.fold(grid)
    result = _C._nn.grid_sample(images.flatten(0, 1), grids.flatten(0, 1), mode, padding_mode, align_corners)
    return batch.unfold(result.unflatten(0, images.shape[:2]))


def _channel_shuffle(input: Tensor, groups: int) -> Tensor:
    batch = Batch(input)
    whole = batch.fold(input)
    return batch.unfold(_C._nn.channel_shuffle(whole.flatten(0, 1), groups).unflatten(0, whole.shape[:2]))


RULES: dict[str, Callable[..., Any]] = {
    "channel_shuffle": _channel_shuffle,
    **{f"{kind}{n}d": _convolution(f"{kind}{n}d", n) for kind in ("conv", "conv_transpose") for n in (1, 2, 3)},
    **{name: _convolution_each(name) for name in ("_conv_each", "_conv_transpose_each")},
    **{f"{kind}{n}d": _pool(f"{kind}{n}d", n) for kind in ("avg_pool", "adaptive_avg_pool") for n in (1, 2, 3)},
    **{
        f"{kind}{n}d_with_indices": _pool(f"{kind}{n}d_with_indices", n)
        for kind in ("max_pool", "adaptive_max_pool")
        for n in (1, 2, 3)
    },
    "layer_norm": _layer_norm, "rms_norm": _rms_norm, "group_norm": _group_norm, "batch_norm": batch_norm,
    "embedding": _embedding, "scaled_dot_product_attention": attention, "prelu": _prelu, "pad": _pad,
    "grid_sample": _grid_sample,
    "in_format_of": lambda input, model: input,
}  # fmt: skip

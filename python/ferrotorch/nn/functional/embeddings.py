"""Looking up rows of a table, one by one or in bags."""

from __future__ import annotations

import warnings

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import number_or, require_all, require_tensors, require_tensors_or_none
from ferrotorch._composite import one_node
from ferrotorch.autograd.forward_ad import _set_fwd_grad_enabled


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Rows of zeros with a 1 at the class: int64 (*) to (*, num_classes); -1 means one more than the largest class.

    Raises:
        RuntimeError: a dtype other than int64, a negative class, or one too large for ``num_classes``.
    """
    require_tensors("one_hot", tensor=tensor)
    if tensor.dtype != torch.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, but got {tensor.dtype}")
    if tensor.numel() == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if num_classes == -1:
        num_classes = max(int(tensor.max()), 0) + 1
    _require_classes(tensor, num_classes)
    zeros = tensor.new_zeros((*tensor.shape, num_classes))
    return zeros.scatter_(-1, tensor.unsqueeze(-1), 1)


def _require_classes(tensor: Tensor, num_classes: int) -> None:
    low, high = "Class values must be non-negative", "Class values must be smaller than num_classes"
    # Inside `vmap` those of all samples.
    values = _C._physical(tensor)
    if not values.is_cpu:
        require_all(tensor >= 0, low)
        require_all(tensor < num_classes, high)
    elif values.numel() > 0:
        # Two passes on the host take less time than two comparisons and what is made of these.
        smallest, largest = int(values.min()), int(values.max())
        if smallest < 0:
            raise RuntimeError(f"{low}, but one_hot got {smallest}.")
        if largest >= num_classes:
            raise RuntimeError(f"{high}, but one_hot got {largest} for {num_classes} classes.")


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of ``weight`` (V, D) by index: (*) to (*, D).

    The row ``padding_idx`` gets no gradient; rows that are looked up are first scaled down, in place, to ``max_norm``;
    ``scale_grad_by_freq`` divides the gradient of a row by its count in ``input``; with ``sparse`` the gradient of
    ``weight`` is a sparse tensor of the rows that were looked up.

    Raises:
        RuntimeError: indices that are not int32 or int64.
        IndexError: an index outside the table.
    """
    require_tensors("embedding", input=input, weight=weight)
    padding = _padding_row(padding_idx, weight)
    if max_norm is not None:
        _renormalize_rows(weight, input, max_norm, norm_type)
    if sparse and weight.requires_grad and torch.is_grad_enabled():
        is_counted = None if padding < 0 else input != padding
        return _with_sparse_gradient(weight, input, is_counted, scale_grad_by_freq)
    return _nn.embedding(weight, input, padding, scale_grad_by_freq, sparse)


def _with_sparse_gradient(
    weight: Tensor, indices: Tensor, is_counted: Tensor | None, scale_grad_by_freq: bool
) -> Tensor:
    from ferrotorch.sparse._gradients import embedding

    return embedding(weight, indices, is_counted, scale_grad_by_freq)


def _padding_row(padding_idx: int | None, weight: Tensor) -> int:
    """The row's number, counted from the end where negative, or -1 for none."""
    if padding_idx is None:
        return -1
    rows = weight.size(0)
    if not -rows <= padding_idx < rows:
        raise AssertionError(f"Padding_idx must be within num_embeddings, but got {padding_idx} for {rows}")
    return padding_idx % rows


def _renormalize_rows(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows of ``weight`` that ``indices`` names and that are longer than ``max_norm``, in place."""
    if weight.is_meta:
        return
    with torch.no_grad(), _set_fwd_grad_enabled(False):
        rows = torch.unique(indices.reshape(-1)).long()
        picked = weight[rows]
        norms = torch.norm(picked, norm_type, -1, keepdim=True)
        scaled = torch.where(norms > max_norm, picked * (max_norm / (norms + 1e-7)), picked)
        weight.index_copy_(0, rows, scaled)


@one_node("EmbeddingBagBackward0")
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sum, mean or maximum of the rows of ``weight`` (V, D) named by each bag of indices: (B, D).

    ``input`` is (B, L), or (T) with ``offsets`` (B) where each bag starts (with ``include_last_offset`` also where the
    last one ends). Indices equal to ``padding_idx`` do not count; an empty bag is zeros. ``per_sample_weights`` of the
    shape of ``input`` scale the rows in mode ``"sum"``.

    Raises:
        ValueError: shapes, dtypes or a mode that do not fit.
        RuntimeError: offsets that do not begin with 0 or lie beyond the indices, an index or ``padding_idx`` that is
            out of range, or ``per_sample_weights`` of another dtype than ``weight``.
        IndexError: a negative offset.
    """
    require_tensors("embedding_bag", input=input, weight=weight)
    require_tensors_or_none("embedding_bag", offsets=offsets, per_sample_weights=per_sample_weights)
    if weight.dtype == torch.int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        input, weight = weight, input
    _check_bag_arguments(input, weight, offsets, mode, per_sample_weights)
    if mode == "max" and (scale_grad_by_freq or sparse):
        raise ValueError("max mode does not support scaling the gradient by the frequency, nor sparse weights")
    count = weight.size(0)
    if padding_idx is not None and not -count <= padding_idx < count:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, {-count} through {count - 1}, but got {padding_idx}"
        )
    padding = _padding_row(padding_idx, weight)
    if max_norm is not None:
        _renormalize_rows(weight, input, max_norm, norm_type)
    indices, shares, counted = _bags(input, per_sample_weights, offsets, include_last_offset)
    if padding >= 0:
        is_other = indices != padding
        counted = is_other if counted is None else counted & is_other
    # Places that do not count look up some row all the same; it is masked, and so gets no gradient.
    safe = indices if counted is None else torch.where(counted, indices, 0)
    rows = _looked_up(weight, safe, counted, scale_grad_by_freq, sparse)
    if shares is not None:
        rows = rows * shares.unsqueeze(-1)
    return _reduce_bags(rows, counted, mode)


def _looked_up(
    weight: Tensor, indices: Tensor, is_counted: Tensor | None, scale_grad_by_freq: bool, sparse: bool
) -> Tensor:
    """The rows of ``weight``; an index that is out of range is a RuntimeError here."""
    try:
        if sparse and weight.requires_grad and torch.is_grad_enabled():
            return _with_sparse_gradient(weight, indices, is_counted, scale_grad_by_freq)
        if scale_grad_by_freq and is_counted is not None:
            # What is masked must not be counted as a use of its row.
            rows = _nn.embedding(weight, indices[is_counted], -1, True, sparse)
            return rows.new_zeros((*indices.shape, weight.size(1))).masked_scatter(is_counted.unsqueeze(-1), rows)
        return _nn.embedding(weight, indices, -1, scale_grad_by_freq, sparse)
    except IndexError:
        count = weight.size(0)
        wrong = indices[(indices < 0) | (indices >= count)].reshape(-1)[0].item()
        raise RuntimeError(
            f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {wrong}, which is not in "
            f"the valid range [0, {count})"
        ) from None


def _check_bag_arguments(
    input: Tensor, weight: Tensor, offsets: Tensor | None, mode: str, per_sample_weights: Tensor | None
) -> None:
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"mode has to be one of sum, mean or max, but got {mode!r}")
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if per_sample_weights is not None and per_sample_weights.shape != input.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not None, then it must have "
            f"the same shape as the input ({list(input.shape)})"
        )
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}')."
        )
    if per_sample_weights is not None and per_sample_weights.dtype != weight.dtype:
        raise RuntimeError(
            f"Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type {weight.dtype} does not equal {per_sample_weights.dtype}"
        )
    if input.dim() == 2 and offsets is not None:
        raise ValueError("if input is 2D, then offsets has to be None, as input is treated as a mini-batch of bags")
    if input.dim() == 1 and (offsets is None or offsets.dim() != 1):
        raise ValueError("embedding_bag: a 1D input needs 1D offsets, where each bag starts")
    if input.dim() not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")


def _bags(
    input: Tensor, shares: Tensor | None, offsets: Tensor | None, include_last_offset: bool
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Indices and their weights as matrices (bags, longest bag), and which entries exist; None where all of them do."""
    if offsets is None:
        return input, shares, None
    positions, exists = _bag_positions(input.numel(), offsets, include_last_offset)
    if exists is None:
        return input.reshape(positions.shape), None if shares is None else shares.reshape(positions.shape), None
    indices = input[positions] if input.numel() else positions
    return indices, None if shares is None else shares[positions], exists


def _bag_positions(total: int, offsets: Tensor, include_last_offset: bool) -> tuple[Tensor, Tensor | None]:
    """Positions of the bags' entries as a matrix (bags, longest bag), and which of its entries exist.

    None for the latter where all bags are of one length; the positions are then all there are, in order.
    """
    starts = offsets.to(torch.int64)
    require_all(
        starts[:1] == 0,
        "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0.",
        found=lambda: f" However, got {int(starts[0])}",
    )
    require_all(
        starts[-1:] <= total,
        f"offsets[-1] can not be greater than input's length {total}",
        found=lambda: f" but got offsets[-1] of {int(starts[-1])}",
    )
    require_all(
        starts >= 0,
        "offsets must not be negative: index out of range in self",
        IndexError,
        found=lambda: f", but got {int(starts.min())}",
    )
    if include_last_offset:
        starts, ends = starts[:-1], starts[1:]
    else:
        ends = torch.cat([starts[1:], starts.new_full((1,), total)])
    lengths = ends - starts
    longest = int(number_or(lengths.max(), total)) if lengths.numel() else 0
    steps = torch.arange(longest, device=offsets.device)
    if not include_last_offset and lengths.numel() * longest == total:
        return starts.unsqueeze(1) + steps, None
    exists = steps < lengths.unsqueeze(1)
    return torch.where(exists, starts.unsqueeze(1) + steps, 0), exists


def _reduce_bags(rows: Tensor, counted: Tensor | None, mode: str) -> Tensor:
    """(B, L, D) to (B, D) over the entries that count, None for all."""
    if counted is None:
        if mode == "max" and rows.size(1) > 0:
            return rows.max(1)[0]
        total = rows.sum(1)
        return total / max(rows.size(1), 1) if mode == "mean" else total
    mask = counted.unsqueeze(-1)
    if mode == "max":
        if rows.size(1) == 0:
            return rows.sum(1)
        largest = rows.masked_fill(~mask, float("-inf")).max(1)[0]
        return largest.masked_fill(~mask.any(1), 0.0)
    total = rows.masked_fill(~mask, 0.0).sum(1)
    return total if mode == "sum" else total / mask.sum(1).clamp_min(1)

"""The loss of a classification whose classes are spread over processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.tensor import _dispatch
from ferrotorch.distributed.tensor._api import DTensor, unwrap, wrap
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec
from ferrotorch.distributed.tensor._redistribute import redistribute
from ferrotorch.distributed.tensor.placement_types import Partial, Replicate, Shard

__all__ = ["loss_parallel"]

Tensor = torch.Tensor


@contextmanager
def loss_parallel() -> Iterator[None]:
    """In this context ``cross_entropy`` of scores that are cut along the classes moves no scores between processes.

    What is moved is a number for each sample: the largest score, the sum of exponentials, the score of the target.
    Targets and weights of classes may be plain tensors, alike in all processes. Label smoothing and targets that are
    probabilities are computed by copies, as outside. Scores that are cut otherwise are refused by a ``ValueError``.
    """
    before = _dispatch.RULES.get("cross_entropy")
    _dispatch.RULES["cross_entropy"] = _cross_entropy
    try:
        yield
    finally:
        if before is None:
            del _dispatch.RULES["cross_entropy"]
        else:
            _dispatch.RULES["cross_entropy"] = before


def _cross_entropy(func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    given = {**dict(zip(("input", "target", "weight"), args, strict=False)), **kwargs}
    scores, target = given["input"], given["target"]
    is_plain = len(args) < 4 and not given.get("label_smoothing") and not target.is_floating_point()
    dim = scores.ndim - 1 if scores.ndim < 3 else 1
    cut = [each.is_shard(dim) for each in scores.placements] if isinstance(scores, DTensor) else []
    if len(cut) == 1 and not cut[0]:
        raise ValueError(
            "loss_parallel() should be enabled only when the input tensor is sharded on the class dimension, which is "
            f"{dim}: it is {scores.placements}"
        )
    if not (is_plain and cut == [True]):
        return _dispatch.by_copies(func, name, args, kwargs)
    ignored = given.get("ignore_index", -100)
    classes, weight = _whole(target), _whole(given.get("weight"))
    losses = _losses(scores, classes, dim, ignored)
    counted = (classes != ignored).to(losses.dtype)
    if weight is not None:
        counted = counted * weight[classes.masked_fill(classes == ignored, 0)]
        losses = losses * counted
    reduction = given.get("reduction", "mean")
    if reduction == "mean":
        losses = losses.sum() / counted.sum()
    elif reduction == "sum":
        losses = losses.sum()
    spec = scores._spec
    return wrap(losses, DTensorSpec(spec.mesh, (Replicate(),), torch.Size(losses.shape)))


def _whole(tensor: Any) -> Any:
    """A tensor that each process has all of, or None as it is."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _losses(scores: DTensor, classes: Tensor, dim: int, ignored: int) -> Tensor:
    """The loss of each sample: the logarithm of the sum of exponentials, less the score of its class."""
    spec, local = scores._spec, unwrap(scores)
    shape = torch.Size([*scores.shape[:dim], *scores.shape[dim + 1 :]])
    copies = (Replicate(),)

    def joined(part: Tensor, op: str) -> Tensor:
        return redistribute(part, DTensorSpec(spec.mesh, (Partial(op),), shape), copies)

    largest = joined(local.detach().amax(dim), "max")
    total = joined((local - largest.unsqueeze(dim)).exp().sum(dim), "sum")
    length, begin = Shard.local_shard_size_and_offset(scores.shape[dim], spec.mesh.size(0), spec.coordinate()[0])
    is_mine = (classes >= begin) & (classes < begin + length)
    places = (classes - begin).masked_fill(~is_mine, 0).unsqueeze(dim)
    own = joined(local.gather(dim, places).squeeze(dim).masked_fill(~is_mine, 0), "sum")
    return (total.log() + largest - own).masked_fill(classes == ignored, 0)

"""A function of one sample as a function of many at once.

Packages whose containers `vmap` is to take apart put functions of their own in the place of `_process_batched_inputs`,
`_create_batched_inputs` and `_unwrap_batched`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.utils._pytree import TreeSpec, _broadcast_to_and_flatten, tree_flatten, tree_map_, tree_unflatten

Tensor = _C.Tensor
_add_batch_dim, _remove_batch_dim = _C._add_batch_dim, _C._remove_batch_dim
InDims = int | tuple[Any, ...]
OutDims = int | tuple[Any, ...] | None


def vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """Make of a function of samples one of tensors that hold many samples along a dimension.

    The function runs once: inside, tensors look like one sample, and ops compute all samples at once. Samples cannot be
    looked at one by one there: `.item()`, `if` on a tensor and results whose size depends on values raise RuntimeError.
    Calls may be nested.

    Args:
        func: takes tensors or nested containers of them, by position, and returns such.
        in_dims: the dimension along which each input holds samples, or None for an input that is the same for all:
            one for all inputs, or in the structure of the inputs, or a prefix of it.
        out_dims: where each result is to hold the samples; None for one that does not depend on them.
        randomness: whether random ops raise ``"error"``, draw the ``"same"`` numbers for all samples, or
            ``"different"`` ones.
        chunk_size: compute so many samples at a time, to save memory; by default all.

    Returns:
        The function of all samples. Keyword arguments are handed through; tensors among them hold no samples.

    Raises:
        ValueError: dimensions that do not fit the arguments or results, or different numbers of samples.
        RuntimeError: another ``randomness``, and what cannot be done for all samples at once.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        _check_out_dims(out_dims, func)
        size, dims, leaves, spec = _process_batched_inputs(in_dims, args, func)
        if chunk_size is None:
            return _run(func, size, dims, leaves, spec, out_dims, randomness, kwargs)
        chunks = _chunks(leaves, dims, size, chunk_size)
        return _in_chunks(func, dims, chunks, spec, out_dims, randomness, kwargs)

    return wrapped


def _get_name(func: Any) -> str:
    """What messages call a function."""
    if hasattr(func, "__name__"):
        return func.__name__
    if isinstance(func, functools.partial):
        return f"functools.partial({_get_name(func.func)}, ...)"
    return repr(func)


def _check_out_dims(out_dims: Any, func: Any) -> None:
    def check(dim: Any) -> None:
        if not (isinstance(dim, int) or dim is None):
            raise ValueError(
                f"vmap({_get_name(func)}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a "
                "python collection of "
                "ints representing where in the outputs the vmapped dimension should appear."
            )

    if not isinstance(out_dims, int):
        tree_map_(check, out_dims)


def _process_batched_inputs(
    in_dims: Any, args: tuple[Any, ...], func: Any
) -> tuple[int, list[Any], list[Any], TreeSpec]:
    """The number of samples, and the leaves of the arguments with the dimension of each."""
    call = f"vmap({_get_name(func)}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{call}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of "
            "inputs, got: "
            f"{type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({_get_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are "
            "trying to vmap over "
            "a function with no inputs. The latter is unsupported."
        )
    leaves, spec = tree_flatten(args)
    dims = _broadcast_to_and_flatten(in_dims, spec)
    if dims is None:
        raise ValueError(
            f"{call}: in_dims is not compatible with the structure of `inputs`. in_dims has structure "
            f"{tree_flatten(in_dims)[1]} but inputs has structure {spec}."
        )
    dims = [_checked_dim(dim, leaf, call) for dim, leaf in zip(dims, leaves, strict=True)]
    return _number_of_samples(dims, leaves), dims, leaves, spec


def _checked_dim(dim: Any, leaf: Any, call: str) -> int | None:
    if dim is None:
        return None
    if not isinstance(dim, int):
        raise ValueError(
            f"{call}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None."
        )
    if not isinstance(leaf, Tensor):
        raise ValueError(
            f"{call}: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap "
            "over non-Tensor "
            "arguments, please use None as the respective in_dim"
        )
    if not -leaf.dim() <= dim < leaf.dim():
        raise ValueError(
            f"{call}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality "
            f"{leaf.dim()} so expected "
            f"in_dim to satisfy -{leaf.dim()} <= in_dim < {leaf.dim()}."
        )
    return dim % leaf.dim()


def _number_of_samples(dims: Sequence[int | None], leaves: Sequence[Any]) -> int:
    sizes = [leaf.size(dim) for dim, leaf in zip(dims, leaves, strict=True) if dim is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if any(size != sizes[0] for size in sizes):
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for "
            "the mapped "
            "dimension"
        )
    return sizes[0]


@contextmanager
def batching(size: int, randomness: str) -> Iterator[int]:
    """A `vmap` over so many samples; yields its level."""
    level = _C._vmap_enter(size, randomness)
    try:
        yield level
    finally:
        _C._vmap_exit()


def _run(
    func: Callable[..., Any], size: int, dims: Sequence[int | None], leaves: Sequence[Any], spec: TreeSpec,
    out_dims: Any, randomness: str, kwargs: dict[str, Any],
) -> Any:  # fmt: skip
    with batching(size, randomness) as level:
        results = func(*_create_batched_inputs(dims, leaves, level, spec), **kwargs)
        return _unwrap_batched(results, out_dims, level, size, func)


def _create_batched_inputs(dims: Sequence[int | None], leaves: Sequence[Any], level: int, spec: TreeSpec) -> Any:
    """The arguments of one call, with samples in the place of tensors that hold many."""
    samples = [
        leaf if dim is None else _add_batch_dim(leaf, dim, level) for dim, leaf in zip(dims, leaves, strict=True)
    ]
    return tree_unflatten(samples, spec)


def _unwrap_batched(results: Any, out_dims: Any, level: int, size: int, func: Any) -> Any:
    """The samples of the results along the dimensions asked for."""
    leaves, spec = tree_flatten(results)
    dims = _result_dims(results, out_dims, spec)
    if dims is None:
        raise ValueError(
            f"vmap({_get_name(func)}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the "
            "structure of "
            f"`outputs`. out_dims has structure {tree_flatten(out_dims)[1]} but outputs has structure {spec}."
        )
    name = _get_name(func)
    parts = [_maybe_remove_batch_dim(name, leaf, level, size, dim) for leaf, dim in zip(leaves, dims, strict=True)]
    return tree_unflatten(parts, spec)


def _result_dims(results: Any, out_dims: Any, spec: TreeSpec) -> list[Any] | None:
    if not isinstance(results, Tensor):
        return _broadcast_to_and_flatten(out_dims, spec)
    if isinstance(out_dims, tuple) and len(out_dims) == 1:
        return list(out_dims)
    return [out_dims] if isinstance(out_dims, int) or out_dims is None else None


def _maybe_remove_batch_dim(name: str, leaf: Any, level: int, size: int, dim: int | None) -> Any:
    """A result with all samples along a dimension; one without samples where there is no dimension for them."""
    if dim is None:
        if isinstance(leaf, Tensor) and _C._levels(leaf) >> (level - 1) & 1:
            raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
        return leaf
    if not isinstance(leaf, Tensor):
        raise ValueError(
            f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(leaf)}. Did you mean to "
            "set out_dims= to "
            "None for output?"
        )
    return _remove_batch_dim(leaf, level, size, dim)


def _chunks(leaves: list[Any], dims: list[Any], size: int, chunk_size: int) -> Iterator[list[Any]]:
    """The leaves for so many samples at a time."""
    for start in range(0, size, chunk_size):
        length = min(chunk_size, size - start)
        yield [leaf if dim is None else leaf.narrow(dim, start, length) for leaf, dim in zip(leaves, dims, strict=True)]


def _in_chunks(
    func: Callable[..., Any], dims: list[Any], chunks: Iterator[list[Any]], spec: TreeSpec, out_dims: Any,
    randomness: str, kwargs: dict[str, Any],
) -> Any:  # fmt: skip
    state = torch.get_rng_state() if randomness == "same" else None
    results, result_spec, result_dims = [], None, None
    for leaves in chunks:
        if state is not None:
            torch.set_rng_state(state)
        result = _run(func, _number_of_samples(dims, leaves), dims, leaves, spec, out_dims, randomness, kwargs)
        flat, result_spec = tree_flatten(result)
        result_dims = _result_dims(result, out_dims, result_spec)
        results.append(flat)
    if result_spec is None or result_dims is None:
        raise ValueError("vmap: chunk_size needs at least one sample")
    columns = zip(zip(*results, strict=True), result_dims, strict=True)
    joined = [column[0] if dim is None else torch.cat(column, dim) for column, dim in columns]
    return tree_unflatten(joined, result_spec)

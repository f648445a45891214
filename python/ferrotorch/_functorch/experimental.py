"""The module ``functorch.experimental``: names that programs found there before `torch.func` had them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ferrotorch._functorch.vmap import _process_batched_inputs, vmap
from ferrotorch.func import functionalize, hessian, jacfwd, jvp, replace_all_batch_norm_modules_

__all__ = ["chunk_vmap", "functionalize", "hessian", "jacfwd", "jvp", "replace_all_batch_norm_modules_"]


def chunk_vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", chunks: int = 2
) -> Callable[..., Any]:
    """`torch.vmap` that computes the samples in about equal parts, to save memory.

    Args:
        func, in_dims, out_dims, randomness: As for `torch.vmap`.
        chunks: The number of parts; fewer if the samples, shared out evenly, fill fewer.

    Returns:
        The function of all samples, as `torch.vmap` returns it.

    Raises:
        RuntimeError: ``chunks`` that is not positive.
        ValueError: As `torch.vmap`, and no sample at all.
    """
    if chunks < 1:
        raise RuntimeError(f"chunk_vmap expects `chunks` to be greater than 0, got: {chunks}")

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        samples = _process_batched_inputs(in_dims, args, func)[0]
        size = max(1, -(-samples // chunks))
        return vmap(func, in_dims, out_dims, randomness, chunk_size=size)(*args, **kwargs)

    return wrapped

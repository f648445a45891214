"""Settings of all pipes that a pipe is made of."""

from __future__ import annotations

from typing import Any

import ferrotorch

from .graph import traverse_dps
from .sampler import draw_seed

__all__ = ["apply_random_seed", "apply_sharding", "apply_shuffle_settings", "get_all_graph_pipes"]


def get_all_graph_pipes(graph: dict[int, Any]) -> list[Any]:
    """The pipes of a graph of :func:`~ferrotorch.utils.data.graph.traverse_dps`, each once, outer ones first."""
    found: dict[int, Any] = {}
    for number, (pipe, below) in graph.items():
        found.setdefault(number, pipe)
        for inner in get_all_graph_pipes(below):
            found.setdefault(id(inner), inner)
    return list(found.values())


def apply_sharding(datapipe: Any, num_of_instances: int, instance_id: int, sharding_group: Any = None) -> Any:
    """Tell each pipe that can be shared out (``apply_sharding``) which part to take.

    Args:
        datapipe: the pipe.
        num_of_instances, instance_id: how many parts there are, and which it is to be.
        sharding_group: accepted; loaders share a pipe out once, among all workers of all processes.

    Returns:
        The pipe.

    Raises:
        RuntimeError: a pipe inside another that can be shared out can be, too: samples would be left out.
    """
    _shard(traverse_dps(datapipe), num_of_instances, instance_id, None)
    return datapipe


def _shard(graph: dict[int, Any], count: int, number: int, outer: Any) -> None:
    for pipe, below in graph.values():
        shard = getattr(pipe, "apply_sharding", None)
        if shard is not None:
            if outer is not None:
                raise RuntimeError(
                    f"Sharding twice on a single pipeline is likely unintended and will cause data loss. Sharding "
                    f"already applied to {outer} while trying to apply to {pipe}"
                )
            shard(count, number)
        _shard(below, count, number, outer if shard is None else pipe)


def apply_shuffle_settings(datapipe: Any, shuffle: bool | None = None) -> Any:
    """Turn all pipes that change the order (``set_shuffle``) on or off; where there are none, True puts one around.

    Args:
        datapipe: the pipe.
        shuffle: whether the order changes; None leaves all as it is.

    Returns:
        The pipe, or the one around it.
    """
    if shuffle is None:
        return datapipe
    found = [pipe for pipe in get_all_graph_pipes(traverse_dps(datapipe)) if hasattr(pipe, "set_shuffle")]
    if shuffle and not found:
        datapipe = datapipe.shuffle()
        found = [datapipe]
    for pipe in found:
        pipe.set_shuffle(shuffle)
    return datapipe


def apply_random_seed(datapipe: Any, rng: ferrotorch.Generator) -> Any:
    """Give each pipe that draws (``set_seed``) a seed of its own from a generator.

    Returns:
        The pipe.
    """
    for pipe in get_all_graph_pipes(traverse_dps(datapipe)):
        if hasattr(pipe, "set_seed"):
            pipe.set_seed(draw_seed(rng))
    return datapipe

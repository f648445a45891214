"""What nodes are to note while they are traced: stack traces and annotations."""

from __future__ import annotations

import contextlib
import copy
import functools
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import ferrotorch as torch

__all__ = [
    "annotate",
    "annotate_fn",
    "format_stack",
    "get_current_meta",
    "has_preserved_node_meta",
    "preserve_node_meta",
    "set_current_meta",
    "set_stack_trace",
]

# What of `meta` goes from a node that is run on to the nodes that are traced then.
_COPIED = ("nn_module_stack", "torch_fn", "source_fn_stack", "original_aten", "recompute", "from_node", "custom")

_meta: dict[str, Any] = {}
_preserves = False


@contextlib.contextmanager
def preserve_node_meta(enable: bool = True) -> Iterator[None]:
    """A context in which nodes get the ``meta`` of the nodes that are run to trace them, and annotations."""
    global _preserves, _meta
    before, meta_before = _preserves, _meta
    try:
        _preserves, _meta = enable, copy.copy(_meta)
        yield
    finally:
        _preserves, _meta = before, meta_before


def has_preserved_node_meta() -> bool:
    """Do new nodes get the present ``meta``?"""
    return _preserves


def get_current_meta() -> dict[str, Any]:
    """What new nodes get."""
    return _meta


def set_stack_trace(stack: list[str]) -> None:
    """Note where the program is."""
    if _preserves:
        _meta["stack_trace"] = "".join(stack)


def format_stack() -> list[str]:
    """Where the program is: as noted, or now."""
    if _preserves:
        return [_meta.get("stack_trace", "")]
    return traceback.format_list(traceback.extract_stack()[:-1])


@contextlib.contextmanager
def set_current_meta(node: torch.fx.Node, pass_name: str = "") -> Iterator[None]:
    """A context in which new nodes get what a node has noted.

    ``pass_name`` is accepted.
    """
    global _meta
    if not (_preserves and node.meta):
        yield
        return
    before = _meta
    try:
        _meta = copy.copy(node.meta)
        yield
    finally:
        _meta = before


def copy_current_meta(node: torch.fx.Node) -> None:
    """Give a new node what is noted."""
    if _meta.get("stack_trace"):
        node.stack_trace = _meta["stack_trace"]
    for key in _COPIED:
        if key in _meta:
            node.meta[key] = copy.copy(_meta[key])


@contextlib.contextmanager
def annotate(annotation_dict: dict[str, Any]) -> Iterator[None]:
    """A context in which nodes note a dict under ``meta["custom"]``; inner ones go before outer ones.

    Nodes note it where :func:`preserve_node_meta` is on.
    """
    global _meta
    before = _meta
    try:
        _meta = {**_meta, "custom": {**_meta.get("custom", {}), **annotation_dict}}
        yield
    finally:
        _meta = before


def annotate_fn(annotation_dict: dict[str, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: the function runs in :func:`annotate`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def annotated(*args: Any, **kwargs: Any) -> Any:
            with annotate(annotation_dict):
                return function(*args, **kwargs)

        return annotated

    return decorate

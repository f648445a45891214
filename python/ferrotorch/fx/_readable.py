"""What a reader is told beside generated code: shapes of values, where they come from, colours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.fx._emit import Globals
from ferrotorch.fx.node import Node

_color_codes = {
    "yellow": "\033[33m",
    "cyan": "\033[36m",
    "green": "\033[32m",
    "blue": "\033[34m",
    "red": "\033[31m",
    "dim": "\033[2m",
    "dim_blue": "\033[2m\033[34m",
    "dim_green": "\033[2m\033[32m",
}
_FRAME = re.compile(r"^File \"(.+)\", line (\d+), in (.+)$")


class Colors:
    """Marks of text for terminals, or none."""

    def __init__(self, colored: bool) -> None:
        self._colored = colored

    def __getattr__(self, color: str) -> Callable[[str], str]:
        code = _color_codes[color]
        return (lambda text: f"{code}{text}\033[0m") if self._colored else (lambda text: text)


class _ParsedStackTrace(NamedTuple):
    """The innermost frame of a stack trace."""

    file: str
    lineno: str
    name: str
    code: str

    def get_summary_str(self) -> str:
        """The frame in one line."""
        return f"File: {self.file}:{self.lineno} in {self.name}, code: {self.code}"


def _parse_stack_trace(
    stack_trace: str | None, filter_fn: Callable[[str, str, str], bool] | None = None
) -> _ParsedStackTrace | None:
    """The innermost frame that ``filter_fn(file, name, code)`` accepts."""
    lines = (stack_trace or "").strip().split("\n")
    for place in range(len(lines) - 2, -1, -1):
        match = _FRAME.match(lines[place].strip())
        if match is None:
            continue
        file, number, name = match.groups()
        code = lines[place + 1].strip()
        if filter_fn is None or filter_fn(file, name, code):
            return _ParsedStackTrace(file, number, name, code)
    return None


class Describer:
    """Annotations of values, and comments on where they come from; plain annotations where nobody wants more."""

    def __init__(
        self, names: Globals, colors: Colors, verbose: bool, stride: bool, device: bool, additional_meta: list[str]
    ) -> None:
        self._names, self._colors, self._verbose = names, colors, verbose
        self._stride, self._device, self._meta = stride, device, additional_meta
        self._last_origin = ""

    def annotation(self, node: Node) -> str:
        """What stands behind the name of a value."""
        value = None
        if self._verbose:
            meta = node.meta
            value = meta.get("val", meta.get("tensor_meta", meta.get("example_value")))
        if isinstance(value, torch.Tensor):
            text = self._tensor(value)
            plain = type(value) in (torch.Tensor, torch.nn.Parameter)
            return f': "{text}"' if plain else f': "{type(value).__name__}({text})"'
        if type(value).__name__ == "TensorMetadata":
            return f': "{_abbreviation(value.dtype)}{_sizes(value.shape)}"'  # type: ignore[union-attr]
        return "" if node.type is None else f" : {self._names.type(node.type)}"

    def _tensor(self, value: torch.Tensor) -> str:
        colors = self._colors
        stride = colors.dim_blue(_sizes(value.stride())) if self._stride else ""
        device = colors.dim_green(str(value.device)) if self._device else ""
        return f"{colors.red(_abbreviation(value.dtype))}{colors.blue(_sizes(value.shape))}{stride}{device}"

    def origin(self, node: Node) -> str:
        """A comment on where a value comes from, if the one before it comes from elsewhere."""
        if not self._verbose or node.op in ("placeholder", "output"):
            return ""
        frame = _parse_stack_trace(node.stack_trace)
        where = "No stacktrace found for following nodes" if frame is None else frame.get_summary_str()
        noted = ", ".join(f"{key}: {node.meta[key]}" for key in self._meta if key in node.meta)
        text = "\n" + self._colors.dim(f"{f'# {noted} ' if noted else ''}#{_custom(node)} {where}") + "\n"
        if text == self._last_origin:
            return ""
        self._last_origin = text
        return text


def _custom(node: Node) -> str:
    """What was noted by ``torch.fx.traceback.annotate``, cut."""
    noted: dict[str, Any] = {}
    for key, value in node.meta.get("custom", {}).items():
        noted[key] = f"{str(value)[:40]}..." if len(str(value)) > 40 else value
    return f" Annotation: {noted}" if noted else ""


def _abbreviation(dtype: torch.dtype) -> str:
    from ferrotorch.utils._dtype_abbrs import dtype_abbrs

    return dtype_abbrs[dtype]


def _sizes(sizes: Any) -> str:
    return f"[{', '.join(map(str, sizes))}]"

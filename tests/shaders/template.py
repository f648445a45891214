"""The templates of `shaders/` in Python: substitution and linking, as rust/wgpu/src/shader/template.rs describes them.

A shader that is put together here runs on a second host (wgpu-py), so that it is tested apart from the Rust code that
launches it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SHADERS = Path(__file__).parents[2] / "shaders"

#: What each dtype is computed as.
VALUES = {
    "float32": "f32",
    "float16": "f32",
    "bfloat16": "f32",
    "int32": "i32",
    "uint8": "i32",
    "bool": "i32",
    "pair": "vec2<u32>",
}
BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "int32": 4, "uint8": 1, "bool": 1, "pair": 8}

LIBRARIES = (
    *("space", "dtype", "fill", "index", "generic", "math", "special", "normal", "bessel", "incomplete", "orthogonal"),
    *("complex", "philox", "distribution"),
)
OPS = {"f32": ("float32", "elementary", "special", "real", "any"), "i32": ("integer", "any")}


def read(name: str) -> str:
    """The text of a file of `shaders/`, named without its ending."""
    return (SHADERS / f"{name}.wgsl").read_text()


def substitute(text: str, values: dict[str, object]) -> str:
    """Replaces `${name}` by values; names without a value stay. Then repeats lines that ask for it."""
    text = re.sub(r"\$\{(\w+)\}", lambda m: str(values.get(m[1], m[0])), text)
    return re.sub(r"(?m)^\s*@each ([^:]*): *(.*)$", lambda m: unrolled(m[1], m[2]), text)


def unrolled(counts: str, line: str) -> str:
    """A line for each number below each count, in the place of the count's name."""
    lines = [f"    {line}"]
    for name, n in (count.split() for count in counts.split(",")):
        lines = [line.replace(f"#{name}", str(i)) for line in lines for i in range(int(n))]
    return "\n".join(lines)


def strip_comments(text: str) -> str:
    """The text without comments and empty lines."""
    lines = (line.split("//")[0].rstrip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def items(text: str) -> dict[str, str]:
    """A library's top-level items by name."""
    found = {}
    for item in re.split(r"(?m)^(?=[a-zA-Z@])", strip_comments(text)):
        if match := re.match(r".*?(?:\bvar<[^>]*>|^fn|^const|^alias|^struct)\s+(\w+)", item):
            found[match[1]] = item
    return found


def link(root: str, libraries: list[str]) -> str:
    """The root text and every item that it needs; where two libraries define a name the first wins."""
    known: dict[str, str] = {}
    for text in libraries:
        known = items(text) | known
    out, begin = strip_comments(root), 0
    while begin < len(out):
        needed = [known.pop(name) for name in re.findall(r"\b[a-zA-Z_]\w*", out[begin:]) if name in known]
        begin = len(out)
        out += "".join(needed)
    return out


@dataclass(frozen=True)
class Operand:
    """An operand of a shader: `slot` is its name (out0, in0, ...), in the order of the bindings."""

    slot: str
    dtype: str
    atomic: bool = False


def element(dtype: str, compute: str) -> dict[str, object]:
    """What the templates say of one operand's elements; conversions between equal types and to and from bool."""
    bits = 8 * min(BYTES[dtype], 4)
    value, target = VALUES[dtype], VALUES[compute]
    into = "x" if value == target else f"{target}(x)"
    back = f"truth_{target}(x)" if dtype == "bool" and compute != "bool" else "x" if value == target else f"{value}(x)"
    return {
        "value": value,
        "dtype": dtype,
        "lanes": max(4 // BYTES[dtype], 1),
        "bits": bits,
        "ones": 2**bits - 1,
        "to_compute": into,
        "truth_to_compute": f"{target}(truth_{value}(x))",
        "of_compute": back,
    }


def operand_library(number: int, operand: Operand, compute: str) -> list[str]:
    """The binding of an operand, its access functions and its conversions."""
    values = element(operand.dtype, compute) | {"slot": operand.slot, "var": operand.slot, "number": number}
    kind = "atomic" if operand.atomic else "write" if operand.slot.startswith("out") else "read"
    width = {1: "narrow", 2: "narrow", 4: "word", 8: "pair"}[BYTES[operand.dtype]]
    return [substitute(read(name), values) for name in (f"binding/{kind}", f"access/{width}", "access/convert")]


def assemble(
    roots: tuple[str, ...],
    compute: str,
    operands: list[Operand],
    values: dict[str, object],
    extra: tuple[str, ...] = (),
) -> str:
    """A shader from root files, which run, and library files (`extra` and common ones), from which it takes items."""
    t = VALUES[compute]
    known = {
        "T": t,
        "R": "f32",
        "operands": len(operands),
        "stride_vectors": 2 * len(operands),
        "offset_vectors": 2,
        "width": 32,
        "number": 8,
        "arg_vectors": 6,
    }
    known |= element(operands[0].dtype, compute) | values
    libraries = [text for k, operand in enumerate(operands) for text in operand_library(k + 1, operand, compute)]
    names = (
        [f"ops/{name}" for name in OPS.get(t, ())] + [f"lib/{name}" for name in LIBRARIES] + ["binding/status", *extra]
    )
    libraries += [substitute(read(name), known) for name in names]
    return link("".join(substitute(read(name), known) for name in ("prelude", *roots)), libraries)

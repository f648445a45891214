"""Elementwise shaders against NumPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from device import float_words, launch, row_major, uniforms
from template import Operand, assemble

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = 256


def groups(n: int) -> int:
    return -(-n // GROUP)


def unary(op: str, x: np.ndarray, params: tuple[float, ...] = ()) -> np.ndarray:
    """Runs a pointwise op with one float32 input."""
    arguments = ["read_in0(at[1])"] + [f"scalar_f32({k + 1}u)" for k in range(len(params))]
    source = assemble(
        ("pointwise", "each"),
        "float32",
        [Operand("out0", "float32"), Operand("in0", "float32")],
        {"result": f"op_{op}({', '.join(arguments)})"},
    )
    out = launch(
        source, [np.zeros_like(x), x], uniforms([x.size], [[1], [1]], float_words(0.0, *params)), groups(x.size)
    )
    return out[0]


FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log1p": lambda x: np.log1p(np.abs(x)),
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "asinh": np.arcsinh,
    "erf": np.vectorize(math.erf),
    "erfc": np.vectorize(math.erfc),
    "square": np.square,
    "floor": np.floor,
    "round": np.round,
    "gelu": lambda x: x * np.vectorize(math.erfc)(-x / math.sqrt(2)) / 2,
    "silu": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("op", FUNCTIONS)
def test_functions(op: str) -> None:
    x = np.linspace(-8, 8, 4001).astype(np.float32)
    x = np.abs(x) if op == "log1p" else x
    np.testing.assert_allclose(unary(op, x), FUNCTIONS[op](x.astype(np.float64)), rtol=2e-6, atol=3e-7)


@pytest.mark.parametrize("decimals", [-1, 0, 2])
def test_parameters(decimals: int) -> None:
    x = np.linspace(-100, 100, 999).astype(np.float32)
    np.testing.assert_allclose(
        unary("round_decimals", x, (decimals,)), np.round(x.astype(np.float64), decimals), rtol=1e-6, atol=1e-6
    )


def test_broadcast_by_strides() -> None:
    a, b = np.arange(7, dtype=np.float32), np.linspace(-1, 1, 90).astype(np.float32)
    operands = [Operand("out0", "float32"), Operand("in0", "float32"), Operand("in1", "float32")]
    source = assemble(
        ("pointwise", "each"), "float32", operands, {"result": "op_mul(read_in0(at[1]), read_in1(at[2]))"}
    )
    out = np.zeros((7, 90), np.float32)
    parameters = uniforms(out.shape, [row_major(out.shape), [1, 0], [0, 1]], [])
    np.testing.assert_array_equal(launch(source, [out, a, b], parameters, groups(out.size))[0], a[:, None] * b)


@pytest.mark.parametrize(("dtype", "scale"), [("float16", 7e4), ("uint8", 127.0)])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 1001])
def test_packed_conversions_keep_the_neighbours(dtype: str, scale: float, n: int) -> None:
    x = (np.linspace(0, 1, n) * scale).astype(np.float32)
    out = np.full(n + 8, 77, dtype)
    lanes = 4 // out.itemsize
    for begin in range(4):
        operands = [Operand("out0", dtype), Operand("in0", "float32")]
        source = assemble(("copy", "packed"), "float32", operands, {})
        words = -(-(begin % lanes + n) // lanes)
        result = launch(source, [out, x], uniforms([n], [[1], [1]], [], [begin]), groups(words))[0]
        expected = out.copy()
        with np.errstate(over="ignore"):
            expected[begin : begin + n] = x.astype(dtype)
        np.testing.assert_array_equal(result, expected)


def test_strided_bytes_are_written_by_their_own_bits() -> None:
    out = np.full((50, 3), 9, np.uint8)
    x = np.arange(50, dtype=np.uint8)
    source = assemble(("copy", "each"), "uint8", [Operand("out0", "uint8", atomic=True), Operand("in0", "uint8")], {})
    result = launch(source, [out, x], uniforms([50], [[3], [1]], [], [1]), 1)[0]
    expected = out.copy()
    expected[:, 1] = x
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("dtype", "length", "pitch"), [("float16", 8, 9), ("float16", 13, 13), ("uint8", 17, 19)])
@pytest.mark.parametrize("begin", [0, 1, 3])
def test_rows_of_narrow_elements_share_words(dtype: str, length: int, pitch: int, begin: int) -> None:
    out = np.full(5 * pitch + 8, 77, dtype)
    x = np.arange(5 * length).astype(dtype)
    operands = [Operand("out0", dtype, atomic=True), Operand("in0", dtype)]
    source = assemble(("copy", "packed_rows"), dtype, operands, {})
    parameters = uniforms([5, length], [[pitch, 1], [length, 1]], [], [begin])
    result = launch(source, [out, x], parameters, groups(5 * length))[0]
    expected = out.copy()
    for row in range(5):
        expected[begin + row * pitch :][:length] = x[row * length :][:length]
    np.testing.assert_array_equal(result, expected)

"""Shaders of whole families against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from device import float_words, launch, uniforms
from template import Operand, assemble

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("op", "reference"),
    [("sum", np.sum), ("max", np.max), ("min", np.min), ("norm_two", np.linalg.norm), ("std", np.std)],
)
@pytest.mark.parametrize("way", ["reduce_rows", "reduce_columns"])
@pytest.mark.parametrize("place", ["base + reduced(i)", "start + (i - begin) * arg(13u)"])
def test_reduce(op: str, reference: object, way: str, place: str) -> None:
    x = RNG.standard_normal((6, 1000)).astype(np.float32)
    values = {
        "read": "read_in0",
        "place": place,
        "input": 1,
        "emit": "    let at = locate(output);\n    write_out0(at[0], finish(state));",
    }
    operands = [Operand("out0", "float32"), Operand("in0", "float32")]
    base = ["reduce/variance"] if op == "std" else []
    source = assemble((way,), "float32", operands, values, ("lib/reduce", f"reduce/{op}", *base))
    args = [1000, 1000, 1, 1, 1000, 0, 0, 0, 1, 0, 0, 0, 256, 1, 0, 0, *float_words(0.0)]
    result = launch(source, [np.zeros(6, np.float32), x], uniforms([6], [[1], [1000]], args), 6)[0]
    expected = [reference(row) for row in x.astype(np.float64)]  # type: ignore[operator]
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("chunks", [1, 32, 33, 100])
def test_reduce_merge(chunks: int) -> None:
    states = RNG.standard_normal((3, chunks)).astype(np.float32)
    values = {
        "emit": "    let at = locate(output);\n    write_out0(at[0], finish(state));",
        "get_state": "State(read_in0(k))",
    }
    operands = [Operand("out0", "float32"), Operand("in0", "float32")]
    source = assemble(("reduce_merge",), "float32", operands, {"read": "", **values}, ("lib/reduce", "reduce/sum"))
    parameters = uniforms([3], [[1], [0]], [0, 0, chunks, 1])
    result = launch(source, [np.zeros(3, np.float32), states], parameters, 1)[0]
    np.testing.assert_allclose(result, states.astype(np.float64).sum(1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("way", ["sliding", "adaptive"])
def test_max_pool_grad(way: str) -> None:
    # Windows of three, two apart, with one place of padding; or five that divide the eleven places.
    size, count = 11, 6 if way == "sliding" else 5
    begin = [2 * o - 1 if way == "sliding" else o * size // count for o in range(count)]
    end = [b + 3 if way == "sliding" else -(-(o + 1) * size // count) for o, b in enumerate(begin)]
    x, g = RNG.standard_normal((2, size)), RNG.standard_normal((2, count)).astype(np.float32)
    places = np.array(
        [[max(b, 0) + np.argmax(row[max(b, 0) : e]) for b, e in zip(begin, end, strict=True)] for row in x]
    )
    expected = np.zeros((2, size))
    for row in range(2):
        np.add.at(expected[row], places[row], g[row])
    operands = [Operand("out0", "float32"), Operand("in0", "float32"), Operand("in1", "pair")]
    libraries = (f"pool/{way}", "pool/window")
    values = {"counted": "w.padded", "place": "digits(space.first + i, sizes).xyz", "arg_vectors": 7}
    source = assemble(("pool_max_grad", "each"), "float32", operands, values, libraries)
    args = [1, 1, size, 1, 1, count, 1, 1, 3, 1, 1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0]
    strides = [[size, 0, 0, 0, 1], [count, 0, 0, 0, 0], [count, 0, 0, 0, 0]]
    parameters = uniforms([2, 1, 1, 1, size], strides, args)
    result = launch(source, [np.zeros((2, size), np.float32), g, places.astype(np.int64)], parameters, 1)[0]
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("way", "rows", "columns"),
    [
        *[("product_blocks", 1, 4), ("product_blocks", 8, 8), ("product_dots", 1, 1)],
        *[("product_tiles", 4, 4), ("product_tiles", 8, 8)],
    ],
)
@pytest.mark.parametrize(("m", "n", "k"), [(5, 7, 3), (70, 140, 33)])
def test_matmul(way: str, rows: int, columns: int, m: int, n: int, k: int) -> None:
    a, b = RNG.standard_normal((2, m, k)).astype(np.float32), RNG.standard_normal((2, k, n)).astype(np.float32)
    operands = [Operand("out0", "float32"), Operand("in0", "float32"), Operand("in1", "float32")]
    values = {"rows": rows, "columns": columns, "row_vectors": rows // 4, "column_vectors": columns // 4}
    values |= {"from_m": "lane / DEPTH", "from_k": "lane % DEPTH", "step_m": "(256u / DEPTH)", "step_k": "0u"}
    values |= {"result": "scalar_f32(8u) * sum", "addend_at": "0u", "left_at": "job.at[1]", "right_at": "job.at[2]"}
    values |= {"one": "", "put_sum": "", "sum_at": "0u"}
    source = assemble(("matmul", way), "float32", operands, values)
    args = [m, n, k, 2, k, 1, 0, k, 1, n, 1, 0, 0, n, 1, 0, *float_words(1.0, 0.0)]
    side = 16 if way == "product_tiles" else 1
    sums = 2 * -(-m // (side * rows)) * -(-n // (side * columns))
    groups = -(-sums // {"product_blocks": 16, "product_tiles": 1, "product_dots": 8}[way])
    out = np.zeros((2, m, n), np.float32)
    parameters = uniforms([2], [[m * n], [m * k], [k * n]], args)
    result = launch(source, [out, a, b], parameters, groups)[0]
    np.testing.assert_allclose(result, a.astype(np.float64) @ b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("way", ["line_rows", "line_columns"])
def test_softmax(way: str) -> None:
    x = 10 * RNG.standard_normal((5, 333)).astype(np.float32)
    operands = [Operand("out0", "float32"), Operand("in0", "float32")]
    source = assemble(
        ("softmax", "lines/each", way),
        "float32",
        operands,
        {"result": "exponential(x) / state.y"},
        ("reduce/log_sum_exp",),
    )
    result = launch(source, [np.zeros_like(x), x], uniforms([5], [[333], [333]], [333, 1, 1, *[0] * 12, 256]), 5)[0]
    e = np.exp(x.astype(np.float64) - x.max(1, keepdims=True))
    np.testing.assert_allclose(result, e / e.sum(1, keepdims=True), rtol=5e-6, atol=1e-9)


def test_gather_reports_the_first_bad_index() -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    operands = [Operand("out0", "float32"), Operand("in0", "float32"), Operand("in1", "pair")]
    source = assemble(("gather", "each"), "float32", operands, {})
    parameters = uniforms([3, 2], [[2, 1], [4, 0], [2, 1]], [4, 1, 1, *[0] * 20, 1])
    index = np.array([[3, 0], [1, 1], [2, 3]], np.int64)
    out, *_, status = launch(source, [np.zeros((3, 2), np.float32), x, index], parameters, 1, status=True)
    np.testing.assert_array_equal(out, np.take_along_axis(x, index, 1))
    assert status[0] == 0
    index[1, 1] = -7
    *_, status = launch(source, [np.zeros((3, 2), np.float32), x, index], parameters, 1, status=True)
    assert status[0] == 1
    assert status[1:3].view(np.int64)[0] == -7
    assert tuple(status[3:5]) == (1, 4)


def test_random_numbers_are_philox() -> None:
    source = assemble(
        ("random", "each"), "float32", [Operand("out0", "float32")], {"sample": "sample_uniform(i)"}, ("random/units",)
    )
    seed, offset, n = 0x1234_5678_9ABC, 2**32 - 5, 100
    args = [seed & 0xFFFFFFFF, seed >> 32, offset & 0xFFFFFFFF, offset >> 32, *float_words(0.0, 1.0)]
    result = launch(source, [np.zeros(n, np.float32)], uniforms([n], [[1]], args), 1)[0]
    expected = [(philox(offset + i, seed) >> 8) / 2**24 for i in range(n)]
    np.testing.assert_array_equal(result, np.array(expected, np.float32))


def philox(counter: int, seed: int) -> int:
    """The first word of Philox 4x32-10."""
    mask = 2**32 - 1
    c, key = [counter & mask, counter >> 32, 0, 0], [seed & mask, seed >> 32]
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ key[0], q & mask, (p >> 32) ^ c[3] ^ key[1], p & mask]
        key = [(key[0] + 0x9E3779B9) & mask, (key[1] + 0xBB67AE85) & mask]
    return c[0]

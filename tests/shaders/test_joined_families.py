"""Shaders that compute together what others do apart: losses of classes, inputs put together, products with sums."""

from __future__ import annotations

import numpy as np
import pytest
from device import float_words, launch, uniforms
from template import Operand, assemble

RNG = np.random.default_rng(1)
SAMPLES, CLASSES, PLACES = 3, 5, 4
IGNORED = 2
SMOOTHING = 0.3


def losses(x: np.ndarray, classes: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Losses, logarithms of the sums of exponentials, and shares, by the formula."""
    log_sum = np.log(np.exp(x).sum(1))
    logs = x - log_sum[:, None]
    counts = classes != IGNORED
    share = weights[classes] * counts
    picked = np.take_along_axis(logs, classes[:, None], 1)[:, 0]
    spread = (weights[:, None] * logs).sum(1) * counts
    return -(1 - SMOOTHING) * share * picked - SMOOTHING / CLASSES * spread, log_sum, share


def scores() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = RNG.standard_normal((SAMPLES, CLASSES, PLACES)).astype(np.float32)
    classes = RNG.integers(0, CLASSES, (SAMPLES, PLACES))
    classes[0, 0] = IGNORED
    return x, classes, RNG.uniform(0.5, 2, CLASSES).astype(np.float32)


@pytest.mark.parametrize("way", ["line_rows", "line_columns"])
def test_losses_of_classes(way: str) -> None:
    x, classes, weights = scores()
    dtypes = [*["float32"] * 4, "pair", "float32"]
    operands = [Operand(slot, d) for slot, d in zip(["out0", "out1", "out2", "in0", "in1", "in2"], dtypes, strict=True)]
    smooth = "loss = (T(1) - scalar_f32(8u)) * loss + scalar_f32(8u) / T(arg(0u)) * (log_sum * state.w - state.z);"
    values = {
        "element": "vec2<T>(read_in0(at[3] + j * arg(4u)), read_in2(at[5] + j * arg(6u)))",
        "element_type": "vec2<T>",
        "share": "read_in2(at[5] + label * arg(6u))",
        "smooth": smooth,
    }
    libraries = ("reduce/weighted_log_sum_exp", "lib/index")
    source = assemble(("class_loss", "lines/none", way), "float32", operands, values, libraries)
    args = [CLASSES, 0, 0, 0, PLACES, 0, 1, *[0] * 8, 8, *float_words(SMOOTHING), IGNORED, 0, 0, 0, 0, 1]
    flat, nothing = [PLACES, 1], [0, 0]
    strides = [flat, flat, flat, [CLASSES * PLACES, 1], flat, nothing]
    empty = np.zeros((SAMPLES, PLACES), np.float32)
    parameters = uniforms([SAMPLES, PLACES], strides, args)
    *found, _, _, _, status = launch(source, [empty, empty, empty, x, classes, weights], parameters, 1, status=True)
    assert status[0] == 0
    for actual, expected in zip(found, losses(x.astype(np.float64), classes, weights), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_gradient_of_losses_of_classes() -> None:
    x, classes, weights = scores()
    slots = ["out0", "in0", "in1", "in2", "in3", "in4"]
    dtypes = ["float32", "float32", "float32", "pair", "float32", "float32"]
    operands = [Operand(slot, d) for slot, d in zip(slots, dtypes, strict=True)]
    smooth = (
        "slope = (T(1) - scalar_f32(8u)) * slope + scalar_f32(8u) / T(arg(0u)) * (TOTAL * p - read_in3(at[4] + here));"
    )
    values = {
        "gradient": "read_in0(at[1])",
        "p": "exponential(read_in1(at[2]) - read_in4(at[5]))",
        "share": "read_in3(at[4] + label * arg(1u))",
        "smooth": smooth.replace("TOTAL", f"{weights.sum():.9f}"),
    }
    source = assemble(("class_loss_grad", "each"), "float32", operands, values)
    args = [CLASSES, 1, PLACES, *[0] * 13, *float_words(SMOOTHING), IGNORED, 0]
    whole, flat = [CLASSES * PLACES, PLACES, 1], [PLACES, 0, 1]
    strides = [whole, flat, whole, flat, [0, 0, 0], flat]
    g = RNG.standard_normal((SAMPLES, PLACES)).astype(np.float32)
    _, log_sum, _ = losses(x.astype(np.float64), classes, weights)
    arrays = [np.zeros_like(x), g, x, classes, weights, log_sum.astype(np.float32)]
    found = launch(source, arrays, uniforms(x.shape, strides, args), 1)[0]
    for i in np.ndindex(x.shape):
        moved = [x.astype(np.float64), x.astype(np.float64)]
        moved[0][i] += 1e-6
        moved[1][i] -= 1e-6
        up, down = ((g * losses(m, classes, weights)[0]).sum() for m in moved)
        assert found[i] == pytest.approx((up - down) / 2e-6, abs=1e-4)


def test_inputs_one_behind_the_other() -> None:
    pieces = [RNG.standard_normal((2, n, 3)).astype(np.float32) for n in (1, 4, 2)]
    operands = [Operand(slot, "float32") for slot in ("out0", "in0", "in1", "in2")]
    reads = "".join(f"if (along < arg({2 + k}u)) {{ return read_in{k}(at[{k + 1}]); }}\n" for k in range(2))
    source = assemble(("concat", "each"), "float32", operands, {"reads": reads, "last": "read_in2(at[3])"})
    strides = [[21, 3, 1], [3, 3, 1], [12, 3, 1], [6, 3, 1]]
    parameters = uniforms([2, 7, 3], strides, [3, 7, 1, 5, 7], [0, 0, -3, -15])
    out = launch(source, [np.zeros((2, 7, 3), np.float32), *pieces], parameters, 1)[0]
    np.testing.assert_array_equal(out, np.concatenate(pieces, 1))


@pytest.mark.parametrize(
    ("way", "rows", "columns"), [("product_blocks", 4, 8), ("product_tiles", 4, 4), ("product_dots", 1, 1)]
)
@pytest.mark.parametrize(("m", "n", "k"), [(5, 7, 3), (9, 64, 33)])
def test_products_with_the_sums_of_rows(way: str, rows: int, columns: int, m: int, n: int, k: int) -> None:
    a, b = RNG.standard_normal((2, m, k)).astype(np.float32), RNG.standard_normal((2, k, n)).astype(np.float32)
    operands = [Operand(slot, "float32") for slot in ("out0", "out1", "in0", "in1")]
    values = {"rows": rows, "columns": columns, "row_vectors": rows // 4, "column_vectors": columns // 4}
    values |= {"from_m": "lane / DEPTH", "from_k": "lane % DEPTH", "step_m": "(256u / DEPTH)", "step_k": "0u"}
    values |= {"result": "scalar_f32(8u) * sum", "addend_at": "0u", "left_at": "job.at[2]", "right_at": "job.at[3]"}
    values |= {
        "one": "if (column.is_one) { return T(1); }",
        "put_sum": "if (column.is_one) { write_out1(row.sum, sum); return; }",
        "sum_at": "job.at[1] + m * arg(15u)",
    }
    source = assemble(("matmul", way), "float32", operands, values)
    args = [m, n + 1, k, 2, k, 1, 0, k, 1, n, 1, 0, 0, n, 1, 1, *float_words(2.0, 0.0)]
    side = 16 if way == "product_tiles" else 1
    sums = 2 * -(-m // (side * rows)) * -(-(n + 1) // (side * columns))
    groups = -(-sums // {"product_blocks": 16, "product_tiles": 1, "product_dots": 8}[way])
    parameters = uniforms([2], [[m * n], [m], [m * k], [k * n]], args)
    arrays = [np.zeros((2, m, n), np.float32), np.zeros((2, m), np.float32), a, b]
    product, row_sums = launch(source, arrays, parameters, groups)[:2]
    np.testing.assert_allclose(product, 2 * a.astype(np.float64) @ b, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(row_sums, a.astype(np.float64).sum(2), rtol=1e-5, atol=1e-5)

"""Questions about dtypes, shapes and strides by the names that packages know."""

import ferrotorch as torch
import pytest
from ferrotorch import _prims_common as prims
from ferrotorch._prims_common import ELEMENTWISE_TYPE_PROMOTION_KIND as KIND
from ferrotorch._prims_common import elementwise_dtypes


@pytest.mark.parametrize(
    ("args", "kind", "expected"),
    [
        ((torch.ones(2, dtype=torch.int32), 2.5), KIND.DEFAULT, (torch.float32, torch.float32)),
        ((torch.ones(2, dtype=torch.bfloat16), torch.ones(())), KIND.DEFAULT, (torch.float32, torch.bfloat16)),
        ((torch.ones((), dtype=torch.float64), torch.ones(1)), KIND.DEFAULT, (torch.float32, torch.float32)),
        ((torch.ones(2, dtype=torch.uint8), 3j), KIND.DEFAULT, (torch.complex64, torch.complex64)),
        ((torch.ones(2, dtype=torch.bfloat16), None), KIND.NO_OPMATH, (torch.bfloat16, torch.bfloat16)),
        ((torch.ones(2, dtype=torch.bool), True), KIND.INT_TO_FLOAT, (torch.float32, torch.float32)),
        ((torch.ones(2, dtype=torch.float16),), KIND.ALWAYS_BOOL, (torch.float32, torch.bool)),
        ((torch.ones(2, dtype=torch.complex128),), KIND.COMPLEX_TO_FLOAT, (torch.complex128, torch.float64)),
        ((torch.ones(2, dtype=torch.bool),), KIND.BOOL_TO_LONG, (torch.int64, torch.int64)),
        ((3, 2.0), KIND.DEFAULT, (torch.float32, torch.float32)),
    ],
)
def test_dtypes_of_results(args, kind, expected):
    assert elementwise_dtypes(*args, type_promotion_kind=kind) == expected


def test_kinds_of_dtypes():
    assert prims.is_integer_dtype(torch.uint8) and not prims.is_integer_dtype(torch.bool)
    assert prims.is_boolean_dtype(torch.bool) and prims.is_float_dtype(torch.bfloat16)
    assert prims.is_complex_dtype(torch.complex64) and not prims.is_float_dtype(torch.complex64)
    assert [prims.dtype_to_type(getattr(torch, name)) for name in ("bool", "int8", "float16", "complex64")] == [
        bool, int, float, complex,
    ]  # fmt: skip
    assert [prims.type_to_dtype(kind) for kind in (bool, int, float, complex)] == [
        torch.bool, torch.int64, torch.float32, torch.complex64,
    ]  # fmt: skip
    assert prims.get_computation_dtype(torch.complex32) is torch.complex64
    assert prims.corresponding_real_dtype(torch.complex128) is torch.float64
    assert prims.corresponding_complex_dtype(torch.float64) is torch.complex128


def test_strides_are_those_of_tensors():
    for shape in ((), (3,), (2, 3, 4), (2, 0, 3)):
        assert prims.make_contiguous_strides_for(shape) == torch.empty(shape).stride()
    assert prims.make_contiguous_strides_for((2, 3, 4), row_major=False) == torch.empty(2, 4, 3).mT.stride()
    x = torch.empty(2, 3, 4, 5, memory_format=torch.channels_last)
    assert prims.make_channels_last_strides_for(x.shape) == x.stride()
    assert prims.make_channels_last_strides_for((2, 3, 4)) == (12, 1, 3)
    assert prims.suggest_memory_format(x) is torch.channels_last and not prims.is_contiguous(x)
    assert prims.suggest_memory_format(x.contiguous()) is torch.contiguous_format
    assert prims.compute_required_storage_length((2, 3), (5, 1), 4) == 12
    assert prims.compute_required_storage_length((0, 3), (3, 1), 4) == 0
    assert prims.infer_size((2, -1), 6) == (2, 3)


def test_dimensions_are_counted_from_the_front():
    assert prims.canonicalize_dims(3, (0, -1)) == (0, 2) and prims.canonicalize_dims(3, -1) == 2
    assert prims.canonicalize_dim(0, -1) == 0
    assert prims.reduction_dims((2, 3), None) == (0, 1) and prims.reduction_dims((2, 3), (-1,)) == (1,)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: prims.canonicalize_dim(2, 2), IndexError),
        (lambda: prims.canonicalize_dim(0, 0, wrap_scalar=False), IndexError),
        (lambda: prims.reduction_dims((2, 3), (0, 0)), RuntimeError),
        (lambda: prims.infer_size((-1, -1), 4), RuntimeError),
        (lambda: prims.infer_size((4,), 5), RuntimeError),
        (lambda: prims.make_channels_last_strides_for((2, 3)), RuntimeError),
        (lambda: prims.corresponding_complex_dtype(torch.bfloat16), ValueError),
        (lambda: prims.type_to_dtype(str), ValueError),
        (lambda: elementwise_dtypes("a", type_promotion_kind=KIND.DEFAULT), ValueError),
        (lambda: elementwise_dtypes(None, type_promotion_kind=KIND.DEFAULT), ValueError),
    ],
)
def test_bad_input_is_refused(call, error):
    with pytest.raises(error):
        call()

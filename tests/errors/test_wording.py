"""Words of errors and warnings that programs match on."""

import ferrotorch as torch
import pytest

X = torch.ones(3)
INTEGERS = torch.ones(3, dtype=torch.int64)

REFUSED = {
    "random_ of nothing": (lambda: X.clone().random_(5, 5), RuntimeError, "random_ expects 'from' to be less"),
    "uniform_ backwards": (lambda: X.clone().uniform_(0, -1), RuntimeError, "uniform_ expects to return a"),
    "uniform_ without bound": (lambda: X.clone().uniform_(0, float("inf")), RuntimeError, "to is out of bounds"),
    "uniform_ too far": (lambda: X.half().uniform_(-6e4, 6e4), RuntimeError, "to - from is out of bounds"),
    "normal_": (lambda: X.clone().normal_(0, -1), RuntimeError, "normal_ expects std >= 0.0, but found std"),
    "normal": (lambda: torch.normal(X, -1.0), RuntimeError, "normal expects std >= 0.0, but found std"),
    "normal of tensors": (lambda: torch.normal(X, -X), RuntimeError, "normal expects all elements of std >= 0.0"),
    "exponential_": (lambda: X.clone().exponential_(-1), RuntimeError, "exponential_ expects lambda > 0.0"),
    "exponential_ of integers": (lambda: INTEGERS.clone().exponential_(), RuntimeError, "you specified Long"),
    "geometric_": (lambda: X.clone().geometric_(2), RuntimeError, r"geometric_ expects p to be in \(0, 1\)"),
    "log_normal_": (lambda: X.clone().log_normal_(0, -1), RuntimeError, "log_normal_ expects std > 0.0"),
    "cauchy_": (lambda: X.clone().cauchy_(0, -1), RuntimeError, "cauchy_ expects sigma > 0.0"),
    "bernoulli_": (lambda: X.clone().bernoulli_(2), RuntimeError, r"bernoulli_ expects p to be in \[0, 1\]"),
    "movedim": (lambda: torch.movedim(X, (0, 0), (0,)), RuntimeError, "movedim: Invalid source or destination dims"),
    "movedim twice": (lambda: torch.movedim(X, (0, 0), (0, 0)), RuntimeError, "movedim: repeated dim in `source`"),
    "masked_fill_": (
        lambda: X.clone().masked_fill_(X.byte(), 1), RuntimeError, "masked_fill_ only supports boolean masks .* Byte"
    ),
    "masked_select": (lambda: X.masked_select(X), RuntimeError, "expected BoolTensor for mask"),
    "nonzero into floats": (lambda: torch.nonzero(X, out=torch.empty(0)), RuntimeError, "scalar type Long"),
    "complex of integers": (
        lambda: torch.complex(INTEGERS, INTEGERS), NotImplementedError, "Double tensors but got Long and Long"
    ),
    "complex of two dtypes": (
        lambda: torch.complex(X, X.double()),
        RuntimeError,
        "Expected object of scalar type Float but got scalar type Double for second argument",
    ),
    "complex into floats": (
        lambda: torch.complex(X, X, out=torch.empty(0)),
        RuntimeError,
        "Expected object of scalar type ComplexFloat but got scalar type Float for argument 'out'",
    ),
    "diff": (
        lambda: torch.diff(torch.ones(2, 3), dim=0, prepend=torch.ones(3, 2)),
        RuntimeError,
        r"except along the differencing dimension; input.size\(1\) = 3, but got tensor.size\(1\) = 2",
    ),
    "unravel_index": (lambda: torch.unravel_index(X, (2,)), TypeError, "expected 'indices' to be integer dtype"),
    "unravel_index of a shape of fractions": (
        lambda: torch.unravel_index(INTEGERS, (2, 2.5)),
        TypeError,
        "'shape' sequence to only contain ints, but got .*flo"
    ),
    "unravel_index of a tensor of sizes": (
        lambda: torch.unravel_index(INTEGERS, INTEGERS), TypeError, "'shape' to be int or sequence of ints, but got"
    ),
    "unravel_index of a number": (
        lambda: torch.unravel_index(INTEGERS, 2.5), TypeError, "'shape' to be int or sequence of ints, but got"
    ),
    "addcdiv of integers": (
        lambda: torch.addcdiv(INTEGERS, INTEGERS, INTEGERS), RuntimeError, "^Integer division with addcdiv is no longer"
    ),
    "addcdiv of integers to floats": (
        lambda: X.clone().addcdiv_(INTEGERS[:1], INTEGERS[:1]),
        RuntimeError,
        "^Integer division with addcdiv is no longer"
    ),
    "nonzero into a tensor as a tuple": (
        lambda: torch.nonzero(X, as_tuple=True, out=INTEGERS),
        RuntimeError,
        "not support the out kwarg when as_tuple is True"
    ),
    "sizes beyond memory": (
        lambda: torch.empty(0).resize_(2, 4, 2**29, 2**29), RuntimeError,
        r"Storage size calculation overflowed with sizes=\[2, 4, 536870912, 536870912\]",
    ),
    "a dilation of zero": (
        lambda: torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2), dilation=0),
        RuntimeError,
        "dilation should be greater than zero",
    ),
    "bytes of fractions": (
        lambda: torch.UntypedStorage([1, 2.5]),
        RuntimeError,
        r"sequence \(list\), but one of the items was of type float"
    ),
    "slices of numbers": (lambda: X[1.0:], TypeError, "slice indices must be integers or None"),
    "slices of words": (lambda: X["a":], TypeError, "slice indices must be integers or None"),
    "tensor_split": (lambda: X.tensor_split(torch.tensor(1.0)), RuntimeError, "to have dtype of long, but got Float"),
    "tensor_split by a table": (
        lambda: X.tensor_split(INTEGERS[None]), RuntimeError, "one-dimensional tensor, but got .* 2 dims"
    ),
    "a negative device": (lambda: torch.device(-1), RuntimeError, "Device index must not be negative"),
    "a negative device of a kind": (lambda: torch.device("cpu", -1), RuntimeError, "must not be negative"),
    "two numbers of a device": (lambda: torch.device(0, 1), TypeError, "argument 'type' .* must be str, not int"),
    "meshgrid of nothing": (lambda: torch.meshgrid(indexing="ij"), RuntimeError, "expects a non-empty TensorList"),
    "products of nothing": (torch.cartesian_prod, RuntimeError, "expects a non-empty TensorList"),
    "del data": (lambda: delattr(X.clone(), "data"), RuntimeError, "Deleting tensor data is not allowed"),
    "del requires_grad": (lambda: delattr(X.clone(), "requires_grad"), RuntimeError, "must be a bool"),
    "data of a number": (lambda: setattr(X.clone(), "data", 3), TypeError, "has to be a tensor, but got int"),
    "gradient of a number": (lambda: setattr(X.clone(), "grad", 3), TypeError, "or None but got grad of type int"),
    "tensordot by a word": (lambda: torch.tensordot(X, X, "a"), RuntimeError, "expects dims to be int or tuple"),
    "nuclear norm": (lambda: torch.ones(2, 2, 2).norm("nuc"), RuntimeError, "must be a 2-tuple. Got 0 1 2"),
    "conv2d of two dtypes": (
        lambda: torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2).double()),
        RuntimeError,
        "expected scalar type Float but found Double",
    ),
    "linear of integers": (lambda: torch.nn.Linear(2, 3)(INTEGERS[:2]), RuntimeError,
                           "mat1 and mat2 must have the same dtype, but got Long and Float"),
    "linear of a wider input": (lambda: torch.nn.Linear(2, 3)(torch.ones(4, 2).double()), RuntimeError,
                                "mat1 and mat2 must have the same dtype, but got Double and Float"),
    "linear with a wider bias": (
        lambda: torch.nn.functional.linear(torch.ones(2), torch.ones(3, 2), torch.ones(3).double()), RuntimeError,
        "self and mat2 must have the same dtype, but got Double and Float",
    ),
    "linear without a bias": (lambda: torch.nn.functional.linear(INTEGERS[:2], torch.ones(3, 2)), RuntimeError,
                              "expected m1 and m2 to have the same dtype, but got: "),
    "addmm of integers": (lambda: torch.addmm(torch.ones(2, 2), torch.ones(2, 2).long(), torch.ones(2, 2)),
                          RuntimeError, "mat1 and mat2 must have the same dtype, but got Long and Float"),
    "addmm by integers": (lambda: torch.addmm(torch.ones(2, 2), torch.ones(2, 2), torch.ones(2, 2).long()),
                          RuntimeError, "self and mat2 must have the same dtype, but got Float and Long"),
    "addmv of integers": (lambda: torch.addmv(torch.ones(2), torch.ones(2, 2).long(), torch.ones(2)), RuntimeError,
                          "must have the same dtype, but got Long and Float"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_errors(name) -> None:
    call, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        call()


def test_a_list_that_holds_itself() -> None:
    items: list = []
    items.append(items)
    for make in (torch.tensor, torch.as_tensor):
        with pytest.raises(TypeError, match="self-referential lists are incompatible"):
            make(items)


@pytest.mark.parametrize(
    ("length", "arguments", "message"),
    [
        (0, {}, r"both buffer length \(0\) and count \(-1\) must not be 0"),
        (8, {"count": 0}, r"both buffer length \(8\) and count \(0\) must not be 0"),
        (
            8,
            {"offset": 8},
            r"offset \(8 bytes\) must be non-negative and no greater",
        ),
        (8, {"offset": -1}, r"offset \(-1 bytes\) must be non-negative"),
        (9, {}, r"buffer length \(9 bytes\) after offset \(0 bytes\) must be a multiple of element size \(8\)"),
        (9, {"offset": 3}, r"buffer length \(6 bytes\) after offset \(3 bytes\)"),
        (8, {"count": 2}, r"requested buffer length \(2 \* 8 bytes\) after offset \(0 bytes\) .* length \(8 bytes\)"),
    ],
)
def test_windows_of_buffers(length, arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        torch.frombuffer(bytearray(length), dtype=torch.int64, **arguments)


def test_buffers_that_cannot_be_written_to_are_announced() -> None:
    with pytest.warns(UserWarning, match="buffer is not writable"):
        x = torch.frombuffer(b"abcd", dtype=torch.uint8, offset=1, count=2)
    assert x.tolist() == [98, 99]


@pytest.mark.parametrize(
    ("dtype", "digits"), [(torch.bfloat16, 8), (torch.float16, 11), (torch.float32, 24), (torch.float64, 53)]
)
def test_integers_that_a_dtype_cannot_tell_apart(dtype, digits) -> None:
    x = torch.empty(4, dtype=dtype)
    x.random_(-(2**digits), 2**digits + 1)
    with pytest.warns(UserWarning, match=rf"to - 1 is out of bounds \[-\(2\^{digits}\), 2\^{digits}\]"):
        x.random_(0, 2**digits + 2)
    with pytest.warns(UserWarning, match="from is out of bounds"):
        x.random_(-(2**digits) - 1, 0)


def test_grids_ask_for_the_order_of_their_dimensions() -> None:
    with pytest.warns(UserWarning, match="torch.meshgrid: in an upcoming release"):
        rows, columns = torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4]))
    assert (rows.tolist(), columns.tolist()) == ([[1, 1], [2, 2]], [[3, 4], [3, 4]])
    assert torch.meshgrid(torch.tensor([1]), torch.tensor([3]), indexing="ij")[1].tolist() == [[3]]


def test_spreads_of_nothing() -> None:
    with pytest.warns(UserWarning, match="degrees of freedom is <= 0"):
        assert torch.empty(0).std().isnan()


@pytest.mark.parametrize("name", ["atleast_1d", "atleast_2d", "atleast_3d", "broadcast_tensors"])
def test_of_no_tensors_there_are_none(name):
    assert getattr(torch, name)() == ()

"""Operators return what their declarations say, from which the type stubs are made."""

import ferrotorch as torch
import pytest
from ferrotorch import _C, return_types

# Any arguments will do, so some are in an old order.
pytestmark = [pytest.mark.filterwarnings(f"ignore:{words}") for words in ("This overload", "torch.meshgrid")]

MATRIX = torch.tensor([[4.0, 1.0], [2.0, 3.0]])
VECTOR = torch.tensor([1.0, 3.0, 2.0])
IMAGES = torch.rand(1, 1, 4, 4)

# Calls of every operator that does not return one tensor, by result.
CALLS = {
    "bool": [("allclose", MATRIX, MATRIX), ("equal", MATRIX, MATRIX)],
    "Tensor[]": [
        ("split", VECTOR, 2),
        ("split", VECTOR, [1, 2]),
        ("split_with_sizes", VECTOR, [1, 2]),
        ("chunk", VECTOR, 2),
        ("unsafe_chunk", VECTOR, 2),
        ("unsafe_split", VECTOR, 2),
        ("unsafe_split_with_sizes", VECTOR, [1, 2]),
        ("tensor_split", VECTOR, 2),
        ("tensor_split", VECTOR, [1]),
        ("tensor_split", VECTOR, torch.tensor(2)),
        ("hsplit", MATRIX, 2),
        ("hsplit", MATRIX, [1]),
        ("vsplit", MATRIX, 2),
        ("vsplit", MATRIX, [1]),
        ("dsplit", IMAGES, 2),
        ("dsplit", IMAGES, [1]),
        ("unbind", MATRIX),
        ("broadcast_tensors", MATRIX, MATRIX),
        ("meshgrid", VECTOR, VECTOR),
        ("atleast_1d", VECTOR, VECTOR),
        ("atleast_2d", VECTOR, VECTOR),
        ("atleast_3d", VECTOR, VECTOR),
        ("unravel_index", torch.tensor([2, 3]), (2, 2)),
        ("where", MATRIX > 1),
    ],
    "(Tensor, Tensor)": [("var_mean", MATRIX), ("var_mean", MATRIX, 0), ("std_mean", MATRIX, True)],
    **{
        name: [(name, MATRIX, *args)]
        for name, *args in [
            ("max", 0), ("min", 0), ("median", 0), ("nanmedian", 0), ("mode", 0), ("sort", 0), ("topk", 1),
            ("kthvalue", 1), ("cummax", 0), ("cummin", 0), ("aminmax",),
        ]
    },
    "Any": [("unique", VECTOR), ("unique_consecutive", VECTOR), ("nonzero", VECTOR)],
}  # fmt: skip
NN_CALLS = [
    (f"{kind}_pool{n}d_with_indices", torch.rand(1, 1, *(4,) * n), 2)
    for kind in ("max", "adaptive_max")
    for n in (1, 2, 3)
]
CALLS["(Tensor, Tensor)"] += [("_nn." + name, *args) for name, *args in NN_CALLS]
LINALG_CALLS = [
    *(
        (name, MATRIX)
        for name in ("cholesky_ex", "lu_factor_ex", "lu_factor", "lu", "qr", "eigh", "eig", "svd", "inv_ex")
    ),
    *((name, MATRIX) for name in ("slogdet", "ldl_factor_ex", "ldl_factor")),
    *((name, MATRIX, MATRIX) for name in ("solve_ex", "lstsq")),
]
CALLS |= {f"linalg_{name}": [(f"_linalg.{name}", *args)] for name, *args in LINALG_CALLS}
CALLS |= {name: [(name, MATRIX)] for name in ("geqrf", "slogdet")}
CALLS["bool"] = [*CALLS.get("bool", []), ("_nn.has_kernel_to_resize", torch.rand(1, 1, 4, 4), [2, 2])]
CALLS["lu_unpack"] = [("lu_unpack", MATRIX, torch.tensor([1, 2], dtype=torch.int32))]


def find(name):
    place, _, name = name.rpartition(".")
    return getattr(getattr(_C, place) if place else _C, name)


def results_of(op) -> set[str]:
    return {line.split(" -> ")[1] for line in op._declarations.splitlines()}


def is_what(result, declared: str) -> bool:
    if declared == "bool":
        return isinstance(result, bool)
    if declared == "Any":
        return True
    if declared in ("Tensor[]", "(Tensor, Tensor)"):
        of_tensors = type(result) is tuple and all(type(part) is torch.Tensor for part in result)
        return of_tensors and (declared == "Tensor[]" or len(result) == 2)
    return type(result) is getattr(return_types, declared)


@pytest.mark.parametrize(
    ("declared", "call"),
    [pytest.param(d, call, id=f"{call[0]}-{i}") for d, calls in CALLS.items() for i, call in enumerate(calls)],
)
def test_result_is_what_is_declared(declared, call):
    name, *args = call
    op = find(name)
    assert declared in results_of(op)
    assert is_what(op(*args), declared)


def test_every_other_result_is_called_above():
    called = {(name.rpartition(".")[2], declared) for declared, calls in CALLS.items() for name, *_ in calls}
    places = [_C, _C.Tensor, _C._nn, _C._special, _C._linalg, _C._fft]
    declared = {
        (name, result)
        for place in places
        for name, op in vars(place).items()
        if type(op) is _C.Op
        for result in results_of(op) - {"Tensor"}
    }
    assert declared - called == set()


INDEX = torch.tensor([1, 0])
WHOLE = torch.tensor([[4, 2], [3, 1]])
SAMPLES = [
    (VECTOR,), (MATRIX,), (MATRIX, MATRIX), (MATRIX, 0), (WHOLE, 1), (MATRIX, 0, INDEX), (WHOLE,), (WHOLE, WHOLE),
    (MATRIX, MATRIX, MATRIX), (1, MATRIX), (MATRIX, (2, 2)), (MATRIX, 0, 1), (MATRIX, 1, 0, 1),
    (MATRIX, (2, 2), (2, 1)), (MATRIX.to(torch.complex64),), ([MATRIX, MATRIX],), (2,), ((2, 2),), (2, 2),
    ((2, 2), 1.0), (0, 1, 3), (3, (2,)), (IMAGES[0], IMAGES[0]), (MATRIX, INDEX.float()), (VECTOR, VECTOR),
    (INDEX.float(), MATRIX, INDEX.float()), (MATRIX, INDEX.float(), INDEX.float()), (IMAGES[0], IMAGES[0], IMAGES[0]),
    (IMAGES[0, 0], IMAGES[0], IMAGES[0]), (VECTOR, 2), ((2, 2), (2, 1)), ((2, 2), (1, 0)), ("ij,jk", [MATRIX, MATRIX]),
    (MATRIX, MATRIX, [1], [0]), (MATRIX, 0, INDEX.reshape(1, 2)), (MATRIX, MATRIX > 1, 2.0),
    (MATRIX, INDEX.reshape(1, 2), 0), (MATRIX, 0, WHOLE % 2, MATRIX), (MATRIX, 0, WHOLE % 2, MATRIX, "sum"), (INDEX,),
    (MATRIX, 0, INDEX, MATRIX), (MATRIX, 0, INDEX, MATRIX, "prod"), (MATRIX, 0, INDEX, 2.0),
    (MATRIX, (INDEX,), MATRIX), (MATRIX, INDEX), (MATRIX, INDEX, INDEX.float()), (MATRIX, MATRIX > 1),
    (MATRIX, MATRIX > 1, MATRIX), (MATRIX, INDEX.float(), 0, 0), (MATRIX, INDEX.float()),
    (MATRIX, MATRIX, (2, 2), (2, 1)), (MATRIX, (1, 1), 0.0),
]  # fmt: skip
# What no other sample is a call of.
NAMED = {
    "nonzero_static": [((MATRIX,), {"size": 3})], "unflatten": [((IMAGES, -1, (2, 2)), {})],
    "_fft_c2c": [((MATRIX + 0j, (0,), 0, True), {})], "_fft_r2c": [((MATRIX, (0,), 0, True), {})],
    "ormqr": [((MATRIX, INDEX.float(), MATRIX), {})],
    "_fft_c2r": [((MATRIX + 0j, (0,), 0, 2), {})],
}  # fmt: skip


@pytest.mark.parametrize(
    "op",
    [op for op in vars(_C).values() if type(op) is _C.Op and results_of(op) == {"Tensor"}],
    ids=lambda op: op.__name__,
)
def test_the_rest_returns_a_tensor(op):
    results = []
    for args, options in [*((args, {}) for args in SAMPLES), *NAMED.get(op.__name__, ())]:
        copies = [arg.clone() if isinstance(arg, torch.Tensor) else arg for arg in args]
        try:
            results.append(op(*copies, **options))
        except (TypeError, RuntimeError, IndexError, ValueError):
            continue  # not a call for this operator
    assert results, "no sample is a call of it"
    assert {type(result) for result in results} == {torch.Tensor}

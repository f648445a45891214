"""The in-place forms of ops that write a few elements: they do what the others do, to the tensor's own memory."""

import ferrotorch as torch
import pytest

ROWS = torch.tensor([2, 0])
INDEX = torch.tensor([[0, 2, 1], [3, 0, 0]])
MASK = torch.tensor([True, False, True])
SOURCE = torch.arange(6.0).reshape(2, 3) - 2.5

CALLS = {
    "scatter": [(0, INDEX, SOURCE), (0, INDEX, 5.0), (1, torch.tensor([[2], [1]]), SOURCE)],
    "scatter_add": [(0, INDEX, SOURCE)],
    "scatter_reduce": [(0, INDEX, SOURCE, how) for how in ("sum", "prod", "mean", "amax", "amin")],
    "index_add": [(0, ROWS, SOURCE), (1, ROWS, SOURCE.new_ones(4, 2))],
    "index_copy": [(0, ROWS, SOURCE)],
    "index_fill": [(0, ROWS, 7), (1, torch.tensor([-1]), torch.tensor(3.0))],
    "index_reduce": [(0, ROWS, SOURCE, how) for how in ("prod", "mean", "amax", "amin")],
    "index_put": [
        ((ROWS, ROWS), SOURCE[0, :2]),
        ((ROWS, ROWS[:1]), SOURCE[0, 0], True),
        ((MASK.new_ones(4),), SOURCE[0]),
    ],
    "put": [(torch.tensor([0, -1]), SOURCE[0, :2]), (torch.tensor([3, 3]), SOURCE[0, :2], True)],
    "masked_fill": [(MASK, 4.0), (MASK, torch.tensor(2.0))],
    "masked_scatter": [(MASK, torch.arange(8.0))],
    "fill": [(2.0,), (torch.tensor(3.0),)],
    "tril": [()],
    "cumsum": [(0,)],
    "cumprod": [(0,)],
    "clamp": [(-1.0, 1.0), (torch.tensor(-1.0), torch.ones(3))],
}
CASES = [
    pytest.param(name, args, id=f"{name}-{i}")
    for name, calls in CALLS.items()
    if hasattr(torch.Tensor, name + "_")
    for i, args in enumerate(calls)
]


def target() -> torch.Tensor:
    return torch.linspace(-2, 2, 12).reshape(4, 3)


def out_of_place(name, x, args):
    return getattr(torch, name)(x, *args)


@pytest.mark.parametrize(("name", "args"), CASES)
def test_writes_what_the_other_form_returns(name, args, device):
    x = target().to(device)
    args = [a.to(device) if isinstance(a, torch.Tensor) else a for a in args]
    if name == "index_put":
        args[0] = tuple(t.to(device) for t in args[0])
    want = out_of_place(name, x, args)
    address, version = x.data_ptr(), x._version
    assert getattr(x, name + "_")(*args) is x
    assert torch.equal(x.cpu(), want.cpu())
    assert (x.data_ptr(), x._version) == (address, version + 1)


@pytest.mark.parametrize(("name", "args"), CASES)
def test_writes_through_views_with_any_strides(name, args):
    memory = torch.zeros(3, 9)
    x = memory[:, ::2].t()[:4]
    x.copy_(target())
    want = out_of_place(name, target(), args)
    getattr(x, name + "_")(*args)
    assert torch.equal(x, want)
    assert torch.equal(memory[:, 1::2], torch.zeros(3, 4))


@pytest.mark.parametrize(("name", "args"), CASES)
@pytest.mark.parametrize("view", [False, True])
def test_has_the_derivatives_of_the_other_form(name, args, view):
    def run(in_place):
        leaf = target().requires_grad_()
        given = [
            a.clone().requires_grad_() if isinstance(a, torch.Tensor) and a.is_floating_point() else a for a in args
        ]
        x = leaf * 1
        if in_place:
            y = x[:] if view else x
            getattr(y, name + "_")(*given)
        else:
            x = out_of_place(name, x, given)
        (x * torch.arange(12.0).reshape(4, 3)).sum().backward()
        return [leaf.grad, *(g.grad for g in given if isinstance(g, torch.Tensor) and g.is_floating_point())]

    for got, want in zip(run(True), run(False), strict=True):
        torch.testing.assert_close(torch.zeros_like(want) if got is None else got, want)


@pytest.mark.parametrize(("name", "args"), CASES)
def test_refuses_leaves_in_its_own_name(name, args):
    leaf = target().clone().requires_grad_()  # no view of another
    with pytest.raises(RuntimeError, match=rf"{name}_\(\): a leaf Variable that requires grad"):
        getattr(leaf, name + "_")(*args)
    with torch.no_grad():
        getattr(leaf, name + "_")(*args)


@pytest.mark.parametrize(("name", "args"), CASES)
def test_history_of_the_values_that_were_there(name, args):
    x = target().requires_grad_() * 1
    getattr(x, name + "_")(*args)
    x.sum().backward()  # what the op saved of x is what x was before


@pytest.mark.parametrize(("name", "args"), CASES)
def test_is_noticed_by_backward(name, args):
    x = target().requires_grad_() * 1
    y = x * x
    getattr(x, name + "_")(*args)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_pointwise_forms_name_themselves():
    leaf = target().clone().requires_grad_()
    with pytest.raises(RuntimeError, match=r"mul_\(\): a leaf"):
        leaf.mul_(2)
    with pytest.raises(RuntimeError, match=r"add_\(\): output with shape"):
        target().add_(torch.ones(2, 4, 3))
    x = target().requires_grad_() * 1
    y = x * x
    x.mul_(2)
    with pytest.raises(RuntimeError, match="mul_"):
        y.sum().backward()


def test_assigned_values_may_lie_in_the_target():
    x = target()
    want = x.index_copy(0, ROWS, x[1:3].clone())
    x[ROWS] = x[1:3]
    assert torch.equal(x, want)
    x = torch.arange(4)
    x[1:] = x[:-1]
    assert x.tolist() == [0, 0, 1, 2]
    x[x[:2]] = 9
    assert x.tolist() == [9, 0, 1, 2]


def test_scatter_with_a_reduction():
    x = torch.ones(3)
    x.scatter_(0, torch.tensor([0, 0]), 3.0, reduce="add")
    assert x.tolist() == [7, 1, 1]
    x.scatter_(0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]), reduce="multiply")
    assert x.tolist() == [7, 6, 1]


@pytest.mark.parametrize("name", ["index_select", "index_add", "index_copy", "index_reduce"])
@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("bad", [-1, 4])
def test_slices_are_not_counted_from_the_end(name, dim, bad):
    x = torch.zeros(4, 4)
    args = {
        "index_select": (),
        "index_add": (torch.ones(4, 4).narrow(dim, 0, 1),),
        "index_copy": (torch.ones(4, 4).narrow(dim, 0, 1),),
        "index_reduce": (torch.ones(4, 4).narrow(dim, 0, 1), "prod"),
    }[name]
    error = RuntimeError if name == "index_add" else IndexError
    message = rf"{name}\(\): index {bad} is out of bounds for dimension {dim} with size 4"
    with pytest.raises(error, match=message):
        getattr(x, name)(dim, torch.tensor([bad]), *args)


def test_filled_slices_are_counted_from_the_end():
    x = torch.zeros(3, 2)
    assert x.index_fill(0, torch.tensor([-1]), 5).tolist() == [[0, 0], [0, 0], [5, 5]]
    value = torch.tensor(5.0, requires_grad=True)
    x.index_fill(0, torch.tensor([-1, 2, 0]), value).sum().backward()
    assert value.grad == 4  # two rows of two, however often they are named
    with pytest.raises(IndexError, match="index -4 is out of bounds"):
        x.index_fill(0, torch.tensor([-4]), 5)


@pytest.mark.parametrize("name", ["gather", "scatter", "scatter_add", "scatter_reduce"])
def test_elements_out_of_range_are_runtime_errors(name):
    x = torch.zeros(3, 2)
    args = {"gather": (), "scatter_reduce": (torch.ones(1, 1), "sum")}.get(name, (torch.ones(1, 1),))
    for bad in (-1, 3):
        with pytest.raises(RuntimeError, match=rf"{name}\(\): index {bad} is out of bounds"):
            getattr(x, name)(0, torch.tensor([[bad]]), *args)


def test_put_into_nothing():
    nothing, index = torch.empty(0, requires_grad=True), torch.empty(0, dtype=torch.int64)
    source = torch.empty(0, requires_grad=True)
    out = nothing.put(index, source)
    out.sum().backward()
    assert nothing.grad.shape == source.grad.shape == (0,)
    with pytest.raises(IndexError, match="empty tensor"):
        torch.empty(0).put_(torch.tensor([0]), torch.ones(1))


def test_alpha_of_integers_is_an_integer():
    x = torch.ones(3, dtype=torch.int64)
    assert x.index_add_(0, torch.tensor([0]), torch.tensor([1]), alpha=2.5).tolist() == [3, 1, 1]


NARROW = [
    (torch.int8, 1000),
    (torch.int8, 127.9),
    (torch.uint8, -256),
    (torch.int64, float("nan")),
    (torch.float32, 1e300),
    (torch.float16, 1e300),
    (torch.float32, 1j),
    (torch.complex64, 1e300j),
]


@pytest.mark.parametrize(("dtype", "value"), NARROW)
def test_numbers_that_do_not_fit_are_refused(dtype, value):
    x, first = torch.zeros(2, dtype=dtype), torch.tensor([0])
    mask = torch.tensor([True, False])
    writes = [
        lambda: torch.full((2,), value, dtype=dtype),
        lambda: torch.full_like(x, value),
        lambda: x.new_full((2,), value),
        lambda: x.fill_(value),
        lambda: x.scatter(0, first, value),
        lambda: x.scatter_(0, first, value),
        lambda: x.index_fill(0, first, value),
        lambda: x.masked_fill_(mask, value),
        lambda: x.__setitem__(0, value),
        lambda: x.__setitem__(mask, value),
    ]
    for write in writes:
        with pytest.raises(RuntimeError, match=r"cannot be converted|Converting complex"):
            write()
    with pytest.raises(TypeError if isinstance(value, complex) else RuntimeError):
        torch.nn.functional.pad(x, (1, 1), value=value)


def test_numbers_that_lose_their_fraction_fit():
    assert torch.zeros(2, dtype=torch.int64).masked_fill(torch.tensor([True, False]), 1.5).tolist() == [1, 0]
    assert torch.full((1,), -1, dtype=torch.uint8).tolist() == [255]
    assert torch.zeros(1, dtype=torch.bool).fill_(2).tolist() == [True]
    assert torch.full((1,), float("inf"), dtype=torch.float16).tolist() == [float("inf")]


@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize("ndim", [1, 2])
def test_one_number_where_a_mask_is_true(lead, ndim, device):
    x = torch.arange(60.0).reshape(3, 4, 5).to(device)
    mask = x.select(2, 0).select(0, 0) > 5 if (lead, ndim) == (1, 1) else None
    if mask is None:
        mask = {(0, 1): x[:, 0, 0] > 10, (0, 2): x[:, :, 0] > 10, (1, 2): x[0] > 10}[lead, ndim]
    index = (slice(None),) * lead + (mask,)
    want = x.cpu().numpy().copy()
    want[tuple(i.cpu().numpy() if isinstance(i, torch.Tensor) else i for i in index)] = 7
    for value in (7, torch.tensor(7.0), torch.tensor([7.0])):
        y = x.clone()
        y[index] = value
        assert y.cpu().numpy().tolist() == want.tolist()
    assert y._version == 1


def test_the_number_s_gradient_through_a_mask():
    x, value = torch.zeros(2, 3).requires_grad_(), torch.ones(1, requires_grad=True)
    y = x * 1
    y[torch.tensor([True, False])] = value
    (y * torch.arange(6.0).reshape(2, 3)).sum().backward()
    assert value.grad.tolist() == [3]
    assert x.grad.tolist() == [[0, 0, 0], [3, 4, 5]]


def test_masks_that_do_not_fit_are_refused():
    x = torch.zeros(2, 3)
    with pytest.raises(IndexError, match="shape of the mask"):
        x[torch.tensor([True, False, True])] = 1.0
    with pytest.raises(IndexError, match="shape of the mask"):
        x.index_put_((torch.ones(3, 2, dtype=torch.bool),), torch.tensor(1.0))
    x[torch.ones(2, 3, dtype=torch.bool)] = torch.ones(1)
    assert x.sum() == 6


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
@pytest.mark.parametrize("call", ["deg2rad_", "rad2deg_", "ldexp_", "float_power_", "mvlgamma_"])
def test_functions_of_several_ops_refuse_integers(call, dtype):
    x = torch.tensor([3, 5]).to(dtype)
    before = x.tolist()
    args = {"ldexp_": (torch.tensor([1, 2]),), "float_power_": (2,), "mvlgamma_": (2,)}.get(call, ())
    with pytest.raises(RuntimeError, match=r"can't be cast|may not be|requires dtype"):
        getattr(x, call)(*args)
    assert x.tolist() == before


def test_float_power_keeps_its_dtype():
    with pytest.raises(
        RuntimeError, match=r"the base given to float_power_ has dtype Float but .* result requires dtype Double"
    ):
        torch.ones(2).float_power_(2)
    x = torch.tensor([1.0, 3.0], dtype=torch.float64)
    assert x.float_power_(2) is x
    assert x.tolist() == [1.0, 9.0]


def test_functions_of_several_ops_keep_their_shape():
    with pytest.raises(RuntimeError, match=r"ldexp_\(\): output with shape \[2\].*broadcast shape \[3, 2\]"):
        torch.ones(2).ldexp_(torch.ones(3, 2))


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
@pytest.mark.parametrize("other", [1.0, torch.ones(3)], ids=["number", "tensor"])
@pytest.mark.parametrize("window", [slice(None), slice(0, 2)])
def test_a_comparison_written_over_a_tensor_is_constant(name, other, window, device):
    leaf = torch.tensor([0.0, 1.0, 2.0], device=device, requires_grad=True)
    x = leaf * 3
    view = x[window]
    other = other[: view.numel()].to(device) if isinstance(other, torch.Tensor) else other
    want = getattr(torch, name)(view, other).float()
    getattr(view, name + "_")(other)
    assert torch.equal(view, want)
    x.sum().backward()
    untouched = 3.0 if window.stop == 2 else 0.0
    assert leaf.grad.tolist() == [0.0, 0.0, untouched]


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor", "logical_not"])
def test_logic_is_written_over_leaves_and_leaves_the_history_alone(name, device):
    args = [] if name == "logical_not" else [torch.tensor([1.0, 0.0, 2.0], device=device)]
    leaf = torch.tensor([0.0, 1.0, 2.0], device=device, requires_grad=True)
    want = getattr(torch, name)(leaf, *args).float()
    assert getattr(leaf, name + "_")(*args) is leaf
    assert leaf.requires_grad and leaf.is_leaf and torch.equal(leaf, want)
    x = leaf * 1
    node = x.grad_fn
    assert getattr(x, name + "_")(*args).grad_fn.name() == node.name()


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("floor_divide", lambda x: x // 2),
        ("floor_divide", lambda x: 7 // x),
        ("floor_divide", lambda x: torch.floor_divide(x, x)),
        ("floor_divide", lambda x: x.clone().floor_divide_(2)),
        ("heaviside", lambda x: x.heaviside(x)),
        ("set_", lambda x: x.clone().set_(torch.ones(2))),
    ],
)
def test_what_has_no_derivative_says_so_in_backward(name, compute):
    y = compute(torch.tensor([1.0, 2.5], requires_grad=True))
    assert y.requires_grad and y.grad_fn.name() == "torch::autograd::NotImplemented"
    with pytest.raises(RuntimeError, match=f"derivative for aten::{name} is not implemented"):
        y.sum().backward()

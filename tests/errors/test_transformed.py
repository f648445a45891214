"""What is not possible with samples of `vmap`, with tensors without memory and with duals is refused by name."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import forward_ad
from ferrotorch.func import vmap

X = torch.arange(6.0).reshape(2, 3)

VALUES = {
    "item": lambda x: x.sum().item(),
    "bool": lambda x: bool(x.sum()),
    "float": lambda x: float(x.sum()),
    "int": lambda x: int(x.sum()),
    "tolist": lambda x: x.tolist(),
    "numpy": lambda x: x.numpy(),
    "an index": lambda x: range(9)[x.sum().long()],
    "a condition": lambda x: 1 if x.sum() > 0 else 0,
    "allclose": lambda x: torch.allclose(x, x),
    "equal": lambda x: torch.equal(x, x),
}
SHAPES = {
    "nonzero": lambda x: x.nonzero(),
    "masked_select": lambda x: x.masked_select(x > 0),
    "unique": lambda x: x.unique(),
    "bincount": lambda x: x.flatten().long().bincount(),
    "argwhere": lambda x: x.argwhere(),
}


@pytest.mark.parametrize("name", VALUES)
def test_samples_have_no_value_of_their_own(name):
    with pytest.raises(RuntimeError, match=r"vmap: It looks like you're|Cannot access data pointer"):
        vmap(VALUES[name])(X)


@pytest.mark.parametrize("name", SHAPES)
def test_results_of_samples_cannot_differ_in_shape(name):
    with pytest.raises(RuntimeError, match="can output dynamic shape"):
        vmap(SHAPES[name])(X)


def test_the_op_is_named_to_which_samples_are_nothing():
    with pytest.raises(RuntimeError, match=r"vmap: add\(\): out= is not supported"):
        vmap(lambda x: torch.add(x, 1, out=torch.empty(3)))(X)
    with pytest.raises(RuntimeError, match=r"vmap: resize_\(\) is not supported"):
        vmap(lambda x: x.clone().resize_(2))(X)
    with pytest.raises(ValueError, match="must only return Tensors, got type <class 'int'>"):
        vmap(lambda x: 1)(X)


@pytest.mark.parametrize("name", ["item", "bool", "float", "int", "an index", "a condition"])
def test_tensors_without_memory_have_no_value(name):
    with pytest.raises(RuntimeError, match=r"Tensor.item\(\) cannot be called on meta tensors"):
        VALUES[name](X.to("meta"))


def test_tensors_without_memory_cannot_be_copied_out():
    x = X.to("meta")
    for copy in (x.tolist, x.cpu, lambda: x.to("cpu"), lambda: X.clone().copy_(x)):
        with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor; no data!"):
            copy()
    with pytest.raises(TypeError, match="can't convert meta device type tensor to numpy"):
        x.numpy()


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_that_depend_on_values_are_unknown_without_memory(name):
    asked = {"unique": "unique", "argwhere": "nonzero|argwhere"}.get(name, name)
    with pytest.raises(NotImplementedError, match=rf"({asked})\(\): attempted to run this operator with Meta tensors"):
        SHAPES[name](X.to("meta"))


def test_devices_do_not_mix():
    with pytest.raises(RuntimeError, match=r"same device|expected device"):
        X.to("meta") + X
    with pytest.raises(RuntimeError, match=r"add\(\).*meta"):
        torch.add(X.to("meta"), 1, out=torch.empty(2, 3))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("add", lambda x: torch.add(x, 1, out=torch.empty(2, 3))),
        ("mm", lambda x: torch.mm(x, x.T, out=torch.empty(2, 2))),
        ("cat", lambda x: torch.cat([x, x], out=torch.empty(4, 3))),
        ("sum", lambda x: torch.sum(x, 0, out=torch.empty(3))),
    ],
)
def test_duals_are_not_written_to_out(name, call):
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(X, torch.ones_like(X))
        with pytest.raises(NotImplementedError, match=f"Trying to use forward AD with {name}_out"):
            call(dual)
    assert call(X).shape  # The level is closed.


def test_tangents_fit_their_tensors():
    with forward_ad.dual_level():
        with pytest.raises(RuntimeError, match="different size"):
            forward_ad.make_dual(X, torch.ones(3))
        with pytest.raises(ValueError, match=r"Expected primal to be .* but got: torch.int64"):
            forward_ad.make_dual(X.long(), X)
    with pytest.raises(RuntimeError, match="level"):
        forward_ad.make_dual(X, X)

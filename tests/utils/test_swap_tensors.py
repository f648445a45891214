"""Exchanging tensors, and how modules are converted."""

from __future__ import annotations

import weakref

import ferrotorch as torch
import pytest


@pytest.fixture
def conversion():
    yield torch.__future__
    torch.__future__.set_overwrite_module_params_on_conversion(False)
    torch.__future__.set_swap_module_params_on_conversion(False)


def test_names_see_the_other_tensor():
    a, b = torch.ones(2, requires_grad=True), torch.zeros(3)
    a.grad, a.label = torch.full((2,), 5.0), "a"
    torch.utils.swap_tensors(a, b)
    assert (a.tolist(), a.requires_grad, a.grad) == ([0.0] * 3, False, None)
    assert (b.tolist(), b.requires_grad, b.grad.tolist(), b.label) == ([1.0] * 2, True, [5.0] * 2, "a")


def test_classes_are_exchanged():
    a, b = torch.nn.Parameter(torch.ones(2)), torch.zeros(2)
    torch.utils.swap_tensors(a, b)
    assert (type(a), type(b)) == (torch.Tensor, torch.nn.Parameter)


def test_what_cannot_be_swapped():
    a, b = torch.ones(2, requires_grad=True), torch.zeros(2)
    with pytest.raises(RuntimeError, match="only leaves can be swapped"):
        torch.utils.swap_tensors(a * 2, b)
    reference = weakref.ref(b)
    with pytest.raises(RuntimeError, match="Cannot swap t2 because it has weakref associated with it"):
        torch.utils.swap_tensors(a, b)
    assert reference() is b


def test_modules_keep_or_replace_their_parameters(conversion):
    layer = torch.nn.Linear(2, 2)
    weight = layer.weight
    assert layer.double().weight is weight
    conversion.set_overwrite_module_params_on_conversion(True)
    assert conversion.get_overwrite_module_params_on_conversion()
    assert layer.float().weight is not weight
    assert (layer.weight.dtype, weight.dtype) == (torch.float32, torch.float64)
    conversion.set_swap_module_params_on_conversion(True)
    weight = layer.weight
    assert layer.double().weight is weight
    assert (weight.dtype, isinstance(weight, torch.nn.Parameter)) == (torch.float64, True)


def test_parts_that_are_cut_off():
    x = torch.arange(5.0)
    assert [part.tolist() for part in torch.unsafe_chunk(x, 2)] == [[0.0, 1.0, 2.0], [3.0, 4.0]]
    assert [part.tolist() for part in x.unsafe_split(2)] == [[0.0, 1.0], [2.0, 3.0], [4.0]]
    assert [part.tolist() for part in torch.unsafe_split_with_sizes(x, [1, 4])] == [[0.0], [1.0, 2.0, 3.0, 4.0]]

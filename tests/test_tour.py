"""A short tour of the library, on every device of the machine: what must work before anything else is looked at."""

import gc
import pickle
import weakref

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import nn


def test_arithmetic_promotes_and_broadcasts(device):
    x = torch.arange(6, device=device).reshape(2, 3)
    y = x * 0.5 + torch.ones(3, device=device)
    assert y.dtype == torch.float32
    assert y.tolist() == [[1.0, 1.5, 2.0], [2.5, 3.0, 3.5]]
    assert (x > 2).sum().item() == 3


def test_views_share_memory(device):
    x = torch.zeros(3, 4, device=device)
    x[1:, ::2] = 5
    x.t()[0] += 1
    assert x.tolist() == [[1, 0, 0, 0], [6, 0, 5, 0], [6, 0, 5, 0]]


def test_gradients_to_the_third_order(device):
    x = torch.tensor([0.5, 1.5], device=device, requires_grad=True)
    y = (x**4).sum()
    for want in (4 * x**3, 12 * x**2, 24 * x):
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        assert torch.allclose(g.cpu(), want.detach().cpu())
        y = g.sum()


def test_a_second_backward_raises(device):
    x = torch.ones(3, device=device, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_a_layer_learns(device):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)).to(device)
    inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], device=device)
    target = torch.tensor([[0.0], [1.0], [1.0], [0.0]], device=device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), target)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01


def test_a_bad_index_names_index_and_size(device):
    with pytest.raises(IndexError, match=r"7.*size 3|size 3.*7"):
        torch.zeros(3, device=device)[torch.tensor([7], device=device)].sum().item()


def test_numpy_shares_memory_both_ways():
    array = np.zeros(3, dtype=np.float32)
    tensor = torch.from_numpy(array)
    tensor += 2
    assert array.tolist() == [2, 2, 2]
    tensor.numpy()[0] = 7
    assert tensor[0].item() == 7
    assert not np.shares_memory(tensor.clone().numpy(), array)


def test_one_object_a_tensor():
    p = nn.Parameter(torch.ones(2))
    (p * 2).sum().backward()
    assert p.grad is p.grad
    model = nn.Linear(2, 2)
    assert model.weight is model.weight
    reference = weakref.ref(torch.ones(1))
    gc.collect()
    assert reference() is None


def test_pickling_and_printing():
    x = torch.tensor([[1.0, 2.5], [float("nan"), 1e-3]], dtype=torch.float64)
    again = pickle.loads(pickle.dumps(x))
    assert repr(again) == repr(x)
    assert repr(torch.arange(3)) == "tensor([0, 1, 2])"


def test_errors_name_op_and_shapes():
    with pytest.raises(RuntimeError, match=r"add.*\[2, 3\].*\[4\]"):
        torch.zeros(2, 3) + torch.zeros(4)
    with pytest.raises(RuntimeError, match=r"2x3 and 4x5"):
        torch.zeros(2, 3) @ torch.zeros(4, 5)
    with pytest.raises(RuntimeError, match="wgpu"):
        torch.zeros(1, device="cuda")
    with pytest.raises(RuntimeError, match=r"allocate|memory"):
        torch.empty(2**40, 2**10)

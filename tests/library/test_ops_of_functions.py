"""Ops whose kernels are registered by key, and kernels that are defined together with their op."""

import ferrotorch as torch
import pytest
from ferrotorch._ops import HigherOrderOperator
from ferrotorch.library import Library


def test_the_kernel_of_the_device_is_called():
    op = HigherOrderOperator("total")
    with pytest.raises(NotImplementedError, match="total: no function is registered for tensors on cpu"):
        op(torch.ones(2))

    @op.py_impl(torch._C.DispatchKey.CompositeExplicitAutograd)
    def of_all(x, dim):
        return x.sum(dim)

    assert op(torch.ones(2, 3), 0).tolist() == [2, 2, 2] and of_all.__name__ == "of_all"
    op.py_impl(torch._C.DispatchKey.AutogradCPU)(lambda x, dim: x.sum(dim) + 1)
    x = torch.ones(2, 3, requires_grad=True)
    op(x, 0).sum().backward()
    assert op(x, 0).tolist() == [3, 3, 3] and x.grad.tolist() == [[1, 1, 1]] * 2
    assert torch.vmap(lambda row: op(row, 0))(torch.ones(2, 3)).tolist() == [4, 4]


def test_an_op_and_its_kernel_at_once():
    library = Library("defined_at_once", "FRAGMENT")

    @torch.library.define(library, "sine(Tensor x) -> Tensor")
    def sine(x):
        return x.sin()

    assert torch.ops.defined_at_once.sine(torch.zeros(2)).tolist() == [0, 0] and sine(torch.zeros(1)).tolist() == [0]

"""What packages say at import to parts that are not here, and what they take from them."""

import subprocess
import sys

import ferrotorch as torch
import pytest

PROGRAM = """
import warnings
import torch
from torch._decomp import register_decomposition
from torch._inductor.decomposition import register_decomposition as of_inductor
from torch._inductor.lowering import register_lowering
from torch._library.infer_schema import infer_schema
from torch.distributed._functional_collectives import AsyncCollectiveTensor

@register_decomposition([torch.ops.aten.add.Tensor])
@of_inductor([torch.ops.aten.add.Tensor])
@register_lowering(torch.ops.aten.add.Tensor, type_promotion_kind=None)
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2

print(twice(torch.ones(1)).item(), infer_schema(twice, mutates_args=()))
print(isinstance(torch.ones(1), AsyncCollectiveTensor), torch._inductor.config.triton.cudagraphs)
print(torch.ops.c10d.scatter_.default, torch.ops._c10d_functional._wrap_tensor_autograd(torch.ones(1)).item())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    torch.set_vital("Dataloader", "enabled", "True")
print(caught[0].message, caught[0].filename)
"""

PRINTED = """
2.0 (Tensor x) -> Tensor
False False
c10d.scatter_.default 1.0
'set_vital' is deprecated, please do not call <string>
"""


def test_packages_that_speak_to_a_compiler_go_on():
    done = subprocess.run(
        [sys.executable, "-m", "ferrotorch", "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == PRINTED.strip()


def test_semi_structured_matrices_are_refused_where_they_are_made():
    dense = torch.ones(4, 4)
    assert not isinstance(dense, torch.sparse.SparseSemiStructuredTensor)
    assert issubclass(torch.sparse.SparseSemiStructuredTensorCUSPARSELT, torch.sparse.SparseSemiStructuredTensor)
    for make in (torch.sparse.to_sparse_semi_structured, torch.sparse.SparseSemiStructuredTensorCUTLASS):
        with pytest.raises(NotImplementedError, match="kernels of NVIDIA"):
            make(dense)
    with pytest.raises(AttributeError, match="no attribute 'SemiStructured'"):
        _ = torch.sparse.SemiStructured


def test_tags():
    assert str(torch.Tag.core) == "Tag.core" and torch.Tag.view_copy == 19
    assert torch._C.Tag is torch.Tag


def test_tensors_that_could_take_each_others_place():
    x = torch.eye(2)
    assert torch._has_compatible_shallow_copy_type(x, x.double())
    assert not torch._has_compatible_shallow_copy_type(x, x.to_sparse())


def test_free_memory_is_not_told():
    if torch.accelerator.is_available():
        assert torch.accelerator.current_stream().device == torch.device("wgpu", 0)
        with pytest.raises(RuntimeError, match="how much memory is free"):
            torch.accelerator.get_memory_info()
    else:
        with pytest.raises(RuntimeError):
            torch.accelerator.current_stream()


def test_derivatives_by_pytorchs_names():
    x = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).requires_grad_()
    grad = torch.tensor([[1.0, 0.0, 2.0], [0.5, 1.0, 0.0]], dtype=torch.float64)
    y, z = torch._softmax(x, 1, False), torch._log_softmax(x, 1, False)
    (expected,) = torch.autograd.grad(y, x, grad)
    torch.testing.assert_close(torch._softmax_backward_data(grad, y, 1, torch.float64), expected)
    (expected,) = torch.autograd.grad(z, x, grad)
    torch.testing.assert_close(torch._log_softmax_backward_data(grad, z, 1, torch.float64), expected)

"""On device "meta" every op says what its result looks like on the host: shape, dtype, strides, and nothing else."""

from typing import Any

import ferrotorch as torch
import pytest
from forms import form, on_meta
from samples import CALLS, GRADIENTS, NN, NN_CALLS, Sample

# What these give, or its shape, is decided by values: of a mask, or where they take counts.
BY_VALUES = {"masked_select", "repeat_interleave"}
# Not defined for every order of dimensions.
ROW_MAJOR = {"view_as_complex"}


def gradients(out: Any, tensors: list[torch.Tensor]) -> Any:
    outs = [o for o in (out if isinstance(out, list | tuple) else [out]) if o.requires_grad]
    weights = [torch.ones_like(o) for o in outs]
    return torch.autograd.grad(outs, tensors, weights, allow_unused=True) if outs else []


def compare(call: Any, sample: Sample, strided: bool) -> None:
    here = [x.requires_grad_() for x in sample.tensors(0, strided)]
    there = [x.detach().to("meta").requires_grad_() for x in here]
    moved = Sample(sample.shapes, args=on_meta(sample.args), kwargs=on_meta(sample.kwargs), packed=sample.packed)
    want = sample.bind(call)(*here)
    with torch.device("meta"):
        got = moved.bind(call)(*there)
        assert form(got) == form(want)
        assert form(gradients(got, there)) == form(gradients(want, here))
    assert all(o.is_meta for o in (got if isinstance(got, list | tuple) else [got]))


@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("name", sorted(GRADIENTS))
def test_ops(name, strided):
    op = CALLS.get(name) or getattr(torch, name)
    for sample in GRADIENTS[name]:
        if name in BY_VALUES and any(isinstance(arg, torch.Tensor) for arg in sample.args):
            with pytest.raises(RuntimeError, match="meta tensor"):
                compare(op, sample, strided)
        else:
            compare(op, sample, strided and name not in ROW_MAJOR)


@pytest.mark.parametrize("name", sorted(NN))
def test_functions_of_nn(name):
    op = NN_CALLS.get(name) or getattr(torch.nn.functional, name, None) or getattr(torch._C._nn, name)
    for sample in NN[name]:
        compare(op, sample, False)

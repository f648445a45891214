"""Softmax and layer norm along lines of any length and layout, in every way that GPUs have for them."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

TOLERANCE = {torch.float16: 2e-3, torch.bfloat16: 2e-2, torch.float32: 1e-5}
LENGTHS = [1, 2, 7, 8, 64, 333]


def wave(*shape):
    return ((torch.arange(torch.Size(shape).numel()) * 7919) % 61 - 30).reshape(shape) / 16.0


def check(op, inputs, gpu):
    """The result and its gradients; those of long sums are compared more loosely."""
    results = []
    for place in (lambda t: t, lambda t: t.to(gpu)):
        leaves = [place(t).detach().requires_grad_() for t in inputs]
        y = op(*leaves)
        results.append([y.detach(), *torch.autograd.grad(y, leaves, place(wave(*y.shape).to(y.dtype)))])
    tolerance = TOLERANCE[inputs[0].dtype]
    for here, there in zip(*results, strict=True):
        torch.testing.assert_close(there.cpu(), here, rtol=tolerance, atol=4 * tolerance)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("lines", [3, 40])
def test_lengths(gpu, dtype, length, lines):
    x, w = wave(lines, length).to(dtype), wave(length).to(dtype)
    check(lambda x: x.softmax(1), [x], gpu)
    check(lambda x: F.log_softmax(x, 1), [x], gpu)
    check(lambda x, w: F.layer_norm(x, [length], w, w, 0.1), [x, w], gpu)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32], ids=str)
def test_layouts(gpu, dtype):
    x = wave(6, 20, 8).to(dtype)
    for t in (x.transpose(0, 2), x[1:, ::2], x[:, 1:, 3:], x[:1].expand(6, 20, 8)):
        for dim in range(3):
            check(lambda x, dim=dim: x.softmax(dim), [t], gpu)
        check(lambda x: F.layer_norm(x, [x.shape[-1]]), [t], gpu)


@pytest.mark.parametrize("rows", [1, 2, 17, 300])
def test_rows_are_reduced(gpu, rows):
    x = wave(rows, 257)
    for op in (torch.sum, torch.prod, torch.amax, torch.std, torch.logsumexp, torch.norm):
        for dim in (0, 1):
            if op is not torch.std or x.shape[dim] > 1:
                torch.testing.assert_close(op(x.to(gpu), dim=dim).cpu(), op(x, dim=dim), rtol=1e-5, atol=1e-5)
    for op in (torch.max, torch.min):
        assert torch.equal(op(x.to(gpu), 1).indices.cpu(), op(x, 1).indices)
    torch.testing.assert_close(x.to(gpu).sum().cpu(), x.sum())

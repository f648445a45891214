"""Checkpoints that keep the results of some ops."""

import functools

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.utils._python_dispatch import TorchDispatchMode
from ferrotorch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

aten = torch.ops.aten


class Seen(TorchDispatchMode):
    """Notes the ops that are run within it, whole layers among them."""

    _sees_layers = True

    def __init__(self):
        self.names = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if isinstance(func, torch._ops.OpOverload):
            self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def gradients(run, *tensors):
    for tensor in tensors:
        tensor.grad = None
    run().sum().backward()
    return [tensor.grad.clone() for tensor in tensors]


def contexts_seeing(seen, *args, **kwargs):
    """The contexts, the second with a mode outside that sees which ops are run again."""
    first, second = create_selective_checkpoint_contexts(*args, **kwargs)
    return first, _Both(seen, second)


class _Both:
    def __init__(self, outer, inner):
        self.outer, self.inner = outer, inner

    def __enter__(self):
        self.outer.__enter__()
        self.inner.__enter__()

    def __exit__(self, *exception):
        self.inner.__exit__(*exception)
        self.outer.__exit__(*exception)


def network(device="cpu"):
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.LayerNorm(8), nn.Linear(8, 8), nn.Softmax(-1)).to(device)
    weight = torch.randn(8, 3, device=device, requires_grad=True)
    x = torch.randn(5, 4, device=device, requires_grad=True)
    return (lambda x: torch.sigmoid((body(x) @ weight).exp()) * 2), [x, weight, *body.parameters()]


KEPT = ["addmm", "gelu", "layer_norm", "softmax", "mm", "exp", "sigmoid", "mul"]


@pytest.mark.parametrize("kept", [[], *([name] for name in KEPT), KEPT])
def test_gradients_are_the_same_and_kept_ops_are_not_run_again(kept, device):
    function, tensors = network(device)
    expected = gradients(lambda: function(tensors[0]), *tensors)
    seen = Seen()
    contexts = functools.partial(
        contexts_seeing, seen, lambda ctx, op, *args, **kwargs: op._schema.name.split("::")[-1] in kept
    )
    found = gradients(
        lambda: checkpoint(function, tensors[0], use_reentrant=False, context_fn=contexts, early_stop=False), *tensors
    )
    for grad, right in zip(found, expected, strict=True):
        torch.testing.assert_close(grad, right)
    again = {name.split(".")[1] for name in seen.names}
    products = {"linear": "addmm", "matmul": "mm"}
    assert {products.get(name, name) for name in again} == set(KEPT) - set(kept)


def test_policies_are_lists_functions_and_values():
    x, w = torch.randn(3, 3, requires_grad=True), torch.randn(3, 3, requires_grad=True)

    def function(x, w):
        return torch.sigmoid(x @ w @ w) * w

    expected = gradients(lambda: function(x, w), x, w)
    asked = []

    def policy(ctx, op, *args, **kwargs):
        asked.append((op, ctx.is_recompute, ctx.op_output.shape, len(args)))
        return CheckpointPolicy.MUST_SAVE if op is aten.mm.default else CheckpointPolicy.PREFER_RECOMPUTE

    for given in ([aten.mm.default], [aten.sigmoid.default, aten.mul.Tensor], [], policy):
        contexts = functools.partial(create_selective_checkpoint_contexts, given)
        found = gradients(lambda: checkpoint(function, x, w, use_reentrant=False, context_fn=contexts), x, w)  # noqa: B023
        assert all(torch.allclose(a, b) for a, b in zip(found, expected, strict=True))
    assert [op for op, *_ in asked] == [aten.mm.default, aten.mm.default, aten.sigmoid.default, aten.mul.Tensor]
    assert all(rest == [False, (3, 3), rest[-1]] for _, *rest in asked)


def test_what_an_op_writes_into_is_written_again():
    x = torch.randn(4, requires_grad=True)

    def function(x):
        return (x * 2).mul_(3).exp()

    contexts = functools.partial(create_selective_checkpoint_contexts, lambda *args, **kwargs: True)
    with pytest.raises(RuntimeError, match="has been mutated"):
        gradients(lambda: checkpoint(function, x, use_reentrant=False, context_fn=contexts), x)
    only = functools.partial(create_selective_checkpoint_contexts, [aten.mul_.Tensor, aten.exp.default])
    found = gradients(lambda: checkpoint(function, x, use_reentrant=False, context_fn=only), x)
    torch.testing.assert_close(found[0], 6 * (6 * x.detach()).exp())


def test_errors():
    with pytest.raises(ValueError, match=r"change it to `torch\.ops\.aten\.mm\.default`"):
        create_selective_checkpoint_contexts([aten.mm])
    with pytest.raises(TypeError, match="either a function or a list of ops"):
        create_selective_checkpoint_contexts(3)

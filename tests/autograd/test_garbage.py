"""Reference cycles through tensors, hooks, nodes and custom functions are collected."""

import gc
import weakref

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest


class Keeps(torch.autograd.Function):
    """Puts input and output on the context."""

    @staticmethod
    def forward(ctx, x):
        ctx.x, ctx.y = x, x * 2
        return ctx.y

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


class Saves(torch.autograd.Function):
    """Saves input and output."""

    @staticmethod
    def forward(ctx, x):
        y = x * 2
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


def leaf():
    return torch.ones(2, requires_grad=True)


def attribute():
    t = torch.ones(2)
    t.me = t
    return t


def attribute_of_parameter():
    p = torch.nn.Parameter(torch.ones(2))
    p.me = p
    return p


def view_on_its_base():
    t = torch.ones(2)
    t.view = t[0]
    t.view.base = t
    return t


def leaf_hook():
    t = leaf()
    t.register_hook(lambda grad: t and None)
    return t


def accumulate_hook():
    t = leaf()
    t.register_post_accumulate_grad_hook(lambda grad: t and None)
    return t


def tensor_hook():
    t = leaf() * 2
    t.register_hook(lambda grad: t and None)
    return t


def hook_that_holds_a_later_tensor():
    t = leaf() * 2
    later = t * 2
    t.register_hook(lambda grad: later and None)
    return later


def node_hook():
    t = leaf() * 2
    t.grad_fn.register_hook(lambda inputs, outputs: t and None)
    return t


def node_prehook():
    t = leaf() * 2
    t.grad_fn.register_prehook(lambda outputs: t and None)
    return t


def leaf_node_hook():
    t = leaf()
    torch.autograd.graph.get_gradient_edge(t).node.register_prehook(lambda outputs: t and None)
    return t


def metadata():
    t = leaf() * 2
    t.grad_fn.metadata["tensor"] = t
    return t


def metadata_of_a_node():
    node = (leaf() * 2).grad_fn
    node.metadata["node"] = node
    return node


def gradient():
    t = leaf()
    t.sum().backward()
    t.grad.of = t
    return t


def gradient_of_gradient():
    t = leaf()
    t.grad = torch.ones(2)
    t.grad.grad = torch.ones(2)
    t.grad.grad.of = t
    return t


def context():
    return Keeps.apply(leaf())


def saved():
    x = leaf()
    x.result = Saves.apply(x)
    return x.result


def context_and_node():
    y = Keeps.apply(leaf())
    y.node = y.grad_fn
    return y


def saved_by_an_op():
    x = leaf()
    x.result = x * x
    return x.result


TARGETS = torch.zeros(2, 6, dtype=torch.int64)
# Their nodes show the arguments of calls, or stand for several.
FUNCTIONS = {
    "max_pool1d": lambda x: F.max_pool1d(x, 2),
    "avg_pool1d": lambda x: F.avg_pool1d(x, 2),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x, 2),
    "pad": lambda x: F.pad(x, (1, 1), mode="reflect"),
    "interpolate": lambda x: F.interpolate(x, scale_factor=2),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "layer_norm": lambda x: F.layer_norm(x, (6,)),
    "group_norm": lambda x: F.group_norm(x, 2),
    "mse_loss": lambda x: F.mse_loss(x, torch.zeros(2, 4, 6)),
    "smooth_l1_loss": lambda x: F.smooth_l1_loss(x, x.detach()),
    "cross_entropy": lambda x: F.cross_entropy(x, TARGETS),
    "bce_with_logits": lambda x: F.binary_cross_entropy_with_logits(x, x.detach()),
    "kl_div": lambda x: F.kl_div(x, x.detach(), reduction="sum"),
    "gelu": F.gelu,
    "conv1d": lambda x: F.conv1d(x, torch.ones(3, 4, 2)),
    "lp_pool1d": lambda x: F.lp_pool1d(x, 2, 2),
    "max_unpool1d": lambda x: F.max_unpool1d(x, TARGETS[:, None].expand(2, 4, 6), 1),
    "clamp": lambda x: x.clamp(x.detach()),
    "index_fill": lambda x: x.index_fill(0, TARGETS[0], x.new_ones(())),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_result_of_function_and_its_input_are_collected(name):
    x = torch.ones(2, 4, 6, requires_grad=True)
    x.result = FUNCTIONS[name](x)
    gc.collect()  # While all of it lives.
    ref = weakref.ref(x)
    del x
    gc.collect()
    assert ref() is None


CASES = [
    attribute, attribute_of_parameter, view_on_its_base, leaf_hook, accumulate_hook, tensor_hook,
    hook_that_holds_a_later_tensor, node_hook, node_prehook, leaf_node_hook, metadata, metadata_of_a_node, gradient,
    gradient_of_gradient, context, saved, context_and_node, saved_by_an_op,
]  # fmt: skip


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_cycle_is_collected(make):
    gc.collect()
    nodes = torch._C._live_nodes()
    ref = weakref.ref(make())
    gc.collect()
    gc.collect()
    assert ref() is None
    assert torch._C._live_nodes() == nodes


def count(kind):
    gc.collect()
    return sum(isinstance(x, kind) for x in gc.get_objects())


def test_nothing_is_left_of_many_cycles():
    for make in CASES:
        make()
    before, nodes = count(torch.Tensor), torch._C._live_nodes()
    for _ in range(20):
        for make in CASES:
            make()
    gc.collect()
    assert count(torch.Tensor) == before
    assert torch._C._live_nodes() == nodes


def test_what_a_node_holds_is_not_collected_while_the_node_is_held():
    node = context_and_node().grad_fn
    for _ in range(3):
        gc.collect()
    assert node.y.tolist() == [2.0, 2.0] and node.y.node == node
    assert node.next_functions[0][0].variable.tolist() == [1.0, 1.0]


def test_what_is_in_use_is_not_collected():
    t = leaf() * 2
    seen = []
    t.register_hook(lambda grad: seen.append((t, grad)))
    t.me = t
    for _ in range(3):
        gc.collect()
    t.sum().backward()
    assert seen[0][0] is t and t.me is t


def test_hook_outlives_the_python_object_of_its_tensor():
    x, seen = leaf(), []
    y = x * 2
    y.register_hook(lambda grad: seen.append(grad.tolist()))
    total = y.sum()
    del y
    gc.collect()
    total.backward()
    assert seen == [[1.0, 1.0]]

"""Hooks on tensors, on leaves, on nodes."""

import ferrotorch as torch
import pytest


def test_tensor_hook_replaces_the_gradient():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.register_hook(lambda grad: grad * 3)
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


def test_leaf_hook_sees_the_whole_gradient():
    x, seen = torch.ones(2, requires_grad=True), []
    x.register_hook(lambda grad: seen.append(grad.tolist()))
    (x * 2 + x * 3).sum().backward()
    assert seen == [[5.0, 5.0]]


def test_hook_is_removed():
    x, seen = torch.ones(2, requires_grad=True), []
    handle = x.register_hook(seen.append)
    with handle:
        pass
    handle.remove()
    x.sum().backward()
    assert not seen


def test_order_of_a_leafs_hooks():
    x, seen = torch.ones(1, requires_grad=True), []
    node = torch.autograd.graph.get_gradient_edge(x).node
    x.register_post_accumulate_grad_hook(lambda t: seen.append("accumulated"))
    node.register_prehook(lambda grads: seen.append("before"))
    node.register_hook(lambda inputs, outputs: seen.append("after"))
    x.register_hook(lambda grad: seen.append("tensor"))
    x.sum().backward()
    assert seen == ["tensor", "before", "accumulated", "after"]


def test_prehook_of_a_leafs_node_replaces_the_gradient():
    x = torch.ones(1, requires_grad=True)
    torch.autograd.graph.get_gradient_edge(x).node.register_prehook(lambda grads: (grads[0] * 7,))
    x.sum().backward()
    assert x.grad.item() == 7


def test_node_hooks():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.grad_fn.register_prehook(lambda grads: (grads[0] * 5,))
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] + 1, None))
    y.sum().backward()
    assert x.grad.tolist() == [11.0, 11.0]


def test_an_exception_in_a_hook_is_raised():
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda grad: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        x.sum().backward()


def test_hook_of_the_wrong_kind():
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda grad: 3)
    with pytest.raises(TypeError, match="hook must return a Tensor or None"):
        x.sum().backward()
    with pytest.raises(RuntimeError, match="doesn't require gradient"):
        torch.ones(2).register_hook(print)


def test_multi_grad_hook():
    a, b, seen = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True), []
    with torch.autograd.graph.register_multi_grad_hook((a, b), seen.append):
        (a * 2 + b * 3).sum().backward()
    assert [g.item() for g in seen[0]] == [2.0, 3.0]


def test_retained_gradient():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3.0, 3.0]


def test_notes_on_a_node():
    y = torch.ones(2, requires_grad=True) * 2
    y.grad_fn.metadata["a"] = 1
    assert y.grad_fn.metadata == {"a": 1}
    assert y.grad_fn == y.grad_fn
    assert y.grad_fn.next_functions[0][0].metadata == {}


def test_retained_gradient_follows_writes_in_place():
    x = torch.ones(1, requires_grad=True)
    y = x * 1
    y.retain_grad()
    y.mul_(2)
    y.backward()
    assert y.grad.tolist() == [1.0] and x.grad.tolist() == [2.0]


@pytest.mark.parametrize(
    ("hook", "what"), [(lambda g: g.double(), "dtype"), (lambda g: g.new_ones(5), "size"), (lambda g: g[:1], "size")]
)
def test_a_hook_must_keep_the_form_of_a_gradient(hook, what):
    y = torch.ones(2, requires_grad=True) * 1
    y.register_hook(hook)
    with pytest.raises(RuntimeError, match=f"changed the {what} of a gradient"):
        y.sum().backward()


@pytest.mark.parametrize("answer", [3, torch.ones(2), [None]])
def test_hooks_of_a_node_answer_with_tuples(answer):
    for register in ("register_hook", "register_prehook"):
        y = torch.ones(2, requires_grad=True) * 2
        getattr(y.grad_fn, register)(lambda *grads: answer)
        with pytest.raises(TypeError, match="expected tuple"):
            y.sum().backward()


def test_a_multi_grad_hook_of_which_a_part_is_reached():
    x = torch.ones(1, requires_grad=True)
    a, b, seen = x * 2, x * 3, []
    torch.autograd.graph.register_multi_grad_hook((a, b), seen.append)
    a.backward(retain_graph=True)
    assert seen == [[1.0, None]]
    b.register_hook(lambda grad: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (a + b).backward(retain_graph=True)
    a.backward(retain_graph=True)
    assert seen == [[1.0, None]] * 2


@pytest.mark.parametrize("answer", [(), (None,), (None, None, None)])
def test_node_hooks_of_another_number_of_gradients(answer):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.grad_fn.register_hook(lambda inputs, outputs: answer)
    with pytest.raises(RuntimeError, match=f"got {len(answer)}, but expected 2"):
        y.sum().backward()
    y = x * 2
    y.grad_fn.register_prehook(lambda outputs: (*outputs, None))
    with pytest.raises(RuntimeError, match="got 2, but expected 1"):
        y.sum().backward()
    assert x.grad is None


def test_a_failing_hook_of_several_gradients_leaves_the_others_alone():
    a, b, seen = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True), []
    graph = torch.autograd.graph
    with (
        graph.register_multi_grad_hook((a, b), lambda grads: 1 / 0),
        graph.register_multi_grad_hook((a, b), seen.append),
    ):
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                a.sum().backward()
    assert [[g is None for g in grads] for grads in seen] == [[False, True]] * len(seen)


def twice(grads):
    return (grads[0] * 2,)


@pytest.mark.parametrize(
    "write",
    [
        lambda v: v.mul_(2),
        lambda v: v.exp_(),
        lambda v: v.__setitem__(0, 3.0),
        lambda v: v.index_add_(0, torch.tensor([0]), torch.ones(1)),
        lambda v: v.copy_(torch.zeros(2)),
        lambda v: v.masked_fill_(torch.tensor([True, False]), 5),
    ],
)
def test_hook_of_a_view_before_a_write_in_place_is_gone(write):
    for wants_gradient in (False, True):
        seen, x = [], torch.tensor([1.0, 2.0], requires_grad=True)
        base = x.clone()
        view = base[:]
        view.register_hook(lambda grad, seen=seen: seen.append("before"))
        if wants_gradient:
            view.retain_grad()
        write(view)
        view.register_hook(lambda grad, seen=seen: seen.append("after"))
        (view.sum() + base.sum()).backward()
        assert seen == ["after"]


def test_hook_before_a_write_in_place_to_a_whole_tensor_sees_what_it_was():
    seen = []
    x = torch.ones(2, requires_grad=True) * 1
    x.register_hook(lambda grad: seen.append(grad.tolist()))
    x.mul_(3)
    x.register_hook(lambda grad: seen.append(grad.tolist()))
    x.sum().backward()
    assert seen == [[1, 1], [3, 3]]


def test_prehooks_of_a_node_run_only_where_its_rule_does():
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    y.grad_fn.register_prehook(twice)
    y.grad_fn.register_prehook(twice)
    y.register_hook(lambda grad: grad + 1)
    y.sum().backward(inputs=(y,), retain_graph=True)
    assert y.grad.tolist() == [2, 2]
    of_y, of_x = torch.autograd.grad(y.sum(), (y, x), retain_graph=True)
    assert of_y.tolist() == [2, 2] and of_x.tolist() == [8, 8]


def test_hooks_of_a_leaf_that_is_asked_for():
    x, log = torch.ones(2, requires_grad=True), []
    node = torch.autograd.graph.get_gradient_edge(x).node
    node.register_prehook(lambda grads: log.append("before") or twice(grads))
    x.register_hook(lambda grad: grad + 1)
    x.register_post_accumulate_grad_hook(lambda leaf: log.append("accumulated"))
    assert torch.autograd.grad((x * 1).sum(), x)[0].tolist() == [2, 2]
    assert log == []
    (x * 1).sum().backward(inputs=(x,))
    assert x.grad.tolist() == [4, 4]
    assert log == ["before", "accumulated"]


@pytest.mark.parametrize(("answer", "error"), [(lambda leaf: leaf.grad, RuntimeError), (lambda leaf: 1, TypeError)])
def test_a_hook_after_accumulation_has_no_answer(answer, error):
    x = torch.ones(2, requires_grad=True)
    x.register_post_accumulate_grad_hook(answer)
    with pytest.raises(error):
        (x * 1).sum().backward()
    x = torch.ones(2, requires_grad=True)
    x.register_post_accumulate_grad_hook(lambda leaf: leaf)
    (x * 1).sum().backward()


def test_gradient_of_what_is_no_leaf_warns(recwarn):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    with pytest.warns(UserWarning, match="is not a leaf Tensor is being accessed"):
        assert y.grad is None
    recwarn.clear()
    y.retain_grad()
    for quiet in (x, y, x.detach(), torch.ones(1)):
        assert quiet.grad is None
    x.grad = torch.ones(2)
    del x.grad
    assert x.grad is None
    assert not recwarn.list


class Deep(torch.autograd.Function):
    """Calls backward within backward, as often as its argument says."""

    @staticmethod
    def forward(ctx, x):
        with torch.enable_grad():
            ctx.x = x.detach().requires_grad_() - 1
        return ctx.x.detach()

    @staticmethod
    def backward(ctx, grad):
        if ctx.x >= 0:
            with torch.enable_grad():
                Deep.apply(ctx.x).sum().backward()
        return grad


def test_backward_within_backward():
    x = torch.tensor(12000.0, requires_grad=True)
    Deep.apply(x).sum().backward()
    assert x.grad.item() == 1
    with pytest.raises(RuntimeError, match="levels deep"):
        Deep.apply(torch.tensor(50000.0, requires_grad=True)).sum().backward()


@pytest.mark.parametrize("kind", ["register_hook", "register_post_accumulate_grad_hook"])
def test_hooks_of_leaves_run_as_soon_as_gradients_are_complete(kind):
    seen = []
    first, shared, last = (torch.ones(2, requires_grad=True) for _ in range(3))
    for name, leaf in (("first", first), ("shared", shared), ("last", last)):
        getattr(leaf, kind)(lambda value, name=name: seen.append(name))
    x = first * shared
    x.register_hook(lambda grad: seen.append("between"))
    ((x * shared) * last).sum().backward()
    # What is used early and late has its whole gradient when what came early has, in one piece.
    assert seen == ["last", "between", *sorted(["first", "shared"], key=seen.index)] and len(seen) == 4
    assert shared.grad.tolist() == [2.0, 2.0]


def test_hooks_of_leaves_where_the_graph_is_walked_again_and_in_part():
    seen = []
    a, b = (torch.ones(1, requires_grad=True) for _ in range(2))
    a.register_post_accumulate_grad_hook(lambda leaf: seen.append(leaf.grad.item()))
    y, z = a * 2, (a * b) * 3
    (y + z).sum().backward(retain_graph=True)
    y.sum().backward()
    z.sum().backward(inputs=[b])
    assert seen == [5.0, 7.0] and b.grad.item() == 6

"""Views made in a way for which in-place ops are not differentiated, and histories that were cut off."""

import ferrotorch as torch
import pytest

VIEWS = {
    "slice": lambda h: h[:2],
    "select": lambda h: h[0],
    "view": lambda h: h.view(2, 2),
    "t": lambda h: h.view(2, 2).t(),
    "diagonal": lambda h: h.view(2, 2).diagonal(),
    "expand": lambda h: h[:1].expand(1),
    "view of a view": lambda h: h[:3][:2],
    "alias": lambda h: h.view_as(h),
    "as_strided": lambda h: h.as_strided((2,), (2,)),
    "unbind": lambda h: h.unbind()[0],
    "split": lambda h: h.split(2)[0],
    "chunk": lambda h: h.chunk(2)[0],
    "view of one of several": lambda h: h.view(2, 2).unbind()[0][:1],
}
WRITES = {
    "mul_": lambda v: v.mul_(10),
    "imul": lambda v: v.__imul__(10),
    "zero_": lambda v: v.zero_(),
    "copy_": lambda v: v.copy_(torch.ones(())),
    "setitem": lambda v: v.__setitem__(..., 5.0),
    "masked_fill_": lambda v: v.masked_fill_(v > 0, 3.0),
    "normal_": lambda v: v.normal_(),
    "clamp_": lambda v: v.clamp_(max=1.0),
}
SEVERAL = {"unbind", "split", "chunk", "view of one of several"}
CASES = [
    (torch.no_grad, name, "A view was created in no_grad mode and is being modified inplace with grad mode enabled")
    for name in VIEWS
]
CASES += [
    (torch.inference_mode, name, "A view was created in inference mode and is being modified inplace in normal mode")
    for name in VIEWS
]
CASES += [
    (
        torch.enable_grad,
        name,
        "Output 0 of .* is a view and is being modified inplace. This view is the output of a function",
    )
    for name in sorted(SEVERAL)
]


def base() -> tuple[torch.Tensor, torch.Tensor]:
    leaf = torch.ones(4, requires_grad=True)
    return leaf, leaf * 2


@pytest.mark.parametrize(("mode", "kind", "message"), CASES)
@pytest.mark.parametrize("write", WRITES)
def test_a_change_that_would_not_be_seen_is_refused(mode, kind, message, write):
    _, h = base()
    with mode():
        v = VIEWS[kind](h)
    with pytest.raises(RuntimeError, match=message):
        WRITES[write](v)
    assert h.tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize(("mode", "kind", "message"), CASES)
@pytest.mark.parametrize("through", ["view", "base"])
def test_a_view_that_was_changed_has_no_history(mode, kind, message, through):
    leaf, h = base()
    with mode():
        v = VIEWS[kind](h)
    assert v.requires_grad
    if through == "view":
        with torch.no_grad():
            v.mul_(10)
    else:
        h.mul_(10)
    with pytest.raises(RuntimeError, match="its base or another view of its base has been modified inplace"):
        v.grad_fn  # noqa: B018
    assert repr(v).endswith("grad_fn=<Invalid>)")
    reads = (
        lambda: v * 2,
        lambda: v.unsqueeze(0),
        lambda: v[..., None],
        lambda: v.T if v.dim() == 2 else v.unsqueeze(0),
        lambda: v.clone().tolist(),
        lambda: torch.add(h, v.sum()),
        lambda: torch.zeros(()).add_(v.sum()),
    )
    for read in reads:
        with pytest.raises(RuntimeError, match="has been modified inplace"):
            read()
        # The next op is not to blame.
        assert (torch.ones(2, requires_grad=True) * 2).requires_grad
    assert v.detach().shape == v.shape
    with torch.no_grad():
        assert (v * 2).numel() == v.numel()
    h.sum().backward()
    assert leaf.grad.tolist() == ([2] * 4 if through == "view" else [20] * 4)


@pytest.mark.parametrize("kind", [name for name in VIEWS if name not in SEVERAL])
def test_other_views_get_a_new_history(kind):
    leaf, h = base()
    v = VIEWS[kind](h)
    h.mul_(10)
    v.sum().backward()
    assert set(leaf.grad.tolist()) <= {0, 20}
    assert leaf.grad.sum() == 20 * v.numel()


def test_views_of_leaves():
    w = torch.ones(4, requires_grad=True)
    with torch.no_grad():
        v = w[:2]
    with pytest.raises(RuntimeError, match="created in no_grad mode"):
        v.mul_(2)
    with torch.no_grad():
        v.mul_(2)
    assert w.tolist() == [2, 2, 1, 1]
    assert repr(v) == "tensor([2., 2.], grad_fn=<Invalid>)"


def test_values_with_gradients_do_not_go_through_such_views():
    memory = torch.zeros(4)
    with torch.no_grad():
        v = memory[:2]
    with pytest.raises(RuntimeError, match="created in no_grad mode"):
        v.mul_(torch.ones(2, requires_grad=True))
    with pytest.raises(RuntimeError, match="returns multiple views"):
        memory.unbind()[0].add_(torch.ones((), requires_grad=True))
    memory.split(2)[0].add_(1)
    assert memory.tolist() == [1, 1, 0, 0]


def test_a_view_made_without_gradients_takes_them_itself():
    w = torch.ones(4, requires_grad=True)
    with torch.no_grad():
        v = w[:2]
    assert (v.requires_grad, v.is_leaf) == (True, True)
    (v * 3).sum().backward()
    assert v.grad.tolist() == [3, 3]
    assert w.grad is None


def test_the_view_that_a_custom_function_returns():
    class First(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x[:2]

        @staticmethod
        def backward(ctx, grad):
            return torch.cat([grad, torch.zeros(2)])

    leaf, h = base()
    v = First.apply(h)
    (v * 3).sum().backward()
    assert leaf.grad.tolist() == [6, 6, 0, 0]
    v = First.apply(base()[1])
    with pytest.raises(RuntimeError, match="created inside a custom Function"):
        v.mul_(2)


@pytest.mark.parametrize("op", [lambda a: a.sin(), lambda a: a * a, lambda a: a.pow(3)])
def test_a_saved_tensor_that_was_detached_in_place(op):
    a = torch.ones(3, requires_grad=True) * 1
    b = op(a)
    a.detach_()
    with pytest.raises(RuntimeError, match="saved tensor that has been detached"):
        b.sum().backward()


def test_detached_results_are_their_node_s_own():
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    z = y * 2
    y.detach_()
    z.sum().backward()
    assert x.grad.tolist() == pytest.approx([2 * 2.7182818] * 3)


def test_what_counts_as_a_write():
    x = torch.zeros(4)
    seen = []
    for change in (
        lambda: x.resize_(2),
        lambda: x.resize_(8),
        lambda: x.resize_as_(torch.zeros(3)),
        lambda: x.resize_(3),
        lambda: x.data.zero_(),
        lambda: x.t_(),
        lambda: x.detach().add_(1),
        lambda: x.data.add_(1),
        lambda: x.view(-1).add_(1),
        lambda: x.clamp_(torch.zeros(3), torch.ones(3)),
    ):
        change()
        seen.append(x._version)
    assert seen == [1, 2, 3, 3, 3, 4, 5, 5, 6, 7]


def test_reading_bytes_as_another_dtype_has_no_gradient():
    x = torch.ones(2, requires_grad=True)
    assert not x.view(torch.float16).requires_grad
    assert not x.view(torch.float32).requires_grad


def test_part_of_a_view_without_history():
    _, h = base()
    with torch.no_grad():
        v = h[:2]
    with pytest.raises(RuntimeError, match="Output 0 of Select is a view of a view which was created in no_grad mode"):
        v[0] = 1.0
    h.mul_(3)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode and its base or another view"):
        v[0] = 1.0
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode and is being modified inplace"):
        v.mul_(2)
    assert h.tolist() == [6, 6, 6, 6]


class Halves(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x[:2], x[2:]

    @staticmethod
    def backward(ctx, first, second):
        return torch.cat([first, second])


class Passed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x, x + y

    @staticmethod
    def backward(ctx, of_x, of_sum):
        return of_x + of_sum, of_sum


@pytest.mark.parametrize(
    "call", [lambda x: Halves.apply(x)[0], lambda x: Passed.apply(x, x)[0]], ids=["views", "inputs"]
)
def test_views_among_several_outputs_of_a_function_are_not_written_to(call):
    several = "This view is the output of a function that returns multiple views"
    x = torch.ones(4, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="0 of (Halves|Passed) is a view and is being modified inplace. " + several):
        call(x).add_(1)
    output = call(x)
    x.add_(1)
    with pytest.raises(RuntimeError, match="another view of its base has been modified inplace. " + several):
        output.sum().backward()


def test_inputs_passed_on_are_views_of_them():
    x = torch.ones(4, requires_grad=True)
    first, total = Passed.apply(x, x)
    assert first._base is x
    (first.sum() + 2 * total.sum()).backward()
    assert x.grad.tolist() == [5, 5, 5, 5]

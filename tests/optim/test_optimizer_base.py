"""What optimizers share: groups, options, state, checkpoints, hooks, and the plans of the fused ones."""

import copy

import ferrotorch as torch
import pytest

FUSED = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"]
ALL = [*FUSED, "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "Adafactor"]


def parameter(*values):
    return torch.nn.Parameter(torch.tensor(values or (1.0, 2.0)))


def step_with(optimizer, *params, grad=1.0):
    for p in params:
        p.grad = torch.full_like(p, grad, requires_grad=False)
    optimizer.step()


def new(name, params):
    options = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    return getattr(torch.optim, name)(params, lr=0.1, **options)


def test_groups_take_defaults_and_keep_their_own_options():
    a, b, c = parameter(), parameter(), parameter()
    optimizer = torch.optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    optimizer.add_param_group({"params": (c,), "momentum": 0.3})
    assert [g["lr"] for g in optimizer.param_groups] == [0.1, 0.5, 0.1]
    assert [g["momentum"] for g in optimizer.param_groups] == [0, 0, 0.3]
    step_with(optimizer, a, b)
    assert a.tolist() == pytest.approx([0.9, 1.9])
    assert b.tolist() == pytest.approx([0.5, 1.5])


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (list, ValueError, "empty parameter list"),
        (lambda: parameter(), TypeError, "iterable of Tensors or dicts, but got torch.FloatTensor"),
        (lambda: [3], TypeError, "one of the params is int"),
        (lambda: [{"params": {parameter()}}], TypeError, "ordered collections"),
        (lambda: [parameter() * 2], ValueError, "non-leaf"),
        (lambda: [("a", parameter()), parameter()], ValueError, "with/without names"),
        (lambda: [{"params": [("a", parameter())]}, {"params": [parameter()]}], ValueError, "without names"),
    ],
)
def test_wrong_parameters(params, error, message):
    with pytest.raises(error, match=message):
        torch.optim.SGD(params(), lr=0.1)


def test_a_parameter_belongs_to_one_group():
    p = parameter()
    with pytest.raises(ValueError, match="more than one parameter group"):
        torch.optim.SGD([{"params": p}, {"params": p}])
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = torch.optim.SGD([p, p], lr=0.1)
    step_with(optimizer, p)
    assert p.tolist() == pytest.approx([0.8, 1.8])


@pytest.mark.parametrize("name", ALL)
def test_negative_rates_are_refused(name):
    with pytest.raises(ValueError, match=r"(?i)learning rate"):
        getattr(torch.optim, name)([parameter()], lr=-1.0)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("SGD", {"nesterov": True}, ValueError, "Nesterov momentum requires"),
        ("SGD", {"fused": True, "foreach": True}, RuntimeError, "cannot be `True` together"),
        ("Adam", {"fused": True, "differentiable": True}, RuntimeError, "does not support `differentiable`"),
        ("Adam", {"betas": (1.0, 0.9)}, ValueError, "beta parameter at index 0"),
        ("Adam", {"eps": -1}, ValueError, "epsilon"),
        ("RMSprop", {"alpha": -1}, ValueError, "alpha"),
        ("Adadelta", {"rho": 2.0}, ValueError, "rho"),
        ("Rprop", {"etas": (2, 3)}, ValueError, "eta values: 2, 3"),
        ("Adafactor", {"d": 0.5}, ValueError, "Clipping threshold"),
        ("Muon", {}, ValueError, "2D parameters"),
    ],
)
def test_wrong_options(name, options, error, message):
    with pytest.raises(error, match=message):
        getattr(torch.optim, name)([parameter()], **options)


def test_capturable_needs_a_device_with_graphs():
    p = parameter()
    with pytest.raises(AssertionError, match="capturable"):
        step_with(torch.optim.Adam([p], capturable=True), p)


def test_repr_lists_the_options_in_order():
    text = repr(torch.optim.SGD([parameter()], lr=0.1))
    assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n")
    assert text.endswith("    nesterov: False\n    weight_decay: 0\n)")


def test_zero_grad():
    p = parameter()
    optimizer = torch.optim.SGD([p])
    p.grad = torch.ones(2)
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert p.grad is None


def test_step_returns_the_loss_of_the_closure():
    p = parameter()
    optimizer = torch.optim.SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        assert optimizer.step(closure).item() == pytest.approx(5.0)
    assert p.tolist() == pytest.approx([0.8, 1.6])
    assert optimizer.step() is None


# ---- the fused step follows whatever changes between steps


@pytest.mark.parametrize("name", FUSED)
def test_parameters_without_gradients_are_left_alone(name):
    p, q = parameter(), parameter()
    optimizer = new(name, [p, q])
    step_with(optimizer, p)
    assert q.tolist() == [1.0, 2.0]
    step_with(optimizer, p, q)
    assert q.tolist() != [1.0, 2.0]
    kept = p.tolist()
    p.grad = None
    optimizer.step()
    assert p.tolist() == kept
    if name != "SGD":
        assert [optimizer.state[t]["step"].item() for t in (p, q)] == [2.0, 2.0]


@pytest.mark.parametrize("name", FUSED)
def test_unequal_step_counts_equal_separate_optimizers(name):
    together = [parameter(), parameter(3.0, 4.0)]
    apart = [parameter(), parameter(3.0, 4.0)]
    joint = new(name, together)
    single = [new(name, [p]) for p in apart]
    for active in ([0], [0, 1], [1], [0, 1]):
        for params in (together, apart):
            for i, p in enumerate(params):
                p.grad = p.detach() * 0.5 + i if i in active else None
        joint.step()
        for optimizer in single:
            optimizer.step()
    for a, b in zip(together, apart, strict=True):
        assert torch.allclose(a.detach(), b.detach(), atol=1e-6)


def test_replaced_state_is_used():
    p = parameter()
    optimizer = torch.optim.SGD([p], lr=1.0, momentum=0.5)
    step_with(optimizer, p, grad=0.0)
    step_with(optimizer, p, grad=0.0)
    optimizer.state[p]["momentum_buffer"] = torch.tensor([2.0, 4.0])
    step_with(optimizer, p, grad=0.0)
    assert p.tolist() == pytest.approx([0.0, 0.0])
    optimizer.state.clear()
    step_with(optimizer, p, grad=1.0)
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1.0, 1.0]


def test_replaced_parameters_and_options_are_used():
    p, q = parameter(), parameter()
    optimizer = torch.optim.SGD([p], lr=0.1)
    step_with(optimizer, p)
    optimizer.param_groups[0]["params"][0] = q
    optimizer.param_groups[0]["lr"] = 1.0
    step_with(optimizer, p, q)
    assert p.tolist() == pytest.approx([0.9, 1.9])
    assert q.tolist() == pytest.approx([0.0, 1.0])
    optimizer.param_groups[0]["momentum"] = 0.5
    step_with(optimizer, q)
    assert optimizer.state[q]["momentum_buffer"].tolist() == [1.0, 1.0]


def test_strided_parameters_step_in_place():
    base = torch.zeros(2, 3)
    p = torch.nn.Parameter(base.t())
    step_with(torch.optim.SGD([p], lr=1.0), p)
    assert base.tolist() == [[-1.0] * 3] * 2


# ---- checkpoints


def test_state_dict_has_the_format_of_pytorch():
    p, q = parameter(), parameter()
    optimizer = torch.optim.Adam([{"params": [p]}, {"params": [q], "lr": 0.5}], lr=0.1)
    step_with(optimizer, q)
    state_dict = optimizer.state_dict()
    assert list(state_dict) == ["state", "param_groups"]
    assert [g["params"] for g in state_dict["param_groups"]] == [[0], [1]]
    assert list(state_dict["state"]) == [1]
    assert list(state_dict["state"][1]) == ["step", "exp_avg", "exp_avg_sq"]
    assert type(state_dict["state"][1]) is dict
    step = state_dict["state"][1]["step"]
    assert step.dtype == torch.float32 and step.shape == () and step.item() == 1.0


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("copied", ["state_dict", "deepcopy"])
def test_loaded_state_continues_the_training(name, copied):
    p = torch.nn.Parameter(torch.tensor([[1.0, 2.0], [3.0, -4.0]]))
    optimizer = new(name, [p]) if name in FUSED else getattr(torch.optim, name)([p])
    for _ in range(3):
        step_with(optimizer, p, grad=0.5)
    if copied == "deepcopy":
        other = copy.deepcopy(optimizer)
        (q,) = other.param_groups[0]["params"]
        assert q is not p
    else:
        q = torch.nn.Parameter(p.detach().clone())
        other = type(optimizer)([q])
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for _ in range(2):
        step_with(optimizer, p, grad=0.25)
        step_with(other, q, grad=0.25)
    assert torch.equal(p.detach(), q.detach())


def test_loading_converts_the_state_but_not_the_step():
    p = parameter()
    optimizer = torch.optim.Adam([p])
    step_with(optimizer, p)
    q = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    other = torch.optim.Adam([q])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[q]["exp_avg"].dtype == torch.float64
    assert other.state[q]["step"].dtype == torch.float32


def test_loading_checks_the_groups():
    optimizer = torch.optim.SGD([parameter()])
    with pytest.raises(ValueError, match="different number of parameter groups"):
        optimizer.load_state_dict({"state": {}, "param_groups": []})
    with pytest.raises(ValueError, match="doesn't match the size"):
        optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]})


# ---- hooks


def test_step_hooks_run_around_the_step_and_can_be_removed():
    p = parameter()
    optimizer = torch.optim.SGD([p], lr=0.1)
    seen = []
    handles = [
        optimizer.register_step_pre_hook(lambda *_: seen.append(("pre", p[0].item()))),
        optimizer.register_step_post_hook(lambda *_: seen.append(("post", p[0].item()))),
    ]
    step_with(optimizer, p)
    assert seen == [("pre", 1.0), ("post", pytest.approx(0.9))]
    for handle in handles:
        handle.remove()
    step_with(optimizer, p)
    assert len(seen) == 2
    with optimizer.register_step_pre_hook(lambda *_: 3), pytest.raises(RuntimeError, match="new_args, new_kwargs"):
        optimizer.step()


def test_state_dict_hooks_may_replace_it():
    optimizer = torch.optim.SGD([parameter()], lr=0.1)
    optimizer.register_state_dict_post_hook(lambda _, state: {**state, "extra": 1})
    assert optimizer.state_dict()["extra"] == 1
    optimizer.register_load_state_dict_pre_hook(lambda _, state: state["param_groups"][0].update(lr=7))
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.param_groups[0]["lr"] == 7


def test_subclasses_get_hooks_around_their_own_step():
    class Halving(torch.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 1.0})

        def step(self, closure=None):
            with torch.no_grad():
                for group in self.param_groups:
                    for p in group["params"]:
                        p.mul_(0.5)

    p = parameter()
    optimizer = Halving([p])
    seen = []
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    optimizer.step()
    assert p.tolist() == [0.5, 1.0] and seen == [1]


def test_step_hooks_see_the_optimizer_among_the_arguments():
    optimizer, seen = torch.optim.SGD([parameter()], lr=1.0), []
    optimizer.register_step_pre_hook(lambda _, args, kwargs: seen.append((args, kwargs)))
    optimizer.register_step_pre_hook(lambda _, args, kwargs: ((optimizer, lambda: 7), {}))
    optimizer.register_step_post_hook(lambda _, args, kwargs: seen.append(len(args)))
    assert optimizer.step(closure=None) == 7
    assert seen == [((optimizer,), {"closure": None}), 2]


def test_a_differentiable_optimizer_takes_results_of_ops():
    start = torch.ones(2, requires_grad=True)
    moved = start * 1
    with pytest.raises(ValueError, match="non-leaf"):
        torch.optim.SGD([moved], lr=0.5)
    optimizer = torch.optim.SGD([moved], lr=0.5, differentiable=True)
    moved.grad = start * 3
    optimizer.step()
    moved.sum().backward()
    assert start.grad.tolist() == [-0.5, -0.5]


def test_groups_are_printed_with_a_line_between():
    text = repr(torch.optim.SGD([{"params": [parameter()]}, {"params": [parameter()]}], lr=1.0))
    assert "    weight_decay: 0\n\nParameter Group 1\n" in text


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("number", [float, int])
def test_numbers_in_old_checkpoints_become_tensors(name, number):
    """Old versions kept step counts, and what depends on them, as Python's numbers, and had fewer options."""

    def run(change):
        p = parameter()
        optimizer = new(name, [p])
        for grad in (1.0, -2.0):
            step_with(optimizer, p, grad=grad)
        saved = copy.deepcopy(optimizer.state_dict())
        change(saved)
        optimizer = new(name, [p])
        optimizer.load_state_dict(saved)
        for grad in (0.5, 3.0):
            step_with(optimizer, p, grad=grad)
        return p.tolist()

    def make_old(saved):
        for state in saved["state"].values():
            for key in ("step", "mu_product", "eta", "mu"):
                if key in state:
                    value = state[key].item()
                    state[key] = number(value) if number(value) == value else value
        for group in saved["param_groups"]:
            for option in ("maximize", "foreach", "fused", "capturable", "differentiable"):
                group.pop(option, None)

    assert run(make_old) == pytest.approx(run(lambda saved: None))


@pytest.mark.parametrize("name", [name for name in ALL if name != "Adafactor"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_two_differentiable_steps(name, dtype):
    """The derivative by the first gradient, through both steps, is that of the loss as a function of it."""
    start = torch.tensor([1.0, -2.0], dtype=dtype)

    def loss(first):
        p = torch.nn.Parameter(start.clone())
        tracked = p.clone()
        tracked.retain_grad()
        # Momentum begins with a copy of the first gradient, as in PyTorch.
        optimizer = new(name, [{"params": [tracked], "differentiable": True, "momentum": 0}])
        for grad in (first, torch.tensor([0.3, 0.7], dtype=dtype)):
            tracked.grad = grad.clone()
            optimizer.step()
        return (tracked * torch.tensor([1.0, 3.0], dtype=dtype)).abs().square().sum()

    first = torch.tensor([0.5, -1.5], dtype=dtype, requires_grad=True)
    if name == "Rprop":
        assert torch.isfinite(loss(first))  # depends on signs only
        return
    (slope,) = torch.autograd.grad(loss(first), first)
    step = 1e-6
    for i in range(2):
        shift = torch.zeros(2, dtype=dtype)
        shift[i] = step
        expected = (loss(first.detach() + shift) - loss(first.detach() - shift)) / (2 * step)
        assert slope[i].real.item() == pytest.approx(expected.item(), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_complex_parameter_may_lose_its_gradient(name):
    p, q = (torch.nn.Parameter(torch.tensor([1 + 2j])) for _ in range(2))
    optimizer = new(name, [p, q])
    step_with(optimizer, p, q)
    kept = q.detach().clone()
    q.grad = None
    step_with(optimizer, p)
    assert torch.equal(q, kept)
    assert not torch.equal(p, kept)


class Wrapper(torch.optim.Optimizer):
    """As libraries wrap an optimizer: without Optimizer.__init__."""

    def __init__(self, optimizer):
        self.optimizer = optimizer

    @property
    def param_groups(self):
        return self.optimizer.param_groups

    def step(self, closure=None):
        return self.optimizer.step(closure)


def test_a_subclass_without_the_base_constructor_can_step():
    p = parameter()
    wrapper = Wrapper(torch.optim.SGD([p], lr=0.1))
    step_with(wrapper, p)
    assert p.tolist() == pytest.approx([0.9, 1.9])
    scheduler = torch.optim.lr_scheduler.StepLR(wrapper, 1)
    wrapper.step()
    scheduler.step()
    assert wrapper.param_groups[0]["lr"] == pytest.approx(0.01)


class Louder(torch.optim.SGD):
    def step(self, closure=None):
        return super().step(closure)


def test_hooks_run_once_around_a_step_that_calls_its_bases():
    p, calls = parameter(), []
    optimizer = Louder([p], lr=0.1)
    optimizer.register_step_pre_hook(lambda *_: calls.append("pre"))
    optimizer.register_step_post_hook(lambda *_: calls.append("post"))
    step_with(optimizer, p)
    assert calls == ["pre", "post"]


def test_hooks_see_a_step_that_was_put_there_later():
    class Patched(torch.optim.SGD):
        pass

    Patched.step = lambda self, closure=None: "stepped"
    optimizer, calls = Patched([parameter()]), []
    optimizer.register_step_pre_hook(lambda *_: calls.append("pre"))
    assert (optimizer.step(), calls) == ("stepped", ["pre"])


@pytest.mark.parametrize("tolerance", [1e-7, -1.0])
def test_lbfgs_without_gradients_returns_the_loss(tolerance):
    optimizer = torch.optim.LBFGS([parameter()], tolerance_grad=tolerance)
    assert optimizer.step(lambda: torch.tensor(3.0)).item() == 3.0


def test_lbfgs_has_one_group():
    optimizer = torch.optim.LBFGS([parameter()])
    optimizer.add_param_group({"params": [parameter()]})
    with pytest.raises(AssertionError, match="exactly one param_group"):
        optimizer.step(lambda: torch.tensor(3.0))


def test_a_bare_set_of_parameters_is_warned_of():
    with pytest.warns(FutureWarning, match="optimizer parameters need to be organized in ordered collections"):
        optimizer = torch.optim.SGD({torch.nn.Parameter(torch.ones(1))}, lr=1.0)
    assert len(optimizer.param_groups[0]["params"]) == 1


def test_the_product_of_momenta_has_a_derivative():
    def stepped(product):
        p = torch.ones(1, dtype=torch.float64, requires_grad=True).clone()
        p.grad = torch.full((1,), 2.0, dtype=torch.float64)
        optimizer = torch.optim.NAdam([p], lr=0.5, differentiable=True)
        zero = torch.zeros(1, dtype=torch.float64)
        optimizer.state[p] = {
            "step": torch.tensor(1.0),
            "mu_product": product,
            "exp_avg": zero,
            "exp_avg_sq": zero.clone(),
        }
        optimizer.step()
        return p

    assert torch.autograd.gradcheck(stepped, torch.tensor(0.5, dtype=torch.float64, requires_grad=True))


def test_a_loaded_sparse_adam_has_the_options_of_a_new_one():
    weight = torch.zeros(2, requires_grad=True)
    optimizer, other = torch.optim.SparseAdam([weight]), torch.optim.SparseAdam([weight])
    other.load_state_dict(optimizer.state_dict())
    assert optimizer.state_dict() == other.state_dict()

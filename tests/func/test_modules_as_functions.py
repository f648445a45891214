"""Modules called with other tensors than their own, stacked, and without running statistics."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.func import functional_call, replace_all_batch_norm_modules_, stack_module_state

X = torch.ones(1, 2)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
        self.b.weight = self.a.weight

    def forward(self, x, *, scale=10):
        return self.a(x) + self.b(x) * scale


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x):
        self.count = self.count + 1
        return x


def test_the_module_is_called_with_the_tensors_and_keeps_its_own():
    layer = nn.Linear(2, 2)
    own = dict(layer.named_parameters())
    given = {name: torch.ones_like(p).requires_grad_() for name, p in own.items()}
    result = functional_call(layer, given, (X,))
    assert result.tolist() == [[3.0, 3.0]]
    result.sum().backward()
    assert given["weight"].grad.tolist() == [[1.0, 1.0], [1.0, 1.0]] and own["weight"].grad is None
    assert dict(layer.named_parameters()) == own and layer.weight is own["weight"]
    halves = ({"weight": given["weight"]}, {"bias": given["bias"]})
    assert torch.equal(functional_call(layer, halves, X), result)
    # Names that are not given keep the module's tensors.
    assert torch.equal(functional_call(layer, {"bias": torch.zeros(2)}, X), X @ layer.weight.t())


def test_the_module_is_put_back_after_an_exception():
    layer = nn.Linear(2, 2)
    weight = layer.weight
    with pytest.raises(RuntimeError, match="shapes"):
        functional_call(layer, {"weight": torch.ones(2, 2)}, torch.ones(1, 3))
    assert layer.weight is weight
    functional_call(layer, {"unknown": torch.ones(1)}, X)
    assert not hasattr(layer, "unknown")


def test_second_derivative_by_the_parameters():
    layer = nn.Linear(1, 1, bias=False)
    w = torch.tensor([[3.0]], requires_grad=True)
    (g,) = torch.autograd.grad(
        functional_call(layer, {"weight": w}, torch.ones(1, 1)).pow(3).sum(), w, create_graph=True
    )
    (h,) = torch.autograd.grad(g.sum(), w)
    assert (g.item(), h.item()) == (27.0, 18.0)


def test_tied_weights():
    model, ones, zeros = Tied(), torch.ones(2, 2), torch.zeros(2, 2)
    for name in ("a.weight", "b.weight"):
        assert functional_call(model, {name: ones}, X, strict=True).tolist() == [[22.0, 22.0]]
    assert functional_call(model, {"a.weight": ones, "b.weight": ones}, X, {"scale": 1}).tolist() == [[4.0, 4.0]]
    both = {"a.weight": ones, "b.weight": zeros}
    with pytest.raises(ValueError, match=r"multiple values for keys \['a.weight', 'b.weight'\], which are tied"):
        functional_call(model, both, X)
    assert functional_call(model, both, X, tie_weights=False).tolist() == [[2.0, 2.0]]


def test_buffers_that_the_call_changes_are_in_the_dict():
    model, given = Counts(), {"count": torch.tensor(5.0)}
    functional_call(model, given, X)
    assert given["count"].item() == 6 and model.count.item() == 0
    norm = nn.BatchNorm1d(2)
    given = {name: tensor.clone() for name, tensor in (*norm.named_parameters(), *norm.named_buffers())}
    functional_call(norm, given, torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    assert given["running_mean"].tolist() == pytest.approx([0.2, 0.4]) and given["num_batches_tracked"].item() == 1
    assert norm.running_mean.tolist() == [0.0, 0.0] and norm.num_batches_tracked.item() == 0


@pytest.mark.parametrize(
    ("tensors", "options", "error", "message"),
    [
        (3, {}, ValueError, "Expected parameter_and_buffer_dicts to be a dict"),
        (({"weight": X}, {"weight": X}), {}, ValueError, r"\['weight'\] appeared in multiple dictionaries"),
        ({"sub.weight": X}, {}, AttributeError, "Linear has no attribute `sub`"),
        ({"weight": 3}, {}, TypeError, "3 is not an instance of torch.Tensor"),
        (
            {"foo": X},
            {"strict": True},
            RuntimeError,
            r"Unexpected key\(s\): 'foo'.\n\tMissing key\(s\): 'bias', 'weight'.",
        ),
    ],
)
def test_refused(tensors, options, error, message):
    with pytest.raises(error, match=message):
        functional_call(nn.Linear(2, 2), tensors, X, **options)


def test_stacked_modules():
    models = [nn.BatchNorm1d(2) for _ in range(3)]
    with torch.no_grad():
        models[1].weight.fill_(2.0)
    parameters, buffers = stack_module_state(models)
    assert parameters["weight"].tolist() == [[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]]
    assert all(p.is_leaf and p.requires_grad for p in parameters.values())
    assert {name: tuple(b.shape) for name, b in buffers.items()} == {
        "running_mean": (3, 2), "running_var": (3, 2), "num_batches_tracked": (3,),
    }  # fmt: skip
    frozen = nn.BatchNorm1d(2).requires_grad_(False)
    for bad, message in (
        ([], "at least one model"),
        ([models[0], nn.Linear(2, 2)], "same class"),
        ([models[0], nn.BatchNorm1d(2).eval()], "training/eval mode"),
        ([models[0], frozen], "weight from each model to have the same .requires_grad"),
    ):
        with pytest.raises(RuntimeError, match=message):
            stack_module_state(bad)


def test_batch_norms_without_running_statistics():
    model = nn.Sequential(
        nn.BatchNorm1d(2), nn.Sequential(nn.BatchNorm2d(3), nn.InstanceNorm1d(2, track_running_stats=True))
    )
    assert replace_all_batch_norm_modules_(model) is model
    assert dict(model[0].named_buffers()) == {} and not model[1][0].track_running_stats
    assert model[1][1].running_mean is not None
    x = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    assert torch.allclose(model[0].eval()(x), torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), atol=1e-4)


def test_none_takes_a_parameter_away_for_the_call():
    net = nn.Linear(2, 2)
    result = functional_call(net, {"weight": torch.eye(2), "bias": None}, torch.tensor([[1.0, 2.0]]))
    assert result.tolist() == [[1.0, 2.0]]
    assert net.bias is not None


class Names(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(1, 1)

    def forward(self):
        return [name for name, _ in self.named_parameters()]


def test_a_parameter_under_a_new_name_is_there_during_the_call():
    net = Names()
    assert functional_call(net, {"inner.extra": nn.Parameter(torch.ones(1))}, ()) == [
        "inner.weight",
        "inner.bias",
        "inner.extra",
    ]
    assert not hasattr(net.inner, "extra")
    with pytest.raises(TypeError, match="not an instance of torch"):
        functional_call(net, {"inner.in_features": torch.ones(1)}, ())

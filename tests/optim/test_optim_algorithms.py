"""What the optimizers compute: recorded results, and the fused calls against the rules in tensor ops."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch.optim._step import ParameterwiseOptimizer

# Four steps on sum(p**4) / 4 + sum(p * arange(6)) in float64; recorded with PyTorch.
RECORDED = [
    ("SGD", {"lr": 0.1}, [0.724772954, -1.076926587, -0.314786206, -0.87599029, -1.252866227, -1.708162992]),
    (
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
        [0.258105036, 0.25629779, -1.656612846, -1.464207042, -1.491164039, -1.691138764],
    ),
    (
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "maximize": True},
        [1.880349521, -57.009894378, 2.095722904, 3483514.473359252, 3.38836819, 1.773341929],
    ),
    ("Adam", {"lr": 0.1}, [0.617818047, -1.607755661, 0.100534943, 2.602981686, -0.14996237, -1.396341871]),
    (
        "Adam",
        {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True, "maximize": True},
        [1.398112569, -2.400843014, 0.900844694, 3.401144134, 0.650181692, -0.599142443],
    ),
    (
        "AdamW",
        {"lr": 0.1, "weight_decay": 0.1, "betas": (0.8, 0.9)},
        [0.58856392, -1.538096861, 0.086846373, 2.492273573, -0.153850573, -1.351386914],
    ),
    ("RMSprop", {"lr": 0.1}, [1e-07, -1.000000003, -1.220304416, 1.244142048, -1.569920196, -1.638237848]),
    (
        "RMSprop",
        {"lr": 0.1, "centered": True, "momentum": 0.5, "weight_decay": 0.1},
        [-0.398989256, -0.400197269, -1.060222849, 0.186382973, -1.470108608, -1.57952391],
    ),
    (
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.2, "weight_decay": 0.1},
        [0.790443177, -1.767912409, 0.255388581, 2.758664915, 0.000578713, -1.239115547],
    ),
    (
        "Adadelta",
        {"lr": 1.0, "weight_decay": 0.1},
        [0.987049394, -1.987008456, 0.486961817, 2.986980114, 0.236950436, -1.013023157],
    ),
    ("Adamax", {"lr": 0.1}, [0.675544296, -1.648049775, 0.107048391, 2.626182192, -0.149908284, -1.372077456]),
    (
        "NAdam",
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        [0.692147121, -1.632567674, 0.158983048, 2.576624158, -0.084492681, -1.271597234],
    ),
    (
        "RAdam",
        {"lr": 0.1, "betas": (0.9, 0.9)},
        [0.675949935, -0.516610032, -0.327383561, -2.833128965, -1.317467161, -1.986509278],
    ),
    (
        "RAdam",
        {"lr": 0.1, "weight_decay": 0.1},
        [0.645275632, -0.472539253, -0.340293733, -2.833593968, -1.314229138, -1.959831427],
    ),
    (
        "ASGD",
        {"lr": 0.1, "lambd": 0.1, "t0": 1, "weight_decay": 0.1},
        [0.677458813, -1.025456751, -0.32006323, -0.895815788, -1.21484513, -1.668257261],
    ),
    ("Rprop", {"lr": 0.1}, [0.4632, -1.4632, -0.0368, 2.4632, -0.2868, -1.5368]),
    (
        "Adafactor",
        {"lr": 0.1, "weight_decay": 0.1},
        [0.896040901, -1.110565907, -0.460304516, 2.534155262, -0.000201638, -1.274900392],
    ),
    (
        "LBFGS",
        {"lr": 0.5, "max_iter": 4},
        [0.257092815, -1.007467037, -1.26090376, -1.452718877, -1.587734333, -1.711399705],
    ),
    (
        "LBFGS",
        {"line_search_fn": "strong_wolfe", "max_iter": 4},
        [0.154662279, -0.996690214, -1.258763319, -1.442910263, -1.58711122, -1.708258291],
    ),
]

FUSED = [row for row in RECORDED if row[0] in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")]
START = [[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]]


def minimise(optimizer, params, steps, step=None):
    def closure():
        optimizer.zero_grad()
        loss = sum(((p**4).sum() / 4 + (p * torch.arange(6.0).view(2, 3)).sum()) for p in params)
        loss.backward()
        return loss

    for _ in range(steps):
        if step is None:
            optimizer.step(closure)
        else:
            closure()
            step()


@pytest.mark.parametrize(("name", "options", "want"), RECORDED)
def test_recorded_results(name, options, want):
    p = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    minimise(getattr(torch.optim, name)([p], **options), [p], 4)
    assert p.flatten().tolist() == pytest.approx(want, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options", "_"), FUSED)
def test_fused_step_equals_rule_in_tensor_ops(name, options, dtype, _):
    results = []
    for fused in (True, False):
        params = [torch.nn.Parameter(torch.tensor(START, dtype=getattr(torch, dtype)) * k) for k in (1, 0.5, 0.1)]
        optimizer = getattr(torch.optim, name)(params, **options)

        def rule(optimizer=optimizer):
            for group in optimizer.param_groups:
                ParameterwiseOptimizer._step_group(optimizer, group)

        minimise(optimizer, params, 5, None if fused else rule)
        results.append([p.detach() for p in params])
    for a, b in zip(*results, strict=True):
        assert torch.allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "options", "_"), FUSED)
def test_complex_parameters_step_as_pairs_of_real_numbers(name, options, _):
    pairs = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    real = torch.nn.Parameter(pairs.clone())
    imaginary = torch.nn.Parameter(torch.view_as_complex(pairs.clone()))
    optimizers = [getattr(torch.optim, name)([p], **options) for p in (real, imaginary)]
    for step in range(3):
        grad = torch.tensor([[0.3, -1.0], [2.0, 0.1]]) * (step + 1)
        real.grad, imaginary.grad = grad, torch.view_as_complex(grad.clone())
        for optimizer in optimizers:
            optimizer.step()
    assert torch.allclose(torch.view_as_real(imaginary.detach()), real.detach(), atol=1e-6)


def test_muon_moves_along_an_orthogonal_matrix():
    p = torch.nn.Parameter(torch.zeros(4, 6))
    p.grad = torch.eye(4, 6) + torch.arange(24.0).reshape(4, 6).sin() / 4
    torch.optim.Muon([p], lr=1.0, weight_decay=0.0).step()
    singular_values = np.linalg.svd(p.detach().numpy(), compute_uv=False)
    assert singular_values.min() > 0.5 and singular_values.max() < 1.3


def test_differentiable_step_carries_gradients():
    lr = torch.tensor(0.1, requires_grad=True)
    leaf = torch.tensor([1.0, -2.0], requires_grad=True)
    p = leaf.clone()
    p.retain_grad()
    optimizer = torch.optim.SGD([p], lr=lr, differentiable=True)
    p.grad = torch.tensor([3.0, 5.0])
    optimizer.step()
    p.sum().backward()
    assert lr.grad.item() == pytest.approx(-8.0)
    assert leaf.grad.tolist() == [1.0, 1.0]


def test_lbfgs_needs_a_closure_and_reaches_the_minimum():
    p = torch.nn.Parameter(torch.tensor([2.0, -3.0]))
    optimizer = torch.optim.LBFGS([p], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = ((p - torch.tensor([1.0, 4.0])) ** 2 * torch.tensor([1.0, 30.0])).sum()
        loss.backward()
        return loss

    with pytest.raises(TypeError, match="closure"):
        optimizer.step()
    optimizer.step(closure)
    assert p.tolist() == pytest.approx([1.0, 4.0], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Adam", {}), ("Adam", {"amsgrad": True}), ("AdamW", {"amsgrad": True}), ("NAdam", {}), ("RAdam", {}),
        ("Adamax", {}), ("Adagrad", {}), ("Adadelta", {}), ("RMSprop", {"centered": True, "momentum": 0.9}),
        ("ASGD", {}), ("SGD", {}),
    ],
)  # fmt: skip
def test_backward_through_several_steps(name, options):
    def run(gradients):
        p = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
        optimizer = getattr(torch.optim, name)([p.clone()], lr=0.1, differentiable=True, **options)
        (q,) = optimizer.param_groups[0]["params"]
        for gradient in gradients:
            q.grad = gradient * 1
            optimizer.step()
        return q

    gradients = [torch.tensor([x, -x / 2], dtype=torch.float64, requires_grad=True) for x in (0.5, 0.7, 0.3)]
    found = torch.autograd.grad(run(gradients).sum(), gradients)
    for i, gradient in enumerate(gradients):
        moved = [[g + (torch.tensor([h, 0.0]) if g is gradient else 0) for g in gradients] for h in (1e-6, -1e-6)]
        difference = (run(moved[0]) - run(moved[1])).sum() / 2e-6
        assert found[i][0].item() == pytest.approx(difference.item(), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs_maximises_what_has_a_largest_value(search):
    def trace(sign):
        p = torch.tensor([1.5, -0.5], dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS([p], lr=0.5, max_iter=5, line_search_fn=search, maximize=sign < 0)

        def closure():
            optimizer.zero_grad()
            loss = sign * ((p - 2) ** 2).sum() + sign * p.exp().sum()
            loss.backward()
            return loss

        return [optimizer.step(closure).item() * sign for _ in range(3)], p.tolist()

    assert trace(-1.0) == trace(1.0)


def test_muon_with_an_unclamped_factor():
    p = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3) / 7)
    optimizer = torch.optim.Muon([p], lr=0.1, adjust_lr_fn="spectral_unclamped")
    for i in range(2):
        p.grad = torch.arange(6.0).reshape(2, 3).sin() + i
        optimizer.step()
    want = torch.tensor([[-0.0696, 0.0435, 0.2283], [0.2803, 0.5637, 0.7793]])
    torch.testing.assert_close(p.detach(), want, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("steps", "refused"), [(99, False), (100, True)])
def test_muon_takes_fewer_than_a_hundred_iterations(steps, refused):
    p = torch.nn.Parameter(torch.eye(2))
    p.grad = torch.eye(2)
    optimizer = torch.optim.Muon([p], ns_steps=steps)
    if refused:
        with pytest.raises(ValueError, match="less than 100"):
            optimizer.step()
    else:
        optimizer.step()
        assert p.detach().isfinite().all() and p.detach()[0, 0] < 1

"""Losses of classes, by one kernel where the device has it: values and gradients are those of the formula."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

SHAPES = {
    "rows": (5, 7),
    "images": (2, 4, 3, 5),
    "one": (6,),
    "long": (3, 700),
    "many": (300, 3),
    "sequences": (2, 5, 9),
}
REDUCTIONS = ["mean", "sum", "none"]


def data(shape, seed=0):
    """Scores, and classes of which the first two positions of more do not count."""
    numbers = torch.Generator().manual_seed(seed)
    scores = torch.randn(shape, generator=numbers)
    classes = shape[0] if len(shape) == 1 else shape[1]
    places = () if len(shape) == 1 else (shape[0], *shape[2:])
    target = torch.randint(0, classes, places, generator=numbers)
    if target.numel() > 2:
        target.view(-1)[:2] = 1
        target.view(-1)[-1] = 0
    return scores, target, torch.rand(classes, generator=numbers) + 0.5


def formula(logs, target, weight, reduction, ignored, smoothing):
    """``-(1 - s) w_t log p_t - s / C sum(w log p)`` in ops that the kernel has nothing to do with."""
    dim = 0 if logs.dim() == 1 else 1
    classes = logs.size(dim)
    counts = target != ignored
    hot = F.one_hot(target.where(counts, 0), classes).movedim(-1, dim).to(logs.dtype)
    w = weight.view([-1 if d == dim else 1 for d in range(logs.dim())])
    share = (hot * w).sum(dim) * counts
    losses = (1 - smoothing) * share * -(hot * logs).sum(dim) - smoothing / classes * counts * (w * logs).sum(dim)
    if reduction == "mean":
        return losses.sum() / share.sum()
    return losses.sum() if reduction == "sum" else losses


def check(call, reference, scores, device, rtol=1e-5):
    """A loss and its gradient on a device against float64 on the host."""
    x = scores.clone().to(device).requires_grad_()
    exact = scores.double().requires_grad_()
    actual, expected = call(x), reference(exact)
    assert actual.shape == expected.shape
    seed = torch.linspace(0.5, 1.5, expected.numel(), dtype=torch.float64).view(expected.shape)
    actual.backward(seed.to(actual.dtype).to(device))
    expected.backward(seed)
    torch.testing.assert_close(actual.cpu().double(), expected, rtol=rtol, atol=rtol)
    torch.testing.assert_close(x.grad.cpu().double(), exact.grad, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("weighted", "smoothing"), [(False, 0.0), (True, 0.0), (False, 0.3), (True, 0.3)])
def test_cross_entropy(device, shape, reduction, weighted, smoothing):
    scores, target, weight = data(shape)
    own = weight if weighted else torch.ones_like(weight)
    options = {"reduction": reduction, "ignore_index": 1, "label_smoothing": smoothing}
    there = weight.to(device) if weighted else None
    check(
        lambda x: F.cross_entropy(x, target.to(device), there, **options),
        lambda x: formula(x.log_softmax(0 if x.dim() == 1 else 1), target, own.double(), reduction, 1, smoothing),
        scores,
        device,
    )


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_negative_log_likelihood(device, shape, reduction, weighted):
    logs, target, weight = data(shape, 1)
    own = weight if weighted else torch.ones_like(weight)
    there = weight.to(device) if weighted else None
    check(
        lambda x: F.nll_loss(x, target.to(device), there, reduction=reduction, ignore_index=1),
        lambda x: formula(x, target, own.double(), reduction, 1, 0.0),
        logs,
        device,
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_types_are_summed_wide(device, dtype):
    scores, target, _ = data((500, 6), 2)
    rounded = scores.to(dtype)
    check(
        lambda x: F.cross_entropy(x, target.to(device)),
        lambda x: formula(x.log_softmax(1), target, torch.ones(6).double(), "mean", -100, 0.0),
        rounded,
        device,
        rtol=2e-2 if dtype == torch.bfloat16 else 2e-3,
    )


def test_scores_may_lie_anyhow_and_gradients_too(device):
    scores, target, _ = data((4, 6), 3)
    turned = scores.t().contiguous().to(device).t()[:, 1:]
    target = target.clamp(max=4).to(device)
    expected = F.cross_entropy(scores[:, 1:], target.cpu(), reduction="none")
    x = turned.detach().requires_grad_()
    losses = F.cross_entropy(x, target, reduction="none")
    torch.testing.assert_close(losses.cpu(), expected)
    losses.backward(torch.ones((), device=device).expand(4))
    exact = scores[:, 1:].clone().requires_grad_()
    F.cross_entropy(exact, target.cpu(), reduction="sum").backward()
    torch.testing.assert_close(x.grad.cpu(), exact.grad)


def test_infinite_scores_and_positions_that_do_not_count(device):
    inf, nan = float("inf"), float("nan")
    rows = torch.tensor([[-inf, 0.0, 0.0], [-inf] * 3, [inf, 0.0, 0.0], [1.0, -inf, 2.0]], device=device)
    target = torch.tensor([1, 0, 0, 1], device=device)
    losses = F.cross_entropy(rows, target, reduction="none").tolist()
    assert losses[0] == pytest.approx(0.6931472)
    assert all(loss != loss for loss in losses[1:3])
    assert losses[3] == inf
    x = torch.zeros(2, 3, device=device, requires_grad=True)
    nothing = F.cross_entropy(x, torch.tensor([-100, -100], device=device))
    assert nothing.item() != nothing.item()
    total = F.cross_entropy(x, torch.tensor([-100, 2], device=device), reduction="sum")
    total.backward()
    assert total.item() == pytest.approx(1.0986123)
    third = 1 / 3
    assert x.grad.flatten().tolist() == pytest.approx([0, 0, 0, third, third, third - 1])
    assert F.nll_loss(torch.tensor([[nan, -1.0]], device=device), torch.tensor([1], device=device)).item() == 1


@pytest.mark.filterwarnings("ignore:.*runs on the host")
@pytest.mark.parametrize("is_log", [False, True])
def test_float64(device, is_log):
    scores, target, weight = data((4, 5), 4)
    loss = F.nll_loss if is_log else F.cross_entropy
    try:
        x = scores.double().to(device)
    except TypeError:
        pytest.skip("the device has no float64")
    logs = scores.double() if is_log else scores.double().log_softmax(1)
    expected = formula(logs, target, weight.double(), "mean", 1, 0.0)
    actual = loss(x, target.to(device), weight.double().to(device), ignore_index=1)
    torch.testing.assert_close(actual.cpu(), expected, rtol=1e-12, atol=0)


def test_gradients_of_gradients(device):
    scores, target, weight = data((3, 4), 5)

    def second(x, w):
        loss = F.cross_entropy(x, target.to(x.device), w, label_smoothing=0.2, ignore_index=1)
        (slope,) = torch.autograd.grad(loss, x, create_graph=True)
        (curvature,) = torch.autograd.grad((slope * slope).sum(), x)
        return slope.cpu().double(), curvature.cpu().double()

    found = second(scores.clone().to(device).requires_grad_(), weight.to(device))
    exact = second(scores.double().requires_grad_(), weight.double())
    torch.testing.assert_close(found, exact, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_classes_that_do_not_exist(device, loss):
    x = torch.zeros(2, 3, device=device)
    for wrong in (3, -1):
        with pytest.raises(IndexError, match=f"Target {wrong} is out of bounds"):
            loss(x, torch.tensor([0, wrong], device=device)).item()


def test_bytes_as_classes_and_nothing_at_all(device):
    x = torch.tensor([[1.0, 2.0], [0.5, 0.0]], device=device)
    expected = F.cross_entropy(x, torch.tensor([0, 1], device=device)).item()
    assert F.cross_entropy(x, torch.tensor([0, 1], dtype=torch.uint8, device=device)).item() == expected
    empty = F.cross_entropy(torch.zeros(0, 3, device=device), torch.zeros(0, dtype=torch.int64, device=device))
    assert empty.item() != empty.item()


def test_one_launch_for_losses_one_for_their_mean_and_one_for_the_gradient(gpu):
    scores, target, weight = data((64, 10), 6)
    x, target, weight = scores.to(gpu).requires_grad_(), target.to(gpu), weight.to(gpu)
    F.cross_entropy(x, target, weight).backward()
    torch.wgpu.reset_stats()
    loss = F.cross_entropy(x, target, weight)
    assert torch.wgpu.stats().shaders == {"ClassLoss": 1, "ClassLossTotal": 1}
    x.grad = None
    loss.backward()
    assert torch.wgpu.stats().shaders == {"ClassLoss": 1, "ClassLossTotal": 1, "Fill": 1, "ClassLossGrad": 1}


def test_means_of_very_many_positions(device):
    scores = torch.linspace(-1, 1, 3 * 70_000).view(70_000, 3)
    target = torch.arange(70_000) % 3
    exact = formula(scores.double().log_softmax(1), target, torch.ones(3).double(), "mean", -100, 0.0)
    assert F.cross_entropy(scores.to(device), target.to(device)).item() == pytest.approx(exact.item(), rel=1e-5)

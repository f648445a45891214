"""Pointwise calls one after the other are one launch, once they have been met; what they compute stays what it was."""

import random

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

OFTEN = 4
"""Times after which a chain has its shader."""


def launches_of(work):
    """The launches of some work that has been done before, by the names of their shaders."""
    for _ in range(OFTEN):
        kept = work()
        torch.wgpu.synchronize()
    torch.wgpu.reset_stats()
    kept = work()
    stats = torch.wgpu.stats()
    del kept
    return stats.shaders


def check(gpu, function, *inputs, times=OFTEN):
    """Compares with the CPU each time, for calls are made together only once they have been made apart."""
    on_gpu = [x.to(gpu) for x in inputs]
    for _ in range(times):
        actual, expected = function(*on_gpu), function(*inputs)
        for a, e in zip(actual, expected, strict=True):
            torch.testing.assert_close(a.cpu(), e)


def gelu(x):
    return 0.5 * x * (1 + torch.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def test_a_composition_is_one_launch(gpu):
    x = torch.randn(40, 30).to(gpu)
    (name, times), *others = launches_of(lambda: gelu(x)).items()
    assert name.startswith("Chain ")
    assert times == 1
    assert others == []


SHAPES = [(1,), (7,), (3, 5), (2, 3, 4), (64, 33), (2, 1, 3, 1, 2)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_compositions(gpu, shape, dtype):
    x, y = torch.randn(shape).to(dtype), torch.rand(shape).to(dtype) + 0.5

    def several(x, y):
        kept = x * y
        return gelu(x), kept, (kept + 1) / y - x.abs().sqrt(), torch.where(x > 0.5, kept, y * 2)

    check(gpu, several, x, y)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64])
def test_integers_wrap_between_ops(gpu, dtype):
    x, y = torch.arange(60).to(dtype).view(3, 20), (torch.arange(60) * 7 % 50).to(dtype).view(3, 20)
    check(gpu, lambda x, y: ((x * y + y) * x - 3, (x * y).clamp(2, 100), (x * y > 40) & (y < 30)), x, y)


def test_half_types_are_rounded_between_ops(gpu):
    for dtype in (torch.float16, torch.bfloat16):
        x = torch.linspace(0.1, 3, 50).to(dtype)
        check(gpu, lambda x: (x + 0.001 - x, x * 3 / 3 - x), x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_views_and_broadcasting(gpu, dtype):
    x, row, column = torch.randn(6, 8).to(dtype), torch.randn(8).to(dtype), torch.randn(6, 1).to(dtype)

    def several(x, row, column):
        turned = x.T.contiguous().T
        return (x * row + column).relu(), (turned * 2 + x) * turned, x[::2, 1:5] * 2 + x[1::2, 3:7] - 1

    check(gpu, several, x, row, column)


def in_place(x, y):
    """Chains that write to their inputs, to parts of them, and to memory that others of the chain have left."""
    a, b = x.clone(), y.clone()
    a.mul_(2).add_(b).sqrt_()
    b.sub_(a).mul_(b)
    a[0].add_(a[1]).mul_(a[2])
    a[1:] += a[:-1] * 2
    temporary = (a + 1) * 2
    del temporary
    other = (b + 3) * a
    b.copy_(other * 2 + b)
    return a, b, other


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_writing_in_place(gpu, dtype):
    check(gpu, in_place, torch.rand(4, 9).to(dtype) + 1, torch.rand(4, 9).to(dtype) + 1, times=6)


def test_what_lies_between_is_there_when_it_is_wanted_later(gpu):
    x = torch.randn(33).to(gpu)
    for _ in range(OFTEN):
        first = x * 3
        second = first + 1
        third = second.sigmoid()
        view = second[3:]
        del second
        torch.testing.assert_close(view, x[3:] * 3 + 1)
        torch.testing.assert_close(first.cpu(), x.cpu() * 3)
        torch.testing.assert_close(third.cpu(), (x.cpu() * 3 + 1).sigmoid())


def test_reads_writes_and_other_kernels_come_in_order(gpu):
    x = torch.ones(8, device=gpu)
    for k in range(2 * OFTEN):
        y = x * 2 + k
        assert y.tolist() == [2.0 + k] * 8
        y += 1
        total = y.sum()
        y.copy_(torch.zeros(8))
        y.sub_(1).mul_(2)
        assert (total.item(), y.tolist()) == ((3.0 + k) * 8, [-2.0] * 8)


def test_gradients_of_compositions(gpu):
    x = torch.randn(5, 7)

    def gradients(x):
        x = x.detach().requires_grad_()
        loss = ((gelu(x) - 0.3) ** 2 * torch.sigmoid(x)).mean()
        (first,) = torch.autograd.grad(loss, x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x)
        return loss.detach(), first.detach(), second

    check(gpu, gradients, x)


class PlainAdamW:
    """The optimizer as one writes it by hand."""

    def __init__(self, parameters):
        self.parameters = list(parameters)
        self.state = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters]
        self.steps = 0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        for p, (m, v) in zip(self.parameters, self.state, strict=True):
            p.mul_(1 - 1e-3 * 0.01)
            m.lerp_(p.grad, 0.1)
            v.mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
            denominator = (v.sqrt() / (1 - 0.999**self.steps) ** 0.5).add_(1e-8)
            p.addcdiv_(m, denominator, value=-1e-3 / (1 - 0.9**self.steps))


def test_an_optimizer_written_in_python(gpu):
    start, gradient = torch.randn(6, 5), torch.randn(6, 5)
    ended = []
    for device in ("cpu", gpu):
        parameter = torch.nn.Parameter(start.to(device, copy=True))
        parameter.grad = gradient.to(device)
        optimizer = PlainAdamW([parameter])
        for _ in range(6):
            optimizer.step()
        ended.append(parameter.detach().cpu())
    torch.testing.assert_close(ended[1], ended[0])
    assert sum(launches_of(optimizer.step).values()) == 1


@pytest.mark.parametrize("name", ["Adadelta", "Adamax", "NAdam", "RAdam", "ASGD"])
def test_optimizers_that_are_composed(gpu, name):
    start, gradient = torch.randn(6, 5), torch.randn(6, 5)
    ended = []
    for device in ("cpu", gpu):
        parameter = torch.nn.Parameter(start.to(device, copy=True))
        optimizer = getattr(torch.optim, name)([parameter], lr=0.01)
        for _ in range(8):
            parameter.grad = gradient.to(device)
            optimizer.step()
        ended.append(parameter.detach().cpu())
    torch.testing.assert_close(ended[1], ended[0])


def test_losses(gpu):
    x, y = torch.randn(9, 4), torch.rand(9, 4)

    def losses(x, y):
        x = x.detach().requires_grad_()
        found = [
            F.huber_loss(x, y),
            F.binary_cross_entropy_with_logits(x, y),
            F.soft_margin_loss(x, y),
            F.smooth_l1_loss(x, y),
        ]
        sum(found).backward()
        return [*(loss.detach() for loss in found), x.grad]

    check(gpu, losses, x, y)


def made_up_program(seed):
    """Pointwise calls on a few tensors and parts of them: into new tensors, in place, and letting go of some."""
    draw = random.Random(seed)
    binary = ["add", "sub", "mul", "maximum", "minimum"]
    unary = ["sin", "abs", "neg", "sigmoid", "relu"]
    parts = [slice(None), slice(1, 4), slice(2, 5), slice(0, 6, 2), slice(3, 6)]

    def steps():
        for _ in range(14):
            kind, part, other = (
                draw.choice(["new", "new", "unary", "in place", "part", "drop", "where"]),
                *draw.choices(parts, k=2),
            )
            yield kind, draw.choice(unary if kind == "unary" else binary), draw.choices(range(5), k=3), (part, other)

    program = list(steps())

    def run(*start):
        pool = [x.clone() for x in start]
        for kind, name, (i, j, k), (part, other) in program:
            if kind == "new":
                pool[i] = getattr(torch, name)(pool[j], pool[k])
            elif kind == "unary":
                pool[i] = getattr(torch, name)(pool[j])
            elif kind == "in place":
                pool[i].copy_(torch.maximum(pool[j], pool[i])) if name == "minimum" else pool[i].mul_(0.5).add_(pool[j])
            elif kind == "part" and (target := pool[i][part]).shape == (source := pool[j][other]).shape:
                target.mul_(0.5).sub_(source.clone() if i == j else source)
            elif kind == "drop":
                pool[i] = pool[j]
            elif kind == "where":
                pool[i] = torch.where(pool[j] > pool[k], pool[j] * 2, pool[i])
        return pool

    return run


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("seed", range(8))
def test_made_up_programs(gpu, seed, dtype):
    torch.manual_seed(seed)
    check(gpu, made_up_program(seed), *[(torch.randn(6, 5) * 3).to(dtype) for _ in range(5)])


@pytest.mark.parametrize(
    ("name", "most"), [("Adadelta", 10), ("NAdam", 10), ("RAdam", 10), ("ASGD", 20), ("Adamax", 30)]
)
def test_launches_of_composed_optimizers(gpu, name, most):
    parameters = [torch.nn.Parameter(torch.randn(32, device=gpu)) for _ in range(10)]
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    optimizer = getattr(torch.optim, name)(parameters, lr=1e-3)
    assert sum(launches_of(optimizer.step).values()) <= most


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.huber_loss, F.binary_cross_entropy_with_logits, F.kl_div])
def test_launches_of_losses(gpu, loss):
    x, y = torch.randn(64, 64).to(gpu).requires_grad_(), torch.rand(64, 64).to(gpu)
    assert sum(launches_of(lambda: torch.autograd.grad(loss(x, y, reduction="sum"), x)).values()) <= 6

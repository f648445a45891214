"""Graphs that are walked twice: what the first walk freed is missed by walks that need it, and by no others."""

from collections.abc import Callable
from typing import Any


def _numbers(s: Any, *shape: int, dtype: Any = None) -> Any:
    count = 1
    for n in shape:
        count *= n
    numbers = (s.torch.arange(count, dtype=s.torch.float64) * 1.7).cos().reshape(shape)
    return numbers if dtype is None else numbers.to(dtype)


def _walks(s: Any, functions: dict[str, Callable[[Any], Any]], *shape: int) -> Any:
    """Two walks from the result of each function to a tensor that is no leaf: gradients, or None for an error."""
    answers = []
    for name, function in functions.items():
        x = _numbers(s, *(shape or (2, 4, 4))).requires_grad_()
        y = x.view_as(x)
        result = function(y)
        seed = _numbers(s, *result.shape, dtype=result.dtype)
        grads = []
        for _ in range(2):
            try:
                grads.append(s.torch.autograd.grad(result, y, seed)[0])
            except RuntimeError:
                grads.append(None)
        answers.append([name, *grads])
    return answers


def paths_of_which_one_was_freed(s: Any) -> Any:
    t = s.torch
    return _walks(
        s,
        {
            "beside a difference": lambda x: x - x.tanh(),
            "beside a sum": lambda x: x.exp() + x,
            "beside a part": lambda x: t.cat([x, x.exp()]),
            "tanhshrink": s.F.tanhshrink,
            "both": lambda x: x.exp() * 2 + x.sin(),
            "within": lambda x: (x + x.exp().neg()).reshape(-1) * 3,
            "none": lambda x: x + x.neg() * 2,
        },
        3,
    )


def walks_to_other_inputs(s: Any) -> Any:
    """The second walk goes where the first one did not free anything, or beside it."""
    t = s.torch
    answers: list[Any] = []
    for first, second in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 2)):
        x, y, z = (_numbers(s, 3).requires_grad_() for _ in range(3))
        result = (x.exp() + y.sin() + z * 2).sum()
        inputs = (x, y, z)
        g, *_ = t.autograd.grad(result, inputs[first])
        answers.append([g, s.raised(lambda r=result, i=inputs[second]: t.autograd.grad(r, i))])
    x, y = (_numbers(s, 3).requires_grad_() for _ in range(2))
    a, b = x.exp(), -y
    result = (a + b).sum()
    answers.append(t.autograd.grad(result, x)[0])
    # What was freed is where gradients are asked for, or of no interest.
    answers += [t.autograd.grad(result, a)[0], t.autograd.grad(result, y)[0]]
    answers.append(
        [s.raised(lambda: t.autograd.grad(a.sum(), x)), t.autograd.grad((a * 2).sum(), y, allow_unused=True)[0]]
    )
    result.backward(inputs=[y])
    return [*answers, y.grad.clone(), s.raised(lambda: result.backward())]


def nodes_without_tensors(s: Any) -> Any:
    t, f = s.torch, s.F
    return _walks(
        s,
        {
            "reshape": lambda x: x.transpose(1, 2).reshape(2, -1),
            "flatten": lambda x: x.transpose(1, 2).flatten(),
            "channel_shuffle": lambda x: f.channel_shuffle(x, 2),
            "conj": lambda x: x.to(t.complex128).conj().real,
            "view_as_real": lambda x: t.view_as_real(x.to(t.complex128)),
            "as_strided_scatter": lambda x: x.as_strided_scatter(t.ones(2, dtype=t.float64), (2,), (1,)).sum(0) * 0,
            "unsafe_split": lambda x: x.unsafe_split(1)[1],
            "addcdiv": lambda x: t.addcdiv(x, t.ones(4, dtype=t.float64), t.ones(4, dtype=t.float64)),
            "copysign": lambda x: t.copysign(t.ones_like(x), x),
            "rfft": lambda x: t.fft.rfft(x).real,
            "fft of complex numbers": lambda x: t.fft.fft(x.to(t.complex128)).real,
        },
    )


def signs_depend_on_nothing(s: Any) -> Any:
    t = s.torch
    answers: list[Any] = []
    for other in (_numbers(s, 3), -2.0):
        x = _numbers(s, 3).requires_grad_()
        inputs = [x] if isinstance(other, float) else [x, other.requires_grad_()]
        grads = t.autograd.grad(t.copysign(x, other).sum(), inputs, create_graph=True)
        second = t.autograd.grad(grads[0].sum(), inputs, allow_unused=True)
        answers += [[g, g.requires_grad] for g in grads]
        answers.append(list(second))
    return answers


def roots_that_were_freed(s: Any) -> Any:
    t, answers = s.torch, []
    for make in (lambda x: x.exp(), lambda x: (x * 2).exp(), lambda x: x.exp().exp() * 2, lambda x: x.exp() + x):
        x, y = _numbers(s, 3).requires_grad_(), _numbers(s, 3).requires_grad_()
        result = make(x)

        def walk(*inputs: Any, result: Any = result) -> Any:
            return t.autograd.grad(result, inputs, s.torch.ones_like(result), allow_unused=True)

        answers += [list(walk(inputs)) for inputs in (y, x, y)]
        answers += [s.raised(lambda walk=walk, x=x, y=y: walk(y, x)), list(walk(result))]
    return answers

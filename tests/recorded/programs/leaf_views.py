"""Writes to views of leaves that are views themselves, to retained gradients, and to the bases of stale views."""

from typing import Any

_MAKERS = {
    "whole": lambda t: t.ones(2, 3).requires_grad_(),
    "reshaped": lambda t: t.arange(6.0).reshape(2, 3).requires_grad_(),
    "transposed": lambda t: t.arange(6.0).reshape(3, 2).t().requires_grad_(),
    "a part": lambda t: t.arange(12.0).view(2, 2, 3)[1].requires_grad_(),
    "expanded": lambda t: t.arange(3.0).expand(2, 3).requires_grad_(),
    "detached": lambda t: t.arange(6.0).reshape(2, 3).detach().requires_grad_(),
    "one element": lambda t: t.arange(1.0).reshape(1, 1).requires_grad_(),
}


def _set(x: Any, index: Any, value: float) -> None:
    x[index] = value


_WRITES = {
    "element": lambda x: _set(x, (0, 0), 5.0),
    "row": lambda x: _set(x, 0, 5.0),
    "nothing": lambda x: _set(x, slice(9, None), 5.0),
    "column": lambda x: _set(x, (..., 0), 5.0),
    "row in place": lambda x: x[0].add_(1),
    "view of view": lambda x: x[0][0].mul_(2),
    "transposed": lambda x: x.t().exp_(),
    "itself": lambda x: x.add_(1),
    "diagonal": lambda x: x.diagonal().zero_(),
    "detached": lambda x: x.detach()[0].add_(1),
    "data": lambda x: _set(x.data, 0, 2.0),
}


def writes_to_leaves_that_are_views(s: Any) -> Any:
    answers = []
    for of, make in _MAKERS.items():
        for what, write in _WRITES.items():
            x = make(s.torch)
            answers.append([of, what, s.raised(lambda x=x, write=write: write(x)), x.requires_grad, x.is_leaf, x])
    return answers


def writes_without_recording_to_leaves_that_are_views(s: Any) -> Any:
    t, answers = s.torch, []
    for of, make in _MAKERS.items():
        x = make(t)
        y = x.sin()
        with t.no_grad():
            answers.append([of, s.raised(lambda x=x: _set(x, 0, 5.0)), x, s.raised(lambda y=y: y.sum().backward())])
    return answers


def bases_of_leaves_may_be_written(s: Any) -> Any:
    t = s.torch
    base = t.arange(6.0)
    x = base.view(2, 3).requires_grad_()
    base.add_(1)
    base[0] = 7
    (x * x).sum().backward()
    return [x.requires_grad, base.requires_grad, x.grad, x]


def views_in_other_dtypes_of_leaves(s: Any) -> Any:
    t = s.torch
    x = t.ones(2, 2, requires_grad=True)
    bits = x.view(t.int32)
    return [s.raised(lambda: bits.add_(1)), bits, x]


def retained_gradients_are_written(s: Any) -> Any:
    t, answers = s.torch, []
    for lead in (
        lambda y: y.sum(),
        lambda y: y.expand(2, 2, 3).sum(),
        lambda y: y.mean(),
        lambda y: y.t().sum(0).sum(),
    ):
        x = t.arange(6.0).reshape(2, 3).requires_grad_()
        y = x * 2
        y.retain_grad()
        lead(y).backward(retain_graph=True)
        first = y.grad
        answers += [first.stride(), first.clone(), y.grad.mul_(3), x.grad]
        lead(y).backward()
        answers += [y.grad, first, y.grad is first]
    return answers


def hooks_see_gradients_that_are_retained(s: Any) -> Any:
    t = s.torch
    x = t.ones(3, requires_grad=True)
    y = x * 2
    seen = []
    y.retain_grad()
    y.register_hook(lambda grad: seen.append(grad))
    (y * y).sum().backward()
    y.grad.zero_()
    return [seen, x.grad, y.grad]


def views_of_other_modes(s: Any) -> Any:
    t, answers = s.torch, []
    for mode in (t.no_grad, t.inference_mode):
        x = t.ones(2, 3, requires_grad=True)
        y = x * 2
        with mode():
            before = y[0]
        answers += [before.is_leaf, before.requires_grad]
        y.mul_(2)
        answers += [s.raised(lambda v=before: v.is_leaf), s.raised(lambda v=before: v.grad_fn)]
    return answers

"""What functions that are differentiated may write to: what they make and are given, not what they find outside."""

from collections.abc import Callable
from typing import Any


def _transforms(s: Any) -> dict[str, Callable[[Any, Any], Any]]:
    f = s.torch.func
    return {
        "grad": lambda g, x: f.grad(g)(x),
        "vjp": lambda g, x: f.vjp(g, x)[1](s.torch.tensor(1.0))[0],
        "jvp": lambda g, x: f.jvp(g, (x,), (x,))[1],
        "jacrev": lambda g, x: f.jacrev(g)(x),
        "jacfwd": lambda g, x: f.jacfwd(g)(x),
        "grad of grad": lambda g, x: f.grad(lambda y: f.grad(g)(y).sum())(x),
        "vmap of grad": lambda g, x: f.vmap(f.grad(g))(x.expand(2, 3)),
        "grad of vmap": lambda g, x: f.grad(lambda y: f.vmap(g)(y).sum())(x.expand(2, 3)),
        "vmap": lambda g, x: f.vmap(g)(x.expand(2, 3)),
    }


def _is_refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except RuntimeError:
        return True
    return False


def _answers(s: Any, writes: dict[str, Callable[[Any, Any], Any]], names: list[str]) -> Any:
    """What each transform makes of a function that writes, and what is outside afterwards."""
    answers = []
    for what, write in writes.items():
        for name in names:
            outer = s.torch.zeros(3)

            def function(x: Any, write: Any = write, outer: Any = outer) -> Any:
                write(outer, x)
                return (x * x).sum()

            transform = _transforms(s)[name]
            refused = _is_refused(lambda t=transform, f=function: t(f, s.torch.arange(3.0) + 1))
            answers.append([what, name, refused, outer.detach()])
    return answers


WITHOUT_VMAP = ["grad", "vjp", "jvp", "jacrev", "jacfwd", "grad of grad"]
ALL = [*WITHOUT_VMAP, "vmap of grad", "grad of vmap", "vmap"]


def writes_to_captured_tensors(s: Any) -> Any:
    def quietly(o: Any, x: Any) -> None:
        with s.torch.no_grad():
            o.add_(x)

    return _answers(
        s,
        {
            "add_": lambda o, x: o.add_(x),
            "copy_": lambda o, x: o.copy_(x),
            "an entry": lambda o, x: o.__setitem__(0, x[0]),
            "a view": lambda o, x: o[1:].mul_(x[1:]),
            "a reshaped view": lambda o, x: o.reshape(3, 1).mul_(2),
            "detached": lambda o, x: o.detach().add_(x),
            "data": lambda o, x: o.data.add_(1),
            "without recording": quietly,
            "index_put_": lambda o, x: o.index_put_((s.torch.tensor([0]),), x[:1]),
            "fill_ with a tensor": lambda o, x: o.fill_(x[0]),
            "what contiguous() gives": lambda o, x: o.contiguous().mul_(x),
            "set_": lambda o, x: o.set_(x),
        },
        WITHOUT_VMAP,
    )


def writes_of_constants_to_captured_tensors(s: Any) -> Any:
    return _answers(
        s,
        {
            "zero_": lambda o, x: o.zero_(),
            "add_": lambda o, x: o.add_(1),
            "an activation": lambda o, x: s.F.relu(o, inplace=True),
            "random numbers": lambda o, x: o.normal_().zero_(),
            "init": lambda o, x: s.nn.init.zeros_(o),
            "t_": lambda o, x: o.t_(),
            "unsqueeze_": lambda o, x: o.unsqueeze_(0).squeeze_(0),
        },
        WITHOUT_VMAP,
    )


def writes_to_what_functions_make(s: Any) -> Any:
    return _answers(
        s,
        {
            "zeros": lambda o, x: s.torch.zeros(3).add_(1),
            "a copy": lambda o, x: o.clone().mul_(2),
            "a product": lambda o, x: (x * 1).mul_(o),
            "of another dtype": lambda o, x: o.double().mul_(2),
            "a sum": lambda o, x: (o + 1).mul_(x),
        },
        ALL,
    )


def writes_to_detached_inputs(s: Any) -> Any:
    names = [name for name in ALL if name != "jacfwd"]  # It hands in rows of one expanded input here.
    return _answers(s, {"the input, detached": lambda o, x: x.detach().mul_(2)}, names)


def inputs_are_leaves(s: Any) -> Any:
    return _answers(
        s,
        {
            "add_": lambda o, x: x.add_(1),
            "a view": lambda o, x: x[1:].add_(1),
            "an activation": lambda o, x: s.F.relu(x, inplace=True),
        },
        ["grad", "vjp", "jvp", "jacrev", "grad of grad", "vmap"],
    )


def leaves_made_within(s: Any) -> Any:
    return _answers(
        s,
        {
            "captured": lambda o, x: o.requires_grad_(),
            "not any more": lambda o, x: o.requires_grad_(False),
            "a product": lambda o, x: (x * 1).requires_grad_(),
            "detached": lambda o, x: x.detach().requires_grad_(),
            "the input": lambda o, x: x.requires_grad_(),
            "made so": lambda o, x: s.torch.ones(3, requires_grad=True),
            "a parameter": lambda o, x: s.nn.Parameter(s.torch.ones(2)),
        },
        ALL,
    )


def writes_between_transforms(s: Any) -> Any:
    f, x = s.torch.func, s.torch.arange(3.0)

    def between(inner: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
        def outer(y: Any) -> Any:
            made = y * 2

            def function(z: Any) -> Any:
                made.add_(1)
                return (made * z).sum()

            return inner(function, y).sum()

        return outer

    inner = {
        "grad": lambda g, y: f.grad(g)(y),
        "jvp": lambda g, y: f.jvp(g, (y,), (y,))[1],
        "call": lambda g, y: g(y),
        "vmap": lambda g, y: f.vmap(lambda _: g(y))(s.torch.zeros(2)),
    }
    answers = [[name, s.raised(lambda i=i: f.grad(between(i))(x))] for name, i in inner.items()]
    return [*answers, [name for name, i in inner.items() if s.raised(lambda i=i: f.jvp(between(i), (x,), (x,)))]]


def statistics_of_captured_modules(s: Any) -> Any:
    f, norm, x = s.torch.func, s.nn.BatchNorm1d(3), s.torch.arange(12.0).reshape(4, 3)
    buffers = dict(norm.named_buffers())
    loss = lambda p, x: f.functional_call(norm, p, x).square().sum()  # noqa: E731
    parameters = dict(norm.named_parameters())
    refused = [
        s.raised(lambda: f.grad(lambda x: norm(x).sum())(x)),
        s.raised(lambda: f.grad(loss)(parameters, x)),
        s.raised(lambda: f.grad(lambda p: loss((p, buffers), x))(parameters)),
    ]
    norm.eval()
    return [refused, f.grad(loss)(parameters, x)["bias"], norm.running_mean, norm.num_batches_tracked]

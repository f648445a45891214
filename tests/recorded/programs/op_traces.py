"""Graphs of ops of functions and of their derivatives."""

from importlib import import_module
from typing import Any


def _make_fx(space: Any) -> Any:
    return import_module(f"{space.torch.__name__}.fx.experimental.proxy_tensor").make_fx


def _code(module: Any) -> list[str]:
    """Lines of a graph's code, without those for what is no more needed."""
    lines = [line.partition(";")[0].strip() for line in module.code.splitlines()]
    return [line.replace("ferrotorch.", "torch.").replace(" -> typing_Any", "") for line in lines if line]


def _linear(torch: Any) -> Any:
    return lambda x, w: torch.nn.functional.linear(x, w).relu() * 2


def traces_of_functions(space: Any) -> Any:
    torch, T, make_fx = space.torch, space.T, _make_fx(space)
    functions = [
        _linear(torch),
        lambda x, w: torch.softmax(x @ w.t(), -1).sum(0).exp(),
        lambda x, w: torch.cat([x, w])[1:3].reshape(-1).unsqueeze(0),
    ]
    return [_code(make_fx(function)(T(2, 3), T(4, 3))) for function in functions]


def traces_of_gradients(space: Any) -> Any:
    torch, T, make_fx = space.torch, space.T, _make_fx(space)

    def step(w: Any, x: Any) -> Any:
        w = w.detach().requires_grad_()
        loss = (x @ w).pow(2).mean()
        (grad,) = torch.autograd.grad(loss, [w])
        return w - 0.1 * grad

    def normalized(x: Any) -> Any:
        y = torch.softmax(x, -1)
        return (y * y).sum()

    return [_code(make_fx(step)(T(3, 2), T(4, 3))), _code(make_fx(torch.func.grad(normalized))(T(3)))]


def traces_run_as_functions(space: Any) -> Any:
    torch, T, make_fx = space.torch, space.T, _make_fx(space)
    function = torch.func.grad(lambda w, x: torch.tanh(x @ w).pow(2).mean() + w.exp().sum() / 3)
    module = make_fx(function)(T(3, 2), T(4, 3))
    return module(T(3, 2, shift=0.3), T(4, 3, shift=0.1))


def traces_of_writing(space: Any) -> Any:
    def add(x: Any) -> Any:
        x.add_(1)
        return x * 2

    return _code(_make_fx(space)(add)(space.T(2)))


def traces_with_decompositions(space: Any) -> Any:
    torch = space.torch
    table = {torch.ops.aten.silu.default: lambda x: x * torch.sigmoid(x)}
    module = _make_fx(space)(lambda x: torch.nn.functional.silu(x) + 1, decomposition_table=table)(space.T(2))
    return _code(module)


class _Picks:
    """What the module that is exported does."""

    @staticmethod
    def run(x: Any, i: Any) -> Any:
        return x[0], x[:, 1:3], x[..., None], x[i], x[[0, 1]], x[-1, ::2], x[None]


def exported_indices(space: Any) -> Any:
    torch = space.torch
    export = import_module(f"{torch.__name__}.export").export

    class Module(torch.nn.Module):  # type: ignore[name-defined, misc]
        def forward(self, x: Any, i: Any) -> Any:
            return _Picks.run(x, i)

    program = export(Module(), (space.T(3, 4), torch.tensor([0, 2])))
    return [_code(program.graph_module), program.module()(space.T(3, 4, shift=0.1), torch.tensor([1, 1]))]


def exported_layers(space: Any) -> Any:
    torch = space.torch
    export = import_module(f"{torch.__name__}.export").export
    parts = [torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    layers = space.fill(torch.nn.Sequential(*parts, torch.nn.Flatten(), torch.nn.Linear(16, 2))).eval()

    class Module(torch.nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.layers = layers

        def forward(self, x: Any) -> Any:
            return self.layers(x)

    program = export(Module(), (space.T(1, 3, 4, 4),))
    core = program.run_decompositions()
    return [_code(program.graph_module), _code(core.graph_module), core.module()(space.T(1, 3, 4, 4))]


def _compiled(space: Any, function: Any, inputs: Any, partition: str) -> Any:
    functorch = import_module(f"{space.torch.__name__}._functorch.aot_autograd")
    partitioners = import_module(f"{space.torch.__name__}._functorch.partitioners")
    seen = []

    def note(module: Any, _: Any) -> Any:
        seen.append(_code(module))
        return functorch.make_boxed_func(module.forward)

    options = {"bw_compiler": note, "partition_fn": getattr(partitioners, partition)}
    result = functorch.aot_function(function, note, **options)(*inputs)
    result.sum().backward()
    # What is computed again stands in another order.
    codes = seen if partition == "default_partition" else seen[:1]
    return [codes, result, [x.grad for x in inputs]]


def compiled_functions(space: Any) -> Any:
    T = space.T
    return [
        _compiled(space, function, [T(2, 4, shift=0.1 * i).requires_grad_() for i in range(3)], partition)
        for function in (lambda a, b, c: (a + b + c).cos().cos(), lambda a, b, c: (a * b).sin() * c.cos())
        for partition in ("default_partition", "min_cut_rematerialization_partition")
    ]


def compiled_modules(space: Any) -> Any:
    torch, T = space.torch, space.T
    functorch = import_module(f"{torch.__name__}._functorch.aot_autograd")
    nop = lambda module, _: functorch.make_boxed_func(module.forward)  # noqa: E731
    parts = [torch.nn.Linear(4, 3), torch.nn.ReLU(inplace=True), torch.nn.LayerNorm(3), torch.nn.BatchNorm1d(3)]
    module = torch.nn.Sequential(*parts).double()
    for parameter in module.parameters():
        parameter.data.copy_(T(*parameter.shape))
    compiled = functorch.aot_module(module, fw_compiler=nop, bw_compiler=nop)
    result = compiled(T(5, 4))
    result.pow(2).sum().backward()
    names = [name for name, _ in compiled.named_parameters()]
    return [names, result, [p.grad for p in module.parameters()], module[3].running_mean, module[3].num_batches_tracked]

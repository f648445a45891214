"""Sequences of low discrepancy, limits of dtypes and tables of what a version says of itself."""

from typing import Any, ClassVar


def points_of_low_discrepancy(s: Any) -> Any:
    Sobol, torch = s.torch.quasirandom.SobolEngine, s.torch
    answers = []
    for dimension in (1, 2, 5, 21, 300):
        engine = Sobol(dimension)
        answers += [engine.draw(), engine.draw(6), engine.draw(1, dtype=torch.float64), repr(engine)]
        engine.fast_forward(5)
        answers += [engine.draw(3), engine.num_generated]
        engine.reset()
        answers += [engine.draw(4), engine.num_generated]
    late = Sobol(3)
    late.fast_forward(1)
    later = Sobol(3)
    later.fast_forward(70)
    return [answers, late.draw(2), later.draw(2), Sobol.MAXDIM, Sobol.MAXBIT]


def scrambled_points(s: Any) -> Any:
    Sobol, answers = s.torch.quasirandom.SobolEngine, []
    for seed in (0, 7):
        engine = Sobol(4, scramble=True, seed=seed)
        answers += [engine.draw(3), repr(engine), engine.draw(2)]
        engine.reset()
        engine.fast_forward(2)
        answers += [engine.draw(3)]
        other = Sobol(2, scramble=True, seed=seed)
        answers += [other.draw_base2(2), other.draw_base2(2), other.num_generated]
    out = s.torch.zeros(2, 4).double()
    Sobol(4).draw(2, out=out, dtype=s.torch.float64)
    return [answers, out]


def points_refused(s: Any) -> Any:
    Sobol = s.torch.quasirandom.SobolEngine
    engine = Sobol(2)
    engine.draw(3)
    return [
        s.said(lambda: Sobol(0)),
        s.said(lambda: Sobol(21202)),
        s.said(lambda: Sobol(-1)),
        Sobol(21201).draw(2)[:, -4:],
        s.said(lambda: engine.draw_base2(2)).split(".")[0],
        engine.num_generated,
    ]


def limits_of_dtypes(s: Any) -> Any:
    torch = s.torch
    floats = ["float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz"]
    floats += ["float8_e5m2fnuz", "complex64", "complex128"]
    names = ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype")
    answers = []
    for name in floats:
        info = torch.finfo(getattr(torch, name))
        answers.append(
            [name, [str(getattr(info, part)) for part in names], repr(info), info == torch.finfo(getattr(torch, name))]
        )
    for name in ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"):
        integer = torch.iinfo(getattr(torch, name))
        answers.append([name, integer.bits, str(integer.max), str(integer.min), integer.dtype, repr(integer)])
    same = [torch.finfo() == torch.finfo(torch.float32), torch.iinfo(torch.int8) == torch.iinfo(torch.int16)]
    same += [torch.finfo(torch.float32) != torch.finfo(torch.float64), torch.finfo(torch.float32) == 3]
    refused = [
        s.raised(lambda: torch.finfo(torch.int8)),
        s.raised(lambda: torch.finfo(torch.bool)),
        s.raised(lambda: torch.iinfo(torch.float32)),
        s.raised(lambda: torch.iinfo(torch.bool)),
        s.raised(lambda: torch.iinfo(torch.complex64)),
        s.raised(lambda: torch.finfo(3)),
    ]
    sizes = [getattr(torch, name).itemsize for name in (*floats, "bool", "int64", "uint16")]
    kinds = [
        [
            name,
            d.is_floating_point,
            d.is_complex,
            d.is_signed,
            str(d.to_real()),
            str(d.to_complex()) if i in (0, 2, 3) else "",
        ]
        for i, (name, d) in enumerate(
            (name, getattr(torch, name)) for name in (*floats[:4], "complex64", "int8", "bool")
        )
    ]
    return [answers, same, refused, sizes, kinds]


def overridden_layers(s: Any) -> Any:
    """Who overrides functions sees each layer and cell as one call, with the arguments that PyTorch gives it."""

    class Noted(s.torch.Tensor):  # type: ignore[misc, name-defined]
        calls: ClassVar[list[Any]] = []

        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = func.__name__
            if name.endswith("_cell") or name in ("lstm", "gru", "rnn_tanh", "stack", "cat", "linear", "transpose"):
                cls.calls.append([name, len(args), [a for a in args if isinstance(a, bool | int)]])
            return super().__torch_function__(func, types, args, kwargs or {})

    layers = [
        s.nn.LSTM(3, 2, num_layers=2, batch_first=True, bidirectional=True),
        s.nn.GRU(3, 2),
        s.nn.RNN(3, 2, bidirectional=True),
        s.nn.LSTM(3, 4, proj_size=2),
        s.nn.LSTM(3, 2, bias=False),
    ]
    answers = []
    for layer in map(s.fill, layers):
        for x in (s.T(2, 4, 3), s.T(4, 3)):
            expected = layer(x)[0]
            Noted.calls.clear()
            output, state = layer(x.as_subclass(Noted))
            hidden = state[0] if isinstance(state, tuple) else state
            same = bool((output.as_subclass(s.torch.Tensor) - expected).abs().max() < 1e-12)
            answers.append([same, type(output).__name__, type(hidden).__name__, list(Noted.calls), expected])
    for cell in map(s.fill, [s.nn.LSTMCell(3, 2), s.nn.GRUCell(3, 2), s.nn.RNNCell(3, 2, nonlinearity="relu")]):
        Noted.calls.clear()
        cell(s.T(2, 3).as_subclass(Noted))
        answers.append(list(Noted.calls))
    return answers

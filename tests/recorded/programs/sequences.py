"""Sequences of low discrepancy, limits of dtypes and tables of what a version says of itself."""

from typing import Any


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

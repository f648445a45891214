"""Times as they are summed up and shown in tables, and what comparisons of values say in full."""

from importlib import import_module
from typing import Any


def _benchmark(s: Any) -> Any:
    return import_module(f"{s.torch.__name__}.utils.benchmark")


def _measured(s: Any, times: list[float], number: int = 1, stmt: str = "x + y", setup: str = "", **options: Any) -> Any:
    module = import_module(f"{_benchmark(s).Measurement.__module__}")
    spec = module.TaskSpec(stmt=stmt, setup=setup, **options)
    return _benchmark(s).Measurement(number_per_run=number, raw_times=times, task_spec=spec)


TIMES = (
    [1e-3],
    [1.0, 1.05, 1.1],
    [1e-5, 2e-5, 3e-5, 4e-5, 5e-5],
    [120.0, 130.0, 150.0, 119.0],
    [1.0, 1.12, 1.2, 1.0],
    [1e-7] * 6,
)


def statistics_of_times(s: Any) -> Any:
    answers = []
    for times in TIMES:
        for number in (1, 7):
            m = _measured(s, times, number)
            answers += [m.times, m.mean, m.median, m.iqr, m.significant_figures, m.has_warnings, m.meets_confidence()]
            answers += [m.meets_confidence(0.5), m.meets_confidence(threshold=1e-4), repr(m).split("\n")[1:]]
    return answers


def titles_of_tasks(s: Any) -> Any:
    answers = []
    for stmt in ("x", "x\ny", "x\ny\nz", "a\nb\nc\nd"):
        for options in (
            {},
            {"label": "sum"},
            {"sub_label": "small"},
            {"label": "sum", "sub_label": "small", "description": "first", "num_threads": 4, "env": "main"},
            {"setup": "x = 1"},
            {"setup": "x = 1\ny = 2", "description": "other"},
        ):
            m = _measured(s, [1e-3, 2e-3], 3, stmt, **options)
            answers += [m.task_spec.title, m.task_spec.summarize(), m.as_row_name, m.title, repr(m).split("\n")[1:]]
    return answers


def units_and_figures(s: Any) -> Any:
    b = _benchmark(s)
    units = [list(b.select_unit(t)) for t in (1e-9, 5e-7, 1e-6, 2e-4, 1e-3, 0.5, 1.0, 70.0, 5e3)]
    figures = [b.trim_sigfig(x, n) for x in (123456.0, -9.8765, 0.00012345, 10.0) for n in (1, 2, 3, 4)]
    return [units, figures]


def merged_measurements(s: Any) -> Any:
    parts = [_measured(s, [1e-3, 2e-3], 1, label=name) for name in ("one", "two", "one")]
    parts += [_measured(s, [4e-3], 2, label="two")]
    merged = _benchmark(s).Measurement.merge(parts)
    return [[m.label, m.raw_times, m.number_per_run, m.task_spec.label] for m in merged]


def _rows(s: Any, spread: float) -> list[Any]:
    rows = []
    for threads in (1, 2):
        for row, scale in (("small", 1e-5), ("large", 3e-3), (None, 2e-4)):
            for column, factor in (("first", 1.0), ("second", 1.004), ("third", 1.08), ("fourth", 2.5), ("fifth", 7.0)):
                if row == "large" and column == "third":
                    continue
                base = scale * factor / threads
                times = [base, base * (1 + spread), base * (1 + spread / 2), base * (1 + spread)]
                rows.append(_measured(s, times, label="sums", sub_label=row, description=column, num_threads=threads))
    return rows


def tables_of_measurements(s: Any) -> Any:
    answers = []
    for spread in (0.001, 0.3):
        for options in ((), ("trim",), ("colorize",), ("rowwise",), ("warn",), ("trim", "warn", "colorize")):
            table = _benchmark(s).Compare(_rows(s, spread))
            if "trim" in options:
                table.trim_significant_figures()
            if "colorize" in options:
                table.colorize()
            if "rowwise" in options:
                table.colorize(rowwise=True)
            if "warn" in options:
                table.highlight_warnings()
            answers.append(str(table))
    wide = [_measured(s, [t] * 3, label="wide", description=d) for t, d in ((2e-9, "a"), (5.0, "b"))]
    answers.append(str(_benchmark(s).Compare(wide)))
    return answers


def words_of_comparisons(s: Any) -> Any:
    """All that a comparison that fails says."""
    torch, close = s.torch, s.torch.testing.assert_close

    def words(*args: Any, **kwargs: Any) -> str:
        try:
            close(*args, **kwargs)
        except Exception as error:
            return f"{type(error).__name__}: {error}".replace(torch.__name__, "torch")
        return "close"

    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    pairs = [
        (x, x + 1e-6),
        (x, x + torch.tensor([[0.0, 0.5], [0.0, -0.25]])),
        (x, torch.tensor([[1.0, 2.0], [0.0, 4.0]])),
        (x, x * torch.tensor([[1.0, float("nan")], [1.0, 1.0]])),
        (x * float("nan"), x * float("nan")),
        (x * float("inf"), x * float("inf")),
        (x, x.double()),
        (x, x.T),
        (x, x[:1]),
        (torch.tensor(1.0), torch.tensor(2.0)),
        (torch.tensor([1, 2, 3]), torch.tensor([1, 5, 3])),
        (torch.tensor([True, False]), torch.tensor([True, True])),
        (torch.tensor([1 + 2j, 3j]), torch.tensor([1 + 2j, 4j])),
        (torch.zeros(0), torch.zeros(0)),
        (torch.tensor([1e-8]).double(), torch.tensor([0.0]).double()),
        (1, 2),
        (1.0, 1.0 + 1e-9),
        (1.0, 1.1),
        (1, 1.0),
        (0.0, 1e-3),
        (1 + 1j, 1 + 2j),
        (float("nan"), float("nan")),
        (float("inf"), float("inf")),
        (float("inf"), -float("inf")),
        (True, False),
        (None, None),
        ([1.0, 2.0], [1.0, 3.0]),
        ([1.0], [1.0, 3.0]),
        ({"a": x, "b": [1.0]}, {"a": x, "b": [2.0]}),
        ({"a": 1}, {"b": 1}),
        ((x, (x, x)), (x, (x, x + 1))),
        (torch.arange(6.0).half(), torch.arange(6.0).half() + 0.01),
        (torch.arange(6.0).bfloat16(), torch.arange(6.0).bfloat16() * 1.02),
    ]
    answers = [words(*pair) for pair in pairs]
    for options in (
        {"rtol": 0.0, "atol": 0.0},
        {"rtol": 0.3, "atol": 0.5},
        {"equal_nan": True},
        {"check_dtype": False},
        {"check_stride": True},
        {"msg": lambda text: f"<{text}>"},
    ):
        answers += [words(*pair, **options) for pair in pairs]
    answers += [words(x, x, rtol=0.1), words(x, x, atol=0.1), words("a", "a"), words(x, 1.0), words(x, [1.0])]
    same = words(x, x.to(torch.float64), check_dtype=False)
    sparse = x.to_sparse()
    answers += [same, words(sparse, sparse), words(sparse, (x + 1).to_sparse()), words(x, sparse, check_layout=False)]
    return [answer.replace(" 0x", " ") for answer in answers]

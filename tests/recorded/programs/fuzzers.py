"""Tensors of random sizes and layouts to measure code with: the same seed gives the same ones."""

from importlib import import_module
from typing import Any


def _benchmark(s: Any) -> Any:
    return import_module(f"{s.torch.__name__}.utils.benchmark")


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _told(fuzzer: Any, n: int) -> list[Any]:
    answers: list[Any] = []
    for tensors, properties, params in fuzzer.take(n):
        answers.append([[name, list(t.shape), list(t.stride()), t] for name, t in tensors.items()])
        answers += [[[k, _plain(v)] for k, v in said.items()] for said in properties.values()]
        answers.append(sorted(params.items()))
    return [*answers, fuzzer.rejection_rate]


def sizes_steps_and_orders(s: Any) -> Any:
    b = _benchmark(s)
    parameters = [
        b.FuzzedParameter("n", 1, 6, "uniform"),
        [b.FuzzedParameter("m", 1, 20, "loguniform"), b.FuzzedParameter("step", 1, 3, distribution="uniform")],
        b.FuzzedParameter("share", 0.0, 1.0, "uniform"),
        b.FuzzedParameter("dim", 1, 3, "uniform", strict=True),
    ]
    tensors = [
        b.FuzzedTensor("x", ("n", "m", 2), ("step",), min_elements=3, max_elements=60, dim_parameter="dim"),
        [b.FuzzedTensor("y", (3, "m"), probability_contiguous=0.0, dtype=s.torch.int64, max_allocation_bytes=300)],
    ]
    return _told(b.Fuzzer(parameters, tensors, [lambda params: params["m"] != 4], seed=3), 5)


def tensors_made_by_a_function(s: Any) -> Any:
    b = _benchmark(s)

    def filled(size: Any, dtype: Any, n: int) -> Any:
        return s.torch.full(size, n, dtype=dtype)

    tensor = b.FuzzedTensor("x", ("n", 2), dtype=s.torch.float64, tensor_constructor=filled)
    return _told(b.Fuzzer([b.FuzzedParameter("n", 1, 4, "uniform")], [tensor], seed=1), 3)


def sparse_tensors(s: Any) -> Any:
    b = _benchmark(s)
    parameters = [
        b.FuzzedParameter("n", 3, 6, "uniform"),
        b.FuzzedParameter("density", 0.1, 0.5, "uniform"),
        b.FuzzedParameter("coalesced", 0, 1, "uniform"),
        b.FuzzedParameter("sparse_dim", 1, 2, "uniform"),
    ]
    answers = []
    tensors = [b.FuzzedSparseTensor("x", ("n", 4), sparse_dim="sparse_dim"), b.FuzzedSparseTensor("y", (3, "n"))]
    for made, properties, _ in b.Fuzzer(parameters, tensors, seed=5).take(4):
        for name, tensor in made.items():
            answers += [tensor.to_dense(), tensor._nnz(), sorted((k, str(v)) for k, v in properties[name].items())]
    return answers


def what_fuzzers_refuse(s: Any) -> Any:
    b = _benchmark(s)
    p, t, alias = b.FuzzedParameter, b.FuzzedTensor, b.ParameterAlias
    return [
        repr(alias("n")),
        s.said(lambda: p("n", 1, 2, "normal")),
        s.said(lambda: p("n", distribution={1: -1.0, 2: 2.0})),
        s.said(lambda: b.Fuzzer([p("x", 1, 2, "uniform")], [t("x", (1,))])),
        s.said(lambda: next(b.Fuzzer([p("n", 1, 2, "uniform")], [t("x", ("n",), min_elements=3)], seed=0).take(1))),
        s.raised(lambda: b.FuzzedSparseTensor.sparse_tensor_constructor((0, 2), s.torch.float32, 1, 2, True)),
    ]

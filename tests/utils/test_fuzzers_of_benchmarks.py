"""Choices and aliases among the parameters of fuzzed tensors."""

import pytest
from ferrotorch.utils.benchmark import FuzzedParameter, FuzzedTensor, Fuzzer, ParameterAlias


def test_a_choice_may_be_what_another_parameter_is() -> None:
    lengths = FuzzedParameter("y", distribution={1: 0.5, ParameterAlias("x"): 0.5})
    fuzzer = Fuzzer([FuzzedParameter("x", 4, 9, "uniform"), lengths], [FuzzedTensor("t", ("x", "y"))], seed=0)
    sizes = {
        (params["y"] == 1, tensors["t"].shape == (params["x"], params["y"])) for tensors, _, params in fuzzer.take(30)
    }
    assert sizes == {(True, True), (False, True)}
    assert all(params["y"] in (1, params["x"]) for _, _, params in fuzzer.take(30))


def test_probabilities_add_up_to_one() -> None:
    with pytest.raises(AssertionError, match="not normalized"):
        FuzzedParameter("x", distribution={1: 0.5, 2: 0.6})
    with pytest.raises(AssertionError, match="'minval' must be None"):
        FuzzedParameter("x", 1, distribution={1: 1.0})


def test_aliases_must_end_somewhere() -> None:
    parameters = [FuzzedParameter(a, distribution={ParameterAlias(b): 1.0}) for a, b in (("x", "y"), ("y", "x"))]
    with pytest.raises(ValueError, match="cycle"):
        next(Fuzzer(parameters, [FuzzedTensor("t", ("x",))], seed=0).take(1))

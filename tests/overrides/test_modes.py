"""Modes: asked for every function, in the order of their nesting."""

import threading

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import Tensor, overrides
from ferrotorch.overrides import BaseTorchFunctionMode, TorchFunctionMode


class Noting(TorchFunctionMode):
    """Notes what it is asked, under a name."""

    def __init__(self, name="", log=None):
        self.name, self.log = name, [] if log is None else log

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.log.append((self.name, overrides.resolve_name(func)) if self.name else overrides.resolve_name(func))
        return func(*args, **(kwargs or {}))


def test_a_mode_sees_functions_of_plain_tensors():
    x = torch.ones(2)
    with Noting() as mode:
        y = torch.zeros(2) + x
        y.exp_()
        F.relu(y)
        y.shape  # noqa: B018
        y[0]
        torch.tensor([1.0])
        len(y)
        torch.einsum("i->", y)
        torch.cat([x, y])
        y.requires_grad = True
    assert mode.log == [
        "torch.zeros",
        "torch.Tensor.add",
        "torch.Tensor.exp_",
        "torch.nn.functional.relu",
        "torch.Tensor.shape.__get__",
        "torch.Tensor.__getitem__",
        "torch.tensor",
        "torch.Tensor.__len__",
        "torch.functional.einsum",
        "torch.cat",
        "torch.Tensor.requires_grad.__set__",
    ]
    torch.ones(1)
    assert len(mode.log) == 11


def test_a_mode_is_off_while_it_is_asked():
    with Noting() as mode:
        F.mse_loss(torch.ones(2), torch.ones(2))
    assert mode.log == ["torch.ones", "torch.ones", "torch.nn.functional.mse_loss"]


def test_nested_modes_are_asked_from_the_inside_out():
    log = []
    with Noting("outer", log), Noting("inner", log):
        torch.ones(1)
    assert log == [("inner", "torch.ones"), ("outer", "torch.ones")]


def test_a_mode_may_see_what_its_answer_calls():
    class Deep(Noting):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            self.log.append(overrides.resolve_name(func))
            if func is not F.dropout2d:
                return func(*args, **(kwargs or {}))
            with self:
                return overrides.redispatch_function(func, types, args, kwargs)

    with Deep() as mode:
        F.dropout2d(torch.ones(1, 1, 2, 2), 0.0)
    assert mode.log[:2] == ["torch.ones", "torch.nn.functional.dropout2d"]
    assert len(mode.log) > 2


def test_modes_come_before_arguments():
    class Sub(Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return "argument"

    class Choosing(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return NotImplemented if func is torch.exp else (types, "mode")

    x = torch.ones(1).as_subclass(Sub)
    with Choosing():
        assert torch.add(x, 1) == ((Sub,), "mode")
        assert torch.exp(x) == "argument"


def test_errors_where_modes_decline():
    class Declining(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return NotImplemented

    parameter = torch.nn.Parameter()
    with Declining() as mode:
        with pytest.raises(TypeError) as caught:
            torch.ones(1)
        assert f"  - mode object {mode}" in str(caught.value)
        with pytest.raises(TypeError, match="nor in mode"):
            F.dropout(parameter)
    with (
        pytest.raises(RuntimeError, match="as a classmethod is not supported"),
        type("M", (TorchFunctionMode,), {"__torch_function__": classmethod(lambda cls, *args: None)})(),
    ):
        torch.ones(1)
    with pytest.raises(NotImplementedError), TorchFunctionMode():
        torch.ones(1)
    assert torch.ones(1).tolist() == [1.0]


def test_an_error_in_a_mode_leaves_the_stack_as_it_was():
    class Failing(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            raise KeyError(func)

    with BaseTorchFunctionMode() as base:
        with Failing() as failing:
            with pytest.raises(KeyError):
                torch.ones(1)
            assert overrides._get_current_function_mode_stack() == [base, failing]
        assert overrides._get_current_function_mode() is base
    assert overrides._get_current_function_mode() is None


def test_modes_belong_to_a_thread():
    log, seen = [], []

    def other():
        seen.append(torch.ones(1).tolist())
        with Noting(log=log):
            torch.zeros(1)

    with Noting() as mode:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert (mode.log, log, seen) == ([], ["torch.zeros"], [[1.0]])


def test_modes_stay_on_where_classes_are_switched_off():
    with Noting() as mode:
        with torch._C.DisableTorchFunctionSubclass():
            torch.ones(1)
        with torch._C.DisableTorchFunction():
            torch.zeros(1)
    assert mode.log == ["torch.ones"]


def test_a_mode_can_change_results():
    class Halved(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            return result / 2 if func in (torch.ones, Tensor.add) else result

    with Halved():
        assert (torch.ones(2) + 1).tolist() == [0.75, 0.75]


def test_default_devices_and_modes_agree():
    with Noting() as mode, torch.device("cpu"):
        assert torch.ones(1).device.type == "cpu"
    assert mode.log[0] == "torch.ones"


def test_the_older_form_warns():
    with pytest.warns(UserWarning, match="no longer necessary"):
        assert isinstance(Noting.push(), Noting)

"""Weak references to tensors, and contexts that are decorators."""

import contextlib
import gc

import ferrotorch as torch
import pytest
from ferrotorch.utils import _contextlib
from ferrotorch.utils._python_dispatch import is_traceable_wrapper_subclass
from ferrotorch.utils.data._utils import collate, worker
from ferrotorch.utils.weak import TensorWeakRef, WeakIdKeyDictionary, WeakIdRef


class TestWeakReferences:
    def test_keys_are_compared_by_identity(self):
        a, b = torch.ones(2), torch.ones(2)
        table = WeakIdKeyDictionary({a: 1})
        table[b] = 2
        assert table[a] == 1 and table[b] == 2 and len(table) == 2 and torch.ones(2) not in table
        assert [key is a or key is b for key in table] == [True, True] and 3 not in table
        del b
        gc.collect()
        assert len(table) == 1 and len(table.copy()) == 1
        del table[a]
        assert not table

    def test_dictionaries_are_joined_and_compared(self):
        a, b = torch.ones(2), torch.ones(2)
        first, second = WeakIdKeyDictionary({a: 1}), WeakIdKeyDictionary({b: 2, a: 3})
        joined = first | second
        assert isinstance(joined, WeakIdKeyDictionary) and (joined[a], joined[b]) == (3, 2) and first[a] == 1
        assert (first | {b: 7})[b] == 7 and ({a: 5, b: 6} | first)[a] == 1
        first |= second
        assert first == second == {a: 3, b: 2} and first != {a: 3} and first != WeakIdKeyDictionary({a: 3, b: 4})
        first |= [(b, 9)]
        assert first[b] == 9
        with pytest.raises(TypeError, match="unsupported operand"):
            first | 3

    def test_references(self):
        a = torch.ones(2)
        first, second, other = WeakIdRef(a), WeakIdRef(a), WeakIdRef(torch.Size)
        assert first == second and hash(first) == hash(second) and first != other
        reference = TensorWeakRef(a)
        assert reference() is a
        del a
        gc.collect()
        assert reference() is None and first != second and first == first
        with pytest.raises(AssertionError, match="expected a tensor"):
            TensorWeakRef([])


class TestContexts:
    def test_decorators_without_parentheses(self):
        entered = []

        class note(_contextlib._NoParamDecoratorContextManager):
            def __enter__(self):
                entered.append("in")

            def __exit__(self, *exception):
                entered.append("out")

        @note
        def function(x):
            return x + 1

        assert function(1) == 2 and entered == ["in", "out"]
        with note():
            assert entered[-1] == "in"

    def test_context_decorator(self):
        depth = []

        @contextlib.contextmanager
        def deeper():
            depth.append(1)
            try:
                yield
            finally:
                depth.pop()

        wrapped = _contextlib.context_decorator(deeper, lambda: len(depth))
        assert wrapped() == 1 and wrapped() == 1 and not depth

        def steps():
            yield len(depth)
            yield len(depth)

        assert list(_contextlib.context_decorator(deeper, steps)()) == [1, 1] and not depth
        with pytest.raises(ValueError, match="ambiguous"):
            _contextlib.context_decorator(torch.no_grad(), steps)


def test_wrappers_that_say_what_they_are_made_of() -> None:
    class Wrapper(torch.Tensor):
        def __tensor_flatten__(self):
            return [], None

        @staticmethod
        def __tensor_unflatten__(inner, context, size, stride):
            raise NotImplementedError

    assert is_traceable_wrapper_subclass(torch.ones(2).as_subclass(Wrapper))
    assert not is_traceable_wrapper_subclass(torch.ones(2)) and not is_traceable_wrapper_subclass(3)


def test_parts_of_data_loading() -> None:
    pytest.importorskip("numpy")
    assert worker._worker_info is None
    assert worker._generate_state(123, 2) == [2378979704, 4204655898, 2858883809, 995748389]
    assert collate.collate_tensor_fn([torch.ones(2), torch.zeros(2)]).tolist() == [[1, 1], [0, 0]]
    assert collate.collate_float_fn([1.0, 2.0]).dtype is torch.float64
    assert collate.collate_int_fn([1, 2]).dtype is torch.int64 and collate.collate_str_fn(["a"]) == ["a"]


def test_names_that_packages_import() -> None:
    from ferrotorch import _utils
    from ferrotorch.distributions.multivariate_normal import Distribution

    assert torch.torch is torch and Distribution is torch.distributions.Distribution
    assert callable(_utils._rebuild_parameter)
    with pytest.raises(AttributeError, match="_rebuild_nothing"):
        _utils._rebuild_nothing()
    torch._assert_async(torch.tensor(True))
    with pytest.raises(RuntimeError, match="nonzero value, but got zero"):
        torch._assert_async(torch.tensor(0))
    with pytest.raises(RuntimeError, match="with 2 values is ambiguous"):
        torch._assert_async(torch.ones(2))
    assert torch._shape_as_tensor(torch.ones(2, 3)).tolist() == [2, 3]
    with pytest.raises(TypeError, match="sym_ite"):
        torch.sym_ite(True, 1, 2.0)

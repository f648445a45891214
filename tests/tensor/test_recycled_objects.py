"""Objects of tensors are used again: nothing of the old tensor may show in the new one."""

import gc
import sys
import weakref
from functools import partial

import ferrotorch as torch

COUNT = 600  # more than are kept


def test_attributes_do_not_come_back():
    for i in range(COUNT):
        x = torch.tensor([i])
        assert x.__dict__ == {}
        x.mark = i
    del x
    assert all(torch.tensor([i]).__dict__ == {} for i in range(COUNT))


def test_a_dict_that_outlives_its_tensor_stays_its_own():
    kept = [torch.tensor([i]).__dict__ for i in range(COUNT)]
    for i, attributes in enumerate(kept):
        attributes["mark"] = i
    assert all(not hasattr(torch.tensor([i]), "mark") for i in range(COUNT))
    assert [attributes["mark"] for attributes in kept] == list(range(COUNT))


def test_weak_references_end_with_their_tensor():
    references = [weakref.ref(torch.tensor([i])) for i in range(COUNT)]
    tensors = [torch.tensor([i]) for i in range(COUNT)]
    assert all(reference() is None for reference in references)
    assert [t.item() for t in tensors] == list(range(COUNT))


def test_cycles_through_used_objects_are_collected():
    for _ in range(COUNT):
        torch.ones(1)
    dead = []
    for _ in range(10):
        x = torch.ones(1)
        x.me = x
        dead.append(weakref.ref(x))
    del x
    gc.collect()
    assert all(reference() is None for reference in dead)


def test_counts_of_references_are_right():
    x = torch.ones(1) + 1
    assert sys.getrefcount(x) == 2
    same = x
    assert sys.getrefcount(x) == 3
    del same


def test_what_a_dying_tensor_sets_off_may_make_tensors():
    made = []

    def keep_noisy(noisy, grad):
        return grad

    class Noisy:
        def __del__(self):
            made.append(torch.ones(2).sum().item())

    for _ in range(COUNT):
        x = torch.ones(1, requires_grad=True)
        x.register_hook(partial(keep_noisy, Noisy()))
        del x
    gc.collect()
    assert made == [2.0] * COUNT


def test_objects_of_subclasses_are_not_mixed_with_others():
    for _ in range(COUNT):
        torch.nn.Parameter(torch.ones(1))
    assert all(type(torch.ones(1)) is torch.Tensor for _ in range(COUNT))


def test_dead_objects_are_unknown_to_the_collector():
    for _ in range(COUNT):
        torch.ones(1)
    known = sum(type(o) is torch.Tensor for o in gc.get_objects())
    for _ in range(COUNT):
        torch.ones(1)
    assert sum(type(o) is torch.Tensor for o in gc.get_objects()) == known

"""A tensor has one Python object, whose state lives as long as the tensor."""

import gc
import threading
import weakref

import ferrotorch as torch


def with_grad():
    p = torch.ones(2, requires_grad=True)
    (p * 2).sum().backward()
    return p


def test_attributes_of_a_gradient_survive_its_object():
    p = with_grad()
    p.grad.note = ["kept"]
    for _ in range(3):
        gc.collect()
        assert p.grad.note == ["kept"]


def test_identity_is_stable_while_weakly_referenced():
    p = with_grad()
    ref = weakref.ref(p.grad)
    gc.collect()
    assert ref() is p.grad
    del p
    assert ref() is None


def test_subclass_survives():
    class Named(torch.Tensor):
        pass

    p = torch.ones(2, requires_grad=True)
    p.grad = torch.ones(2).as_subclass(Named)
    gc.collect()
    assert type(p.grad) is Named
    assert type(p.grad) is Named


def test_slots_of_a_subclass_survive():
    class Slotted(torch.Tensor):
        __slots__ = ("note",)

    p = torch.ones(2, requires_grad=True)
    p.grad = torch.ones(2).as_subclass(Slotted)
    p.grad.note = 3
    assert type(p.grad) is Slotted
    assert p.grad.note == 3
    assert p.grad.note == 3


def test_leaf_known_to_the_graph_only():
    x = torch.ones(2, requires_grad=True)
    x.note = "leaf"
    y = x * 2
    del x
    gc.collect()
    leaf = y.grad_fn.next_functions[0][0].variable
    assert leaf.note == "leaf"


def test_base_of_a_view():
    x = torch.ones(4)
    x.note = "base"
    v = x[:2]
    del x
    assert v._base.note == "base"


def test_object_goes_with_the_last_handle():
    class Note:
        pass

    p = with_grad()
    note = Note()
    ref = weakref.ref(note)
    p.grad.note = note
    del note
    assert ref() is not None
    p.grad = None
    assert ref() is None


def test_replaced_while_held():
    p = with_grad()
    p.grad.note = 1
    grad = p.grad
    p.grad = None
    assert grad.note == 1


def test_objects_are_not_leaked():
    def objects():
        gc.collect()
        return sum(isinstance(x, (torch.Tensor, dict)) for x in gc.get_objects())

    def use():
        p = with_grad()
        p.grad.note = [1]
        assert p.grad.note == [1]

    use()
    before = objects()
    for _ in range(100):
        use()
    assert objects() <= before + 5


def test_threads_find_the_same_object():
    p = with_grad()
    p.grad.note = 0
    wrong = []

    def look():
        wrong.extend(note for note in (p.grad.note for _ in range(500)) if note != 0)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong

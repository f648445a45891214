"""Ops that threads share: the same results on any number of them, in forked processes, for many callers at once."""

import os
import threading

import ferrotorch as torch
import pytest


@pytest.fixture
def threads():
    """Sets the number of threads, and restores it."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def data():
    return torch.arange(1_000_000, dtype=torch.float32).reshape(1000, 1000) / 10_000


WORK = {
    "pointwise": lambda x: (x.sin() * 2 + x).exp(),
    "reduce": lambda x: torch.cat([x.sum().reshape(1), x.sum(0), x.sum(1), x.var(1)]),
    "lines": lambda x: x.softmax(1) + x.cumsum(1) + x.cumsum(0),
    "matmul": lambda x: x[:, :300] @ x[:300],
    "index": lambda x: torch.zeros_like(x).index_add(0, torch.arange(1000) * 7 % 50, x)[torch.arange(1000) // 2],
}


@pytest.mark.parametrize("name", WORK)
def test_results_are_the_same_on_any_number_of_threads(threads, name):
    x, results = data(), []
    for count in (1, 2, 3, 8):
        threads(count)
        results.append(WORK[name](x))
    assert all(torch.equal(results[0], other) for other in results)


def test_many_threads_call_at_once(threads):
    threads(3)
    x = data()
    wanted = {name: work(x) for name, work in WORK.items()}
    wrong = []

    def call():
        wrong.extend(name for _ in range(2) for name, work in WORK.items() if not torch.equal(work(x), wanted[name]))

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_has_threads_of_its_own(threads):
    threads(2)
    x = data()
    wanted = WORK["pointwise"](x)
    for _ in range(3):
        child = os.fork()
        if child == 0:
            equal = all(torch.equal(WORK["pointwise"](x), wanted) for _ in range(20))
            os._exit(0 if equal else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert torch.equal(WORK["pointwise"](x), wanted)

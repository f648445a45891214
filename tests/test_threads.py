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


def grid(rows, columns, dtype=torch.float32):
    return (torch.arange(rows * columns) * 37 % 1009).reshape(rows, columns).to(dtype)


def laid(pieces, dim):
    """The pieces one behind the other, each written to its place alone."""
    size = list(pieces[0].shape)
    size[dim] = sum(piece.shape[dim] for piece in pieces)
    out, start = torch.empty(size, dtype=pieces[0].dtype), 0
    for piece in pieces:
        out.narrow(dim, start, piece.shape[dim])[...] = piece
        start += piece.shape[dim]
    return out


def rows_of(x, index):
    return torch.stack([x[i] for i in index.tolist()])


def within_zeros(x):
    out = torch.zeros(x.shape[0] + 5, x.shape[1] + 5, dtype=x.dtype)
    out[1:-4, 3:-2] = x
    return out


INDEX = torch.arange(3000) * 7 % 501


# What is moved and what it is to come to; sizes are large enough to be shared, and no multiples of anything.
MOVES = {
    "rows": (lambda x: x.index_select(0, INDEX), lambda x: rows_of(x, INDEX)),
    "expanded gather": (
        lambda x: x.gather(0, INDEX.view(-1, 1).expand(-1, x.shape[1])),
        lambda x: rows_of(x, INDEX),
    ),
    "every other column": (lambda x: x[:, ::2].contiguous(), lambda x: x.t()[::2].t().clone()),
    "joined columns": (lambda x: torch.cat([x[:, 5:], x[:, :5], x], 1), lambda x: laid([x[:, 5:], x[:, :5], x], 1)),
    "joined rows": (lambda x: torch.cat([x[1:], x[:0], x], 0), lambda x: laid([x[1:], x[:0], x], 0)),
    "repeated row": (lambda x: x[3].expand(700, -1).contiguous(), lambda x: rows_of(x, torch.full((700,), 3))),
    "padding": (lambda x: torch.nn.functional.pad(x, (3, 2, 1, 4)), within_zeros),
}


@pytest.mark.parametrize("dtype", [torch.uint8, torch.bfloat16, torch.float32, torch.complex128])
@pytest.mark.parametrize("name", MOVES)
def test_moves_come_to_the_same_places_on_any_number_of_threads(threads, name, dtype):
    x = grid(501, 497).to(dtype)
    move, wanted = MOVES[name]
    for count in (1, 2, 7):
        threads(count)
        assert torch.equal(move(x), wanted(x))


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.float16, torch.int8])
@pytest.mark.parametrize("descending", [False, True])
def test_one_long_line_is_sorted_stably_by_any_number_of_threads(threads, dtype, descending):
    x = ((torch.arange(200_003) * 7919 % 100_003) - 50_000).clamp(-30_000, 30_000).to(dtype)
    values, key = x.tolist(), (lambda i: -values[i]) if descending else (lambda i: values[i])
    order = sorted(range(len(values)), key=key)
    for count in (1, 2, 7):
        threads(count)
        found, index = x.sort(descending=descending, stable=True)
        assert index.tolist() == order
        assert found.tolist() == [values[i] for i in order]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_normal_numbers_are_those_of_short_draws(threads, dtype):
    torch.manual_seed(3)
    short = torch.cat([torch.randn(1600, dtype=dtype) for _ in range(200)])
    for count in (1, 2, 7):
        threads(count)
        torch.manual_seed(3)
        assert torch.equal(torch.randn(320_000, dtype=dtype), short)


@pytest.mark.parametrize("kind", [torch.nn.LSTM, torch.nn.GRU])
def test_recurrent_layers_give_the_same_on_any_number_of_threads(threads, kind):
    torch.manual_seed(0)
    layer, x, results = kind(40, 130, 2, bidirectional=True), torch.randn(7, 61, 40), []
    for count in (1, 2, 7):
        threads(count)
        layer.zero_grad()
        output = layer(x)[0]
        output.square().sum().backward()
        results.append([output, *(p.grad.clone() for p in layer.parameters())])
    assert all(torch.equal(a, b) for other in results[1:] for a, b in zip(results[0], other, strict=True))


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

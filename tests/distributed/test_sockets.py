"""Processes that no launcher of MPI has started: they meet at an address, and talk through sockets."""

import re
import socket
import threading

import ferrotorch as torch
import pytest
from ferrotorch.distributed._sockets._messages import Exchange


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("program", ["collectives", "gradients"])
def test_operations(start, program, count):
    for done in start(count, program):
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", ["messages", "groups", "data_parallel"])
def test_groups_and_training(start, program):
    for done in start(2, program):
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["environment", "tcp", "file"])
def test_spawned_processes(start, kind, tmp_path):
    (done,) = start(1, "spawned", kind, tmp_path / "meeting")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("mode", "rank", "text"),
    [
        ("raise", 1, "ValueError: a fault of the program"),
        ("raise", 0, "all_reduce: rank 1 has ended while rank 0 waits for it"),
        ("kill", 0, "all_reduce: rank 1 has ended while rank 0 waits for it"),
        ("shape", 0, r"do not call the same operation.*all_reduce\(\[2\] torch.float32, SUM\)"),
        ("message", 1, "recv: a message of 8 bytes from rank 0 for a tensor of 12 bytes"),
    ],
)
def test_failures(start, mode, rank, text):
    done = start(2, "failures", mode, timeout=60)[rank]
    assert done.returncode != 0 and re.search(text, done.stderr), done.stderr


@pytest.fixture
def pair():
    ends = socket.socketpair()
    yield [Exchange(rank, {1 - rank: end}) for rank, end in enumerate(ends)]
    for end in ends:
        end.close()


def test_messages_wait_for_receivers_and_receivers_for_messages(pair):
    one, two = pair
    early, late, any_one = bytearray(3), bytearray(2), bytearray(1)
    waiting = two.receive(7, 0, 2, memoryview(late))
    one.send(7, 1, 1, memoryview(b"abc")), one.send(7, 1, 2, memoryview(b"de")), one.send(8, 1, 2, memoryview(b"f"))
    while not waiting.Test():
        pass
    assert bytes(late) == b"de" and waiting.source() == 0
    assert two.receive(7, 0, 1, memoryview(early)).Test() and bytes(early) == b"abc"
    received = two.receive(8, None, 2, memoryview(any_one))
    assert received.Test() and received.source() == 0 and bytes(any_one) == b"f"


def test_a_long_message_goes_in_pieces(pair):
    one, two = pair
    sent = bytes(range(256)) * 20000
    came = bytearray(len(sent))
    sending, receiving = one.send(1, 1, 0, memoryview(sent)), two.receive(1, 0, 0, memoryview(came))
    assert not sending.is_done
    while not receiving.Test():
        sending.Test()
    assert sending.Test() and bytes(came) == sent


def test_leaving_sends_what_is_left_and_is_noticed(pair):
    one, two = pair
    sent = bytes(10**6)
    one.send(1, 1, 0, memoryview(sent))
    leaving = threading.Thread(target=one.leave)
    leaving.start()
    receiving = two.receive(1, 0, 0, memoryview(bytearray(10**6)))
    while not receiving.Test():
        pass
    leaving.join()
    two.progress()
    assert two.departed == {0}
    two.send(1, 0, 0, memoryview(b"x"))


def test_lengths_that_differ_are_refused(pair):
    one, two = pair
    one.send(1, 1, 0, memoryview(b"abc"))
    receiving = two.receive(1, 0, 0, memoryview(bytearray(4)), "four")
    with pytest.raises(RuntimeError, match="a message of 3 bytes from rank 0 for four"):
        receiving.Test()


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"store": "a store", "rank": 0}, AssertionError, "world_size must be positive"),
        ({"store": "a store", "world_size": 2}, AssertionError, "rank must be non-negative"),
        ({"store": "a store", "init_method": "env://"}, AssertionError, "both init_method and store"),
        ({"init_method": "tcp://localhost:1234"}, ValueError, "rank parameter missing"),
        ({"rank": 0, "world_size": 2}, ValueError, "MASTER_ADDR expected, but not set"),
    ],
)
def test_what_is_missing_is_named(monkeypatch, arguments, error, text):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "PMI_RANK"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(error, match=text):
        torch.distributed.init_process_group("gloo", **arguments)

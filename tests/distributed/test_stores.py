"""Keys and values that processes share."""

import contextlib
import gc
import re
import socket
import subprocess
import sys
import threading
from datetime import timedelta

import ferrotorch.distributed as dist
import pytest
from ferrotorch.distributed import rendezvous as find

SHORT = timedelta(milliseconds=40)
KINDS = ["hash", "file", "tcp", "prefix of hash", "prefix of tcp"]


@pytest.fixture
def make(tmp_path):
    def made(kind):
        if kind.startswith("prefix of "):
            return dist.PrefixStore("before", made(kind.removeprefix("prefix of ")))
        if kind == "hash":
            return dist.HashStore()
        if kind == "file":
            return dist.FileStore(str(tmp_path / "store"), 1)
        return dist.TCPStore("127.0.0.1", 0, 1, True, timedelta(seconds=20))

    return made


@pytest.fixture(params=KINDS)
def store(request, make):
    return make(request.param)


class TestValues:
    def test_set_and_get(self, store):
        store.set("text", "1")
        store.set("bytes", b"\x00\xff\n")
        store.set("empty", "")
        assert (store.get("text"), store.get("bytes"), store.get("empty")) == (b"1", b"\x00\xff\n", b"")
        store.set("text", "two")
        assert store.multi_get(["text", "empty"]) == [b"two", b""]
        store.multi_set(["a", "b"], ["x", b"y"])
        assert store.multi_get(["b", "a"]) == [b"y", b"x"] and store.multi_get([]) == []
        with pytest.raises(ValueError, match="zip"):
            store.multi_set(["a", "b"], ["x"])

    def test_counters(self, store):
        assert [store.add("n", 3), store.add("n", -5), store.add("n", 0)] == [3, -2, -2]
        assert store.get("n") == b"-2"
        store.set("n", "40")
        assert store.add("n", 2) == 42
        store.set("word", "x")
        with pytest.raises(ValueError, match="invalid literal"):
            store.add("word", 1)
        assert store.get("word") == b"x"

    def test_compare_set(self, store):
        assert store.compare_set("key", "", "first") == b"first"
        assert store.compare_set("key", "other", "second") == b"first"
        assert store.compare_set("key", "first", "second") == b"second" == store.get("key")
        assert store.compare_set("missing", "x", "y") == b"x" and not store.check(["missing"])

    def test_append(self, store):
        store.append("key", "ab")
        store.append("key", b"cd")
        assert store.get("key") == b"abcd"

    def test_keys(self, store):
        own = store.num_keys()
        store.multi_set(["a", "b"], ["1", "2"])
        assert store.num_keys() == own + 2 and sorted(store.list_keys()) == ["a", "b"]
        assert store.check(["a", "b"]) and not store.check(["a", "c"]) and store.check([])
        assert store.delete_key("a") and not store.delete_key("a") and store.list_keys() == ["b"]

    @pytest.mark.parametrize("call", [
        lambda store: store.set("key", 1), lambda store: store.set(1, "x"), lambda store: store.get(b"key"),
        lambda store: store.check([1]), lambda store: store.set_timeout(3),
    ])  # fmt: skip
    def test_other_types(self, store, call):
        with pytest.raises(TypeError, match=r"string|timedelta"):
            call(store)


class TestWaiting:
    def test_in_vain(self, store):
        assert store.timeout == timedelta(seconds=20 if "tcp" in _kind(store) else 300)
        store.set_timeout(SHORT)
        store.set("there", "1")
        store.wait(["there"])
        if type(store).__name__ == "TCPStore":
            shown = rf"addr=\[127.0.0.1\]:\d+, remote=\[127.0.0.1\]:{store.port}.*server=TCPServer\(port={store.port}\)"
            assert re.search(shown, repr(store))
        for call in (
            lambda: store.get("missing"),
            lambda: store.wait(["there", "missing"]),
            lambda: store.multi_get(["there", "missing"]),
            lambda: store.wait(["missing"], timedelta(milliseconds=10)),
            lambda: store.barrier("two", 2),
        ):
            with pytest.raises(dist.DistStoreError, match=r"(?i)wait timeout.* (40|10) ?ms|missing"):
                call()
        assert store.timeout == SHORT and issubclass(dist.DistStoreError, dist.DistError)

    def test_for_another_thread(self, store):
        one, other = store.clone(), store.clone()
        threads = [
            threading.Timer(0.05, lambda: one.set("key", "late")),
            threading.Thread(target=lambda: other.barrier("all", 2)),
        ]
        for thread in threads:
            thread.start()
        assert store.get("key") == b"late"
        store.barrier("all", 2, timedelta(seconds=20))
        for thread in threads:
            thread.join()

    def test_counting_in_many_threads(self, store):
        def count(own):
            for _ in range(25):
                own.add("n", 1)

        threads = [threading.Thread(target=count, args=(store.clone(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.get("n") == b"100"


def _kind(store):
    while isinstance(store, dist.PrefixStore):
        store = store.underlying_store
    return type(store).__name__.lower()


class TestQueues:
    def test_first_in_first_out(self, store):
        if _kind(store) == "filestore":
            with pytest.raises(NotImplementedError, match="queue support"):
                store.queue_push("queue", "1")
            return
        assert store.queue_len("queue") == 0
        store.queue_push("queue", "1")
        store.queue_push("queue", b"2")
        assert store.queue_len("queue") == 2 and store.check(["queue"])
        assert [store.queue_pop("queue"), store.queue_pop("queue")] == [b"1", b"2"]
        with pytest.raises(dist.QueueEmptyError, match="queue is empty"):
            store.queue_pop("queue", False)
        store.set_timeout(SHORT)
        with pytest.raises(dist.DistStoreError, match="timeout after 40ms"):
            store.queue_pop("queue")
        threading.Timer(0.02, lambda: other.queue_push("queue", "3")).start()
        other = store.clone()
        store.set_timeout(timedelta(seconds=20))
        assert store.queue_pop("queue") == b"3"


class TestPrefixes:
    def test_keys_of_the_store_below(self):
        below = dist.HashStore()
        inner = dist.PrefixStore("x", dist.PrefixStore("y", below))
        inner.set("key", "1")
        assert below.list_keys() == ["y/x/key"] and inner.list_keys() == ["key"] and below.get("y/x/key") == b"1"
        assert inner._underlying_non_prefix_store is below and isinstance(inner.underlying_store, dist.PrefixStore)
        inner.set_timeout(SHORT)
        assert below.timeout == SHORT and inner.has_extended_api()
        with pytest.raises(TypeError, match="a Store is needed"):
            dist.PrefixStore("x", {})

    def test_stores_of_programs(self):
        class Own(dist.Store):
            def __init__(self):
                self.values = {}

            def set(self, key, value):
                self.values[key] = value

            def get(self, key):
                return self.values[key]

            def compare_set(self, key, expected, desired):
                present = self.values.get(key)
                if present == expected or (present is None and not expected):
                    self.values[key] = present = desired
                return expected if present is None else present

        own = Own()
        dist.PrefixStore("p", own).multi_set(["a", "b"], ["1", "2"])
        assert own.values == {"p/a": b"1", "p/b": b"2"} and own.multi_get(["p/b"]) == [b"2"]
        for part in ("po", b"ta", "to"):
            dist.PrefixStore("p", own).append("word", part)
        assert own.get("p/word") == b"potato"
        with pytest.raises(NotImplementedError, match=r"Not implemented. Own has no add\(\)"):
            own.add("n", 1)


class TestFiles:
    def test_the_last_one_removes_the_file(self, tmp_path):
        path = tmp_path / "store"
        stores = [dist.FileStore(str(path), 2) for _ in range(2)]
        stores[0].set("key", "1")
        assert stores[1].get("key") == b"1" and stores[0].path == str(path)
        clone = stores.pop().clone()
        gc.collect()
        stores.clear()
        assert path.exists() and clone.get("key") == b"1"
        del clone
        assert not path.exists()


class TestServers:
    def test_others_reach_it(self, make):
        kept = make("tcp")
        kept.set("key", "1")
        other = dist.TCPStore("localhost", kept.port, is_master=False, timeout=timedelta(seconds=20))
        assert other.get("key") == b"1" and other.port == kept.port and other.host == "localhost"
        with pytest.raises(dist.DistNetworkError, match=f"failed to listen.*port: {kept.port}"):
            dist.TCPStore("localhost", kept.port, 1, True)
        port = kept.port
        del kept
        with pytest.raises(dist.DistNetworkError, match=rf"get: the store at \(localhost, {port}\) does not answer"):
            other.get("key")
        again = dist.TCPStore("localhost", port, 1, True, timedelta(seconds=20))
        assert not again.check(["key"])

    def test_no_processes(self):
        with pytest.raises(ValueError, match="TCPStore world size cannot be 0"):
            dist.TCPStore("127.0.0.1", 0, 0, True)

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with pytest.raises(dist.DistNetworkError, match="timed out after 40ms while trying to connect"):
            dist.TCPStore("127.0.0.1", port, 1, False, SHORT)

    def test_all_have_to_come(self):
        with pytest.raises(dist.DistStoreError, match="1/2 clients joined"):
            dist.TCPStore("127.0.0.1", 0, 2, True, timedelta(seconds=1))
        assert dist.TCPStore("127.0.0.1", 0, 2, True, timedelta(seconds=20), wait_for_workers=False).num_keys() == 0

    def test_one_server_for_several(self):
        first = dist.TCPStore("127.0.0.1", 0, 1, True, multi_tenant=True)
        second = dist.TCPStore("127.0.0.1", first.port, 1, True, multi_tenant=True)
        first.set("key", "1")
        del first
        assert second.get("key") == b"1"

    def test_a_socket_that_listens(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        store = dist.TCPStore("127.0.0.1", port, 1, True, master_listen_fd=listener.detach())
        store.set("key", "1")
        assert store.port == port and store.get("key") == b"1"

    def test_what_is_no_message(self, make):
        store = make("tcp")
        store.set("key", "1")
        with socket.create_connection(("127.0.0.1", store.port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"\xff" * 64)
            with contextlib.suppress(ConnectionError):
                assert stranger.recv(100) == b""
        assert store.get("key") == b"1"


PROGRAM = """
import sys, torch.distributed as dist
from datetime import timedelta
rank = int(sys.argv[1])
store = next(dist.rendezvous(sys.argv[2], rank, 3, timeout=timedelta(seconds=60)))[0]
store.set(f"from {rank}", f"hello of {rank}")
heard = store.multi_get([f"from {other}" for other in range(3)])
assert heard == [b"hello of 0", b"hello of 1", b"hello of 2"], heard
total = store.add("sum", rank)
store.barrier("end", 3)
assert store.add("sum", 0) == 3
if rank == 0:
    sys.stdin.read()  # who keeps the store stays until the others have ended
"""


class TestProcesses:
    @pytest.mark.parametrize("kind", ["tcp", "file"])
    def test_they_find_one_another(self, kind, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        url = f"tcp://127.0.0.1:{port}" if kind == "tcp" else (tmp_path / "store").as_uri()
        words = [sys.executable, "-m", "ferrotorch", "-c", PROGRAM]
        pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
        running = [subprocess.Popen([*words, str(rank), url], text=True, **pipes) for rank in range(3)]
        for each in reversed(running):
            _, errors = each.communicate(timeout=60)
            assert each.returncode == 0, errors

    def test_by_the_environment(self, monkeypatch):
        monkeypatch.delenv("MASTER_ADDR", raising=False)
        with pytest.raises(ValueError, match="environment variable MASTER_ADDR expected, but not set"):
            next(find("env://?rank=0&world_size=1"))
        for name, value in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 0}.items():
            monkeypatch.setenv(name, str(value))
        store, rank, size = next(find("env://"))
        store.set("key", "1")
        assert (rank, size) == (0, 1) and store.get("key") == b"1"

    @pytest.mark.parametrize(
        ("url", "error", "text"),
        [
            ("other://x", RuntimeError, "No rendezvous handler for other://"),
            (3, RuntimeError, "must be a string"),
            ("tcp://127.0.0.1?rank=0&world_size=1", ValueError, "tcp:// rendezvous: port number missing"),
            ("tcp://127.0.0.1:1?rank=0", ValueError, "world size parameter missing"),
            ("file://?rank=0&world_size=1", ValueError, "path missing"),
            ("file:///tmp/x?world_size=1", ValueError, "rank parameter missing"),
        ],
    )
    def test_addresses_that_are_none(self, url, error, text):
        with pytest.raises(error, match=text):
            next(find(url))

    def test_addresses_of_programs(self):
        dist.register_rendezvous_handler("own", lambda url: iter([(dist.HashStore(), 5, len(url))]))
        assert next(dist.rendezvous("own://"))[1:] == (5, 6)
        with pytest.raises(RuntimeError, match="already registered"):
            dist.register_rendezvous_handler("own", print)
        with pytest.raises(AssertionError, match="node-specific arguments"):
            dist.rendezvous("tcp://127.0.0.1:1?rank=0", rank=0)

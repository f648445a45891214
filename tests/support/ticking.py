"""How long a call keeps the interpreter from other threads: the longest gap between the ticks of a thread beside it."""

import contextlib
import functools
import gc
import hashlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

#: Seconds that a call may keep the interpreter at a time.
LIMIT = 0.005
#: Of a long call the part besides: a busy machine keeps other threads waiting the oftener, the longer it is busy.
SHARE = 0.02
#: A real hold is there in every run, a busy machine is not.
RUNS = 10


class Ticker:
    """A thread that asks for the interpreter as often as it can, and notes how long it had to wait."""

    def __init__(self) -> None:
        self.longest, self.ticks, self._over = 0.0, 0, threading.Event()
        self._thread = threading.Thread(target=self._tick)

    def _tick(self) -> None:
        last = time.perf_counter()
        over = False
        while not over:
            over = self._over.is_set()
            time.sleep(0.0002)
            now = time.perf_counter()
            self.longest, self.ticks, last = max(self.longest, now - last), self.ticks + 1, now

    def start(self) -> None:
        self._thread.start()
        while self.ticks < 3:
            time.sleep(0.0005)
        self.longest = 0.0

    def stop(self) -> None:
        """After one more tick, which sees the end of a hold."""
        self._over.set()
        self._thread.join()


@contextlib.contextmanager
def quick_switches() -> Iterator[None]:
    """Without collections of garbage, in which Python itself keeps the interpreter for as long as there are objects."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    gc.disable()
    yield
    gc.enable()
    sys.setswitchinterval(before)


def longest_gap(call: Callable[[], object]) -> tuple[float, float]:
    """The longest gap beside a call, and how long the call took, in seconds."""
    ticker = Ticker()
    ticker.start()
    begin = time.perf_counter()
    try:
        result = call()
    finally:
        length = time.perf_counter() - begin
        ticker.stop()
    del result  # Lists and their numbers are freed by Python itself.
    return ticker.longest, length


def busy(seconds: float) -> None:
    """Keeps processors busy without the interpreter."""
    block, end = bytes(1 << 20), time.perf_counter() + seconds

    def work() -> None:
        while time.perf_counter() < end:
            hashlib.sha256(block).digest()

    other = threading.Thread(target=work)
    other.start()
    work()
    other.join()


def longest_hold(prepare: Callable[[], Callable[[], object]]) -> float:
    """How long what `prepare` gives keeps the interpreter at a time, in seconds.

    It is the shortest of the longest gaps beside several runs, each less a share of its length, or the first within the
    limit; and nothing at all if gaps are as long, each time, beside work that is known not to keep the interpreter.
    """
    shortest = noise = float("inf")
    with quick_switches():
        for _ in range(RUNS):
            gap, length = longest_gap(prepare())
            shortest = min(shortest, gap - SHARE * length)
            if shortest < LIMIT:
                return shortest
        work = functools.partial(busy, min(length, 2.0))
        for _ in range(RUNS):
            noise = min(noise, longest_gap(work)[0])
            # The machine may have become quieter meanwhile: the call must show it still.
            gap, length = longest_gap(prepare())
            shortest = min(shortest, gap - SHARE * length)
            if shortest < LIMIT or shortest > 2 * noise:
                return shortest
    return 0.0

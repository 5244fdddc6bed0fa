import asyncio
import logging
import os
import threading
import time
import tracemalloc
from typing import Any, List

import pytest

from support import MIB
from tidemark import Growth, LeakHunter
from tidemark.leak_hunter import is_confirmed


@pytest.mark.parametrize(
    ("steps", "confirmed"),
    [
        ([4, 4, 4, 4], True),  # a leak
        ([20, 20, 20], True),  # a fast one
        ([40, 0, 0, 0], False),  # a step
        ([0, 0, 40], False),
        ([40, 1, 1, 1], False),  # a step, and a drift that is small
        ([8, 4, 2, 0], False),  # a cache that fills
        ([20, 9, 4, 1], False),  # ... which is nearly full
        ([5, 5, 5, -1], False),
        ([9, 9], False),  # too few comparisons
        ([1, 1, 1, 1], False),  # below the threshold
    ],
)
def test_growth_is_confirmed_when_it_goes_on(steps: List[int], confirmed: bool) -> None:
    assert is_confirmed(steps, sum(steps), threshold=10, confirm=3) is confirmed


def drive(hunter: LeakHunter, ticks: int, work: Any) -> None:
    for tick in range(ticks):
        work(tick)
        hunter.tick()
        thread = hunter._thread
        if thread is not None:
            thread.join()  # comparisons come as often as they are due, on a busy machine too


def test_a_leak_is_an_error_once_for_each_threshold(log: List[str]) -> None:
    kept: List[bytes] = []
    found: List[Growth] = []
    hunter = LeakHunter(threshold=5 * MIB, every=10, warmup=10, callback=found.append)
    drive(hunter, 160, lambda _: kept.append(b"x" * 200_000))
    hunter.stop()
    errors = [line for line in log if line.startswith("ERROR memory grows: ")]
    assert 2 <= len(errors) <= 5 and len(errors) == len(found), log
    assert all(growth.bytes >= 5 * MIB and growth.confirmed for growth in found)


def test_leaked_objects_are_told_by_their_type(log: List[str]) -> None:
    class Leaked:
        def __init__(self) -> None:
            self.data = [b"x" * 100_000]

    kept: List[Any] = []
    hunter = LeakHunter(threshold="2MiB", every=10, warmup=10, top=3)
    drive(hunter, 60, lambda _: kept.append(Leaked()))
    hunter.stop()
    assert "Leaked +" in log[0]


def test_with_trace_the_line_is_told_and_tracing_ends_with_stop(log: List[str]) -> None:
    kept: List[bytes] = []
    hunter = LeakHunter(threshold="2MiB", every=10, warmup=10, trace=True)
    drive(hunter, 60, lambda _: kept.append(b"x" * 100_000))
    assert tracemalloc.is_tracing()
    hunter.stop()
    assert f"by line: {__file__}:" in log[0]
    assert not tracemalloc.is_tracing()


def test_a_warm_up_and_a_step_are_no_error(log: List[str]) -> None:
    kept: List[bytes] = []

    def work(tick: int) -> None:
        if tick < 100:
            kept.append(b"x" * 200_000)
        if tick == 150:
            kept.append(b"x" * 50 * MIB)

    hunter = LeakHunter(threshold=5 * MIB, every=10, warmup=100)
    drive(hunter, 300, work)
    hunter.stop()
    assert log == []


def test_stop_leaves_nothing_and_later_ticks_do_nothing() -> None:
    descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    hunter = LeakHunter(every=1, warmup=0, trace=True)
    for _ in range(5):
        hunter.tick()
    hunter.stop()
    hunter.stop()
    hunter.tick()
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert threading.active_count() == threads
    hunter.start()
    hunter.tick()
    hunter.stop()


def test_a_callback_that_raises_is_logged(log: List[str]) -> None:
    kept: List[bytes] = []

    def callback(_: Growth) -> None:
        raise RuntimeError("on purpose")

    hunter = LeakHunter(threshold="2MiB", every=10, warmup=10, callback=callback)
    drive(hunter, 60, lambda _: kept.append(b"x" * 100_000))
    hunter.stop()
    assert "ERROR a comparison failed" in log


def test_a_child_has_a_baseline_of_its_own() -> None:
    hunter = LeakHunter(threshold="2MiB", every=10, warmup=10, logger=logging.getLogger("quiet"))
    logging.getLogger("quiet").disabled = True
    drive(hunter, 30, lambda _: None)
    pid = os.fork()
    if pid == 0:
        found: List[Growth] = []
        kept: List[bytes] = []
        hunter._callback = found.append
        hunter._lock.acquire()  # as a fork may find it
        drive(hunter, 60, lambda _: kept.append(b"x" * 100_000))
        os._exit(0 if found else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    hunter.stop()


def test_wsgi_and_asgi_applications_tick_and_answer() -> None:
    class Counting(LeakHunter):
        ticks = 0

        def tick(self) -> None:
            self.ticks += 1

    hunter = Counting()
    assert hunter.wsgi(lambda environ, start: [b"ok"])({}, None) == [b"ok"]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(scope["type"])

    async def send(message: str) -> None:
        sent.append(message)

    sent: List[str] = []
    for kind in ("lifespan", "http"):
        asyncio.run(hunter.asgi(application)({"type": kind}, None, send))
    assert (sent, hunter.ticks) == (["lifespan", "http"], 2)


def test_a_tick_goes_on_where_no_thread_is_to_be_had(log: List[str], monkeypatch: Any) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    hunter = LeakHunter(every=1, warmup=0)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        assert hunter.wsgi(lambda environ, start: [b"ok"])({}, None) == [b"ok"]
        hunter.tick()
    assert log == ["WARNING a comparison is left out: can't start new thread"]
    hunter.tick()
    assert hunter._thread is not None
    hunter.stop()


def test_a_fork_waits_for_a_comparison() -> None:
    hunter = LeakHunter(every=1, warmup=0)
    hunter._compare = lambda: (time.sleep(0.3), Growth(0, 0, False, [], []))[1]  # type: ignore[method-assign]
    hunter.tick()
    thread = hunter._thread
    assert thread is not None and thread.is_alive()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    assert not thread.is_alive()
    os.waitpid(pid, 0)
    hunter.stop()


def test_a_tick_does_not_wait_for_a_comparison() -> None:
    hunter = LeakHunter(every=1, warmup=0)
    release = threading.Event()
    hunter._compare = lambda: (release.wait(5), Growth(0, 0, False, [], []))[1]  # type: ignore[method-assign]
    began = time.monotonic()
    for _ in range(100):
        hunter.tick()
    assert time.monotonic() - began < 2
    release.set()
    hunter.stop()

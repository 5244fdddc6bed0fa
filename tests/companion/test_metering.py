import os
import pathlib
import resource
import threading
import tracemalloc
from typing import List, Optional

from support import MIB, run_python
from tidemark.metering import Meter, Unit
from tidemark.process import ProcessMemory
from tidemark.settings import Settings
from tidemark.trends import Trends, summarize

MEASURED = 50 * MIB
NEAR = 4 * MIB  # what else moves in a process that runs tests


def meter_of(settings: Settings) -> Meter:
    return Meter(settings, Trends(names=9, period=10**9, periods=2))


def status(key: str) -> int:
    text = pathlib.Path("/proc/self/status").read_text()
    return int(text.split(key + ":")[1].split()[0]) * 1024


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def in_child(check: "object") -> int:
    """Runs it in a forked child; its exit code, 0 when it did not raise."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            check()  # type: ignore[operator]
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def measure(meter: Meter, needed: int, kept: Optional[List[bytes]] = None) -> Unit:
    unit = meter.begin()
    data = b"x" * needed
    if kept is not None:
        kept.append(data)
    del data
    meter.end(unit, "it")
    return unit


def test_readings_are_the_kernels() -> None:
    memory = ProcessMemory()
    assert abs(memory.rss() - status("VmRSS")) < NEAR
    assert abs(memory.peak() - status("VmHWM")) < NEAR
    memory.close()


def test_a_child_reads_its_own_memory_not_its_parents() -> None:
    memory = ProcessMemory()

    def check() -> None:
        before = memory.rss()
        data = b"x" * MEASURED
        assert abs(memory.rss() - before - MEASURED) < NEAR
        del data

    assert in_child(check) == 0
    memory.close()


def test_a_descriptor_that_was_closed_under_our_hands_is_opened_again() -> None:
    before = descriptors()
    memory = ProcessMemory()
    resident = memory.rss()
    os.close(memory._statm)
    assert abs(memory.rss() - resident) < NEAR
    memory.close()
    assert descriptors() == before


def test_somebody_elses_descriptor_is_not_closed() -> None:
    memory = ProcessMemory()
    number = memory._statm
    os.close(number)
    reader, writer = os.pipe()  # takes the number
    assert number in (reader, writer)
    memory.close()
    os.fstat(number)
    os.close(reader)
    os.close(writer)


def test_what_a_unit_keeps_and_what_it_gives_back() -> None:
    meter = meter_of(Settings(threshold=MIB))
    kept: List[bytes] = []
    unit = measure(meter, MEASURED, kept)
    assert abs(unit.kept - MEASURED) < NEAR and not unit.shared
    meter.end(meter.begin(), "other")
    unit = meter.begin()
    kept.clear()
    meter.end(unit, "back")
    meter.begin()
    found = {trend.name: trend for trend in summarize(meter._trends.take())}
    assert abs(found["it"].kept - MEASURED) < NEAR and abs(found["it"].most - MEASURED) < NEAR
    assert abs(found["other"].kept) < NEAR
    assert abs(found["back"].kept + MEASURED) < NEAR
    meter.memory.close()


def test_an_answer_that_is_freed_after_its_unit_was_not_kept() -> None:
    meter = meter_of(Settings(threshold=MIB))
    answer: List[bytes] = []
    unit = measure(meter, MEASURED, answer)
    assert abs(unit.kept - MEASURED) < NEAR, "at its end"
    answer.clear()
    meter.begin()
    assert abs(summarize(meter._trends.take())[0].kept) < NEAR
    meter.memory.close()


def test_with_a_reset_every_units_peak_is_known() -> None:
    meter = meter_of(Settings(peak="reset"))
    for needed in (2 * MEASURED, MEASURED):
        unit = measure(meter, needed)
        assert unit.peak is not None and abs(unit.peak - needed) < NEAR
    meter.memory.close()


def test_without_a_reset_a_peak_is_known_when_it_is_a_new_one(tmp_path: pathlib.Path) -> None:
    code = """
from tidemark.metering import Meter
from tidemark.settings import Settings
from tidemark.trends import Trends, summarize
meter = Meter(Settings(), Trends(9, 9, 9))
for needed in (50, 20, 90):
    unit = meter.begin(); b"x" * (needed << 20); meter.end(unit, "it")
    print(None if unit.peak is None else round(unit.peak / 1048576 / 10))
"""
    assert run_python(code, tmp_path).stdout.split() == ["5", "None", "9"]


def test_the_mark_belongs_to_the_harness_when_it_looks(tmp_path: pathlib.Path, monkeypatch) -> None:
    monkeypatch.setenv("TIDEMARK_AGENT_DIR", str(tmp_path))
    meter = meter_of(Settings(peak="reset"))
    data = b"x" * MEASURED
    del data
    mark = status("VmHWM")
    meter.end(meter.begin(), "it")
    assert status("VmHWM") > mark - NEAR
    meter.memory.close()


def test_units_that_overlap_are_shared_all_of_them() -> None:
    meter = meter_of(Settings())
    first, second, third = meter.begin(), meter.begin(), meter.begin()
    for unit in (second, first, third):
        meter.end(unit, "it")
    alone = meter.begin()
    meter.end(alone, "it")
    assert [unit.shared for unit in (first, second, third, alone)] == [True, True, True, False]
    meter.memory.close()


def test_units_of_many_threads_are_counted_right() -> None:
    meter = meter_of(Settings())

    def work() -> None:
        for _ in range(2000):
            meter.end(meter.begin(), "it")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unit = meter.begin()
    meter.end(unit, "it")
    assert not unit.shared
    meter.memory.close()


def test_units_that_begin_together_in_many_threads_open_their_files_once() -> None:
    """Of the first ones in a process each finds nothing open."""
    for _ in range(20):
        meter = meter_of(Settings(peak="reset"))
        threads = 8
        barrier, failures = threading.Barrier(threads), []

        def work() -> None:
            barrier.wait()
            try:
                meter.end(meter.begin(), "it")
            except Exception as error:
                failures.append(error)

        working = [threading.Thread(target=work) for _ in range(threads)]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join()
        assert failures == []
        meter.memory.close()


def test_without_a_descriptor_units_are_not_measured_and_the_work_goes_on(log: List[str]) -> None:
    meter = meter_of(Settings(trace_share=1.0))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0] + 1, before[1]))
    try:
        first, second = meter.begin(), meter.begin()
        assert not meter.end(first, "it") and not meter.end(second, "it")
        assert not tracemalloc.is_tracing()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        os.close(taken[0])
    unit = measure(meter, 10)
    assert (first.measured, second.measured, unit.measured, unit.shared) == (False, False, True, False)
    assert len(log) == 1 and "not measured" in log[0]
    meter.memory.close()


def test_what_is_under_way_at_a_fork_does_not_share_with_the_child() -> None:
    meter = meter_of(Settings())
    unit = meter.begin()

    def check() -> None:
        own = meter.begin()
        meter.end(own, "it")
        assert not own.shared

    assert in_child(check) == 0
    meter.end(unit, "it")
    meter.memory.close()


def test_a_traced_unit_above_the_threshold_tells_its_lines() -> None:
    meter = meter_of(Settings(threshold=10 * MIB, trace_every=2))
    kept: List[bytes] = []
    quiet, traced = measure(meter, MEASURED, kept), measure(meter, MEASURED, kept)
    assert (quiet.traced, traced.traced) == (False, True)
    assert traced.lines[0].file == __file__ and abs(traced.lines[0].bytes - MEASURED) < NEAR
    assert abs(traced.traced_peak - MEASURED) < NEAR
    assert not tracemalloc.is_tracing()
    meter.memory.close()


def test_no_two_units_are_traced_at_the_same_time() -> None:
    meter = meter_of(Settings(trace_share=1.0))
    first, second = meter.begin(), meter.begin()
    meter.end(first, "it")
    third = meter.begin()
    meter.end(second, "it")
    assert tracemalloc.is_tracing(), "the third's"
    meter.end(third, "it")
    assert (first.traced, second.traced, third.traced) == (True, False, True)
    meter.memory.close()


def test_an_applications_own_tracing_is_left_alone() -> None:
    tracemalloc.start(7)
    try:
        meter = meter_of(Settings(trace_share=1.0))
        unit = meter.begin()
        meter.end(unit, "it")
        assert not unit.traced and tracemalloc.get_traceback_limit() == 7
        meter.memory.close()
    finally:
        tracemalloc.stop()

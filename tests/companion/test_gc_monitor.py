import gc
import os
import re
import threading
from typing import List

import pytest

from support import wait_for
from tidemark import GCMonitor
from tidemark.gc_monitor import openmetrics


@pytest.fixture
def monitor():  # type: ignore[no-untyped-def]
    made = GCMonitor(interval=0)
    made.start()
    yield made
    made.stop()


def litter(cycles: int = 100) -> None:
    for _ in range(cycles):
        ring: List[object] = []
        ring.append(ring)


def test_collections_and_what_they_found_are_counted(monitor: GCMonitor) -> None:
    gc.disable()
    try:
        gc.collect()
        before = monitor.statistics()[2]
        litter(100)
        gc.collect()
        after = monitor.statistics()[2]
    finally:
        gc.enable()
    assert after.collections - before.collections == 1
    assert after.collected - before.collected >= 100
    assert 0 < after.longest <= after.total
    assert sum(after.histogram) == after.collections


def test_start_and_stop_may_come_twice_and_leave_nothing() -> None:
    callbacks, threads = list(gc.callbacks), threading.active_count()
    one = GCMonitor(interval=60)
    one.start()
    one.start()
    assert len(gc.callbacks) == len(callbacks) + 1 and threading.active_count() == threads + 1
    one.stop()
    one.stop()
    assert gc.callbacks == callbacks and threading.active_count() == threads


def test_nothing_is_raised_into_the_collector(monitor: GCMonitor, capsys: pytest.CaptureFixture[str]) -> None:
    monitor._on_collection("start", {})
    monitor._on_collection("stop", {"generation": 99})
    monitor._on_collection("stop", {})
    monitor._generations = None  # type: ignore[assignment]
    gc.collect()
    monitor._begin_anew()
    assert capsys.readouterr().err == ""


def test_a_child_counts_from_nothing_and_has_a_thread_of_its_own() -> None:
    one = GCMonitor(interval=60)
    one.start()
    gc.collect()
    pid = os.fork()
    if pid == 0:
        names = [thread.name for thread in threading.enumerate()]
        fresh = sum(row.collections for row in one.statistics())
        gc.collect()
        counted = one.statistics()[2].collections
        os._exit(0 if "tidemark-gc-monitor" in names and fresh == 0 and counted == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert "tidemark-gc-monitor" in [thread.name for thread in threading.enumerate()]
    one.stop()


def test_the_log_has_a_line_an_interval(log: List[str]) -> None:
    one = GCMonitor(interval=0.05)
    one.start()
    wait_for(lambda: len(log) >= 2, "two lines")
    one.stop()
    assert log[0].startswith("INFO garbage collection: ")


@pytest.mark.parametrize("limits", [{"warn_collections_per_second": 0.001}, {"warn_pause_share": 1e-9}])
def test_high_activity_is_a_warning(log: List[str], limits: "dict[str, float]") -> None:
    one = GCMonitor(interval=0, **limits)
    one.start()
    gc.collect()
    assert one.check()
    one.stop()
    assert log[0].startswith("WARNING garbage collection is very active: ")


def test_openmetrics_follows_its_grammar(monitor: GCMonitor) -> None:
    gc.collect()
    text = monitor.openmetrics()
    assert text.endswith("\n# EOF\n") and text.count("# EOF") == 1
    number = r"[0-9.e+-]+"
    sample = re.compile(rf'[a-z_]+(\{{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\}})? {number}')
    families: List[str] = []
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            families.append(line.split()[2])
        elif not line.startswith("# "):
            assert sample.fullmatch(line), line
            assert line.startswith(families[-1]), "samples stand with their family"
    assert len(set(families)) == len(families) == 5
    for name in ("collections", "objects_collected", "objects_uncollectable"):
        assert f'python_gc_{name}_total{{generation="2"}} ' in text
    buckets = [int(n) for n in re.findall(r'pause_seconds_bucket\{generation="2",le="[^"]+"\} (\d+)', text)]
    assert buckets == sorted(buckets) and buckets[-1] >= 1 and 'le="+Inf"' in text
    assert f'python_gc_pause_seconds_count{{generation="2"}} {buckets[-1]}\n' in text
    assert int(re.findall(r"process_resident_memory_bytes (\d+)", text)[0]) > 10**6


def test_without_a_monitor_there_are_no_pauses() -> None:
    text = openmetrics()
    assert "pause" not in text and "python_gc_collections_total" in text and text.endswith("# EOF\n")

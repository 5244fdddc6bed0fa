"""What the garbage collector did: how often, how much it found, how long everything stood still.

Callbacks of `gc` come anywhere, in the middle of an application's locks: ours counts and does nothing else.
"""

import bisect
import gc
import logging
import os
import time
from typing import Any, Dict, List, NamedTuple, Optional

from tidemark.background import Ticker
from tidemark.process import ProcessMemory
from tidemark.settings import LOGGER

GENERATIONS = 3
# Upper bounds in seconds; what is longer counts in +Inf.
BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Pauses(NamedTuple):
    """One generation's collections since the monitor was started in this process; seconds."""

    collections: int
    collected: int
    uncollectable: int
    total: float
    longest: float
    histogram: List[int]  # by BOUNDS, the last one for what is longer; not cumulative


class _Generation:
    __slots__ = ("collections", "collected", "uncollectable", "total", "longest", "histogram")

    def __init__(self) -> None:
        self.collections = self.collected = self.uncollectable = 0
        self.total = self.longest = 0.0
        self.histogram = [0] * (len(BOUNDS) + 1)


class GCMonitor:
    """`start()` begins to count, `stop()` takes everything out again; both may be called twice.

    interval                     seconds between log lines; 0: none, and no thread
    warn_collections_per_second  more in an interval is a warning
    warn_pause_share             more of an interval's time in collections is a warning
    """

    def __init__(
        self,
        interval: float = 60.0,
        warn_collections_per_second: float = 500.0,
        warn_pause_share: float = 0.05,
        logger: Optional[logging.Logger] = None,
    ) -> None:
        if interval < 0 or warn_collections_per_second <= 0 or warn_pause_share <= 0:
            raise ValueError("interval is not negative, both limits are above 0")
        self._interval = interval
        self._most_collections = warn_collections_per_second
        self._most_share = warn_pause_share
        self._logger = logger or LOGGER
        self._ticker = Ticker(interval, self._wake, "tidemark-gc-monitor") if interval else None
        self._running = False
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._generations = [_Generation() for _ in range(GENERATIONS)]
        self._began = 0.0  # of the collection under way
        self._looked = time.perf_counter()
        self._collections_then = 0
        self._seconds_then = 0.0

    def start(self) -> None:
        if self._running:
            return
        self._running = True
        self._begin_anew()
        gc.callbacks.append(self._on_collection)
        if self._ticker is not None:
            self._ticker.start()

    def stop(self) -> None:
        if not self._running:
            return
        self._running = False
        if self._on_collection in gc.callbacks:
            gc.callbacks.remove(self._on_collection)
        if self._ticker is not None:
            self._ticker.stop()

    @property
    def running(self) -> bool:
        return self._running

    def _on_collection(self, phase: str, info: Dict[str, Any]) -> None:
        try:
            if phase == "start":
                if self._pid != os.getpid():
                    self._begin_anew()
                self._began = time.perf_counter()
            elif self._began:
                pause = time.perf_counter() - self._began
                self._began = 0.0
                one = self._generations[info["generation"]]
                one.collections += 1
                one.collected += info["collected"]
                one.uncollectable += info["uncollectable"]
                one.total += pause
                if pause > one.longest:
                    one.longest = pause
                one.histogram[bisect.bisect_left(BOUNDS, pause)] += 1
        except Exception:
            pass  # nobody could catch it, and nothing may be logged from here

    def statistics(self) -> List[Pauses]:
        """By generation, youngest first; of this process alone."""
        if self._pid != os.getpid():
            self._begin_anew()
        return [
            Pauses(
                one.collections, one.collected, one.uncollectable, one.total, one.longest, list(one.histogram)
            )
            for one in self._generations
        ]

    def check(self) -> bool:
        """Logs what happened since the last check; True when it was more than the limits allow."""
        rows = self.statistics()
        now = time.perf_counter()
        elapsed = max(now - self._looked, 1e-9)
        collections, seconds = sum(row.collections for row in rows), sum(row.total for row in rows)
        rate = (collections - self._collections_then) / elapsed
        share = (seconds - self._seconds_then) / elapsed
        self._looked, self._collections_then, self._seconds_then = now, collections, seconds
        high = rate > self._most_collections or share > self._most_share
        self._logger.log(
            logging.WARNING if high else logging.INFO,
            "garbage collection%s: %.1f a second, %.2f %% of the time; since the start %s collections,"
            " %s objects collected, %s uncollectable, %.3f s, longest %.1f ms",
            " is very active" if high else "",
            rate,
            share * 100,
            "/".join(str(row.collections) for row in rows),
            sum(row.collected for row in rows),
            sum(row.uncollectable for row in rows),
            seconds,
            max(row.longest for row in rows) * 1000,
        )
        return high

    def openmetrics(self) -> str:
        return openmetrics(self)

    def _wake(self) -> None:
        try:
            self.check()
        except Exception:
            pass  # a handler's; `logging` has told it on stderr already


def openmetrics(monitor: Optional[GCMonitor] = None) -> str:
    """This process's figures as OpenMetrics text; pauses only with a monitor that runs."""
    rows = gc.get_stats()
    text: List[str] = []
    for name, key, meaning in (
        ("python_gc_collections", "collections", "Collections, by generation."),
        ("python_gc_objects_collected", "collected", "Objects collected, by generation."),
        ("python_gc_objects_uncollectable", "uncollectable", "Objects found that could not be collected."),
    ):
        text += [f"# HELP {name} {meaning}", f"# TYPE {name} counter"]
        text += [f'{name}_total{{generation="{index}"}} {row[key]}' for index, row in enumerate(rows)]
    if monitor is not None and monitor.running:
        text += _pauses(monitor.statistics())
    try:
        memory = ProcessMemory()
        resident = memory.rss()
        memory.close()
    except OSError:
        pass  # no /proc: no figure, rather than 0
    else:
        name = "process_resident_memory_bytes"
        text += [f"# HELP {name} Resident memory.", f"# TYPE {name} gauge", f"# UNIT {name} bytes"]
        text += [f"{name} {resident}"]
    return "\n".join([*text, "# EOF", ""])


def _pauses(rows: List[Pauses]) -> List[str]:
    name = "python_gc_pause_seconds"
    text = [
        f"# HELP {name} How long one collection took.",
        f"# TYPE {name} histogram",
        f"# UNIT {name} seconds",
    ]
    for generation, row in enumerate(rows):
        below = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), row.histogram):
            below += count
            text.append(f'{name}_bucket{{generation="{generation}",le="{bound}"}} {below}')
        # The sum of the buckets, not `collections`: a collection may end between two readings.
        text.append(f'{name}_count{{generation="{generation}"}} {below}')
        text.append(f'{name}_sum{{generation="{generation}"}} {row.total!r}')
    return text

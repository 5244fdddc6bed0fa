"""Does this process grow, tick after tick, and by what?

A tick is a request, a task, a turn of a loop. After a warm-up every so many ticks resident memory is compared
with a baseline, in a thread that lives for this one comparison. It is an error when growth, without its
largest step, passes the threshold, and went on through each of the last comparisons without fading.
"""

import functools
import gc
import itertools
import logging
import os
import threading
import tracemalloc
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from tidemark.background import start_aside
from tidemark.process import ProcessMemory
from tidemark.settings import LOGGER
from tidemark.text import MIB, parse_size, printable, size
from tidemark.tracing import TRACER, Line, Lines, lines, top

_MOST_OBJECTS = 200_000  # looked at in one comparison; of more, every second, third, ... stands for all
_KEPT_STEPS = 1000  # a process that lives for months keeps no more
_FADING = 4  # growth fades when the smallest of the last steps is less than the largest by this factor


class Growth(NamedTuple):
    """What a comparison found, against the baseline."""

    ticks: int
    bytes: int
    confirmed: bool
    types: List[Tuple[str, int]]  # objects of a type more than there were, most first
    lines: List[Line]  # only with `trace`


class LeakHunter:
    """Call `tick()` after each unit of work. The first tick in a process begins; `stop()` ends it.

    threshold  growth beyond the baseline that is an error: bytes, or "32MiB"
    every      ticks between comparisons
    warmup     ticks before the baseline is taken
    confirm    comparisons in a row that must show growth
    trace      also tell lines, by tracemalloc: every allocation becomes some times slower. If the application
               traces itself, its traces are used and left running.
    top        lines and types that are told
    callback   called with a confirmed Growth, in the comparing thread
    """

    def __init__(
        self,
        threshold: object = 32 * MIB,
        every: int = 1000,
        warmup: int = 1000,
        confirm: int = 3,
        trace: bool = False,
        top: int = 10,
        callback: Optional[Callable[[Growth], object]] = None,
        logger: Optional[logging.Logger] = None,
    ) -> None:
        if every < 1 or warmup < 0 or confirm < 1 or top < 1:
            raise ValueError("every, confirm and top are at least 1, warmup is not negative")
        self._threshold = parse_size(threshold)
        self._every = every
        self._warmup = warmup
        self._confirm = confirm
        self._trace = trace
        self._top = top
        self._callback = callback
        self._logger = logger or LOGGER
        self._lock = threading.Lock()
        self._memory: Optional[ProcessMemory] = None
        self._pid = 0
        self._stopped = False
        self._has_complained = False
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._ticks = itertools.count(1)
        self._due = self._warmup or 1
        self._comparing = threading.Lock()
        self._thread: Optional[threading.Thread] = None
        self._forget()

    def _forget(self) -> None:
        self._baseline: Optional[int] = None
        self._types: Dict[str, int] = {}
        self._lines: Lines = {}
        self._steps: List[int] = []
        self._last = 0

    def start(self) -> None:
        """Begins, also again after `stop()`. Not needed before the first tick."""
        with self._lock:
            self._stopped = False
            self._begin_in_this_process()

    def stop(self) -> None:
        """Ends tracing that was started here, waits for a comparison under way, forgets the baseline."""
        with self._lock:
            self._stopped = True
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread() and self._pid == os.getpid():
            thread.join()
        with self._lock:
            TRACER.stop(self)
            if self._memory is not None:
                self._memory.close()
                self._memory = None
            self._pid = 0
            self._forget()

    def tick(self) -> None:
        """Costs a counter, and every `every` times the start of a thread. For any thread; never raises."""
        try:
            self._tick()
        except Exception as error:  # no thread is to be had, or no descriptor: another time
            if not self._has_complained:
                self._has_complained = True
                self._logger.warning("a comparison is left out: %s", error)

    def _tick(self) -> None:
        if self._pid != os.getpid():
            if self._stopped or not self._may_begin():
                return
        tick = next(self._ticks)
        if tick >= self._due:
            self._compare_aside(tick)

    def compare(self) -> Growth:
        """Compares now, in this thread; the first time it takes the baseline."""
        with self._comparing:
            return self._compare()

    def wsgi(self, application: Callable[..., Any]) -> Callable[..., Any]:
        """A WSGI application that ticks with each request."""

        def ticking(environ: Any, start_response: Any) -> Any:
            try:
                return application(environ, start_response)
            finally:
                self.tick()

        return ticking

    def asgi(self, application: Callable[..., Any]) -> Callable[..., Any]:
        """An ASGI application that ticks with each HTTP request and closed WebSocket."""

        @functools.wraps(application, updated=())
        async def ticking(scope: Any, receive: Any, send: Any) -> None:
            try:
                await application(scope, receive, send)
            finally:
                if scope["type"] != "lifespan":
                    self.tick()

        return ticking

    def _may_begin(self) -> bool:
        if self._pid:
            self._lock = threading.Lock()  # the parent's, which may have been held at the fork
        with self._lock:
            self._begin_in_this_process()
        return self._memory is not None

    def _begin_in_this_process(self) -> None:
        if self._pid == os.getpid():
            return
        self._begin_anew()
        try:
            self._memory = self._memory or ProcessMemory()
            self._memory.rss()
        except OSError as error:
            self._logger.warning("no leak is hunted, resident memory cannot be read: %s", error)
            self._stopped = True
            return
        self._pid = os.getpid()
        if self._trace:
            TRACER.start(self)

    def _compare_aside(self, tick: int) -> None:
        with self._lock:
            under_way = self._thread is not None and self._thread.is_alive()
            if self._stopped or under_way or tick < self._due:
                return
            self._due = tick + self._every
            self._thread = start_aside(self._compare_guarded, "tidemark-leak-hunter")

    def _compare_guarded(self) -> None:
        try:
            growth = self.compare()
            if growth.confirmed and not self._stopped:
                self._tell(growth)
        except Exception:  # the application must run, whatever a callback or a handler does
            self._logger.exception("a comparison failed")

    def _compare(self) -> Growth:
        if self._memory is None:
            self.start()
        if self._memory is None:
            return Growth(0, 0, False, [], [])
        resident = self._memory.rss()
        ticks = self._due - self._every
        if self._baseline is None:
            self._types = count_types()
            self._lines = lines() if self._tracing() else {}
            self._baseline = self._last = self._memory.rss()  # with what the counting took
            return Growth(ticks, 0, False, [], [])
        self._steps = [*self._steps[-_KEPT_STEPS:], resident - self._last]
        self._last = resident
        grown = resident - self._baseline
        confirmed = is_confirmed(self._steps, grown, self._threshold, self._confirm)
        if not confirmed:
            return Growth(ticks, grown, False, [], [])
        return self._what_grew(ticks, grown)

    def _what_grew(self, ticks: int, grown: int) -> Growth:
        """Names the growth; from here on it is compared with what there is now."""
        assert self._memory is not None
        types, before = count_types(), self._types
        more = sorted(((count - before.get(name, 0), name) for name, count in types.items()), reverse=True)
        now = lines() if self._tracing() else {}
        growth = Growth(
            ticks,
            grown,
            True,
            [(name, count) for count, name in more[: self._top] if count > 0],
            top(now, self._lines, self._top),
        )
        self._types, self._lines, self._steps = types, now, []
        self._baseline = self._last = self._memory.rss()
        return growth

    def _tracing(self) -> bool:
        return self._trace and tracemalloc.is_tracing()

    def _tell(self, growth: Growth) -> None:
        types = ", ".join(f"{printable(name)} +{count}" for name, count in growth.types)
        where = ", ".join(f"{line.file}:{line.line} +{size(line.bytes)}" for line in growth.lines)
        self._logger.error(
            "memory grows: %s more than at the baseline after %d ticks, in each of %d comparisons;"
            " by type: %s%s",
            size(growth.bytes),
            growth.ticks,
            self._confirm,
            types or "nothing that the garbage collector knows",
            f"; by line: {where}" if where else "",
        )
        if self._callback is not None:
            self._callback(growth)


def is_confirmed(steps: List[int], grown: int, threshold: int, confirm: int) -> bool:
    """Growth that goes on: not one step, however large, and not a cache that is nearly full."""
    last = steps[-confirm:]
    if len(last) < confirm or min(last) <= 0:
        return False
    if grown < threshold or (len(steps) > 1 and grown - max(steps) < threshold):
        return False
    return min(last) * _FADING >= max(last)


def count_types() -> Dict[str, int]:
    """How many objects of each type the garbage collector knows; estimated where there are very many."""
    objects = gc.get_objects()
    stride = len(objects) // _MOST_OBJECTS + 1
    counts: Dict[str, int] = {}
    for index in range(0, len(objects), stride):
        kind = type(objects[index])
        name = f"{kind.__module__}.{kind.__qualname__}"
        counts[name] = counts.get(name, 0) + stride
    return counts

"""What one unit of work, a request or a task, did to this process's resident memory.

Two looks a unit, for each costs a microsecond, or four where other work has emptied the processor's caches:
resident memory when it begins, the high-water mark when it ends. If the mark is not above the begin by the
threshold, neither is anything else, and no closer look is taken. What a unit kept is seen when the next one
begins, and its answer has been freed; where nobody was beside it.

The kernel counts for the whole process. Where two units overlap, neither can be blamed, and both are marked
as shared. Every method may be called from any thread, and none raises: a unit whose memory cannot be read
is not measured.
"""

import os
import random
import threading
import tracemalloc
import weakref
from typing import List, Optional

from tidemark.process import ProcessMemory
from tidemark.settings import LOGGER, Settings
from tidemark.text import size
from tidemark.tracing import TRACER, Line, lines, top
from tidemark.trends import Trends


class Unit:
    """A unit of work, under way and, after `Meter.end`, measured. Bytes."""

    before = 0  # resident when it began
    name: str
    shared = False  # others ran at the same time
    traced = False
    measured = True  # False: memory could not be read
    peak: Optional[int] = None  # the most beyond before, where known

    # After a closer look:
    kept = 0  # resident at the end beyond before, its answer included; below 0 when memory went back
    traced_peak = 0  # the most that was allocated while it was traced
    lines: List[Line] = []  # of a traced one above the threshold


class Meter:
    """One for a process: it must know of all units to know which are alone. Adds them to trends."""

    def __init__(self, settings: Settings, trends: Trends) -> None:
        self._threshold = settings.threshold
        self._trends = trends
        # Under a run of `tidemark` the mark is the harness's, which sets it back and reads it.
        resets = settings.peak == "reset" and "TIDEMARK_AGENT_DIR" not in os.environ
        self.memory = ProcessMemory(may_reset=resets)
        self._resets = resets and self.memory.can_reset
        if resets and not self._resets:
            LOGGER.warning("/proc/self/clear_refs is not writable: a peak is known when it is a new one")
        self._has_complained = False
        self._traces = settings.trace_share > 0 or settings.trace_every > 0
        self._trace_share = settings.trace_share
        self._trace_every = settings.trace_every
        self._trace_lines = settings.trace_lines
        # Opened with the first unit: a server that forks its workers below Python tells nobody.
        self.memory.close()
        self.forget()
        _METERS.add(self)

    def forget(self) -> None:
        """As in a child: nothing is under way, a lock might never open, and trends are the parent's to tell."""
        # Reentrant, for a forgotten answer may end its unit wherever it is collected.
        self.lock = threading.RLock()
        self._ready = False
        self._under_way = 0
        self._alone: Optional[Unit] = None
        self._last: Optional[Unit] = None  # was alone, and nothing has begun since
        self._until_trace = self._trace_every
        self._mark = 0
        self._trends.take()

    def begin(self) -> Unit:
        unit = Unit()
        if self._traces and self._wants_trace():
            unit.traced = TRACER.start(unit)
        with self.lock:
            if self._under_way:
                unit.shared = True
                if self._alone is not None:  # the first; those after it are marked
                    self._alone.shared = True
                    self._alone = None
            else:
                self._alone = unit
            self._under_way += 1
            try:
                if not self._ready:
                    self._mark = self.memory.peak()
                    self._ready = True
                if self._resets and self._alone is unit:
                    self.memory.reset_peak()
                unit.before = before = self.memory.rss_here()
            except Exception as error:  # no descriptors are left: the application's work must go on
                self._give_up(unit, error)
                self._last = None
                return unit
            last = self._last
            if last is not None:
                self._last = None
                if before != last.before:
                    self._trends.settle(last.name, before - last.before)
        return unit

    def end(self, unit: Unit, name: str) -> bool:
        """True when the unit is above the threshold."""
        with self.lock:
            self._under_way -= 1
            is_alone = self._alone is unit
            if is_alone:
                self._alone = None
            if not unit.measured:
                return False
            try:
                mark = self.memory.peak_here()
                above = mark - unit.before
                # Without a reset the mark is an old one, unless it rose.
                if mark > self._mark or (self._resets and not unit.shared):
                    unit.peak = above if above > 0 else 0
                self._mark = mark
                loud = (above >= self._threshold or unit.traced) and self._look_closer(unit)
            except Exception as error:
                self._give_up(unit, error)
                return False
            if is_alone:
                self._last = unit
                unit.name = name
            trends = self._trends
            trends.count(name)
            if loud or unit.shared or unit.peak is not None:
                trends.add(name, unit.shared, unit.peak, loud)
        return loud

    def _give_up(self, unit: Unit, error: Exception) -> None:
        unit.measured = False
        if unit.traced:
            TRACER.stop(unit)
        if not self._has_complained:
            self._has_complained = True
            LOGGER.warning("some requests or tasks are not measured, memory cannot be read: %s", error)

    def _wants_trace(self) -> bool:
        if not self._trace_every:
            return random.random() < self._trace_share
        self._until_trace -= 1
        if self._until_trace > 0:
            return False
        self._until_trace = self._trace_every
        return True

    def _look_closer(self, unit: Unit) -> bool:
        unit.kept = self.memory.rss_here() - unit.before
        try:
            if unit.traced and TRACER.owns(unit) and tracemalloc.is_tracing():
                unit.traced_peak = tracemalloc.get_traced_memory()[1]
            loud = max(unit.kept, unit.peak or 0, unit.traced_peak) >= self._threshold
            if loud and unit.traced_peak:
                unit.lines = top(lines(), {}, self._trace_lines)
        finally:
            if unit.traced:
                TRACER.stop(unit)
        return loud


_METERS: "weakref.WeakSet[Meter]" = weakref.WeakSet()


def _forget_all() -> None:
    for meter in list(_METERS):
        meter.forget()


os.register_at_fork(after_in_child=_forget_all)


def describe(unit: Unit) -> str:
    """A unit above the threshold in the words of a log line."""
    now = size(unit.before + unit.kept)
    parts = [f"kept {size(unit.kept)} at its end (resident {size(unit.before)}, then {now})"]
    if unit.peak is not None:
        parts.append(f"peak {size(unit.peak)}")
    if unit.traced:
        parts.append(f"{size(unit.traced_peak)} allocated at most")
    if unit.shared:
        parts.append("shared with others that ran at the same time, not attributable")
    parts += [f"{line.file}:{line.line} holds {size(line.bytes)} ({line.blocks})" for line in unit.lines]
    return "; ".join(parts)

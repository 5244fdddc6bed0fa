"""What one unit of work, a request or a task, did to this process's resident memory.

The kernel counts for the whole process. Where two units overlap, neither can be blamed, and both are marked
as shared. Every method may be called from any thread. It runs twice in each request: hence few calls, few
objects, and no number is parsed that has not changed.
"""

import os
import random
import threading
import tracemalloc
from typing import List, Optional

from tidemark.process import ProcessMemory
from tidemark.settings import LOGGER, Settings
from tidemark.text import size
from tidemark.tracing import TRACER, Line, lines, top


class Unit:
    """A unit of work, under way and, after `Meter.end`, measured. Bytes."""

    __slots__ = ("before", "mark", "moved", "kept", "peak", "shared", "traced", "traced_peak", "lines")

    before: int  # resident when it began
    mark: int
    moved: int  # what went (below 0) or came between the end of the unit before and this one's begin
    kept: int  # resident at the end beyond before, its answer included; below 0 when memory went back
    peak: Optional[int]  # the most beyond before, where known
    shared: bool  # others ran at the same time
    traced: bool

    def __init__(self) -> None:
        self.shared = self.traced = False

    @property
    def most(self) -> int:
        """The most that it can be blamed for. Of a traced one also what was allocated at most."""
        most = self.kept if self.peak is None else max(self.kept, self.peak)
        return max(most, self.traced_peak) if self.traced else most

    # Of a traced unit alone:
    traced_peak: int
    lines: List[Line]  # if it is above the threshold


class Meter:
    """One for a process: it must know of all units in order to know which are alone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Under a run of `tidemark` the mark is the harness's, which sets it back and reads it.
        resets = settings.peak == "reset" and "TIDEMARK_AGENT_DIR" not in os.environ
        self.memory = ProcessMemory(may_reset=resets)
        self._reads_mark = settings.peak != "off"
        self._resets = resets and self.memory.can_reset
        if resets and not self._resets:
            LOGGER.warning("/proc/self/clear_refs is not writable: a peak is known when it is a new one")
        self._traces = settings.trace_share > 0 or settings.trace_every > 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.pid = os.getpid()
        self._lock = threading.RLock()  # a forgotten answer may end its unit wherever it is collected
        self._under_way = 0
        self._alone: Optional[Unit] = None
        self._until_trace = self._settings.trace_every
        self._last_rss: Optional[int] = None  # at the end of a unit that was alone
        self._mark = self.memory.peak()

    def begin(self) -> Unit:
        if self.pid != os.getpid():
            self._begin_anew()  # in a child, where nothing is under way and a lock might never open
        unit = Unit()
        with self._lock:
            if self._under_way:
                unit.shared = True
                if self._alone is not None:  # the first; those after it are marked
                    self._alone.shared = True
                    self._alone = None
            else:
                self._alone = unit
            self._under_way += 1
            last, self._last_rss = self._last_rss, None
        if self._traces and self._wants_trace():
            unit.traced = TRACER.start(unit)
        memory = self.memory
        if self._resets and not unit.shared:
            memory.reset_peak()
        unit.before = before = memory.rss_here()
        unit.moved = 0 if last is None else before - last
        unit.mark = self._mark
        return unit

    def end(self, unit: Unit) -> None:
        memory = self.memory
        now = memory.rss_here()
        unit.kept = now - unit.before
        unit.peak = None
        if self._reads_mark:
            mark = memory.peak_here()
            # Without a reset the mark is an old one, unless it rose.
            if mark > unit.mark or (self._resets and not unit.shared):
                unit.peak = max(mark - unit.before, 0)
            if not self._resets:
                self._mark = mark
        with self._lock:
            self._under_way -= 1
            if self._alone is unit:
                self._alone = None
                self._last_rss = now
        if unit.traced:
            self._end_trace(unit)

    def _wants_trace(self) -> bool:
        settings = self._settings
        if not settings.trace_every:
            return random.random() < settings.trace_share
        self._until_trace -= 1
        if self._until_trace > 0:
            return False
        self._until_trace = settings.trace_every
        return True

    def _end_trace(self, unit: Unit) -> None:
        unit.lines = []
        unit.traced_peak = 0
        try:
            if TRACER.owns(unit) and tracemalloc.is_tracing():
                unit.traced_peak = tracemalloc.get_traced_memory()[1]
                if unit.most >= self._settings.threshold:
                    unit.lines = top(lines(), {}, self._settings.trace_lines)
        finally:
            TRACER.stop(unit)


def describe(unit: Unit) -> str:
    """A measured unit in the words of a log line."""
    now = size(unit.before + unit.kept)
    parts = [f"kept {size(unit.kept)} at its end (resident {size(unit.before)}, then {now})"]
    if unit.peak is not None:
        parts.append(f"peak {size(unit.peak)}")
    if unit.traced:
        parts.append(f"{size(unit.traced_peak)} allocated at most")
    if unit.shared:
        parts.append("shared with others that ran at the same time, not attributable")
    if unit.traced:
        parts += [f"{line.file}:{line.line} holds {size(line.bytes)} ({line.blocks})" for line in unit.lines]
    return "; ".join(parts)

"""What one unit of work, a request or a task, did to this process's resident memory.

The kernel counts for the whole process. Where two units overlap, neither can be blamed, and both are marked
as shared. Every method may be called from any thread.
"""

import os
import random
import threading
import tracemalloc
from typing import List, NamedTuple, Optional

from tidemark.process import ProcessMemory
from tidemark.settings import LOGGER, Settings
from tidemark.text import size
from tidemark.tracing import TRACER, Line, Lines, lines, top


class Unit:
    """A unit of work under way."""

    __slots__ = ("rss", "mark", "shared", "traced")

    rss: int
    mark: int

    def __init__(self) -> None:
        self.shared = False
        self.traced = False


class Usage(NamedTuple):
    """Bytes."""

    before: int
    kept: int  # resident afterwards beyond before; below 0 when memory went back
    peak: Optional[int]  # the most beyond before, where known
    shared: bool  # others ran at the same time
    traced: bool
    lines: List[Line]  # of a traced unit above the threshold
    traced_peak: int  # the most that was allocated while it was traced

    @property
    def most(self) -> int:
        most = self.kept if self.peak is None or self.peak < self.kept else self.peak
        return most if most > self.traced_peak else self.traced_peak


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
            LOGGER.warning("/proc/self/clear_refs is not writable: the peak is known when it is a new one")
        self._traces = settings.trace_share > 0 or settings.trace_every > 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.pid = os.getpid()
        self._lock = threading.RLock()  # a forgotten answer may end its unit wherever it is collected
        self._under_way = 0
        self._alone: Optional[Unit] = None
        self._until_trace = self._settings.trace_every

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
        if self._traces and self._wants_trace():
            unit.traced = TRACER.start(unit)
        memory = self.memory
        if self._resets and not unit.shared:
            memory.reset_peak()
        unit.rss = memory.rss()
        unit.mark = memory.peak() if self._reads_mark else 0
        return unit

    def end(self, unit: Unit) -> Usage:
        memory = self.memory
        kept = memory.rss() - unit.rss
        peak: Optional[int] = None
        if self._reads_mark:
            mark = memory.peak()
            # Without a reset the mark is an old one, unless it rose.
            if mark > unit.mark or (self._resets and not unit.shared):
                peak = max(mark - unit.rss, 0)
        with self._lock:
            self._under_way -= 1
            if self._alone is unit:
                self._alone = None
        if unit.traced:
            return self._end_traced(unit, kept, peak)
        return Usage(unit.rss, kept, peak, unit.shared, False, [], 0)

    def _wants_trace(self) -> bool:
        settings = self._settings
        if not settings.trace_every:
            return random.random() < settings.trace_share
        self._until_trace -= 1
        if self._until_trace > 0:
            return False
        self._until_trace = settings.trace_every
        return True

    def _end_traced(self, unit: Unit, kept: int, peak: Optional[int]) -> Usage:
        found: List[Line] = []
        traced_peak = 0
        try:
            if TRACER.owns(unit) and tracemalloc.is_tracing():
                traced_peak = tracemalloc.get_traced_memory()[1]
                if max(kept, peak or 0, traced_peak) >= self._settings.threshold:
                    nothing: Lines = {}
                    found = top(lines(), nothing, self._settings.trace_lines)
        finally:
            TRACER.stop(unit)
        return Usage(unit.rss, kept, peak, unit.shared, True, found, traced_peak)


def describe(usage: Usage) -> str:
    """The usage in the words of a log line."""
    now = size(usage.before + usage.kept)
    parts = [f"kept {size(usage.kept)} (resident {size(usage.before)}, now {now})"]
    if usage.peak is not None:
        parts.append(f"peak {size(usage.peak)} above its begin")
    if usage.traced_peak:
        parts.append(f"{size(usage.traced_peak)} allocated at most")
    if usage.shared:
        parts.append("shared with others that ran at the same time, not attributable")
    for line in usage.lines:
        parts.append(f"{line.file}:{line.line} holds {size(line.bytes)} in {line.blocks} blocks")
    return ", ".join(parts[:1]) + "".join(f"; {part}" for part in parts[1:])

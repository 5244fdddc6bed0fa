"""One tracer at a time: tracemalloc sees the whole process, and an application may be using it itself."""

import os
import threading
import tracemalloc
from typing import Dict, List, NamedTuple, Optional, Tuple


class Line(NamedTuple):
    """What one line of source holds, or holds more than before."""

    file: str
    line: int
    bytes: int
    blocks: int


Lines = Dict[Tuple[str, int], Tuple[int, int]]

_OWN_FILES = (tracemalloc.Filter(False, tracemalloc.__file__), tracemalloc.Filter(False, __file__))


class Tracer:
    """Starts tracing if nobody traces, and stops what it has started."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner: Optional[object] = None

    def start(self, owner: object) -> bool:
        """False, and nothing done, when another part of the program traces already."""
        with self._lock:
            if self._owner is not None or tracemalloc.is_tracing():
                return False
            tracemalloc.start(1)
            self._owner = owner
            return True

    def owns(self, owner: object) -> bool:
        return self._owner is owner

    def stop(self, owner: object) -> None:
        with self._lock:
            if self._owner is owner:
                self._owner = None
                tracemalloc.stop()

    def after_fork(self) -> None:
        """In a child nobody is left who would stop what was started, or who holds the lock."""
        self._lock = threading.RLock()
        if self._owner is not None:
            self._owner = None
            tracemalloc.stop()


TRACER = Tracer()
os.register_at_fork(after_in_child=TRACER.after_fork)


def lines() -> Lines:
    """Bytes and blocks by the line that asked for them. The snapshot itself is let go."""
    snapshot = tracemalloc.take_snapshot().filter_traces(_OWN_FILES)
    found: Lines = {}
    for statistic in snapshot.statistics("lineno"):
        frame = statistic.traceback[0]
        found[frame.filename, frame.lineno] = (statistic.size, statistic.count)
    return found


def top(now: Lines, before: Lines, count: int) -> List[Line]:
    """The lines that grew most, most first."""
    grown = []
    for (file, line), (held, blocks) in now.items():
        held_before, blocks_before = before.get((file, line), (0, 0))
        if held > held_before:
            grown.append(Line(file, line, held - held_before, blocks - blocks_before))
    return sorted(grown, key=lambda one: -one.bytes)[:count]

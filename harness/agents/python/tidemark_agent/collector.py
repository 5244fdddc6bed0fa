"""The cyclic garbage collector: what it did by itself, and full collections on request."""

import gc
import os
import sys
from typing import Any, Dict, List

from tidemark_agent.complaints import complain
from tidemark_agent.originals import perf_counter

_THRESHOLD_VARIABLE = "TIDEMARK_GC_THRESHOLD"


class Collector:
    """Counts and times its own collections apart, so that statistics speak of the application's alone."""

    def __init__(self) -> None:
        self._own: Dict[str, int] = {"collections": 0, "collected": 0, "uncollectable": 0}
        self._is_collecting = False  # on our own behalf
        self._began = 0.0
        generations = len(gc.get_stats())
        self._paused = [0.0] * generations  # seconds
        self._longest = [0.0] * generations
        gc.callbacks.append(self._watch)

    def _watch(self, phase: str, info: Dict[str, Any]) -> None:
        """Called by the collector before and after each collection, many times in a second."""
        if phase == "start":
            self._began = perf_counter()
        elif not self._is_collecting:
            pause = perf_counter() - self._began
            generation = info["generation"]
            self._paused[generation] += pause
            if pause > self._longest[generation]:
                self._longest[generation] = pause

    def runs_by_itself(self) -> bool:
        """False where the application has switched automatic collection off, by either way."""
        return gc.isenabled() and gc.get_threshold()[0] > 0

    def collect(self) -> int:
        """A full collection; returns the number of unreachable objects that it found."""
        before = gc.get_stats()[-1]
        self._is_collecting = True
        try:
            found = gc.collect()
        finally:
            self._is_collecting = False
        after = gc.get_stats()[-1]
        for key in self._own:
            self._own[key] += after[key] - before[key]
        return found

    def generations(self) -> List[Dict[str, Any]]:
        """Per generation, youngest first, without the collections that this agent asked for."""
        stats = gc.get_stats()
        for key, own in self._own.items():
            stats[-1][key] -= own
        # An application may empty the list of callbacks: then pauses are not known, rather than none.
        is_watched = self._watch in gc.callbacks
        rows = []
        for generation, (row, threshold, count) in enumerate(
            zip(stats, gc.get_threshold(), gc.get_count())
        ):
            rows.append(
                {
                    "generation": generation,
                    "threshold": threshold,
                    "count": count,
                    **row,
                    "paused_seconds": round(self._paused[generation], 6) if is_watched else None,
                    "longest_pause_seconds": round(self._longest[generation], 6) if is_watched else None,
                }
            )
        return rows


def set_threshold_from_environment() -> None:
    """TIDEMARK_GC_THRESHOLD=700 or 700,10,10: for a run that compares thresholds. The application may
    still set its own."""
    text = os.environ.get(_THRESHOLD_VARIABLE)
    if not text:
        return
    try:
        gc.set_threshold(*(int(part) for part in text.split(",")))
    except (TypeError, ValueError, OverflowError) as error:
        complain(f"{_THRESHOLD_VARIABLE} is {text[:40]!r}: {error}")


def clear_internal_caches() -> None:
    """Empties the interpreter's cache of attribute look-ups.

    Each of its 4,096 entries keeps a name alive until another takes its slot, so it fills for a thousand
    requests and more: a healthy Django view "grew" by 25 to 500 bytes a request until this was done at
    every settling, and by nothing since. It refills by itself.
    """
    clear = getattr(sys, "_clear_internal_caches", None) or getattr(
        sys, "_clear_type_cache", None
    )
    if clear is not None:
        clear()

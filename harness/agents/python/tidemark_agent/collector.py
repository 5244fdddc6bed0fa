"""The cyclic garbage collector: what it did by itself, and full collections on request."""

import gc
import sys
from typing import Dict, List


class Collector:
    """Counts its own collections, so that statistics speak of the application's alone."""

    def __init__(self) -> None:
        self._own: Dict[str, int] = {"collections": 0, "collected": 0, "uncollectable": 0}

    def runs_by_itself(self) -> bool:
        """False where the application has switched automatic collection off, by either way."""
        return gc.isenabled() and gc.get_threshold()[0] > 0

    def collect(self) -> int:
        """A full collection; returns the number of unreachable objects that it found."""
        before = gc.get_stats()[-1]
        found = gc.collect()
        after = gc.get_stats()[-1]
        for key in self._own:
            self._own[key] += after[key] - before[key]
        return found

    def generations(self) -> List[Dict[str, int]]:
        """Per generation, youngest first, without the collections that this agent asked for."""
        stats = gc.get_stats()
        for key, own in self._own.items():
            stats[-1][key] -= own
        rows = []
        for generation, (row, threshold, count) in enumerate(
            zip(stats, gc.get_threshold(), gc.get_count())
        ):
            rows.append({"generation": generation, "threshold": threshold, "count": count, **row})
        return rows


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

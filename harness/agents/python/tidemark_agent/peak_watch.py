"""A snapshot in the act: what is traced while a process needs more than so many bytes more than before."""

import sys
import tracemalloc
from typing import Any, Dict, List, Optional

from tidemark_agent import tracing
from tidemark_agent.fitting import fitted
from tidemark_agent.sites import FrameTable, Site, Sites
from tidemark_agent.source import Sources
from tidemark_agent.tracing import Use

_SWITCH_INTERVAL = 0.0005  # in which a busy thread hands the interpreter over, so that looks come in time
_AGAIN = 1.5  # times as much as at the last snapshot
_MOST_SITES = 30


class PeakWatch:
    def __init__(self, above: int, is_ours: bool) -> None:
        """`is_ours`: the application does not trace itself, so tracemalloc's own peak may be set back."""
        self._above = above
        self._before = tracing.in_use(tracing.raw_traces())
        self._snapshot: Optional[List[Any]] = None
        self._taken_at = 0
        self._highest = 0
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self._knows_peak = is_ours and hasattr(tracemalloc, "reset_peak")
        if self._knows_peak:
            tracemalloc.reset_peak()
        self._base = tracemalloc.get_traced_memory()[0]

    def look(self) -> None:
        more = tracemalloc.get_traced_memory()[0] - self._base
        self._highest = max(self._highest, more)
        if more <= self._above or more <= self._taken_at * _AGAIN:
            return
        self._snapshot = None  # or two of them are held at once
        self._snapshot = tracing.raw_traces()
        self._taken_at = more

    def end(self) -> None:
        sys.setswitchinterval(self._switch_interval)

    def caught(self, directory: str) -> Dict[str, Any]:
        self.end()
        if self._knows_peak:  # exactly; a snapshot is made without being traced
            self._highest = max(self._highest, tracemalloc.get_traced_memory()[1] - self._base)
        sources = Sources(directory)
        table = FrameTable(sources)
        sites = Sites(self._sites(), [], sources)
        return fitted(
            {
                "traced_peak": self._highest,
                "taken_at": self._taken_at,
                "sites": sites.rows(table, {}),
                "frames": table.rows(),
            }
        )

    def _sites(self) -> List[Site]:
        """What is in use in the snapshot and was not before, the largest first."""
        if self._snapshot is None:
            return []
        nothing = Use(0, 0)
        more = []
        for way, use in tracing.in_use(self._snapshot).items():
            before = self._before.get(way, nothing)
            if use.bytes > before.bytes:
                more.append(Site(way, [Use(use.bytes - before.bytes, max(0, use.blocks - before.blocks))]))
        more.sort(key=lambda site: -site.uses[0].bytes)
        return more[:_MOST_SITES]

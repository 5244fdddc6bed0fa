"""Which lines keep memory, and what holds it: from the marks to the answer of PROTOCOL.md."""

import gc
from typing import Any, Dict, List

from tidemark_agent import fitting, heap, holders, tracing, type_growth
from tidemark_agent.kept import Walk
from tidemark_agent.originals import perf_counter
from tidemark_agent.referrers import Referrers
from tidemark_agent.sites import FrameTable, Site, Sites, shown
from tidemark_agent.source import Sources
from tidemark_agent.tracing import Use, Way
from tidemark_agent.turnover import Turnover

MOST_MARKS = 32
_MOST_SITES = 60
_RAREST = 10  # types with fewer instances more than one in so many iterations are left out
_SECONDS = 5.0  # after which ways to objects are no longer looked for


class Marks:
    """What is noted at each mark, and the comparison of the first with the last."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._ways: Dict[Way, Way] = {}
        self._uses: List[Dict[Way, Use]] = []
        self._containers = holders.Growth()
        self._types = type_growth.Growth()

    def add(self) -> Dict[str, Any]:
        if len(self._uses) >= MOST_MARKS:
            raise ValueError(f"more than {MOST_MARKS} marks")
        self._uses.append(tracing.in_use(tracing.raw_traces(), self._ways))
        objects = heap.objects()
        self._containers.mark(objects)
        self._types.mark(objects)
        return {"marks": len(self._uses), "traced_bytes": self._traced_bytes()[-1]}

    def _traced_bytes(self) -> List[int]:
        return [sum(use.bytes for use in uses.values()) for uses in self._uses]

    def diagnose(self, iterations: int) -> Dict[str, Any]:
        if len(self._uses) < 2:
            raise ValueError("a diagnosis needs two marks or more")
        objects = heap.objects()
        grown_types = self._types.grown(objects, iterations // _RAREST)
        # Told apart by themselves: an object in the place of one that was freed need not be traced.
        changes = self._containers.changes(objects, [self._ways, self._uses, *self._uses])
        del objects
        grown = changes.grown
        things = [each.container for each in grown] + [each.newest[0] for each in grown_types]
        search = Referrers(things, perf_counter() + _SECONDS)
        walk = Walk(perf_counter() + _SECONDS)
        found = [holders.holder_of(each, search.path_to(each.container), walk) for each in grown]
        found = holders.with_weak_storage(found, changes.weak)
        # Those with a name of their own first: what they hold is told with them.
        found.sort(key=lambda holder: (not holder.names, holder.first - holder.last))
        sources = Sources(self._directory)
        table = FrameTable(sources)
        replaced = Turnover(changes.standing, Walk(perf_counter() + _SECONDS))
        sites = Sites(self._grown_sites(found, replaced), found, sources)
        return fitting.fitted(
            {
                "sites": sites.rows(table, _types_by_way(grown_types)),
                "frames": table.rows(),
                "holders": [_holder_row(holder) for holder in found],
                "types": [_type_row(each, found, search) for each in grown_types],
                "traced_bytes": self._traced_bytes(),
            }
        )

    def _grown_sites(self, found: List[holders.Holder], replaced: Turnover) -> List[Site]:
        nothing = Use(0, 0)
        first, last = self._uses[0], self._uses[-1]
        growth = {way: use.bytes - first.get(way, nothing).bytes for way, use in last.items()}
        grown = sorted((way for way, size in growth.items() if size > 0), key=lambda way: -growth[way])
        kept = {way for holder in found for way in holder.kept.ways}
        grown = [way for way in grown if way in kept or not replaced.explains(way, last[way].blocks)]
        return [Site(way, [uses.get(way, nothing) for uses in self._uses]) for way in grown[:_MOST_SITES]]


def _types_by_way(grown: List[type_growth.GrownType]) -> Dict[Way, str]:
    """Of the newest instances, and of what they refer to."""
    found: Dict[Way, str] = {}
    for each in grown:
        for thing in each.newest:
            for some in (thing, *gc.get_referents(thing)):
                way = tracing.way_to(some)
                if way is not None:
                    found.setdefault(way, heap.type_name(some))
    return found


def _holder_row(holder: holders.Holder) -> Dict[str, Any]:
    row = {
        "name": shown(holder.name),
        "type": shown(holder.type),
        "path": [shown(word) for word in holder.path + holder.chain],
        "first": holder.first,
        "last": holder.last,
        "storage": holder.storage,
    }
    if holder.bound is not None:
        row["bound"] = holder.bound
    return row


def _type_row(grown: type_growth.GrownType, found: List[holders.Holder], search: Referrers) -> Dict[str, Any]:
    """With the way through a holder that grows, if there is one: there may be many others."""
    path: List[str] = []
    for holder in found:
        chain = holder.kept.chains.get(grown.type)
        if chain is not None:
            path = holder.path + chain
            break
    else:
        way = search.path_to(grown.newest[0])
        path = way.words if way else []
    return {
        "type": shown(grown.type),
        "first": grown.first,
        "last": grown.last,
        "path": [shown(word) for word in path],
    }

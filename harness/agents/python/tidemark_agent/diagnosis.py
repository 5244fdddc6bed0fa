"""Which lines keep memory, and what holds it: from the marks to the answer of PROTOCOL.md."""

import time
from typing import Any, Dict, List, Optional, Tuple

from tidemark_agent import holders, referrers, tracing, type_growth
from tidemark_agent.source import Frame, Sources
from tidemark_agent.tracing import Use, Way

MOST_MARKS = 32
_MOST_SITES = 60
_LONGEST_TEXT = 300
_SECONDS = 5.0  # after which ways to objects are no longer looked for
_RAREST = 10  # types with fewer instances more than one in so many iterations are left out


def shown(text: str) -> str:
    """What can be sent: not too long, and nothing that is no text."""
    return text[:_LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


class FrameTable:
    """Frames by their place in a table, since stacks have most of them in common."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._places: Dict[Tuple[str, int], int] = {}
        self.frames: List[Frame] = []

    def place(self, file: str, line: int) -> int:
        at = self._places.get((file, line))
        if at is None:
            at = self._places[(file, line)] = len(self.frames)
            self.frames.append(self._sources.frame(file, line))
        return at

    def rows(self) -> List[List[Any]]:
        return [
            [shown(each.file), each.line, shown(each.function), shown(each.source), each.application]
            for each in self.frames
        ]


class Headlines:
    """The guilty line of a site: the application's that touches the holder, else the innermost one."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def line(self, way: Way, holder: Optional[holders.Holder]) -> Optional[Tuple[str, int]]:
        ours = [place for place in way if self._sources.is_application(place[0])]
        if holder is not None:
            for name in holder.names:
                found = self._touching(ours, name)
                if found is not None:
                    return found
        return ours[0] if ours else None

    def _touching(self, places: List[Tuple[str, int]], name: str) -> Optional[Tuple[str, int]]:
        for file, line in places:
            mention = self._sources.mention(file, line, name)
            if mention is not None:
                return file, mention
        for file, line in places:
            for mention in self._sources.mentions_in_function(file, line, name):
                return file, mention
        return None


class Marks:
    """What is noted at each mark, and the comparison of the first with the last."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._uses: List[Dict[Way, Use]] = []
        self._containers = holders.Growth()
        self._types = type_growth.Growth()

    def add(self) -> Dict[str, Any]:
        if len(self._uses) >= MOST_MARKS:
            raise ValueError(f"more than {MOST_MARKS} marks")
        self._uses.append(tracing.in_use(tracing.raw_traces()))
        self._containers.mark()
        self._types.mark()
        return {"marks": len(self._uses), "traced_bytes": self._traced_bytes()[-1]}

    def _traced_bytes(self) -> List[int]:
        return [sum(use.bytes for use in uses.values()) for uses in self._uses]

    def diagnose(self, iterations: int) -> Dict[str, Any]:
        if len(self._uses) < 2:
            raise ValueError("a diagnosis needs two marks or more")
        grown_types = self._types.grown(iterations // _RAREST)
        ways = self._grown_ways()
        search = referrers.Referrers(time.perf_counter() + _SECONDS)
        found = holders.holders_of(self._containers.grown(), search)
        sources = Sources(self._directory)
        table = FrameTable(sources)
        return {
            "sites": _Sites(self._uses, ways, found, sources, table).rows(),
            "frames": table.rows(),
            "holders": [_holder_row(holder) for holder in found],
            "types": [self._type_row(each, found, search) for each in grown_types],
            "traced_bytes": self._traced_bytes(),
        }

    def _grown_ways(self) -> List[Way]:
        first, last = self._uses[0], self._uses[-1]
        nothing = Use(0, 0)
        growth = {way: use.bytes - first.get(way, nothing).bytes for way, use in last.items()}
        grown = [way for way, size in growth.items() if size > 0]
        grown.sort(key=lambda way: -growth[way])
        return grown[:_MOST_SITES]

    @staticmethod
    def _type_row(
        grown: type_growth.GrownType, found: List[holders.Holder], search: referrers.Referrers
    ) -> Dict[str, Any]:
        path: List[str] = []
        for holder in found:
            chain = holder.kept.chains.get(grown.type)
            if chain is not None:
                path = holder.path[:1] + chain
                break
        else:
            way = search.path_to(grown.newest)
            path = way.words if way else []
        return {
            "type": shown(grown.type),
            "first": grown.first,
            "last": grown.last,
            "path": [shown(word) for word in path],
        }


def _holder_row(holder: holders.Holder) -> Dict[str, Any]:
    row = {
        "name": shown(holder.name),
        "type": shown(holder.type),
        "path": [shown(word) for word in holder.path],
        "first": holder.first,
        "last": holder.last,
        "storage": holder.storage,
    }
    if holder.bound is not None:
        row["bound"] = holder.bound
    return row


class _Sites:
    """The places that grew, each with its holder, its type and its guilty line."""

    def __init__(
        self,
        uses: List[Dict[Way, Use]],
        ways: List[Way],
        found: List[holders.Holder],
        sources: Sources,
        table: FrameTable,
    ) -> None:
        self._uses = uses
        self._ways = ways
        self._holders = found
        self._sources = sources
        self._table = table
        self._headlines = Headlines(sources)

    def rows(self) -> List[Dict[str, Any]]:
        held = self._holders_by_way()
        return [self._row(way, held.get(way)) for way in self._ways]

    def _holders_by_way(self) -> Dict[Way, int]:
        held: Dict[Way, int] = {}
        for index, holder in enumerate(self._holders):
            for way in holder.kept.ways:
                held.setdefault(way, index)
        # Storage has no object of its own: it is allocated where the holder is touched, or on the same
        # lines of the application as the objects that it serves.
        by_lines = {self._lines(way): index for way, index in held.items()}
        for way in self._ways:
            if way in held:
                continue
            lines = self._lines(way)
            index = by_lines.get(lines) if lines else None
            if index is None:
                index = self._touched(lines)
            if index is not None:
                held[way] = index
        return held

    def _lines(self, way: Way) -> Way:
        return tuple(place for place in way if self._sources.is_application(place[0]))[:1]

    def _touched(self, lines: Way) -> Optional[int]:
        for index, holder in enumerate(self._holders):
            for name in holder.names[:1]:
                if any(self._sources.mention(file, line, name) for file, line in lines):
                    return index
        return None

    def _row(self, way: Way, holder: Optional[int]) -> Dict[str, Any]:
        nothing = Use(0, 0)
        at_marks = [uses.get(way, nothing) for uses in self._uses]
        row: Dict[str, Any] = {
            "frames": [self._table.place(file, line) for file, line in way],
            "bytes": [use.bytes for use in at_marks],
            "blocks": [use.blocks for use in at_marks],
        }
        if holder is not None:
            row["holder"] = holder
            types = self._holders[holder].kept.ways.get(way)
            if types:
                row["type"] = shown(max(types, key=lambda name: types[name]))
        line = self._headlines.line(way, self._holders[holder] if holder is not None else None)
        if line is not None:
            row["headline"] = self._table.place(*line)
        return row

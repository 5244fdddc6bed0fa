"""The places where memory was allocated, as the answer has them: with line, holder and type."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from tidemark_agent.holders import Holder
from tidemark_agent.source import Frame, Sources
from tidemark_agent.tracing import Use, Way

_LONGEST_TEXT = 300

Place = Tuple[str, int]  # file, line


def shown(text: str) -> str:
    """What can be sent: not too long, and nothing that is no text."""
    return text[:_LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


class FrameTable:
    """Frames by their place in a table, since stacks have most of them in common."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._places: Dict[Place, int] = {}
        self.frames: List[Frame] = []

    def place(self, file: str, line: int) -> int:
        at = self._places.get((file, line))
        if at is None:
            at = self._places[(file, line)] = len(self.frames)
            self.frames.append(self._sources.frame(file, line))
        return at

    def rows(self) -> List[List[Any]]:
        return [
            [
                shown(each.file),
                each.line,
                shown(each.function),
                shown(each.source),
                each.application,
                each.context[0],
                [shown(line) for line in each.context[1]],
            ]
            for each in self.frames
        ]


class Site(NamedTuple):
    way: Way
    uses: List[Use]  # at each mark


class Sites:
    """Gives each site its holder, its type and the line that a developer would call guilty.

    That is the line which hands the memory to its holder. All that one holder keeps has as few lines as
    possible: what was allocated before or elsewhere is told with the line that handed it over.
    """

    def __init__(self, sites: List[Site], holders: List[Holder], sources: Sources) -> None:
        self._sites = sites  # the largest growth first
        self._holders = holders
        self._sources = sources
        self._lines = {
            site.way: [place for place in site.way if sources.is_application(place[0])] for site in sites
        }
        self._held = self._holders_by_way()
        self._touched = self._touched_lines()
        self._headlines = self._all_headlines()

    def rows(self, table: FrameTable, types: Dict[Way, str]) -> List[Dict[str, Any]]:
        """`types`: of some objects, for what has no holder."""
        return [self._row(site, table, types) for site in self._sites]

    def _row(self, site: Site, table: FrameTable, types: Dict[Way, str]) -> Dict[str, Any]:
        row: Dict[str, Any] = {
            "frames": [table.place(file, line) for file, line in site.way],
            "bytes": [use.bytes for use in site.uses],
            "blocks": [use.blocks for use in site.uses],
        }
        holder = self._held.get(site.way)
        counts: Dict[str, int] = {}
        if holder is not None:
            row["holder"] = holder
            counts = self._holders[holder].kept.ways.get(site.way, {})
        kind = max(counts, key=lambda name: counts[name]) if counts else types.get(site.way)
        if kind is not None:
            row["type"] = shown(kind)
        line = self._headlines.get(site.way)
        if line is not None:
            row["headline"] = table.place(*line)
        return row

    def _holders_by_way(self) -> Dict[Way, int]:
        """What several keep belongs to the one that has it nearest; the first of equals."""
        held: Dict[Way, int] = {}
        for index, holder in enumerate(self._holders):
            for way, depth in holder.kept.depths.items():
                before = held.get(way)
                if before is None or depth < self._holders[before].kept.depths[way]:
                    held[way] = index
        # Storage has no object of its own: it is allocated where the holder is touched, or on the same
        # lines of the application as the objects that it serves.
        by_line = {self._lines[way][0]: index for way, index in held.items() if self._lines.get(way)}
        for site in self._sites:
            lines = self._lines[site.way]
            if site.way in held or not lines:
                continue
            index = by_line.get(lines[0])
            if index is None:
                index = self._changed_at(lines[0])
            if index is not None:
                held[site.way] = index
        return held

    def _changed_at(self, place: Place) -> Optional[int]:
        for index, holder in enumerate(self._holders):
            if holder.names and self._sources.changes(*place, holder.names[0], holder.is_local):
                return index
        return None

    def _touched_lines(self) -> Dict[int, List[Place]]:
        """By holder, the lines that touch it on the way to anything that it keeps; the largest first."""
        touched: Dict[int, List[Place]] = {}
        for site in self._sites:
            holder = self._held.get(site.way)
            line = None if holder is None else self._touching(site.way, self._holders[holder])
            if holder is not None and line is not None:
                touched.setdefault(holder, []).append(line)
        return touched

    def _touching(self, way: Way, holder: Holder) -> Optional[Place]:
        """The line on the way that changes the holder, or else names it, or calls it by a like name."""
        for searches in ((self._sources.changes, self._sources.mention), (self._sources.kin,)):
            for name in holder.names:
                for search in searches:
                    for file, line in self._lines[way]:
                        found = search(file, line, name, holder.is_local)
                        if found is not None:
                            return file, found
        return None

    def _all_headlines(self) -> Dict[Way, Place]:
        headlines: Dict[Way, Place] = {}
        of_holder: Dict[int, List[Place]] = {}
        for site in self._sites:
            holder = self._held.get(site.way)
            line = None if holder is None else self._guilty(site.way, holder, of_holder.get(holder, []))
            if holder is not None and line is not None:
                of_holder.setdefault(holder, []).append(line)
            elif self._lines[site.way]:
                line = self._lines[site.way][0]
            if line is not None:
                headlines[site.way] = line
        return headlines

    def _guilty(self, way: Way, index: int, chosen: List[Place]) -> Optional[Place]:
        """`chosen`: for what the holder keeps more of."""
        lines = self._lines[way]
        touched = self._touched.get(index, [])
        for file, line in chosen:
            if any(file == own[0] and self._sources.same_statement(*own, line) for own in lines):
                return file, line
        found = self._touching(way, self._holders[index])
        if found is not None:
            return found
        for file, line in touched:
            if any(file == own[0] and self._sources.same_function(*own, line) for own in lines):
                return file, line
        holder = self._holders[index]
        for name in holder.names:
            for file, line in lines:
                mention = self._sources.mention_in_function(file, line, name, holder.is_local)
                if mention is not None:
                    return file, mention
        return next(iter(chosen + touched), None)

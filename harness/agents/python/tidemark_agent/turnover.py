"""What only replaces what was there before: elements of full caches and rings.

An element that was there before tracing began goes unseen, and the one that takes its place is seen. So
sites of a full cache seem to grow until each of its elements has been replaced once. They are left out.
"""

from typing import Any, Dict, List

from tidemark_agent import containers
from tidemark_agent.kept import Walk
from tidemark_agent.tracing import Way

_SLACK = 1.25
_SPARE = 8  # blocks


class Turnover:
    def __init__(self, standing: List[Any], walk: Walk) -> None:
        """`standing`: containers with new elements that have not become longer."""
        self._most: Dict[Way, float] = {}  # blocks when all elements have been replaced
        for container in standing:
            kept = walk.kept_by(container)
            elements = max(1, kept.elements)
            for way, counts in kept.ways.items():
                blocks = sum(counts.values()) / elements * (containers.length(container) or 0)
                self._most[way] = self._most.get(way, 0) + blocks

    def explains(self, way: Way, blocks: int) -> bool:
        """Whether so many blocks in use are no more than what these containers hold when all is replaced."""
        most = self._most.get(way)
        return most is not None and blocks <= most * _SLACK + _SPARE

"""Instances by type, as far as the collector knows them."""

import gc
from collections import Counter
from typing import Dict, List, NamedTuple, Optional

from tidemark_agent.referrers import type_name

_MOST = 15
_FEWEST_MORE = 3
_OWN = __name__.split(".")[0] + "."


class GrownType(NamedTuple):
    type: str
    first: int
    last: int
    newest: object  # one of them


class Growth:
    def __init__(self) -> None:
        self._first: Optional[Dict[int, int]] = None

    @staticmethod
    def _counts() -> Dict[int, int]:
        return Counter(map(id, map(type, gc.get_objects())))

    def mark(self) -> None:
        if self._first is None:
            self._first = self._counts()

    def grown(self, fewest: int) -> List[GrownType]:
        """The largest growth first, of those that have at least so many more."""
        first = self._first or {}
        more = {
            kind: count - first.get(kind, 0)
            for kind, count in self._counts().items()
            if count - first.get(kind, 0) >= max(fewest, _FEWEST_MORE)
        }
        samples: Dict[int, object] = {}
        for thing in reversed(gc.get_objects()):  # the newest come last
            kind = id(type(thing))
            if kind in more and kind not in samples:
                samples[kind] = thing
                if len(samples) == len(more):
                    break
        largest = sorted(more, key=lambda kind: -more[kind])[:_MOST]
        return [
            GrownType(
                type_name(samples[kind]), first.get(kind, 0), first.get(kind, 0) + more[kind], samples[kind]
            )
            for kind in largest
            if kind in samples and not type_name(samples[kind]).startswith(_OWN)
        ]

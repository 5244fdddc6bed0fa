"""Instances by type, as far as the collector knows them."""

from typing import Any, Dict, List, NamedTuple, Optional

from tidemark_agent import heap

_MOST = 15
_FEWEST_MORE = 3
_MOST_SAMPLES = 10  # of each type


class GrownType(NamedTuple):
    type: str
    first: int
    last: int
    newest: List[Any]  # some of them, the last one first


class Growth:
    def __init__(self) -> None:
        self._first: Optional[Dict[type, int]] = None

    def mark(self, objects: List[Any]) -> None:
        if self._first is None:
            self._first = heap.count_types(objects)

    def grown(self, objects: List[Any], fewest: int) -> List[GrownType]:
        """The largest growth first, of those that have at least so many more."""
        first = self._first or {}
        now = heap.count_types(objects)
        more = {kind: count - first.get(kind, 0) for kind, count in now.items()}
        fewest = max(fewest, _FEWEST_MORE)
        grown = [kind for kind in more if more[kind] >= fewest and not heap.is_own_class(kind)]
        grown = sorted(grown, key=lambda kind: -more[kind])[:_MOST]
        samples = self._samples(objects, grown)
        return [
            GrownType(heap.class_name(kind), first.get(kind, 0), now[kind], samples[kind])
            for kind in grown
            if samples[kind]
        ]

    @staticmethod
    def _samples(objects: List[Any], wanted: List[type]) -> Dict[type, List[Any]]:
        samples: Dict[type, List[Any]] = {kind: [] for kind in wanted}
        missing = set(wanted)
        for thing in reversed(objects):  # the newest come last
            kind = type(thing)
            if kind in missing:
                samples[kind].append(thing)
                if len(samples[kind]) == _MOST_SAMPLES:
                    missing.discard(kind)
                    if not missing:
                        break
        return samples

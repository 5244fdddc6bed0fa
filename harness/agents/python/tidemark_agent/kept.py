"""What a container keeps: the allocations that are met below its newest elements."""

import gc
import types
from typing import Any, Dict, List, NamedTuple, Set, Tuple

from tidemark_agent import containers, heap
from tidemark_agent.heap import is_a
from tidemark_agent.originals import perf_counter
from tidemark_agent.tracing import Way, is_own, way_to

_MOST_ELEMENTS = 20  # of one container that are looked at, the newest
_MOST_OBJECTS = 1000  # and below them


class Kept(NamedTuple):
    ways: Dict[Way, Dict[str, int]]  # objects by the way to their allocation and by type
    depths: Dict[Way, int]  # at which the first of them was met; 0: an element
    chains: Dict[str, List[str]]  # for each type, the types between the container and it
    elements: int  # that were looked at


class Walk:
    """Looks into containers until its time is over: to ask where an object comes from takes long."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._modules = heap.modules()
        self._names: Dict[type, str] = {}

    def kept_by(self, container: Any) -> Kept:
        """Follows references, only through what was allocated under tracing."""
        newest = [each for each in containers.newest(container) if type(each) is tuple or way_to(each)]
        newest = newest[:_MOST_ELEMENTS]
        kept = Kept({}, {}, {}, containers.looked_at(container) or len(newest))
        seen: Set[int] = {id(container)}
        level: List[Tuple[Any, Tuple[str, ...]]] = [(each, ()) for each in newest]
        depth = 0
        while level and perf_counter() < self._deadline:
            below = []
            for thing, above in level:
                if len(seen) > _MOST_OBJECTS:
                    return kept
                if id(thing) in seen or self._is_everybodys(thing):
                    continue
                seen.add(id(thing))
                chain = (*above, self._type_name(thing))
                if self._note(kept, thing, chain, depth):
                    below += [(part, chain) for part in gc.get_referents(thing)]
            level = below
            depth += 1
        return kept

    @staticmethod
    def _note(kept: Kept, thing: Any, chain: Tuple[str, ...], depth: int) -> bool:
        """Whether it was allocated under tracing. A tuple may lie where another lay, and is not traced."""
        way = way_to(thing)
        if way is None:
            return depth == 0 and type(thing) is tuple
        if is_own(way):
            return False
        counts = kept.ways.setdefault(way, {})
        counts[chain[-1]] = counts.get(chain[-1], 0) + 1
        kept.depths.setdefault(way, depth)
        kept.chains.setdefault(chain[-1], list(chain))
        return True

    def _is_everybodys(self, thing: object) -> bool:
        """What belongs to everybody is kept by nobody in particular."""
        return is_a(thing, type) or is_a(thing, types.ModuleType) or id(thing) in self._modules

    def _type_name(self, thing: object) -> str:
        kind = type(thing)
        name = self._names.get(kind)
        if name is None:
            name = self._names[kind] = heap.class_name(kind)
        return name

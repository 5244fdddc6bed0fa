"""Containers that grow from mark to mark, and which allocations they keep."""

import gc
import time
import types
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from tidemark_agent import containers, heap
from tidemark_agent.containers import LruCache
from tidemark_agent.heap import is_a, type_name
from tidemark_agent.naming import Path
from tidemark_agent.tracing import Way, is_own, way_to

_SHORTEST = 6  # shorter ones are not worth a note; what leaks has met dozens of iterations before
_MOST_HOLDERS = 20
_MOST_ELEMENTS = 20  # of one container that are looked at, the newest
_MOST_OBJECTS = 1000  # and below them
_WRAPPERS = ("tuple", "list", "dict", "set", "cell", "weakref", "ReferenceType")  # say little


class Grown(NamedTuple):
    container: Any
    first: int  # lengths
    last: int


class Kept(NamedTuple):
    """What was met below the newest elements of a container."""

    ways: Dict[Way, Dict[str, int]]  # objects by the way to their allocation and by type
    depths: Dict[Way, int]  # at which the first of them was met; 0: an element
    chains: Dict[str, List[str]]  # for each type, the types between the container and it


class Holder(NamedTuple):
    name: str
    type: str
    path: List[str]  # from the root down to the container
    chain: List[str]  # and from there to what it keeps
    names: List[str]  # by which code may call it
    first: int
    last: int
    bound: Optional[int]
    storage: int  # bytes
    kept: Kept


class Growth:
    """Lengths at the marks: of all containers at the first, then of those that have not become shorter."""

    def __init__(self) -> None:
        self._first: Optional[Dict[int, int]] = None
        self._last: Dict[int, int] = {}  # of those that have grown since

    def mark(self, objects: List[Any]) -> None:
        if self._first is None:
            self._first = {}
            for container in containers.all_containers(objects, _SHORTEST):
                self._first[id(container)] = containers.length(container) or 0
            return
        for container in containers.all_containers(objects, _SHORTEST):
            key = id(container)
            first = self._first.get(key)
            if first is None:
                continue
            now = containers.length(container) or 0
            before = self._last.get(key, first)
            if now > before:
                self._last[key] = now
            elif now < before:
                self._first.pop(key)
                self._last.pop(key, None)

    def grown(self) -> List[Grown]:
        """The largest growth first; weak containers keep nothing and are left out."""
        found: Dict[int, Grown] = {}
        for container in containers.all_containers(heap.objects(), _SHORTEST):
            last = self._last.get(id(container))
            if last is not None and last == containers.length(container):
                found[id(container)] = Grown(container, (self._first or {})[id(container)], last)
        # The inside of an lru_cache is told by the cache itself.
        inner = {
            id(part)
            for each in found.values()
            if is_a(each.container, LruCache)
            for part in gc.get_referents(each.container)
        }
        grown = [
            each
            for key, each in found.items()
            if key not in inner and not _is_ours(each.container) and not containers.is_weak(each.container)
        ]
        grown.sort(key=lambda each: each.first - each.last)
        return grown[:_MOST_HOLDERS]


def _is_ours(container: Any) -> bool:
    way = way_to(container)
    return way is not None and is_own(way)


class Walk:
    """Finds out what containers keep, until its time is over: to ask where an object comes from takes long."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._modules = heap.modules()
        self._names: Dict[type, str] = {}

    def kept_by(self, container: Any) -> Kept:
        """Follows references from the newest elements, only through what was allocated under tracing."""
        kept = Kept({}, {}, {})
        seen: Set[int] = {id(container)}
        newest = [each for each in containers.newest(container) if way_to(each) or type(each) is tuple]
        level: List[Tuple[Any, Tuple[str, ...]]] = [(each, ()) for each in newest[:_MOST_ELEMENTS]]
        depth = 0
        while level and len(seen) < _MOST_OBJECTS and time.perf_counter() < self._deadline:
            below = []
            for thing, above in level:
                if id(thing) in seen or self._is_everybodys(thing):
                    continue
                seen.add(id(thing))
                chain = (*above, self._type_name(thing))
                if self._note(kept, thing, chain, depth):
                    below += [(part, chain) for part in gc.get_referents(thing)]
                if len(seen) >= _MOST_OBJECTS:
                    break
            level = below
            depth += 1
        return kept

    @staticmethod
    def _note(kept: Kept, thing: Any, chain: Tuple[str, ...], depth: int) -> bool:
        """Whether it was allocated under tracing. A tuple may lie where another lay before, and is not traced."""
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
        return is_a(thing, type) or is_a(thing, types.ModuleType) or id(thing) in self._modules

    def _type_name(self, thing: object) -> str:
        kind = type(thing)
        name = self._names.get(kind)
        if name is None:
            name = self._names[kind] = heap.class_name(kind)
        return name


def _chain_to_what_is_kept(kept: Kept) -> List[str]:
    """Through tuples and the like to the first thing that says what it is."""
    chains = sorted(kept.chains.values(), key=len)
    telling = [chain for chain in chains if chain[-1] not in _WRAPPERS]
    return (telling or chains or [[]])[0]


def holder_of(grown: Grown, path: Optional[Path], walk: Walk) -> Holder:
    kind = type_name(grown.container)
    kept = walk.kept_by(grown.container)
    return Holder(
        name=path.name if path else kind,
        type=kind,
        path=path.words if path else [kind],
        chain=_chain_to_what_is_kept(kept),
        names=path.names if path else [],
        first=grown.first,
        last=grown.last,
        bound=containers.bound(grown.container, path.owner if path else None),
        storage=containers.storage(grown.container),
        kept=kept,
    )

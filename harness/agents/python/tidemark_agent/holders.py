"""Containers that grow from mark to mark, and those that are full."""

import gc
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set

from tidemark_agent import containers, heap
from tidemark_agent.containers import LruCache
from tidemark_agent.heap import is_a, type_name
from tidemark_agent.kept import Kept, Walk
from tidemark_agent.naming import Path
from tidemark_agent.tracing import is_own, way_to

_SHORTEST = 6  # shorter ones are not worth a note; what leaks has met dozens of iterations before
_MOST_HOLDERS = 20
_WRAPPERS = ("tuple", "list", "dict", "set", "cell", "weakref", "ReferenceType")  # say little


class Grown(NamedTuple):
    container: Any
    first: int  # lengths
    last: int


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

    def grown(self, own: Iterable[Any]) -> List[Grown]:
        """The largest growth first, but for our `own`; weak containers keep nothing and are left out."""
        ours = set(map(id, own)) | {id(self._first), id(self._last)}
        found: Dict[int, Grown] = {}
        for container in containers.all_containers(heap.objects(), _SHORTEST):
            last = self._last.get(id(container))
            if last is not None and last == containers.length(container):
                found[id(container)] = Grown(container, (self._first or {})[id(container)], last)
        ours |= _inside_caches([each.container for each in found.values()])
        grown = [
            each
            for key, each in found.items()
            if key not in ours and not _is_ours(each.container) and not containers.is_weak(each.container)
        ]
        grown.sort(key=lambda each: each.first - each.last)
        return grown[:_MOST_HOLDERS]


    def standing(self) -> List[Any]:
        """Those that are as long as they were, although what is in them is newer than the tracing."""
        first = self._first or {}
        found = [
            container
            for container in containers.all_containers(heap.objects(), _SHORTEST)
            if id(container) not in self._last
            and first.get(id(container)) == containers.length(container)
            and containers.has_new_end(container)
        ]
        inner = _inside_caches(found)
        return [each for each in found if id(each) not in inner and not _is_ours(each)]


def _inside_caches(found: List[Any]) -> Set[int]:
    """The dictionary of an lru_cache is told by the cache itself."""
    return {id(part) for each in found if is_a(each, LruCache) for part in gc.get_referents(each)}


def _is_ours(container: Any) -> bool:
    way = way_to(container)
    return way is not None and is_own(way)


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

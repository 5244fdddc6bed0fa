"""Containers that grow from mark to mark, and those that are full."""

import gc
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set

from tidemark_agent import containers
from tidemark_agent.containers import LruCache
from tidemark_agent.heap import is_a, type_name
from tidemark_agent.kept import Kept, Walk
from tidemark_agent.naming import Path
from tidemark_agent.tracing import is_own, way_to

_SHORTEST = 6  # shorter ones are not worth a note; what leaks has met dozens of iterations before
_LONG = 64  # tables of so many entries leap far enough to be noted
_MOST_HOLDERS = 20
_WRAPPERS = ("tuple", "list", "dict", "set", "cell", "weakref", "ReferenceType")  # say little


class Grown(NamedTuple):
    container: Any
    first: int  # lengths
    last: int
    storage: int  # bytes, if a new entry takes what the entries took at the first mark


class Changes(NamedTuple):
    grown: List[Grown]  # the largest growth first
    standing: List[Any]  # as long as they were, although what is in them is newer than the tracing
    weak: List[Grown]  # they only refer to what others keep, and grow along


class Holder(NamedTuple):
    name: str
    type: str
    path: List[str]  # from the root down to the container
    chain: List[str]  # and from there to what it keeps
    names: List[str]  # by which code may call it
    is_local: bool  # the first of them is a variable of a function
    first: int
    last: int
    bound: Optional[int]
    storage: int  # bytes
    kept: Kept


class Growth:
    """Lengths at the marks: of all containers at the first, then of those that have not become shorter."""

    def __init__(self) -> None:
        self._first: Optional[Dict[int, int]] = None
        self._storage: Dict[int, int] = {}  # of long ones at the first mark: until then leaps were measured
        self._last: Dict[int, int] = {}  # of those that have grown since

    def mark(self, objects: List[Any]) -> None:
        if self._first is None:
            self._first = {}
            for container in containers.all_containers(objects, _SHORTEST):
                length = containers.length(container) or 0
                self._first[id(container)] = length
                if length >= _LONG:
                    self._storage[id(container)] = containers.storage(container)
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

    def changes(self, objects: List[Any], own: Iterable[Any]) -> Changes:
        """At the last mark; but for our `own`."""
        first = self._first or {}
        grown: List[Grown] = []
        standing: List[Any] = []
        for container in containers.all_containers(objects, _SHORTEST):
            length = containers.length(container)
            if id(container) in self._last:
                if self._last[id(container)] == length:
                    grown.append(self._grown(container, first[id(container)], length))
            elif first.get(id(container)) == length and containers.has_new_end(container):
                standing.append(container)
        without = set(map(id, own)) | {id(self._first), id(self._storage), id(self._last)}
        without |= _inside_caches(standing + [each.container for each in grown])
        grown = [each for each in grown if id(each.container) not in without and _is_theirs(each.container)]
        grown.sort(key=lambda each: each.first - each.last)
        strong: List[Grown] = []
        weak: List[Grown] = []
        for each in grown:
            (weak if containers.is_weak(each.container) else strong).append(each)
        standing = [each for each in standing if id(each) not in without and _is_theirs(each)]
        standing = [each for each in standing if not containers.is_weak(each)]
        return Changes(strong[:_MOST_HOLDERS], standing, weak[:_MOST_HOLDERS])

    def _grown(self, container: Any, first: int, last: int) -> Grown:
        noted = self._storage.get(id(container))
        storage = containers.storage(container) if noted is None else noted * last // first
        return Grown(container, first, last, storage)


def _inside_caches(found: List[Any]) -> Set[int]:
    """The dictionary of an lru_cache is told by the cache itself."""
    return {id(part) for each in found if is_a(each, LruCache) for part in gc.get_referents(each)}


def _is_theirs(container: Any) -> bool:
    """Whether it is the application's."""
    way = way_to(container)
    return way is None or not is_own(way)


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
        is_local=path is not None and path.is_local,
        first=grown.first,
        last=grown.last,
        bound=containers.bound(grown.container, path.owner if path else None),
        storage=grown.storage,
        kept=kept,
    )


def with_weak_storage(holders: List[Holder], weak: List[Grown]) -> List[Holder]:
    """Adds the tables of weak references to the storage of who keeps what they refer to.

    `logging` has each handler in a set and a list of weak references: they keep nothing, but grow by leaps
    with what the logger's list keeps, and would shrink with it.
    """
    more = [0.0] * len(holders)
    for each in weak:
        ways = [way_to(thing) for thing in containers.weak_referents(each.container)]
        shared = [sum(way in holder.kept.ways for way in ways) for holder in holders]
        if any(shared):
            index = shared.index(max(shared))
            holder = holders[index]
            # So that a new entry of the holder takes what the new entries there take.
            entry = each.storage / each.last
            more[index] += entry * (each.last - each.first) / (holder.last - holder.first) * holder.last
    return [
        holder._replace(storage=holder.storage + round(storage)) for holder, storage in zip(holders, more)
    ]

"""Containers that grow from mark to mark, and which allocations they keep."""

import gc
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from tidemark_agent.containers import LruCache, bound, is_a, is_weak, length, length_reader, newest, storage
from tidemark_agent.referrers import Referrers, type_name
from tidemark_agent.tracing import Way, is_own, way_to

_SHORTEST = 3  # shorter ones are not worth a note; what leaks has met dozens of iterations before
_MOST_HOLDERS = 12
_MOST_OBJECTS = 4000  # that are looked at below one container's newest elements
_CHUNK = 1000
_WRAPPERS = ("tuple", "list", "dict", "set", "cell")  # say little about what they hold


class Grown(NamedTuple):
    container: Any
    lengths: Tuple[int, ...]  # at the first mark and at each after it


class Kept(NamedTuple):
    """What was met below the newest elements of a container."""

    ways: Dict[Way, Dict[str, int]]  # objects by the way to their allocation and by type
    chains: Dict[str, List[str]]  # for each type, the types between the container and it


class Holder(NamedTuple):
    name: str
    type: str
    path: List[str]
    names: List[str]  # by which code may call it
    first: int
    last: int
    bound: Optional[int]
    storage: int  # bytes
    kept: Kept


def _all_containers() -> List[Any]:
    """Those that the collector knows of, and dictionaries that it does not track but that these hold."""
    objects = gc.get_objects()
    kinds = {kind for kind in set(map(type, objects)) if length_reader(kind) is not None}
    found = [each for each in objects if type(each) in kinds]
    for start in range(0, len(objects), _CHUNK):
        for each in gc.get_referents(*objects[start : start + _CHUNK]):
            if type(each) is dict and not gc.is_tracked(each):
                found.append(each)
    return found


class Growth:
    """Lengths at the marks: of all containers at the first, then of those that have only grown."""

    def __init__(self) -> None:
        self._lengths: Optional[Dict[int, Tuple[int, ...]]] = None

    def mark(self) -> None:
        lengths: Dict[int, Tuple[int, ...]] = {}
        for container in _all_containers():
            now = length(container)
            if now < _SHORTEST:
                continue
            if self._lengths is None:
                lengths[id(container)] = (now,)
            else:
                before = self._lengths.get(id(container))
                if before is not None and before[-1] <= now:
                    lengths[id(container)] = before + (now,)
        self._lengths = lengths

    def grown(self) -> List[Grown]:
        """The longest growth first; weak containers keep nothing and are left out."""
        lengths = self._lengths or {}
        found: Dict[int, Grown] = {}
        for container in _all_containers():
            noted = lengths.get(id(container))
            if noted and noted[-1] > noted[0] and noted[-1] == length(container):
                found[id(container)] = Grown(container, noted)
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
            if key not in inner and not _is_ours(each.container) and not is_weak(each.container)
        ]
        grown.sort(key=lambda each: each.lengths[0] - each.lengths[-1])
        return grown[:_MOST_HOLDERS]


def _is_ours(container: Any) -> bool:
    way = way_to(container)
    return way is not None and is_own(way)


def _kept_by(container: Any) -> Kept:
    """Follows references from the newest elements, only through what was allocated under tracing."""
    kept = Kept({}, {})
    seen = {id(container), id(kept.ways), id(kept.chains)}
    level = [(each, [type_name(each)]) for each in newest(container)]
    while level and len(seen) < _MOST_OBJECTS:
        below = []
        for thing, chain in level:
            if id(thing) in seen or is_a(thing, type):
                continue
            seen.add(id(thing))
            way = way_to(thing)
            if way is None or is_own(way):
                continue
            types = kept.ways.setdefault(way, {})
            types[chain[-1]] = types.get(chain[-1], 0) + 1
            kept.chains.setdefault(chain[-1], chain)
            for part in gc.get_referents(thing):
                below.append((part, chain + [type_name(part)]))
        level = below
    return kept


def _chain_to_what_is_kept(kept: Kept) -> List[str]:
    """Through tuples and the like to the first thing that says what it is."""
    chains = sorted(kept.chains.values(), key=len)
    telling = [chain for chain in chains if chain[-1] not in _WRAPPERS]
    return (telling or chains or [[]])[0]


def holders_of(grown: List[Grown], referrers: Referrers) -> List[Holder]:
    """Those with a name first, then by growth."""
    holders = []
    for each in grown:
        path = referrers.path_to(each.container)
        kind = type_name(each.container)
        kept = _kept_by(each.container)
        holders.append(
            Holder(
                name=path.name if path else kind,
                type=kind,
                path=(path.words if path else [kind]) + _chain_to_what_is_kept(kept),
                names=path.names if path else [],
                first=each.lengths[0],
                last=each.lengths[-1],
                bound=bound(each.container, path.owner if path else None),
                storage=storage(each.container),
                kept=kept,
            )
        )
    holders.sort(key=lambda holder: (holder.name == holder.type, holder.first - holder.last))
    return holders

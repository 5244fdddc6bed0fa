"""Containers: their lengths, bounds, storage and newest elements, by the built-in types' own methods."""

import functools
import gc
import itertools
import weakref
from collections import OrderedDict, deque
from typing import Any, Callable, Dict, List, Optional

from tidemark_agent import heap
from tidemark_agent.heap import is_a
from tidemark_agent.tracing import is_own, way_to

LruCache = type(functools.lru_cache(maxsize=1)(len))

_LENGTHS = (
    (list, list.__len__),
    (dict, dict.__len__),
    (set, set.__len__),
    (deque, deque.__len__),
    (LruCache, lambda cache: LruCache.cache_info(cache).currsize),
)
_BOUNDS = ("maxsize", "maxlen", "max_size", "max_length", "max_entries", "capacity", "limit")
_NEWEST = 10  # of mappings: values, and as many keys
_OF_CACHE = 6  # an lru_cache's own parts: the function and such
_NEWEST_OF_SET = 1000  # whose order says nothing: enough to have some new ones among them


def length_of_kind(kind: type) -> Optional[Callable[[Any], int]]:
    """How to get the length of a type's instances; None for what is no container."""
    for container, length in _LENGTHS:
        if issubclass(kind, container):
            return length
    return None


def length(thing: object) -> Optional[int]:
    length = length_of_kind(type(thing))
    return None if length is None else length(thing)


def all_containers(objects: List[Any], shortest: int) -> List[Any]:
    """Those among the objects, and dictionaries that the collector does not track but that these hold."""
    lengths = {}
    for kind in heap.types_of(objects):
        length = length_of_kind(kind)
        if length is not None:
            lengths[kind] = length
    found = [
        each for each in objects if type(each) in lengths and lengths[type(each)](each) >= shortest
    ]
    tracked, size = gc.is_tracked, dict.__len__
    for chunk in heap.chunks(objects):
        found += [
            each
            for each in gc.get_referents(*chunk)
            if type(each) is dict and not tracked(each) and size(each) >= shortest
        ]
    return found


def storage(container: Any) -> int:
    """Bytes of the table or array in which it keeps its entries, which is resized now and then."""
    if is_a(container, LruCache):
        return sum(storage(inner) for inner in gc.get_referents(container) if type(inner) is dict)
    for kind in (list, dict, set):
        if is_a(container, kind):
            return kind.__sizeof__(container)
    return 0  # a deque adds block after block


def newest(container: Any) -> List[Any]:
    """Some of what was added last, as far as the order is known; of mappings the values, then the keys."""
    try:
        return _newest(container)
    except RuntimeError:  # another thread is changing it
        return []


def _newest(container: Any) -> List[Any]:
    if is_a(container, LruCache):
        return _newest_of_cache(container)
    for kind in (list, deque):
        if is_a(container, kind):
            last = itertools.islice(kind.__reversed__(container), _NEWEST)
            return list(last)
    if is_a(container, dict):
        values = list(itertools.islice(reversed(dict.values(container)), _NEWEST))
        return values + list(itertools.islice(reversed(dict.keys(container)), _NEWEST))
    if is_a(container, set):
        return list(itertools.islice(set.__iter__(container), _NEWEST_OF_SET))
    return []


def _newest_of_cache(cache: Any) -> List[Any]:
    """Keys and results. A cache with a limit has them in the order of their use, and tells them in it."""
    parts = [each for each in gc.get_referents(cache) if not is_a(each, type)]
    if LruCache.cache_info(cache).maxsize is not None:
        return parts[: -2 * _NEWEST - _OF_CACHE : -1]
    return [each for part in parts if type(part) is dict for each in _newest(part)]


def looked_at(container: Any) -> Optional[int]:
    """How many elements are told by `newest`, each with its key; None: all of them."""
    count = length(container) or 0
    return None if is_a(container, set) else min(count, _NEWEST)


def has_new_end(container: Any) -> bool:
    """Whether its last element was allocated under tracing, by the application."""
    try:
        if is_a(container, LruCache):
            return any(map(_is_new, _newest_of_cache(container)))
        if is_a(container, dict):
            last = next(reversed(dict.values(container)), None)
            return any(_is_new(each) for each in (last, next(reversed(dict.keys(container)), None)))
        for kind in (list, deque):
            if is_a(container, kind):
                return _is_new(kind.__getitem__(container, -1))
    except (IndexError, RuntimeError):  # another thread is changing it
        pass
    return False


def _is_new(thing: object) -> bool:
    way = way_to(thing)
    return way is not None and not is_own(way)


def is_weak(container: Any) -> bool:
    """Whether it only refers to what others keep: its elements are weak references."""
    some = newest(container)
    values = some[: (len(some) + 1) // 2] if is_a(container, dict) else some
    return bool(values) and all(is_a(each, weakref.ReferenceType) for each in values)


def weak_referents(container: Any) -> List[Any]:
    """Some of what is still there."""
    call = weakref.ReferenceType.__call__
    found = [call(each) for each in newest(container) if is_a(each, weakref.ReferenceType)]
    return [each for each in found if each is not None]


def _limit(values: Dict[Any, Any]) -> Optional[int]:
    """A whole number among these attributes that is named as limits are, `_Cache__maxsize` too."""
    for name, value in list(dict.items(values)):
        if type(name) is str and type(value) is int and value > 0:
            if name.lower().rsplit("__", 1)[-1].lstrip("_") in _BOUNDS:
                return value
    return None


def bound_of_instance(thing: object) -> Optional[int]:
    """A limit that an instance or its class names, as caches do."""
    found = _limit(heap.instance_values(thing) or {}) or _limit(dict(heap.slot_values(thing)))
    if found is None:
        for kind in heap.classes(type(thing)):
            if not _is_built_in(kind):
                found = found or _limit(dict(heap.class_values(kind)))
    return found


def _is_built_in(kind: type) -> bool:
    return heap.class_values(kind).get("__module__") in (None, "builtins", "collections")


def bound(container: Any, owner: Optional[object]) -> Optional[int]:
    """How long it may become; None when nothing says so. `owner`: the instance that has it as attribute."""
    if is_a(container, LruCache):
        return LruCache.cache_info(container).maxsize
    if is_a(container, deque):
        limit = deque.maxlen.__get__(container)  # type: ignore[attr-defined]
        if limit is not None:
            return limit
    if type(container) not in (list, dict, set, OrderedDict, deque):
        own = bound_of_instance(container)
        if own is not None:
            return own
    return None if owner is None else bound_of_instance(owner)

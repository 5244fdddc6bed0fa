"""Containers, their lengths and bounds, read without running a line of the application's code.

Subclasses may define `__len__`, `__iter__` and anything else: only the built-in types' own methods
are called here, and attributes are looked up without descriptors.
"""

import functools
import gc
import itertools
import weakref
from collections import OrderedDict, deque
from typing import Any, Callable, Iterator, List, Optional

LruCache = type(functools.lru_cache(maxsize=1)(len))

_LENGTHS = (
    (list, list.__len__),
    (dict, dict.__len__),
    (set, set.__len__),
    (deque, deque.__len__),
)
_BOUND_NAMES = ("maxsize", "maxlen", "max_size", "max_length", "capacity", "limit", "max_entries")
_BOUND_NAMES_WITH_UNDERSCORE = tuple("_" + name for name in _BOUND_NAMES)
_NEWEST = 20
_NEWEST_OF_SET = 2000


def is_a(thing: object, kind: Any) -> bool:
    """`isinstance` without asking the thing: a lazy object would wake up to tell its class."""
    return issubclass(type(thing), kind)


def length_reader(kind: type) -> Optional[Callable[[Any], int]]:
    """What reads the length of containers of that type; None for what is no container."""
    if kind is LruCache:
        return lambda cache: cache.cache_info().currsize
    for base, length_of in _LENGTHS:
        if issubclass(kind, base):
            return length_of
    return None


def length(container: object) -> int:
    read = length_reader(type(container))
    return read(container) if read is not None else 0


def storage(container: Any) -> int:
    """Bytes of the table or array in which it keeps its entries, which is resized now and then."""
    if is_a(container, LruCache):
        return sum(storage(inner) for inner in gc.get_referents(container) if type(inner) is dict)
    for kind in (list, dict, set):
        if is_a(container, kind):
            return kind.__sizeof__(container)
    return 0  # a deque adds block after block


def newest(container: Any) -> List[object]:
    """Some of what was added last, as far as the order is known; of mappings the values, then the keys."""
    if is_a(container, LruCache):
        found: List[object] = []
        for inner in gc.get_referents(container):
            if type(inner) is dict:
                found.extend(newest(inner))
        return found
    if is_a(container, (list, deque)):
        kind = list if is_a(container, list) else deque
        count = kind.__len__(container)
        return [kind.__getitem__(container, i) for i in range(max(0, count - _NEWEST), count)]
    if is_a(container, OrderedDict):
        keys = list(itertools.islice(OrderedDict.__reversed__(container), _NEWEST))
        return [dict.__getitem__(container, key) for key in keys if _is_plain(key)] + keys
    if is_a(container, dict):
        pairs = list(itertools.islice(reversed(dict.items(container)), _NEWEST))
        return [value for _, value in pairs] + [key for key, _ in pairs]
    if is_a(container, set):
        return list(itertools.islice(set.__iter__(container), _NEWEST_OF_SET))
    return []


def _is_plain(key: object) -> bool:
    """Whether hashing and comparing it runs no code of the application's."""
    return type(key) in (str, bytes, int, float, bool, tuple, type(None))


def is_weak(container: object) -> bool:
    """Whether it only refers to what others keep: its elements are weak references."""
    some = newest(container)
    values = some[: (len(some) + 1) // 2] if is_a(container, dict) else some
    return bool(values) and all(is_a(each, weakref.ReferenceType) for each in values)


def _number(values: Any, names: Any) -> Optional[int]:
    for name in names:
        value = values.get(name) if type(values) is dict else None
        if type(value) is int and value > 0:
            return value
    return None


def instance_values(thing: object) -> Optional[dict]:
    """The `__dict__` of an instance, without its class having a say."""
    try:
        values = object.__getattribute__(thing, "__dict__")
    except (AttributeError, TypeError):
        return None
    return values if is_a(values, dict) else None


def slot_values(thing: object) -> Iterator[Any]:
    """(name, value) of the slots of an instance."""
    for kind in type(thing).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            member = vars(kind).get(name)
            if type(member).__name__ != "member_descriptor":
                continue
            try:
                yield name, member.__get__(thing, kind)
            except AttributeError:
                pass  # not set


def bound_of_instance(thing: object) -> Optional[int]:
    """A limit that an instance or its class names, as caches do."""
    names = _BOUND_NAMES + _BOUND_NAMES_WITH_UNDERSCORE
    found = _number(instance_values(thing) or {}, names)
    if found is None:
        found = _number(dict(slot_values(thing)), names)
    if found is None:
        # Private names, as in `_Shop__maxsize`, end in it.
        for name, value in (instance_values(thing) or {}).items():
            if type(name) is str and name.lower().endswith(_BOUND_NAMES) and type(value) is int:
                return value if value > 0 else None
    if found is None and type(thing).__module__ != "builtins":
        for kind in type(thing).__mro__:
            found = found or _number(dict(vars(kind)), names)
    return found


def bound(container: Any, owner: Optional[object]) -> Optional[int]:
    """How long it may become; None when nothing says so. `owner`: the instance that has it as attribute."""
    if is_a(container, LruCache):
        return container.cache_info().maxsize
    if is_a(container, deque):
        return deque.maxlen.__get__(container)  # type: ignore[attr-defined]
    if type(container) not in (list, dict, set, OrderedDict):
        own = bound_of_instance(container)
        if own is not None:
            return own
    return bound_of_instance(owner) if owner is not None else None

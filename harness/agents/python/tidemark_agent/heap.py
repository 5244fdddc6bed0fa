"""The objects of a process, looked at without running a line of the application's code.

Classes may define `__class__`, `__len__`, `__hash__`, `__getattribute__` and anything else, for themselves
and for their instances. So nothing is asked of an object here that its type could answer in its own way.

While allocations are traced, each one takes ten times as long: what is done for every object of a heap
makes no new objects, not even an `id`.
"""

import gc
import sys
import types
from collections import Counter
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

_CHUNK = 256
_LONGEST_NAME = 120
_OWN = __name__.split(".")[0]

_module_of_class = type.__dict__["__module__"].__get__
_qualname = type.__dict__["__qualname__"].__get__
_dictionary_of_class = type.__dict__["__dict__"].__get__
classes = type.__dict__["__mro__"].__get__


def is_a(thing: object, kind: type) -> bool:
    """`isinstance`, by the real type: proxies claim others with a `__class__` of their own."""
    return issubclass(type(thing), kind)


def plain(text: str) -> str:
    """The text itself where it is an instance of a subclass."""
    return text if type(text) is str else str.__getitem__(text, slice(None))


def class_values(kind: type) -> Any:
    """The names that a class defines itself."""
    return _dictionary_of_class(kind)


def class_name(kind: type) -> str:
    name = plain(_qualname(kind))
    try:
        module = _module_of_class(kind)
    except AttributeError:
        module = None
    qualified = name if type(module) is not str or module == "builtins" else f"{module}.{name}"
    return qualified[:_LONGEST_NAME]


def type_name(thing: object) -> str:
    return class_name(type(thing))


def is_own_class(kind: type) -> bool:
    return class_name(kind).startswith(_OWN + ".")


def instance_values(thing: object) -> Optional[Dict[Any, Any]]:
    """The `__dict__` of an instance; None when it has none, or one that its class makes up."""
    for kind in classes(type(thing)):
        member = class_values(kind).get("__dict__")
        if member is not None:
            if type(member) is not types.GetSetDescriptorType:
                return None
            values = member.__get__(thing)
            return values if is_a(values, dict) else None
    return None


def slot_values(thing: object) -> Iterator[Tuple[str, Any]]:
    for kind in classes(type(thing)):
        for name, member in list(dict.items(dict(class_values(kind)))):
            if type(member) is types.MemberDescriptorType and type(name) is str:
                try:
                    yield name, member.__get__(thing)
                except (AttributeError, TypeError):
                    pass  # not set


def modules() -> Dict[int, str]:
    """Names of modules by the identity of their dictionaries."""
    found: Dict[int, str] = {}
    for name, module in list(sys.modules.items()):
        if type(name) is str and is_a(module, types.ModuleType):
            values = types.ModuleType.__dict__["__dict__"].__get__(module)
            found.setdefault(id(values), name)
    return found


def objects() -> List[Any]:
    """Those that the collector tracks, the oldest first; those that it was told to leave alone as well."""
    return frozen() + gc.get_objects()


def frozen() -> List[Any]:
    """What can be reached from the modules and is not in the collector's lists, since `gc.freeze()`."""
    if not gc.get_freeze_count():
        return []
    known = set(map(id, gc.get_objects()))
    found: List[Any] = []
    level: List[Any] = list(sys.modules.values())
    while level:
        new = []
        for thing in level:
            if id(thing) not in known and gc.is_tracked(thing):
                known.add(id(thing))
                new.append(thing)
        found += new
        level = gc.get_referents(*new)
    return found


def chunks(things: List[Any]) -> Iterator[List[Any]]:
    for start in range(0, len(things), _CHUNK):
        yield things[start : start + _CHUNK]


def running_frames() -> List[types.FrameType]:
    """Of all threads, the agent's among them."""
    found = []
    for frame in sys._current_frames().values():
        above: Optional[types.FrameType] = frame
        while above is not None:
            found.append(above)
            above = above.f_back
    return found


def types_of(things: List[Any]) -> Set[type]:
    """(A metaclass may define hashing: nobody does, and it would be called.)"""
    return set(map(type, things))


def count_types(things: List[Any]) -> Dict[type, int]:
    counts: Dict[type, int] = {}
    for chunk in chunks(things):  # as numbers that small exist already
        for kind, count in Counter(map(type, chunk)).items():
            counts[kind] = counts.get(kind, 0) + count
    return counts

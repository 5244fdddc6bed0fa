"""The shortest way from a module, a class or a running frame down to an object that is kept."""

import gc
import re
import sys
import time
import types
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from tidemark_agent.containers import LruCache, instance_values, is_a, slot_values
from tidemark_agent.tracing import is_own, way_to

_DEEPEST = 10
_WIDEST = 25  # objects of one distance that are looked at; a pass over the heap compares with each
_LONGEST_NAME = 120
_PASSED = ""  # the label of what belongs to its parent so closely that it needs no name: __dict__, a cell
_ELEMENT = "[]"
_OWN = __name__.split(".")[0]


def type_name(thing: object) -> str:
    kind = type(thing)
    name = type.__dict__["__qualname__"].__get__(kind)
    module = dict(vars(kind)).get("__module__")
    text = name if type(module) is not str or module == "builtins" else f"{module}.{name}"
    return text[:_LONGEST_NAME]


def _function_name(function: Any) -> str:
    values = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    return ".".join(each for each in values if type(each) is str) or "a function"


def _class_name(kind: type) -> str:
    name = type.__dict__["__qualname__"].__get__(kind)
    module = dict(vars(kind)).get("__module__")
    return f"{module}.{name}" if type(module) is str else name


def _lru_cache_name(cache: Any) -> str:
    wrapped = (instance_values(cache) or {}).get("__wrapped__")
    return "an lru_cache" if wrapped is None else f"lru_cache of {_function_name(wrapped)}"


class Path(NamedTuple):
    name: str  # of the last thing on it that has one: "shop.views.kept"
    words: List[str]  # from the root down, for people
    names: List[str]  # by which code may call it, the most telling first: "receivers", "order_viewed"
    owner: Optional[object]  # the instance that has the last thing as an attribute


class Referrers:
    """Searches the heap for ways down; knows the modules of one moment. Gives up at its deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._modules: Dict[int, str] = {}
        for name, module in list(sys.modules.items()):
            if isinstance(module, types.ModuleType) and type(name) is str and not name.startswith(_OWN):
                self._modules.setdefault(id(module.__dict__), name)

    def path_to(self, thing: object) -> Optional[Path]:
        """None when nothing with a name was found, or not in time."""
        # For each object that was reached, the one below it and how it has that one.
        below: Dict[int, Tuple[object, str]] = {}
        level: List[object] = [thing]
        for _ in range(_DEEPEST):
            for each in level:
                name = self._root_name(each)
                if name is not None:
                    return _path(each, name, thing, below)
            if not level or time.perf_counter() > self._deadline:
                return None
            level = self._parents(level, thing, below)
        return None

    def _parents(
        self, level: List[object], thing: object, below: Dict[int, Tuple[object, str]]
    ) -> List[object]:
        wanted = {id(each) for each in level}
        parents: List[object] = []
        for parent in gc.get_referrers(*level):
            if parent is thing or id(parent) in below or id(parent) in wanted or _is_ours(parent):
                continue
            for child in gc.get_referents(parent):
                if id(child) in wanted:
                    below[id(parent)] = (child, _label(parent, child))
                    parents.append(parent)
                    break
        parents.sort(key=self._distance)  # those that are nearer to a name first
        return parents[:_WIDEST]

    def _distance(self, thing: object) -> int:
        if self._root_name(thing) is not None:
            return 3 if is_a(thing, types.FrameType) else 0
        return 2 if is_a(thing, (types.FrameType, types.TracebackType)) else 1

    def _root_name(self, thing: object) -> Optional[str]:
        """The name of what stands by itself."""
        module = self._modules.get(id(thing))
        if module is not None:
            return module
        if is_a(thing, type):
            return _class_name(thing)
        if is_a(thing, LruCache):
            return _lru_cache_name(thing)
        if is_a(thing, types.FrameType):
            return f"a local variable of {thing.f_code.co_name}"
        return None


def _is_ours(thing: object) -> bool:
    """Whether this package made it, is running in it, or consists of it."""
    if is_a(thing, (type, types.FunctionType)) and str(thing.__module__).startswith(_OWN):
        return True
    if is_a(thing, types.FrameType):
        return is_own(((thing.f_code.co_filename, 0),))
    way = way_to(thing)
    return way is not None and is_own(way)


def _label(parent: Any, child: object) -> str:
    """How one has the other: ".name" where it is an attribute or a name."""
    if is_a(parent, dict):
        return _key_of(dict.items(parent), child) or _ELEMENT
    if is_a(parent, (types.CellType, type, LruCache)) or is_a(child, types.CellType):
        return _PASSED
    if is_a(parent, types.FunctionType) and type(child) is tuple:
        return _PASSED  # its closure, or its defaults
    if is_a(parent, (list, tuple, set, frozenset)):
        return _ELEMENT
    values = instance_values(parent)
    if values is child:
        return _PASSED
    return _key_of((values or {}).items(), child) or _key_of(slot_values(parent), child) or _ELEMENT


def _key_of(items: Any, child: object) -> str:
    for key, value in items:
        if value is child and type(key) is str and key.isidentifier():
            return f".{key}"
    return ""


def _path(
    root: object, name: str, thing: object, below: Dict[int, Tuple[object, str]]
) -> Path:
    """Names as far down as there are any, then types."""
    words: List[str] = []
    names = [] if is_a(root, dict) else re.findall(r"\w+", name)[-1:]
    reached, owner = root, None
    parent, grandparent = root, None
    is_named = True
    while parent is not thing:
        child, label = below[id(parent)]
        if is_named and label.startswith("."):
            name += label
            names.insert(0, label[1:])
            reached = child
            owner = grandparent if is_a(parent, dict) else parent
        elif label != _PASSED:
            if is_named:
                words.append(f"{name} ({type_name(reached)})")
                is_named, owner = False, None
            words.append(type_name(child))
        parent, grandparent = child, parent
    if is_named:
        if reached is not thing and not is_a(thing, dict):
            reached = thing
        words.append(f"{name} ({type_name(reached)})")
    return Path(name, words, names, None if owner is root else owner)

"""Words for a way down to an object: `shop.views.session.by_user["ann"]`, then types."""

import gc
import re
import sys
import types
from typing import Any, Dict, List, NamedTuple, Optional

from tidemark_agent import heap
from tidemark_agent.containers import LruCache
from tidemark_agent.heap import is_a, type_name

_LONGEST_KEY = 40
_ContextVar: Any = getattr(sys.modules.get("_contextvars"), "ContextVar", None)
_LOCAL = "_thread._local"


class Path(NamedTuple):
    name: str  # of the object at its end, as far as there is one: "shop.views.kept"
    words: List[str]  # from the root down, for people
    names: List[str]  # by which code may call it, the most telling first: "receivers", "order_viewed"
    owner: Optional[object]  # the instance that has the object as an attribute
    is_local: bool  # the first of its names is a variable of a function


def function_name(function: Any) -> str:
    if type(function) is not types.FunctionType:
        return type_name(function)
    module = function.__globals__.get("__name__")
    name = heap.plain(function.__qualname__)
    return f"{module}.{name}" if type(module) is str else name


def lru_cache_name(cache: Any) -> str:
    wrapped = (heap.instance_values(cache) or {}).get("__wrapped__")
    return "an lru_cache" if wrapped is None else f"lru_cache of {function_name(wrapped)}"


class _Describer:
    """Goes down a chain of objects and keeps the name of where it is, for as long as there is one."""

    def __init__(self, root: object, name: str) -> None:
        self.name = name
        # Code that names a module or a class says nothing about what is in it.
        says_nothing = type(root) is dict or is_a(root, type)
        self.names: List[str] = [] if says_nothing else re.findall(r"\w+", name)[-1:]
        self.words: List[str] = []
        self.owner: Optional[object] = None
        self._named = True
        self._reached: object = root
        self._is_local = False
        self._in_local = False  # between a threading.local and the dictionary of one thread

    def _step(self, child: object, more: str, short: str = "", owner: Optional[object] = None) -> None:
        """Down to something that has a name."""
        if not self._named:
            self._unnamed(child)
            return
        self.name += more
        if short:
            self.names.insert(0, short)
            self._is_local = False
        self._reached = child
        self.owner = owner

    def _restart(self, child: object, name: str, short: str, is_local: bool = False) -> None:
        """What is above says less than this."""
        if self._named:
            self.name, self.names, self._reached, self.owner = name, [short], child, None
            self._is_local = is_local

    def _unnamed(self, child: object) -> None:
        if self._named:
            self.words.append(f"{self.name} ({type_name(self._reached)})")
            self._named = False
        self.words.append(type_name(child))
        self.owner = None

    def path(self, chain: List[object]) -> Path:
        for at in range(1, len(chain)):
            above = chain[at - 2] if at > 1 else None
            below = chain[at + 1] if at + 1 < len(chain) else None
            self._down(above, chain[at - 1], chain[at], below)
        if self._named:
            self.words.append(f"{self.name} ({type_name(chain[-1])})")
            name = self.name
        else:
            name = f"{_with_article(chain[-1])} in {self.name}"
        return Path(name, self.words, self.names, self.owner, self._is_local)

    def _down(self, above: Any, parent: Any, child: Any, below: Any) -> None:
        if is_a(parent, dict):
            self._down_from_dictionary(above, parent, child)
        elif type(parent) is types.CellType or (is_a(parent, type) and type(child) is dict):
            self._step(child, "")
        elif type(parent) is types.FunctionType and type(child) is tuple:
            self._into_function(parent, child, below)
        elif type(parent) is tuple and type(above) is types.FunctionType:
            self._step(child, "")
        elif is_a(parent, LruCache) or is_a(parent, types.ModuleType):
            self._step(child, "")
        elif type(parent) is types.FrameType:
            self._from_frame(parent, child)
        elif _ContextVar is not None and type(parent) is _ContextVar:
            self._step(child, "", heap.plain(parent.name))
        elif type_name(parent).startswith("hamt"):
            self._from_context(parent, child)
        else:
            self._from_instance(parent, child)

    def _from_instance(self, parent: Any, child: Any) -> None:
        values = heap.instance_values(parent)
        self._in_local = type_name(parent) == _LOCAL
        if values is child or self._in_local:
            self._step(child, "")
            return
        name = _attribute(parent, child)
        if name:
            self._to_attribute(parent, name, child)
        else:
            self._unnamed(child)

    def _to_attribute(self, owner: Any, name: str, child: Any) -> None:
        logger = _logger_name(owner)
        if logger is not None:  # which says more than the place in the manager's dictionary of all
            self._restart(child, f"{name} of logger {logger}", name)
        else:
            self._step(child, f".{name}", name, owner)

    def _down_from_dictionary(self, above: Any, parent: Any, child: Any) -> None:
        key = _key_of(parent, child)
        if key is None:
            if self._in_local:
                self._step(child, "")  # one for each thread
            else:
                self._unnamed(child)
        elif above is None or is_a(above, type) or self._in_local:
            self._in_local = False
            self._step(child, f".{key}", key)
        elif _belongs_to(parent, above):
            self._to_attribute(above, key, child)
        else:
            self._step(child, f'["{key}"]', key)

    def _into_function(self, function: Any, values: Any, below: Any) -> None:
        name = function_name(function)
        code = function.__code__
        if values is function.__closure__:
            for variable, cell in zip(code.co_freevars, values):
                if cell is below:
                    self._restart(values, f"`{variable}` in the closure of {name}", variable, True)
                    return
        if values is function.__defaults__:
            arguments = code.co_varnames[: code.co_argcount]
            for variable, value in zip(arguments[len(arguments) - len(values) :], values):
                if value is below:
                    self._restart(values, f"default of `{variable}` of {name}", variable)
                    return
        self._step(values, "")

    def _from_frame(self, frame: Any, child: Any) -> None:
        for variable, value in list(frame.f_locals.items()):
            if value is child and type(variable) is str:
                function = f"{frame.f_globals.get('__name__')}.{_code_name(frame.f_code)}"
                self._restart(child, f"local variable `{variable}` of {function}", variable, True)
                return
        self._unnamed(child)

    def _from_context(self, node: Any, child: Any) -> None:
        for each in _neighbours(node, child):
            if type(each) is _ContextVar:
                variable = heap.plain(each.name)
                self._restart(child, f"context variable `{variable}`", variable)
                return
        self._step(child, "")


def described(chain: List[object], root_name: str) -> Path:
    """`chain`: from the root down."""
    return _Describer(chain[0], root_name).path(chain)


def _with_article(thing: object) -> str:
    kind = type_name(thing).rsplit(".", 1)[-1]
    return f"{'an' if kind[:1] in 'aeiouAEIOU' else 'a'} {kind}"


def _code_name(code: Any) -> str:
    return getattr(code, "co_qualname", code.co_name)


def _logger_name(thing: object) -> Optional[str]:
    if not any(heap.class_name(kind) == "logging.Logger" for kind in heap.classes(type(thing))):
        return None
    name = (heap.instance_values(thing) or {}).get("name")
    return name if type(name) is str else None


def _neighbours(node: Any, child: object) -> List[object]:
    parts = gc.get_referents(node)
    at = [place for place, part in enumerate(parts) if part is child]
    return [parts[place + step] for place in at for step in (-1, 1) if 0 <= place + step < len(parts)]


def _belongs_to(values: object, thing: object) -> bool:
    if is_a(thing, dict):
        return False
    return heap.instance_values(thing) is values


def _key_of(mapping: Any, child: object) -> Optional[str]:
    try:
        for key, value in dict.items(mapping):
            if value is child and type(key) is str and len(key) <= _LONGEST_KEY:
                return key
    except RuntimeError:  # another thread is changing it
        pass
    return None


def _attribute(thing: Any, child: object) -> str:
    values: Dict[Any, Any] = heap.instance_values(thing) or {}
    found = _key_of(values, child)
    if found is None:
        found = next((name for name, value in heap.slot_values(thing) if value is child), None)
    return found or ""

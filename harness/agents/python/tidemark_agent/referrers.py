"""The shortest ways from modules, classes, caches and running frames down to objects that are kept.

References are followed upwards from all objects in question at once, some dozens in each pass over the
heap: a pass compares each reference with all that are looked for.
"""

import gc
import types
from itertools import repeat
from operator import is_
from typing import Any, Dict, List, Optional, Set

from tidemark_agent import heap, naming
from tidemark_agent.containers import LruCache
from tidemark_agent.heap import is_a
from tidemark_agent.naming import Path
from tidemark_agent.originals import perf_counter
from tidemark_agent.tracing import is_own, way_to

_DEEPEST = 12
_MOST_PARENTS = 40  # of one object
_WIDEST = 200  # objects of one distance
_AT_ONCE = 40  # that one pass looks for
_MOST_REFERRERS = 5000  # that one pass is asked about
_LARGE = 1000  # references, above which not all of them are made a set
_OWN = __name__.split(".")[0]


class Referrers:
    """Ways to some objects. Gives up at its deadline: then some have none."""

    def __init__(self, things: List[Any], deadline: float) -> None:
        self._deadline = deadline
        self._modules = {
            key: name for key, name in heap.modules().items() if not name.startswith(_OWN)
        }
        self._things = {id(thing): thing for thing in things}
        self._known: Dict[int, Any] = dict(self._things)
        self._parents: Dict[int, List[Any]] = {}  # of each object that was looked at
        self._frozen = heap.frozen()
        self._running = {id(frame): frame for frame in heap.running_frames() if not _is_ours(frame)}
        self._search()
        self._look_into_frames()

    def path_to(self, thing: object) -> Optional[Path]:
        """None when nothing with a name was found, or not in time."""
        chain = self._chain(thing)
        if chain is None:
            return None
        return naming.described(chain, self._root_name(chain[0]))

    def _search(self) -> None:
        level = list(self._things.values())
        for _ in range(_DEEPEST):
            missing = [thing for thing in self._things.values() if self._chain(thing) is None]
            needed = self._above(missing)
            level = [each for each in level if id(each) in needed and not self._is_root(each)][:_WIDEST]
            if not level or perf_counter() > self._deadline:
                return
            level = self._look_for_parents(level)

    def _above(self, things: List[Any]) -> Set[int]:
        """What was found so far on the ways up from them."""
        found = set(map(id, things))
        todo = list(things)
        while todo:
            for parent in self._parents.get(id(todo.pop()), ()):
                if id(parent) not in found:
                    found.add(id(parent))
                    todo.append(parent)
        return found

    def _look_for_parents(self, level: List[Any]) -> List[Any]:
        found: List[Any] = []
        for start in range(0, len(level), _AT_ONCE):
            if perf_counter() > self._deadline:
                break
            some = level[start : start + _AT_ONCE]
            self._parents.update((id(each), []) for each in some)
            found_now = gc.get_referrers(*some) + self._frozen_referrers(some)
            for parent in found_now[:_MOST_REFERRERS]:
                if parent is not some and parent is not level and not _is_ours(parent):
                    self._note_parent(parent, some)
            for each in some:
                parents = self._parents[id(each)]
                parents.sort(key=self._rank)
                del parents[_MOST_PARENTS:]
                for parent in parents:
                    if id(parent) not in self._known:
                        self._known[id(parent)] = parent
                        found.append(parent)
        return found

    def _frozen_referrers(self, children: List[Any]) -> List[Any]:
        """The collector does not look into what it was told to leave alone."""
        found: List[Any] = []
        for chunk in heap.chunks(self._frozen):
            if _refers_to_any(gc.get_referents(*chunk), children):
                found += [each for each in chunk if _refers_to_any(gc.get_referents(each), children)]
        return found

    def _note_parent(self, parent: Any, children: List[Any]) -> None:
        parts = gc.get_referents(parent)
        if len(parts) > _LARGE:
            has = [child for child in children if any(map(is_, parts, repeat(child)))]
        else:
            keys = set(map(id, parts))
            has = [child for child in children if id(child) in keys]
        for child in has:
            if child is not parent:
                self._parents[id(child)].append(parent)

    def _look_into_frames(self) -> None:
        """Local variables of running functions, which the collector need not know, where no way was found."""
        missing = [thing for thing in self._things.values() if self._chain(thing) is None]
        if not missing:
            return
        reachable = self._above(missing)
        for frame in self._running.values():
            values = frame.f_locals
            if values is frame.f_globals:
                continue
            for value in list(values.values()):
                if id(value) in reachable:
                    self._parents.setdefault(id(value), []).append(frame)

    def _chain(self, thing: object) -> Optional[List[Any]]:
        """From the nearest root down to it."""
        below: Dict[int, Any] = {id(thing): None}
        level = [thing]
        for _ in range(_DEEPEST + 1):
            above = []
            for each in sorted(level, key=self._rank):
                if self._is_root(each):
                    chain = []
                    while each is not None:
                        chain.append(each)
                        each = below[id(each)]
                    return chain
                for parent in self._parents.get(id(each), ()):
                    if id(parent) not in below:
                        below[id(parent)] = each
                        above.append(parent)
            level = above
        return None

    def _rank(self, thing: object) -> int:
        """What is nearer to a name that people know comes first."""
        if not self._is_root(thing):
            return 3 if type(thing) in (types.FrameType, types.TracebackType) else 2
        if id(thing) in self._running:
            return 4
        module = self._modules.get(id(thing))
        return 1 if module is not None and module.split(".")[0] in _FAMILIAR else 0

    def _is_root(self, thing: object) -> bool:
        """Whether it stands by itself, and has a name."""
        if id(thing) in self._modules or id(thing) in self._running:
            return True
        if is_a(thing, type) or is_a(thing, LruCache):
            return True
        return type(thing) is types.FunctionType and way_to(thing) is None  # as old as the program

    def _root_name(self, thing: Any) -> str:
        if id(thing) in self._modules:
            return self._modules[id(thing)]
        if is_a(thing, type):
            return heap.class_name(thing)
        if is_a(thing, LruCache):
            return naming.lru_cache_name(thing)
        if id(thing) in self._running:
            return f"a local variable of {thing.f_code.co_name}"
        return naming.function_name(thing)


def _refers_to_any(references: List[Any], things: List[Any]) -> bool:
    return any(any(map(is_, references, repeat(thing))) for thing in things)


# Names in there are second choice: everybody imports from them.
_FAMILIAR = frozenset(("builtins", "sys", "asyncio", "logging", "threading", "weakref", "gc"))


def _is_ours(thing: object) -> bool:
    """Whether this package made it, is running in it, or consists of it."""
    if type(thing) is types.FrameType:
        return is_own(((thing.f_code.co_filename, 0),))
    if type(thing) is types.FunctionType:
        return is_own(((thing.__code__.co_filename, 0),))
    if is_a(thing, type):
        return heap.is_own_class(thing)  # type: ignore[arg-type]
    way = way_to(thing)
    return way is not None and is_own(way)

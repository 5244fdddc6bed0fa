"""Allocation tracing: on and off, and what is in use at a mark, by the way to its allocation.

Everything rests on the interpreter's own `tracemalloc`; what this package allocates is left out.
"""

import _tracemalloc
import ctypes
import os
import sys
import tracemalloc
from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

Way = Tuple[Tuple[str, int], ...]  # (file, line), innermost first

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_SMALL = 512  # bytes; CPython's small-object allocator takes what is not larger


class Use(NamedTuple):
    bytes: int  # what the allocators take: rounding and headers included
    blocks: int


def _occupied(size: int, small_objects: bool) -> int:
    if small_objects and size <= _SMALL:
        return max(16, (size + 15) & ~15)
    return max(32, (size + 8 + 15) & ~15)  # glibc: a header of 8 bytes, multiples of 16


def raw_traces() -> List[Any]:
    """(domain, size, way, …) of every traced block; tuples of the same way are the same object."""
    return _tracemalloc._get_traces()


def _ways_to_instances() -> Optional[Callable[[int, int], Optional[Way]]]:
    """CPython 3.11 forgets, when it looks for an instance's block, the two pointers that stand before it."""
    if sys.version_info[:2] != (3, 11):
        return None
    try:
        look_up = ctypes.pythonapi._PyTraceMalloc_GetTraceback
    except AttributeError:
        return None
    look_up.argtypes = [ctypes.c_uint, ctypes.c_size_t]
    look_up.restype = ctypes.py_object
    return look_up


_way_to_instance = _ways_to_instances()
_flags_of_class = type.__dict__["__flags__"].__get__
_HAS_MANAGED_DICTIONARY = 1 << 4  # Py_TPFLAGS_MANAGED_DICT
_BEFORE_INSTANCE = 32  # bytes: those two pointers, and the collector's header


def way_to(thing: object) -> Optional[Way]:
    """The way to the allocation of an object; None when it was not traced."""
    way = _tracemalloc._get_object_traceback(thing)
    if way is None and _way_to_instance is not None:
        if _flags_of_class(type(thing)) & _HAS_MANAGED_DICTIONARY:
            way = _way_to_instance(0, id(thing) - _BEFORE_INSTANCE)
    return way


def is_own(way: Way) -> bool:
    return any(file.startswith(_OWN_FOLDER) for file, _ in way)


def in_use(traces: Iterable[Any], known: Optional[Dict[Way, Way]] = None) -> Dict[Way, Use]:
    """What is in use, by way. `known`: the ways of earlier marks, which need not be kept twice."""
    small_objects = sys.getallocatedblocks() > 0
    sums: Dict[Way, List[int]] = {}
    # Counted first, because to add up traces one by one would make objects that are traced themselves.
    for trace, blocks in Counter(traces).items():
        entry = sums.setdefault(trace[2], [0, 0])
        entry[0] += blocks * _occupied(trace[1], small_objects)
        entry[1] += blocks
    if known is None:
        known = {}
    return {
        known.setdefault(way, way): Use(size, blocks)
        for way, (size, blocks) in sums.items()
        if not is_own(way)
    }


class Switch:
    """Tracing, which may be the application's own: then it is left as it is."""

    def __init__(self) -> None:
        self._ours = False

    @property
    def is_ours(self) -> bool:
        return self._ours

    def on(self, frames: int) -> bool:
        """True when the application traces already."""
        if tracemalloc.is_tracing():
            return not self._ours
        tracemalloc.start(frames)
        self._ours = True
        return False

    def off(self) -> bool:
        """Whether it was on by us."""
        was_ours, self._ours = self._ours, False
        if was_ours:
            tracemalloc.stop()
        return was_ours

    def require(self) -> None:
        if not tracemalloc.is_tracing():
            raise ValueError("nothing is traced: ask for `trace` first")

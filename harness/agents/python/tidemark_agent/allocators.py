"""What the C library's and the interpreter's allocators hold, read without tracing anything."""

import ctypes
import re
import sys
import sysconfig
from typing import Callable, NamedTuple, Optional

_BYTES_IN_BLOCKS = re.compile(rb"# bytes in allocated blocks\s*=\s*([\d,]+)")
_BYTES_IN_ARENAS = re.compile(rb"\d+ arenas \* \d+ bytes/arena\s*=\s*([\d,]+)")

# Allocators that replace malloc and leave glibc's own counters standing still.
_FOREIGN_ALLOCATOR_SYMBOLS = ("mallctl", "mi_malloc", "tc_malloc")


class _Mallinfo2(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


class Usage(NamedTuple):
    """Bytes; None where this build cannot tell."""

    live: Optional[int]  # in use: the C heap's, and blocks of the small-object allocator
    held: Optional[int]  # the same, and the rest of the small-object allocator's arenas


def _number(pattern: "re.Pattern[bytes]", text: bytes) -> Optional[int]:
    found = pattern.search(text)
    return int(found.group(1).replace(b",", b"")) if found else None


def _has(library: ctypes.CDLL, symbol: str) -> bool:
    try:
        getattr(library, symbol)
    except AttributeError:
        return False
    return True


class Allocators:
    """Readers for this process. A reading that this build cannot give is None, never 0."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None)
        self._libc = libc
        self._trim: Optional[Callable[[int], int]] = None
        self._c_heap: Optional[Callable[[], _Mallinfo2]] = None
        foreign = any(_has(libc, symbol) for symbol in _FOREIGN_ALLOCATOR_SYMBOLS)
        if not foreign and _has(libc, "malloc_trim"):
            self._trim = libc.malloc_trim
            self._trim.argtypes = [ctypes.c_size_t]
        if not foreign and _has(libc, "mallinfo2"):
            self._c_heap = libc.mallinfo2
            self._c_heap.restype = _Mallinfo2
        self._small_object_stats = self._small_object_stats_printer()

    @property
    def can_trim(self) -> bool:
        return self._trim is not None

    def trim(self) -> None:
        """Hands the C heap's free pages back to the kernel."""
        if self._trim is not None:
            self._trim(0)

    def live_blocks(self) -> Optional[int]:
        """Blocks that the small-object allocator has handed out; None under PYTHONMALLOC=malloc."""
        return sys.getallocatedblocks() or None

    def usage(self) -> Usage:
        if self._c_heap is None:
            return Usage(None, None)
        heap = self._c_heap()
        in_heap = int(heap.uordblks) + int(heap.hblkhd)
        if not sys.getallocatedblocks():  # every object comes from malloc
            return Usage(in_heap, in_heap)
        if self._small_object_stats is None:
            return Usage(None, None)
        stats = self._small_object_stats()
        in_blocks = _number(_BYTES_IN_BLOCKS, stats)
        in_arenas = _number(_BYTES_IN_ARENAS, stats)
        return Usage(
            None if in_blocks is None else in_heap + in_blocks,
            None if in_arenas is None else in_heap + in_arenas,
        )

    def _small_object_stats_printer(self) -> Optional[Callable[[], bytes]]:
        if sysconfig.get_config_var("Py_GIL_DISABLED"):
            return None  # free-threaded builds allocate objects with mimalloc
        libc = self._libc
        try:
            # PyDLL keeps the interpreter's lock, under which alone the arenas may be walked.
            print_stats = ctypes.PyDLL(None)._PyObject_DebugMallocStats
            open_memstream, fclose, free = libc.open_memstream, libc.fclose, libc.free
        except AttributeError:
            return None
        print_stats.argtypes = [ctypes.c_void_p]
        open_memstream.restype = ctypes.c_void_p
        fclose.argtypes = [ctypes.c_void_p]
        free.argtypes = [ctypes.c_void_p]

        def print_to_memory() -> bytes:
            text, size = ctypes.c_void_p(), ctypes.c_size_t()
            stream = open_memstream(ctypes.byref(text), ctypes.byref(size))
            if not stream:
                return b""
            print_stats(stream)
            fclose(stream)
            printed = ctypes.string_at(text.value, size.value) if text.value else b""
            free(text)
            return printed

        return print_to_memory

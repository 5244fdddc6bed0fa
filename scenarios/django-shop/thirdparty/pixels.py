"""A stand-in for an imaging library whose buffers live on the C heap.

Like the real ones it leaves freeing to its caller, and what it allocates is invisible to Python's
own tools (sys.getallocatedblocks, tracemalloc, gc).
"""

import ctypes

_libc = ctypes.CDLL(None)
_libc.malloc.argtypes = [ctypes.c_size_t]
_libc.malloc.restype = ctypes.c_void_p
_libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
_libc.memset.restype = ctypes.c_void_p
_libc.free.argtypes = [ctypes.c_void_p]
_libc.free.restype = None

WHITE = 0xFF


def acquire(size: int) -> int:
    """Return the address of `size` white bytes, which are the caller's until release()."""
    address = _libc.malloc(size)
    if address is None:
        raise MemoryError(f"no room for {size} bytes")
    _libc.memset(address, WHITE, size)  # touched, hence resident
    return address


def release(address: int) -> None:
    """Give a buffer back; its address must not be used again."""
    _libc.free(address)

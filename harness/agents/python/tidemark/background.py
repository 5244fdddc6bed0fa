"""Threads of ours, which neither cross a fork nor run beside one.

CPython from 3.12 on warns of a fork beside living threads: ours are over before, and what wakes at intervals
is started again after.
"""

import functools
import os
import sys
import threading
import time
import weakref
from typing import Callable, Optional

_PATIENCE = 5.0  # seconds for a wake-up to end, or work aside
_EXIT_PATIENCE = 0.05  # and for the kernel to know


class Ticker:
    """Calls `wake` every `seconds`, until it is stopped. `wake` must not raise."""

    def __init__(self, seconds: float, wake: Callable[[], None], name: str) -> None:
        self._seconds = seconds
        self._wake = wake
        self._name = name
        self._thread: Optional[threading.Thread] = None
        self._ends = threading.Event()

    def start(self) -> None:
        if self._thread is not None:
            return
        _begin_again_after_forks()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self._ends,), name=self._name, daemon=True)
        self._thread.start()
        _RUNNING.add(self)

    def stop(self) -> None:
        _RUNNING.discard(self)
        self._end_thread()

    def _end_thread(self) -> None:
        thread, self._thread = self._thread, None
        self._ends.set()
        if thread is not None:
            _wait_for(thread)

    def _run(self, ends: threading.Event) -> None:
        while not ends.wait(self._seconds):
            self._wake()


def _wait_for(thread: threading.Thread) -> None:
    """Until the kernel knows of its end too, who counts threads when CPython forks."""
    if thread is threading.current_thread():
        return
    thread.join(_PATIENCE)
    if thread.is_alive() or thread.native_id is None:
        return
    deadline = time.perf_counter() + _EXIT_PATIENCE
    while os.path.exists(f"/proc/self/task/{thread.native_id}") and time.perf_counter() < deadline:
        time.sleep(0)


def start_aside(work: Callable[[], None], name: str) -> threading.Thread:
    """A thread for one piece of work, which a fork waits for. `work` must not raise."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    _ASIDE.add(thread)
    return thread


_RUNNING: "weakref.WeakSet[Ticker]" = weakref.WeakSet()
_ASIDE: "weakref.WeakSet[threading.Thread]" = weakref.WeakSet()


def _before_fork() -> None:
    for ticker in list(_RUNNING):
        ticker._end_thread()
    for thread in list(_ASIDE):
        _wait_for(thread)


def _begin_again() -> None:
    for ticker in list(_RUNNING):
        try:
            ticker.start()
        except RuntimeError:  # no more threads, or the interpreter is ending
            pass


@functools.lru_cache(maxsize=None)
def _begin_again_after_forks() -> None:
    """In the parent when os.fork() has returned.

    When all hooks are over, CPython 3.13 looks for threads once more. A pending call comes after that, in the
    main thread; no Python code may ask for it, or it would run right there.
    """
    if sys.version_info < (3, 12):
        os.register_at_fork(after_in_parent=_begin_again)
        return
    try:
        import ctypes
    except ImportError:  # then there is a warning
        os.register_at_fork(after_in_parent=_begin_again)
        return

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
    def begin_again(_: None) -> int:
        _begin_again()
        return 0

    ask = functools.partial(ctypes.pythonapi.Py_AddPendingCall, begin_again, None)
    os.register_at_fork(after_in_parent=ask)


os.register_at_fork(before=_before_fork, after_in_child=_begin_again)

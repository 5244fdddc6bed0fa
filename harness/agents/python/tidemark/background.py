"""A thread that wakes at intervals, and that neither crosses a fork nor runs beside one.

CPython from 3.12 on warns of a fork beside living threads: ours is stopped before and started after.
"""

import os
import threading
import weakref
from typing import Callable, Optional

_PATIENCE = 5.0  # seconds for a wake-up to end


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
        if thread is not None and thread is not threading.current_thread():
            thread.join(_PATIENCE)

    def _run(self, ends: threading.Event) -> None:
        while not ends.wait(self._seconds):
            self._wake()


_RUNNING: "weakref.WeakSet[Ticker]" = weakref.WeakSet()


def _before_fork() -> None:
    for ticker in list(_RUNNING):
        ticker._end_thread()


def _after_fork() -> None:
    for ticker in list(_RUNNING):
        ticker.start()


os.register_at_fork(before=_before_fork, after_in_child=_after_fork, after_in_parent=_after_fork)

"""A meter, its trends, and the store that they go to: what requests and tasks have in common."""

import os
import threading
import time
from typing import Callable, Optional

from tidemark.metering import Meter
from tidemark.settings import LOGGER, Settings
from tidemark.trends import Table, Trends

# Stores a table, merged with what other processes have stored; False when it is to come again later.
Store = Callable[[Table], bool]

_EXIT_PATIENCE = 2.0  # seconds
_EXIT_INTERVAL = 0.02


class Recorder:
    """One for a process, across forks. Any thread may call."""

    def __init__(self, settings: Settings, store: Optional[Store]) -> None:
        self._store = store if settings.trends else None
        self._flush_requests = settings.trends_flush_requests
        self._flush_seconds = settings.trends_flush_seconds
        self.trends = Trends(settings.trends_names, settings.trends_period, settings.trends_periods)
        self.meter = Meter(settings, self.trends)
        self._flushing = threading.Lock()
        self._pid = os.getpid()
        self._due = time.monotonic() + settings.trends_flush_seconds

    def must_flush(self) -> bool:
        if self._store is None:
            return False
        return self.trends.added >= self._flush_requests or time.monotonic() >= self._due

    def flush_at_exit(self) -> None:
        """The last chance: workers that end together wait for each other, a little."""
        until = time.monotonic() + _EXIT_PATIENCE
        while not self.flush() and time.monotonic() < until:
            time.sleep(_EXIT_INTERVAL)

    def flush(self) -> bool:
        """Hands what was seen to the store; what the store does not take stays, in bounded memory."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._flushing = threading.Lock()  # the parent's may have been held at the fork
        if self._store is None or not self._flushing.acquire(False):
            return True
        try:
            self._due = time.monotonic() + self._flush_seconds
            with self.meter.lock:
                table = self.trends.take()
            if not table:
                return True
            try:
                stored = self._store(table)
            except Exception as error:  # whatever a cache's client raises
                LOGGER.warning("trends are not stored: %s", type(error).__name__)
                stored = False
            if not stored:
                with self.meter.lock:
                    self.trends.put_back(table)
            return stored
        finally:
            self._flushing.release()

    def close(self) -> None:
        self.meter.memory.close()

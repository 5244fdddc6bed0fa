"""From usages to the log, the trends and their store: what requests and tasks have in common."""

import os
import threading
import time
from typing import Callable, Optional

from tidemark.metering import Meter, Unit, Usage
from tidemark.settings import LOGGER, Settings
from tidemark.trends import Table, Trends

# Stores a table, merged with what other processes have stored; False when it is to come again later.
Store = Callable[[Table], bool]


class Recorder:
    """One for a process, across forks. Any thread may call."""

    def __init__(self, settings: Settings, store: Optional[Store]) -> None:
        self._settings = settings
        self._store = store if settings.trends else None
        self.meter = Meter(settings)
        self.trends = Trends(
            settings.trends_names, settings.trends_period, settings.trends_periods, settings.threshold
        )
        self._flushing = threading.Lock()
        self._due = time.monotonic() + settings.trends_flush_seconds
        self._pid = self.meter.pid

    def begin(self) -> Unit:
        unit = self.meter.begin()
        if self._pid != self.meter.pid:
            self._pid = self.meter.pid
            self._flushing = threading.Lock()
            self.trends.after_fork()
        return unit

    def end(self, unit: Unit, name: str) -> Usage:
        usage = self.meter.end(unit)
        if self._settings.trends:
            self.trends.add(name, usage)
        return usage

    def is_loud(self, usage: Usage) -> bool:
        return usage.most >= self._settings.threshold

    def must_flush(self) -> bool:
        if self._store is None:
            return False
        return self.trends.added >= self._settings.trends_flush_requests or time.monotonic() >= self._due

    def flush(self) -> None:
        """Hands what was seen to the store; what the store does not take stays, in bounded memory."""
        if self._pid != os.getpid():
            return  # a child that has begun nothing: what is here is the parent's to tell
        if self._store is None or not self._flushing.acquire(False):
            return
        try:
            self._due = time.monotonic() + self._settings.trends_flush_seconds
            table = self.trends.take()
            if not table:
                return
            try:
                stored = self._store(table)
            except Exception as error:  # whatever a cache's client raises
                LOGGER.warning("trends are not stored: %s", type(error).__name__)
                stored = False
            if not stored:
                self.trends.put_back(table)
        finally:
            self._flushing.release()

    def close(self) -> None:
        self.meter.memory.close()

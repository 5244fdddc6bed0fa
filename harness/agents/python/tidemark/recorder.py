"""From usages to the log, the trends and their store: what requests and tasks have in common."""

import os
import threading
import time
from typing import Callable, Optional

from tidemark.metering import Meter, Unit
from tidemark.settings import LOGGER, Settings
from tidemark.trends import Table, Trends

# Stores a table, merged with what other processes have stored; False when it is to come again later.
Store = Callable[[Table], bool]


class Recorder:
    """One for a process, across forks. Any thread may call."""

    def __init__(self, settings: Settings, store: Optional[Store]) -> None:
        self._threshold = settings.threshold
        self._keeps_trends = settings.trends
        self._flush_requests = settings.trends_flush_requests
        self._flush_seconds = settings.trends_flush_seconds
        self._store = store if settings.trends else None
        self.meter = Meter(settings)
        self.trends = Trends(settings.trends_names, settings.trends_period, settings.trends_periods)
        self._flushing = threading.Lock()
        self._due = time.monotonic() + settings.trends_flush_seconds
        self._pid = self.meter.pid

    def begin(self) -> Unit:
        unit = self.meter.begin()
        if self._pid != self.meter.pid:
            self._pid = self.meter.pid
            self._flushing = threading.Lock()
            self.trends.after_fork()
        elif unit.moved:
            self.trends.settle(unit.moved)
        return unit

    def end(self, unit: Unit, name: str) -> bool:
        """True when the unit is above the threshold."""
        self.meter.end(unit)
        loud = (unit.kept > 0 or unit.peak is not None or unit.traced) and unit.most >= self._threshold
        if self._keeps_trends:
            self.trends.add(name, unit, loud)
        return loud

    def must_flush(self) -> bool:
        if self._store is None:
            return False
        return self.trends.added >= self._flush_requests or time.monotonic() >= self._due

    def flush(self) -> None:
        """Hands what was seen to the store; what the store does not take stays, in bounded memory."""
        if self._pid != os.getpid():
            return  # a child that has begun nothing: what is here is the parent's to tell
        if self._store is None or not self._flushing.acquire(False):
            return
        try:
            self._due = time.monotonic() + self._flush_seconds
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

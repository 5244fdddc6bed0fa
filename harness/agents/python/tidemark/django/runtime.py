"""What one process has one of, made from settings.TIDEMARK when it is first asked for."""

import atexit
import threading
from typing import Any, List, Optional

from django.conf import settings as django_settings
from django.core.signals import setting_changed

import tidemark
from tidemark.django.store import CacheStore
from tidemark.recorder import Recorder
from tidemark.settings import Settings, load_and_log


def store_for(kind: str, settings: Settings) -> CacheStore:
    return CacheStore(
        settings.trends_cache, kind, settings.trends_names, settings.trends_period, settings.trends_periods
    )


class Runtime:
    """OSError where resident memory cannot be read."""

    def __init__(self) -> None:
        self.settings = load_and_log(getattr(django_settings, "TIDEMARK", {}))
        self.recorder = Recorder(self.settings, store_for("views", self.settings))
        self.hunter: Optional[tidemark.LeakHunter] = None
        self.monitor: Optional[tidemark.GCMonitor] = None
        if not self.settings.enabled:
            return
        if self.settings.leak_hunter is not None:
            self.hunter = tidemark.LeakHunter(**self.settings.leak_hunter)
        if self.settings.gc_monitor is not None:
            self.monitor = tidemark.GCMonitor(**self.settings.gc_monitor)
            self.monitor.start()

    def close(self) -> None:
        if self.hunter is not None:
            self.hunter.stop()
        if self.monitor is not None:
            self.monitor.stop()
        self.recorder.close()


_LOCK = threading.Lock()
_RUNTIMES: List[Runtime] = []  # one, or none yet


def runtime() -> Runtime:
    with _LOCK:
        if not _RUNTIMES:
            _RUNTIMES.append(Runtime())
        return _RUNTIMES[0]


def close() -> None:
    with _LOCK:
        while _RUNTIMES:
            _RUNTIMES.pop().close()


def _begin_anew(*, setting: str, **_: Any) -> None:
    """For tests that override settings."""
    if setting in ("TIDEMARK", "CACHES"):
        close()


def _flush_at_exit() -> None:
    for one in list(_RUNTIMES):
        one.recorder.flush_at_exit()


setting_changed.connect(_begin_anew, dispatch_uid="tidemark")
atexit.register(_flush_at_exit)

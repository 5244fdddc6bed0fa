"""Memory by Celery task, through its signals: `tidemark.celery.connect()`, once, beside the app."""

import os
import sys
from typing import Any, Dict, Mapping, Optional

from celery import signals

from tidemark.gc_monitor import GCMonitor
from tidemark.leak_hunter import LeakHunter
from tidemark.metering import Unit, describe
from tidemark.recorder import Recorder, Store
from tidemark.settings import LOGGER, load_and_log
from tidemark.text import printable

_UID = "tidemark"


class _Connection:
    """What the signals' receivers share; made anew by each `connect`."""

    def __init__(
        self, recorder: Recorder, hunter: Optional[LeakHunter], monitor: Optional[GCMonitor]
    ) -> None:
        self.recorder = recorder
        self.hunter = hunter
        self.monitor = monitor
        self._units: Dict[str, Unit] = {}
        self._pid = os.getpid()

    def before(self, task_id: str, **_: Any) -> None:
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._units = {}
        self._units[task_id] = self.recorder.meter.begin()

    def after(self, task_id: str, task: Any, **_: Any) -> None:
        unit = self._units.pop(task_id, None)
        if unit is None:
            return
        if self.recorder.meter.end(unit, task.name):
            LOGGER.warning("task %s[%s] %s", printable(task.name), printable(task_id, 80), describe(unit))
        if self.hunter is not None:
            self.hunter.tick()
        if self.recorder.must_flush():
            self.recorder.flush()

    def at_exit(self, **_: Any) -> None:
        """Of a pool's child, which ends without the interpreter's own farewell."""
        self.recorder.flush_at_exit()


_RECEIVERS = (
    (signals.task_prerun, "before"),
    (signals.task_postrun, "after"),
    (signals.worker_process_shutdown, "at_exit"),
    (signals.worker_shutdown, "at_exit"),
)
_connection: Optional[_Connection] = None


def connect(
    settings: Optional[Mapping[str, Any]] = None,
    store: Optional[Store] = None,
    hunter: Optional[LeakHunter] = None,
) -> None:
    """Measures every task of this process and of its pool, from now on. Again: with the new arguments.

    settings  as settings.TIDEMARK, which is the default in a Django project
    store     called with the trends' tables; the default is a Django project's cache, or else none
    hunter    ticks once a task; the default is what the settings ask for
    """
    global _connection
    disconnect()
    if settings is None:
        settings = _django_settings()
    chosen = load_and_log({} if settings is None else settings)
    if not chosen.enabled:
        return
    if store is None and _django_settings() is not None:
        from tidemark.django.runtime import store_for

        store = store_for("tasks", chosen)
    if hunter is None and chosen.leak_hunter is not None:
        hunter = LeakHunter(**chosen.leak_hunter)
    monitor = None if chosen.gc_monitor is None else GCMonitor(**chosen.gc_monitor)
    try:
        connection = _Connection(Recorder(chosen, store), hunter, monitor)
    except OSError as error:
        LOGGER.warning("tasks are not measured, resident memory cannot be read: %s", error)
        return
    for signal, receiver in _RECEIVERS:
        signal.connect(getattr(connection, receiver), weak=False, dispatch_uid=_UID)
    if monitor is not None:
        monitor.start()
    _connection = connection


def disconnect() -> None:
    """Takes everything out again."""
    global _connection
    if _connection is None:
        return
    for signal, receiver in _RECEIVERS:
        signal.disconnect(getattr(_connection, receiver), dispatch_uid=_UID)
    if _connection.hunter is not None:
        _connection.hunter.stop()
    if _connection.monitor is not None:
        _connection.monitor.stop()
    _connection.recorder.close()
    _connection = None


def _django_settings() -> Optional[Mapping[str, Any]]:
    """settings.TIDEMARK of a Django project; None outside of one, where Django is not imported for it."""
    if "DJANGO_SETTINGS_MODULE" not in os.environ and "django.conf" not in sys.modules:
        return None
    try:
        from django.conf import settings
    except ImportError:
        return None
    if "DJANGO_SETTINGS_MODULE" not in os.environ and not settings.configured:
        return None
    found = getattr(settings, "TIDEMARK", {})
    return found if isinstance(found, Mapping) else {}

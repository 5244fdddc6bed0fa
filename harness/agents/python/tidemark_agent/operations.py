"""What the harness may ask of a process: who are you, settle, read."""

import gc
import os
import platform
import sys
from typing import Any, Dict, Optional

from tidemark_agent.allocators import Allocators
from tidemark_agent.collector import Collector, clear_internal_caches
from tidemark_agent.originals import perf_counter

PROTOCOL = 2
_TRACING = ("trace", "mark", "diagnose", "watch", "caught", "untrace")


def _django_debug() -> Optional[bool]:
    """Django's DEBUG, if this process has loaded and configured Django; it is never imported here."""
    module = sys.modules.get("django.conf")
    settings = getattr(module, "settings", None)
    if settings is None or not getattr(settings, "configured", False):
        return None
    return bool(getattr(settings, "DEBUG", False))


class Operations:
    def __init__(self) -> None:
        self._allocators = Allocators()
        self._collector = Collector()
        self._directory = os.getcwd()  # code is named from where the program began
        self._tracer: Any = None  # made when it is first needed

    @property
    def is_watching(self) -> bool:
        return self._tracer is not None and self._tracer.is_watching

    def look(self) -> None:
        """While a peak is watched, to be called all the time."""
        self._tracer.look()

    def after_fork(self) -> None:
        """In the child: what was begun is its parent's."""
        if self._tracer is not None:
            self._tracer.untrace()

    def perform(self, request: Dict[str, Any]) -> Dict[str, Any]:
        operation = request["op"]
        if operation in _TRACING:
            return self._trace(operation, request)
        if operation == "hello":
            return self._hello()
        if operation == "settle":
            return self._settle(tells_before=request.get("before") is True)
        if operation == "read":
            return self._read()
        raise ValueError(f"unknown operation {operation!r}")

    def _hello(self) -> Dict[str, Any]:
        return {
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "runtime": platform.python_implementation(),
            "version": platform.python_version(),
            "can_trim": self._allocators.can_trim,
        }

    def _trace(self, operation: str, request: Dict[str, Any]) -> Dict[str, Any]:
        if self._tracer is None:
            from tidemark_agent.tracer import Tracer

            self._tracer = Tracer(self._directory)
        if operation in ("trace", "diagnose", "watch"):
            return getattr(self._tracer, operation)(request)
        if operation != "mark":
            return getattr(self._tracer, operation)()
        self._settle()
        answer = self._tracer.mark()
        # A collection also empties the interpreter's free lists. What lies there was allocated by us, would be
        # used again by the application, and counted as ours.
        self._settle()
        return answer

    def _settle(self, tells_before: bool = False) -> Dict[str, Any]:
        """Collects garbage where the application does so too, returns free pages, then reads."""
        started = perf_counter()
        before = self._allocators.usage().live if tells_before else None
        collects = self._collector.runs_by_itself()
        found = self._collector.collect() if collects else None
        clear_internal_caches()
        objects = len(gc.get_objects())  # before the trim: the list itself is megabytes
        self._allocators.trim()
        answer = self._read()
        answer["gc_objects"] = objects
        answer["unreachable"] = found
        if tells_before:
            answer["unsettled_bytes"] = before
        answer["settle_seconds"] = round(perf_counter() - started, 6)
        return answer

    def _read(self) -> Dict[str, Any]:
        usage = self._allocators.usage()
        return {
            "live_bytes": usage.live,
            "held_bytes": usage.held,
            "live_blocks": self._allocators.live_blocks(),
            "collector_on": self._collector.runs_by_itself(),
            "frozen": gc.get_freeze_count(),
            "gc": self._collector.generations(),
            "django_debug": _django_debug(),
        }

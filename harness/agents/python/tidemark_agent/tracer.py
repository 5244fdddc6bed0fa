"""The operations of a diagnosis; imported when the first of them is asked for."""

from typing import Any, Dict, Optional

from tidemark_agent import tracing
from tidemark_agent.diagnosis import Marks
from tidemark_agent.peak_watch import PeakWatch

_MOST_FRAMES = 100


def _number(request: Dict[str, Any], key: str, low: int, high: int) -> int:
    value = request.get(key)
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{key!r} must be a whole number from {low} to {high}")
    return value


class Tracer:
    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._switch = tracing.Switch()
        self._marks: Optional[Marks] = None
        self._watch: Optional[PeakWatch] = None

    @property
    def is_watching(self) -> bool:
        return self._watch is not None

    def look(self) -> None:
        if self._watch is not None:
            self._watch.look()

    def trace(self, request: Dict[str, Any]) -> Dict[str, Any]:
        return {"was_tracing": self._switch.on(_number(request, "frames", 1, _MOST_FRAMES))}

    def mark(self) -> Dict[str, Any]:
        self._switch.require()
        if self._marks is None:
            self._marks = Marks(self._directory)
        return self._marks.add()

    def diagnose(self, request: Dict[str, Any]) -> Dict[str, Any]:
        marks, self._marks = self._marks, None
        if marks is None:
            raise ValueError("a diagnosis needs marks")
        return marks.diagnose(_number({"iterations": 0, **request}, "iterations", 0, 1 << 62))

    def watch(self, request: Dict[str, Any]) -> Dict[str, Any]:
        self._switch.require()
        self._end_watch()
        self._watch = PeakWatch(_number(request, "above", 0, 1 << 62), self._switch.is_ours)
        return {"watching": True}

    def caught(self) -> Dict[str, Any]:
        watch, self._watch = self._watch, None
        if watch is None:
            raise ValueError("nothing is watched: ask for `watch` first")
        return watch.caught(self._directory)

    def untrace(self) -> Dict[str, Any]:
        self._end_watch()
        self._marks = None
        return {"was_tracing": self._switch.off()}

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.end()
            self._watch = None

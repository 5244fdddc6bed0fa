"""The settings: every key, its default, and what it may hold. README.md says what each is for."""

import difflib
import logging
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Tuple

from tidemark.text import MIB, parse_size

LOGGER = logging.getLogger("tidemark")

PEAKS = ("mark", "reset")


class Settings(NamedTuple):
    """The keys in small letters, with their defaults."""

    enabled: bool = True
    threshold: int = 100 * MIB
    peak: str = "mark"
    log_path: bool = True
    trace_share: float = 0.0
    trace_every: int = 0
    trace_lines: int = 5
    trends: bool = True
    trends_cache: str = "default"
    trends_flush_requests: int = 5000
    trends_flush_seconds: float = 60.0
    trends_names: int = 200
    trends_period: int = 3600
    trends_periods: int = 24
    leak_hunter: Any = None
    gc_monitor: Any = None
    metrics_token: Any = None


class Problem(NamedTuple):
    """A key that is ignored; its default holds."""

    known: bool
    message: str


def _a_bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in allowed:
            raise ValueError("one of " + ", ".join(repr(one) for one in allowed))
        return str(value)

    return check


def _a_count(least: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"a whole number, at least {least}")
        return value

    return check


def _a_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ValueError("a number above 0")
    return float(value)


def _a_share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError("a number from 0 to 1")
    return float(value)


def _a_text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text")
    return value


def _text_or_none(value: Any) -> Any:
    return None if value is None else _a_text(value)


def _arguments_of(name: str) -> Callable[[Any], Any]:
    """None, or keyword arguments with which the class really can be made."""

    def check(value: Any) -> Any:
        import tidemark

        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise ValueError(f"None, or a dict of {name}'s arguments")
        try:
            getattr(tidemark, name)(**value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"a dict of {name}'s arguments ({error})") from None
        return dict(value)

    return check


_CHECKS: Dict[str, Callable[[Any], Any]] = {
    "enabled": _a_bool,
    "threshold": parse_size,
    "peak": _one_of(*PEAKS),
    "log_path": _a_bool,
    "trace_share": _a_share,
    "trace_every": _a_count(0),
    "trace_lines": _a_count(1),
    "trends": _a_bool,
    "trends_cache": _a_text,
    "trends_flush_requests": _a_count(1),
    "trends_flush_seconds": _a_number,
    "trends_names": _a_count(1),
    "trends_period": _a_count(1),
    "trends_periods": _a_count(2),
    "leak_hunter": _arguments_of("LeakHunter"),
    "gc_monitor": _arguments_of("GCMonitor"),
    "metrics_token": _text_or_none,
}

KEYS = tuple(name.upper() for name in Settings._fields)


def load(mapping: Any) -> Tuple[Settings, List[Problem]]:
    """The settings that a dict asks for. What is wrong in it is told, and left at its default."""
    if not isinstance(mapping, Mapping):
        return Settings(), [Problem(True, f"must be a dict, not {type(mapping).__name__}")]
    values: Dict[str, Any] = {}
    problems: List[Problem] = []
    for key, value in mapping.items():
        if key not in KEYS:
            near = difflib.get_close_matches(str(key).upper(), KEYS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(Problem(False, f"{key!r} is no setting{hint}"))
            continue
        try:
            values[key.lower()] = _CHECKS[key.lower()](value)
        except ValueError as error:
            # The value is not repeated: it may be a secret.
            problems.append(Problem(True, f"{key!r} must be {error}"))
    if values.get("trace_share") and values.get("trace_every"):
        problems.append(
            Problem(True, "'TRACE_SHARE' and 'TRACE_EVERY' exclude each other: 'TRACE_EVERY' holds")
        )
        values["trace_share"] = 0.0
    return Settings(**values), problems


def load_and_log(mapping: Any) -> Settings:
    """The same, for a program that runs: what is wrong goes to the log."""
    settings, problems = load(mapping)
    for problem in problems:
        LOGGER.warning("setting ignored: %s", problem.message)
    return settings

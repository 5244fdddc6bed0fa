"""System checks: `manage.py check` says what is set up so that it cannot measure well."""

from typing import Any, List

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Warning
from django.utils.module_loading import import_string

from tidemark.settings import load

_MIDDLEWARE = ("tidemark.django.MemoryMiddleware", "tidemark.django.middleware.MemoryMiddleware")
_DUMMY = "django.core.cache.backends.dummy.DummyCache"
_PER_PROCESS = "django.core.cache.backends.locmem.LocMemCache"


def check_debug(app_configs: Any = None, **_: Any) -> List[CheckMessage]:
    if not django_settings.DEBUG:
        return []
    return [
        Warning(
            "DEBUG is True: Django keeps up to 9,000 queries of each connection, which looks like a leak.",
            hint="Set DEBUG = False where memory is measured.",
            id="tidemark.W001",
        )
    ]


def check_place(app_configs: Any = None, **_: Any) -> List[CheckMessage]:
    chain = list(django_settings.MIDDLEWARE or [])
    places = [index for index, name in enumerate(chain) if name in _MIDDLEWARE]
    if not places:
        hint = "Put 'tidemark.django.MemoryMiddleware' first into MIDDLEWARE, or take 'tidemark.django' out."
        return [Warning("No request is measured: the middleware is missing.", hint=hint, id="tidemark.W002")]
    if places == [0]:
        return []
    what = "stands more than once in" if len(places) > 1 else "is not the first of"
    return [
        Warning(
            f"'{chain[places[0]]}' {what} MIDDLEWARE.",
            hint="It must stand first, and once: it does not see what those before it keep.",
            id="tidemark.W002",
        )
    ]


def check_cache(app_configs: Any = None, **_: Any) -> List[CheckMessage]:
    settings, _problems = load(getattr(django_settings, "TIDEMARK", {}))
    if not (settings.enabled and settings.trends):
        return []
    alias = settings.trends_cache
    if alias not in django_settings.CACHES:
        return [Warning(f"TIDEMARK: 'TRENDS_CACHE' names no cache: {alias!r}.", id="tidemark.W003")]
    backend = _class_of(django_settings.CACHES[alias].get("BACKEND", ""))
    hint = "Name a cache that all workers share in TIDEMARK['TRENDS_CACHE'], or set 'TRENDS' to False."
    if _is_a(backend, _DUMMY):
        return [Warning(f"Trends are lost: cache {alias!r} keeps nothing.", hint=hint, id="tidemark.W003")]
    if _is_a(backend, _PER_PROCESS):
        text = f"Trends stay in each worker, and no command sees them: cache {alias!r} is a process's own."
        return [Warning(text, hint=hint, id="tidemark.W003")]
    return []


def check_settings(app_configs: Any = None, **_: Any) -> List[CheckMessage]:
    _settings, problems = load(getattr(django_settings, "TIDEMARK", {}))
    return [
        Warning(
            f"TIDEMARK: {problem.message}.",
            hint="The default holds." if problem.known else "It is ignored.",
            id="tidemark.W005" if problem.known else "tidemark.W004",
        )
        for problem in problems
    ]


def _class_of(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:  # Django tells it better, when the cache is used
        return None


def _is_a(backend: Any, path: str) -> bool:
    return isinstance(backend, type) and issubclass(backend, import_string(path))


ALL = (check_debug, check_place, check_cache, check_settings)

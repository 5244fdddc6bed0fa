"""A Django site with the companion in it, for tests and benchmarks; it is told what to be by its environment.

COMPANION_TIDEMARK    settings.TIDEMARK, as JSON
COMPANION_MIDDLEWARE  the middleware, comma-separated; by default Tidemark's alone
COMPANION_CACHE       a folder for a cache on files, or "redis://…"; by default a process's own
"""

import json
import os
from typing import Any, Dict, List

import django
from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path

MIB = 1024 * 1024
MIDDLEWARE = "tidemark.django.MemoryMiddleware"


def cache() -> Dict[str, Any]:
    where = os.environ.get("COMPANION_CACHE", "")
    if where.startswith("redis:"):
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": where}
    if where:
        return {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": where}
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


if not settings.configured:
    settings.configure(
        DEBUG=False,
        SECRET_KEY="for tests alone",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=["tidemark.django"],
        MIDDLEWARE=[one for one in os.environ.get("COMPANION_MIDDLEWARE", MIDDLEWARE).split(",") if one],
        DATABASES={},
        CACHES={"default": cache()},
        TIDEMARK=json.loads(os.environ.get("COMPANION_TIDEMARK", "{}")),
        USE_TZ=True,
    )
    django.setup()

from tidemark.django.views import metrics  # noqa: E402

KEPT: List[bytes] = []


def small(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def page(request: HttpRequest) -> HttpResponse:
    """A page as small sites have them: a hundred rows, escaped."""
    from django.utils.html import format_html_join

    rows = format_html_join(
        "", "<tr><td>{}</td><td>{}</td></tr>", ((i, f"name {i} & co") for i in range(100))
    )
    return HttpResponse(f"<table>{rows}</table>")


def keep(request: HttpRequest, mib: int) -> HttpResponse:
    KEPT.append(b"x" * (mib * MIB))
    return HttpResponse("kept")


def drop(request: HttpRequest, mib: int) -> HttpResponse:
    """Needs memory for a moment."""
    return HttpResponse(str(len(b"x" * (mib * MIB))))


def stream(request: HttpRequest, mib: int) -> StreamingHttpResponse:
    def parts() -> Any:
        yield b"begin"
        yield str(len(b"x" * (mib * MIB))).encode()

    return StreamingHttpResponse(parts())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(open(__file__, "rb"))


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


async def later(request: HttpRequest, mib: int) -> HttpResponse:
    import asyncio

    KEPT.append(b"x" * (mib * MIB))
    await asyncio.sleep(0.05)
    return HttpResponse("later")


shop = (
    [
        path("keep/<int:mib>/", keep, name="keep"),
        path("drop/<int:mib>/", drop, name="drop"),
    ],
    "shop",
)
urlpatterns = [
    path("", small, name="small"),
    path("page/", page, name="page"),
    path("shop/", include(shop)),
    path("stream/<int:mib>/", stream, name="stream"),
    path("file/", file, name="file"),
    path("fail/", fail, name="fail"),
    path("later/<int:mib>/", later, name="later"),
    path("anything/<path:rest>", lambda request, rest: keep(request, 25), name="anything"),
    path("metrics", metrics),
]


def application(environ: Any, start_response: Any) -> Any:
    return _wsgi(environ, start_response)


def _make() -> Any:
    from django.core.wsgi import WSGIHandler

    return WSGIHandler()


_wsgi = _make()


def make_asgi() -> Any:
    from django.core.handlers.asgi import ASGIHandler

    return ASGIHandler()

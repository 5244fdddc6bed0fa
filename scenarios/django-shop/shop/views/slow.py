"""Requests that take a second: a leak must be found in few of them."""

import time

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from shop.parameters import number
from shop.payload import payload

KEPT_BYTES = 20 * 1024

kept: list[bytes] = []


@require_GET
def leak(request: HttpRequest) -> HttpResponse:
    """The slow report that files a copy of itself: 20 KiB stay behind each time."""
    document = render(request)
    kept.append(document)
    return answer(document)


@require_GET
def fixed(request: HttpRequest) -> HttpResponse:
    """The fix: the same report, and nobody keeps it."""
    return answer(render(request))


def render(request: HttpRequest) -> bytes:
    time.sleep(number(request, "seconds", default=1.0, low=0.0, high=5.0))
    return payload(KEPT_BYTES)


def answer(document: bytes) -> HttpResponse:
    return HttpResponse(f"{len(document)} bytes", content_type="text/plain")

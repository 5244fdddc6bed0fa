"""Failures a measuring tool must not take for a healthy application."""

import os
import time
from typing import NoReturn

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

HOUR = 3600


@require_GET
def error(request: HttpRequest) -> NoReturn:
    """An unhandled exception: an error page is quick and needs little memory."""
    raise RuntimeError("this view always fails")


@require_GET
def few_rows(request: HttpRequest) -> HttpResponse:
    """An export that lost its data: status and content type are right, the rows are missing."""
    rows = ["id,username", "1,ada", "2,bela", "3,carla"]
    return HttpResponse("".join(f"{row}\r\n" for row in rows), content_type="text/csv")


@require_GET
def hang(request: HttpRequest) -> HttpResponse:
    """A backend that never answers; without a timeout the client waits with it."""
    time.sleep(HOUR)
    return HttpResponse("at last", content_type="text/plain")


@require_GET
def die(request: HttpRequest) -> NoReturn:
    """A crash in native code: the worker is gone in the middle of the request."""
    os._exit(1)

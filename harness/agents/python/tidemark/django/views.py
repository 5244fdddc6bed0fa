"""The process's figures for a monitoring system."""

import hmac

from django.http import Http404, HttpRequest, HttpResponse

from tidemark.django.runtime import runtime
from tidemark.gc_monitor import openmetrics

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def metrics(request: HttpRequest) -> HttpResponse:
    """OpenMetrics of the worker that happens to answer. For staff, and for who brings METRICS_TOKEN."""
    if not _is_allowed(request):
        raise Http404
    response = HttpResponse(openmetrics(runtime().monitor), content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def _is_allowed(request: HttpRequest) -> bool:
    token = runtime().settings.metrics_token
    if token is not None:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return True
    user = getattr(request, "user", None)
    return user is not None and user.is_active and getattr(user, "is_staff", False)

"""Readiness."""

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer "ok" as soon as the database can be read; one without tables is not ready (500)."""
    User.objects.exists()
    return HttpResponse("ok", content_type="text/plain")

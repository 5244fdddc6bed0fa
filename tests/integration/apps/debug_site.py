"""A Django site in one file that was left with DEBUG on: Django itself then keeps every query."""

import sys

from django.conf import settings

settings.configure(
    DEBUG=True,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not secret",
    LOGGING_CONFIG=None,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

kept = []


def leak(request):
    kept.append(b"x" * (1000 - sys.getsizeof(b"")))
    return HttpResponse("ok")


urlpatterns = [path("", leak)]
application = get_wsgi_application()

"""Settings of a shop that is measured: nothing in them may colour a reading.

No middleware, no sessions and no templates, so what a request leaves behind is the view's own.
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent

# With DEBUG on, Django itself keeps up to 9,000 queries per connection.
DEBUG = False
SECRET_KEY = "for-development-only-this-shop-keeps-no-secrets"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"


def database(place: str) -> dict[str, object]:
    """SQLite's file, or postgresql://USER:PASSWORD@HOST:PORT/NAME, or …/NAME?host=FOLDER-OF-A-SOCKET."""
    url = urlsplit(place)
    if url.scheme != "postgresql":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": place}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": url.username or "",
        "PASSWORD": unquote(url.password or ""),
        "HOST": dict(parse_qsl(url.query)).get("host", url.hostname),
        "PORT": url.port or "",
    }


# A connection lives as long as its request (CONN_MAX_AGE is 0 by default): SQLite's page cache,
# which fills slowly, never outlives the request that filled it.
DATABASES = {"default": database(os.environ.get("SHOP_DATABASE", str(ROOT / "shop.sqlite3")))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"

# Without DEBUG, Django mails errors to the administrators and prints nothing; a test run wants the
# traceback in the server's output.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}

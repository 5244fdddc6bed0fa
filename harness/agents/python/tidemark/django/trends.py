"""The growth trends that all workers have stored."""

from typing import List

from django.conf import settings as django_settings

from tidemark.django.runtime import store_for
from tidemark.settings import Settings, load
from tidemark.trends import Trend, summarize


def read_trends(kind: str = "views") -> List[Trend]:
    """Of "views" or "tasks"; those that kept most, first. What workers have not stored yet is missing."""
    return summarize(store_for(kind, _settings()).read())


def clear_trends(kind: str = "views") -> None:
    store_for(kind, _settings()).clear()


def _settings() -> Settings:
    return load(getattr(django_settings, "TIDEMARK", {}))[0]

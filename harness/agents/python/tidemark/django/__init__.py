"""Tidemark for Django: put `tidemark.django` into INSTALLED_APPS and its middleware first into MIDDLEWARE."""

from tidemark.django.middleware import MemoryMiddleware

__all__ = ["MemoryMiddleware"]

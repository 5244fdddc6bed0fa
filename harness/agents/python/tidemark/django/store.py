"""The trends of all workers, in a cache of Django's: names of views or tasks and numbers, nothing of users.

A cache cannot add to a value in one step. Whoever adds holds a lock, a key that `add` makes; who does not get
it keeps what it has and comes again. The lock of a worker that died ends by itself.
"""

import secrets
from typing import Any

from tidemark import trends

_LOCK_SECONDS = 30


class CacheStore:
    """`kind` is "views" or "tasks". A store is called with a table, and merges it."""

    def __init__(self, alias: str, kind: str, names: int, period: int, periods: int) -> None:
        self._alias = alias
        self._key = f"tidemark:trends:{kind}"
        self._names = names
        self._periods = periods
        self._keep_seconds = period * periods

    def _cache(self) -> Any:
        from django.core.cache import caches

        return caches[self._alias]

    def __call__(self, table: trends.Table) -> bool:
        cache = self._cache()
        lock, token = self._key + ":lock", secrets.token_hex(8)
        # The second look is for caches on files, whose `add` lets two in.
        if not cache.add(lock, token, _LOCK_SECONDS) or cache.get(lock) != token:
            return False
        try:
            merged = self.read()
            trends.merge(merged, table, self._names, self._periods)
            cache.set(self._key, trends.dump(merged), self._keep_seconds)
        finally:
            cache.delete(lock)
        return True

    def read(self) -> trends.Table:
        return trends.load(self._cache().get(self._key))

    def clear(self) -> None:
        self._cache().delete(self._key)

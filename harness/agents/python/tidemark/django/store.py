"""The trends of all workers, in a cache of Django's: names of views or tasks and numbers, nothing of users.

A cache cannot add to a value in one step. So there are slots: the workers of a machine, whose processes have
numbers in a row, write to different ones, and a reader adds all of them up. Those who share a slot, or
come after one another, hold a lock, a key that `add` makes; who does not get it keeps what it has and comes
again. The lock of a worker that died ends by itself.
"""

import os
import secrets
from typing import Any, List

from tidemark import trends

_LOCK_SECONDS = 30
SLOTS = 32


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
        cache, key = self._cache(), self.keys()[os.getpid() % SLOTS]
        lock, token = key + ":lock", secrets.token_hex(8)
        # The second look is for caches on files, whose `add` lets two in.
        if not cache.add(lock, token, _LOCK_SECONDS) or cache.get(lock) != token:
            return False
        try:
            merged = trends.load(cache.get(key))
            trends.merge(merged, table, self._names, self._periods)
            cache.set(key, trends.dump(merged), self._keep_seconds)
        finally:
            cache.delete(lock)
        return True

    def keys(self) -> List[str]:
        return [f"{self._key}:{slot}" for slot in range(SLOTS)]

    def read(self) -> trends.Table:
        found: trends.Table = {}
        for stored in self._cache().get_many(self.keys()).values():
            trends.merge(found, trends.load(stored), self._names, self._periods)
        return found

    def clear(self) -> None:
        self._cache().delete_many(self.keys())

"""Resident memory and its peak, for each request."""

import asyncio
import functools
from typing import Any, Awaitable, Callable, Optional, Union

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tidemark.django.runtime import Runtime, runtime
from tidemark.metering import Unit, describe
from tidemark.settings import LOGGER
from tidemark.text import printable

try:
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction
except ImportError:  # asgiref before 3.6, with Django before 4.2
    from asyncio import iscoroutinefunction

    def markcoroutinefunction(func: Any) -> Any:
        func._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
        return func


GetResponse = Callable[[HttpRequest], Union[HttpResponseBase, Awaitable[HttpResponseBase]]]

_UNRESOLVED = "(no view)"


class MemoryMiddleware:
    """To stand first in MIDDLEWARE: what stands before it is not seen.

    A streamed answer is followed to its end, which is when the server closes it.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response: Any = get_response
        self._runs_async = iscoroutinefunction(get_response)
        if self._runs_async:
            markcoroutinefunction(self)
        try:
            self._runtime: Runtime = runtime()
        except OSError as error:
            LOGGER.warning("requests are not measured, resident memory cannot be read: %s", error)
            raise MiddlewareNotUsed from None
        if not self._runtime.settings.enabled:
            raise MiddlewareNotUsed
        self._recorder = self._runtime.recorder
        self._meter = self._recorder.meter

    def __call__(self, request: HttpRequest) -> Any:
        if self._runs_async:
            return self._serve_async(request)
        unit = self._meter.begin()
        response = None
        try:
            response = self.get_response(request)
        finally:
            if response is None or response.streaming:
                self._end_or_follow(unit, request, response)
            else:
                self._end(unit, request)
        if self._recorder.must_flush():
            self._recorder.flush()
        return response

    async def _serve_async(self, request: HttpRequest) -> HttpResponseBase:
        unit = self._meter.begin()
        response = None
        try:
            response = await self.get_response(request)
        finally:
            self._end_or_follow(unit, request, response)
        if self._recorder.must_flush():
            # Caches may block, and those in databases refuse to be used from an event loop.
            asyncio.get_running_loop().run_in_executor(None, _flush_aside, self._recorder.flush)
        return response

    def _end_or_follow(self, unit: Unit, request: HttpRequest, response: Optional[HttpResponseBase]) -> None:
        if response is not None and response.streaming:
            closers = getattr(response, "_resource_closers", None)
            if closers is not None:
                closers.append(_End(functools.partial(self._end, unit, request)))
                return
        self._end(unit, request)

    def _end(self, unit: Unit, request: HttpRequest) -> None:
        match = request.resolver_match
        name = _UNRESOLVED if match is None else match.view_name or match.route or _UNRESOLVED
        if self._meter.end(unit, name):
            # Never the query string: it may hold secrets.
            path = f" {printable(request.path)}" if self._runtime.settings.log_path else ""
            method = printable(request.method or "-", 20)
            LOGGER.warning("%s%s (view %s) %s", method, path, printable(name), describe(unit))
        hunter = self._runtime.hunter
        if hunter is not None:
            hunter.tick()


class _End:
    """Ends a unit once: when the answer is closed, or else when it is thrown away."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end: Optional[Callable[[], None]] = end

    def __call__(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end()

    __del__ = __call__


def _flush_aside(flush: Callable[[], None]) -> None:
    from django.db import connections

    flush()
    connections.close_all()  # this thread's, which a cache in a database has opened

"""Five ways to leave something behind on every request, each beside its cure.

What leaks is held by a module or a class, as in real code: it lives as long as the worker process.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property, lru_cache
from itertools import count

from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from shop.models import Article, Order
from shop.parameters import number
from shop.payload import payload
from thirdparty import pixels

MEBIBYTE = 1024 * 1024
INVOICE_BYTES = 4096

kept: list[bytes] = []
recent: deque[bytes] = deque(maxlen=16)

order_viewed = Signal()

numbers = count(1)
registry: dict[int, Order] = {}


def plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain")


def size_parameter(request: HttpRequest, *, default: int) -> int:
    return number(request, "bytes", default=default, low=64, high=10 * MEBIBYTE)


@require_GET
def keep_in_list(request: HttpRequest) -> HttpResponse:
    """The "temporary" list at the top of a module, which somebody appends to and nobody empties."""
    kept.append(payload(size_parameter(request, default=1000)))
    return plain("ok")


@require_GET
def keep_the_last(request: HttpRequest) -> HttpResponse:
    """The fix: a deque with a limit, which is full, and flat, after sixteen requests."""
    recent.append(payload(size_parameter(request, default=1000)))
    return plain("ok")


@require_GET
def connect_each_time(request: HttpRequest) -> HttpResponse:
    """A receiver connected where it is needed, in the view, so there is one more each time.

    Each request is also slower than the one before it, since a send calls all of them.
    """
    path = request.path

    def note(sender: object, **kwargs: object) -> str:
        return path

    order_viewed.connect(note, weak=False)
    order_viewed.send(sender=Order)
    return plain("ok")


@require_GET
def connect_once(request: HttpRequest) -> HttpResponse:
    """The fix: a dispatch_uid makes connecting again do nothing.

    It must stay `weak=False`: for a weak receiver each connect() registers another finaliser, even
    if the receiver is already connected, and that would be a leak again.
    """
    order_viewed.connect(note_path, weak=False, dispatch_uid="note_path")
    order_viewed.send(sender=Order, path=request.path)
    return plain("ok")


def note_path(sender: object, path: str = "", **kwargs: object) -> str:
    return path


@require_GET
def register_cycle(request: HttpRequest) -> HttpResponse:
    """Two model objects that know each other, and a registry from which nobody removes them.

    The reference cycle looks guilty and is not: what keeps the objects is the registry.
    """
    registry[next(numbers)] = order_with_article()
    return plain("ok")


@require_GET
def drop_cycle(request: HttpRequest) -> HttpResponse:
    """The fix: the cycle stays and the registry goes, so the garbage collector frees the pair."""
    order_with_article()
    return plain("ok")


def order_with_article() -> Order:
    order = Order(total=10)
    order.article = Article(title="The tide", body="It turned.")
    order.article.order = order
    return order


class ClassCachedInvoice:
    """Its cache hangs on the function, which is the class's: each key holds an instance."""

    def __init__(self) -> None:
        self.document = payload(INVOICE_BYTES)

    @lru_cache(maxsize=None)  # noqa: B019, UP033
    def pages(self) -> int:
        return len(self.document) // 1000


class SelfCachedInvoice:
    """Its cache is an attribute, which goes with the instance."""

    def __init__(self) -> None:
        self.document = payload(INVOICE_BYTES)

    @cached_property
    def pages(self) -> int:
        return len(self.document) // 1000


@require_GET
def cache_on_the_class(request: HttpRequest) -> HttpResponse:
    """An unbounded lru_cache on a method: meant to save work, it keeps every `self` it has seen."""
    return plain(f"{ClassCachedInvoice().pages()} pages")


@require_GET
def cache_on_the_instance(request: HttpRequest) -> HttpResponse:
    """The fix: cached_property keeps the result in the instance, not the instance in a cache."""
    return plain(f"{SelfCachedInvoice().pages} pages")


@require_GET
def never_release(request: HttpRequest) -> HttpResponse:
    """A C library's buffer that is not given back, where no Python profiler sees it."""
    pixels.acquire(size_parameter(request, default=4096))
    return plain("ok")


@require_GET
def release(request: HttpRequest) -> HttpResponse:
    """The fix: what was acquired is released, also when the work between them fails."""
    buffer = pixels.acquire(size_parameter(request, default=4096))
    try:
        return plain("ok")
    finally:
        pixels.release(buffer)

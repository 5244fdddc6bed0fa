"""A summary of all customers, computed over a queryset that is kept whole or read in chunks."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from decimal import Decimal

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

BEST = 10
CENT = Decimal("0.01")


@require_GET
def annotated(request: HttpRequest) -> HttpResponse:
    """The report that needs ten rows and holds them all: iterating a queryset fills its cache."""
    return summary(customers())


@require_GET
def annotated_iterator(request: HttpRequest) -> HttpResponse:
    """The fix: iterator() forgets each chunk when it has been counted."""
    return summary(customers().iterator(chunk_size=500))


def customers() -> QuerySet[User]:
    return User.objects.order_by("pk").annotate(
        order_count=Count("orders"), order_sum=Sum("orders__total")
    )


def summary(users: Iterable[User]) -> HttpResponse:
    """Count users and orders and find the best customers in one pass and constant memory."""
    user_count = order_count = 0
    total = Decimal(0)
    best: list[tuple[Decimal, int, str]] = []  # a heap whose first element is the least of them
    for user in users:
        spent = user.order_sum or Decimal(0)
        user_count += 1
        order_count += user.order_count
        total += spent
        candidate = (spent, -user.pk, user.username)
        if len(best) < BEST:
            heapq.heappush(best, candidate)
        else:
            heapq.heappushpop(best, candidate)
    return JsonResponse(
        {
            "users": user_count,
            "orders": order_count,
            "sum": str(total.quantize(CENT)),
            "best": [
                {"username": username, "sum": str(spent.quantize(CENT))}
                for spent, _, username in sorted(best, reverse=True)
            ],
        }
    )

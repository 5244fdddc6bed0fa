"""One CSV file of all users, written in three ways: the same bytes, three different peaks."""

import csv
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

HEADER = ("id", "username", "email", "date_joined", "first_name", "last_name")


@require_GET
def export_all(request: HttpRequest) -> HttpResponse:
    """The export that works on the developer's machine: every user is an object in memory at once.

    A loop over a queryset looks lazy, but the queryset keeps each row it has fetched.
    """
    response = HttpResponse(content_type="text/csv")
    writer = csv.writer(response)
    writer.writerow(HEADER)
    for user in User.objects.order_by("pk"):
        writer.writerow(row(user))
    return response


@require_GET
def export_iterator(request: HttpRequest) -> HttpResponse:
    """The usual fix, which is half of one: no user is kept, but the whole file still is.

    An HttpResponse is built in memory, so the peak still grows with the rows, only more slowly.
    """
    response = HttpResponse(content_type="text/csv")
    writer = csv.writer(response)
    writer.writerow(HEADER)
    for user in User.objects.order_by("pk").iterator(chunk_size=1000):
        writer.writerow(row(user))
    return response


@require_GET
def export_stream(request: HttpRequest) -> StreamingHttpResponse:
    """The fix: rows leave as they are read, so the peak is that of one chunk of users."""
    return StreamingHttpResponse(lines(), content_type="text/csv")


def lines() -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(HEADER)
    for user in User.objects.order_by("pk").iterator(chunk_size=1000):
        yield writer.writerow(row(user))


class Echo:
    """A file that hands each line back: csv's writerow() returns what write() returned."""

    def write(self, line: str) -> str:
        return line


def row(user: User) -> tuple[object, ...]:
    joined = user.date_joined.isoformat()
    return user.pk, user.username, user.email, joined, user.first_name, user.last_name

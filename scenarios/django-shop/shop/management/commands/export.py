"""`manage.py export`: the nightly CSV file of all users, on standard output."""

import csv
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser

from shop.views.exports import HEADER, row


class Command(BaseCommand):
    """Write every user as a line, in one of two ways: the same bytes, two different peaks."""

    help = "Write a CSV file of all users to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=sorted(KINDS), default="stream")

    def handle(self, *, kind: str, **options: object) -> None:
        writer = csv.writer(self.stdout)
        writer.writerow(HEADER)
        for user in KINDS[kind]():
            writer.writerow(row(user))


def all_users() -> Iterable[User]:
    """The mistake: a loop over a queryset looks lazy, but the queryset keeps each row."""
    return User.objects.order_by("pk")


def stream_of_users() -> Iterable[User]:
    """The cure: one chunk of users at a time."""
    return User.objects.order_by("pk").iterator(chunk_size=1000)


KINDS = {"all": all_users, "stream": stream_of_users}

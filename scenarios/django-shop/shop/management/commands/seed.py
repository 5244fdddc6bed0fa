"""`manage.py seed`: fill the shop with the same data on every machine, at any size.

Rows go to the database as plain tuples in batches: model instances (bulk_create) take three times
as long. The batches also bound the memory, because Django's executemany() holds on to every row of
a generator until the statement is done.
"""

import argparse
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import islice

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from django.db.models import Model

from shop.models import Article, Comment, Order

BATCH_ROWS = 5_000
OPENING = datetime(2021, 1, 1, tzinfo=timezone.utc)
MINUTES_OPEN = 4 * 365 * 24 * 60
PASSWORD = UNUSABLE_PASSWORD_PREFIX + "seeded-users-cannot-log-in"

FIRST_NAMES = ["Ada", "Bela", "Carla", "Dirk", "Edith", "Femi", "Grace", "Hanna", "Ivo", "Jun"]
LAST_NAMES = ["Abel", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Greco", "Haas", "Ito"]
WORDS = (
    "a tide turns and the water falls it leaves a line on every wall which says how high it came "
    "last night although nobody was awake to see"
).split()

Row = tuple[object, ...]


class Command(BaseCommand):
    """Replace whatever the shop holds by generated users, orders, articles and comments."""

    help = "Fill the database with generated data: equal numbers give equal data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--users", type=natural, default=20_000)
        parser.add_argument("--orders-per-user", type=natural, default=2)
        parser.add_argument("--articles", type=natural, default=200)
        parser.add_argument("--comments-per-article", type=natural, default=150)

    def handle(
        self,
        *,
        users: int,
        orders_per_user: int,
        articles: int,
        comments_per_article: int,
        **options: object,
    ) -> None:
        start = time.monotonic()
        with transaction.atomic():
            clear([Comment, Article, Order, User])
            insert(User, USER_FIELDS, user_rows(users))
            insert(Order, ORDER_FIELDS, order_rows(users, orders_per_user))
            insert(Article, ARTICLE_FIELDS, article_rows(articles))
            insert(Comment, COMMENT_FIELDS, comment_rows(articles, comments_per_article))
        self.stdout.write(
            f"seeded {users} users, {users * orders_per_user} orders, {articles} articles and "
            f"{articles * comments_per_article} comments in {time.monotonic() - start:.1f} s"
        )


def natural(text: str) -> int:
    """An option's value: a whole number that is not negative."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def clear(models: Sequence[type[Model]]) -> None:
    """Empty the tables, children first; QuerySet.delete() would load what it deletes."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


def insert(model: type[Model], fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows whose values stand in the order of `fields`: as a stream, or a batch at a time."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(model._meta.get_field(field).column) for field in fields)
    table = f"{quote(model._meta.db_table)} ({columns})"
    places = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        if hasattr(cursor, "copy"):  # psycopg 3: twice as fast as its executemany()
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        for batch in batches(rows):
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", batch)


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows into lists of at most BATCH_ROWS."""
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        yield batch


# Each table draws from a generator of its own, in the order of its primary keys: the first thousand
# users are the same people whether a thousand or half a million are asked for.

USER_FIELDS = [
    "id",
    "username",
    "email",
    "first_name",
    "last_name",
    "date_joined",
    "password",
    "is_active",
    "is_staff",
    "is_superuser",
]


def user_rows(count: int) -> Iterator[Row]:
    draw = random.Random("users")
    for number in range(1, count + 1):
        first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
        username = f"{first}.{last}.{number}".lower()
        email = f"{username}@shop.example"
        yield number, username, email, first, last, moment(draw), PASSWORD, True, False, False


ORDER_FIELDS = ["id", "user", "total", "created"]


def order_rows(users: int, orders_per_user: int) -> Iterator[Row]:
    draw = random.Random("orders")
    for number in range(users * orders_per_user):
        total = Decimal(int(draw.expovariate(1 / 5_000)) + 100).scaleb(-2)
        yield number + 1, number // orders_per_user + 1, total, moment(draw)


ARTICLE_FIELDS = ["id", "title", "body"]


def article_rows(count: int) -> Iterator[Row]:
    draw = random.Random("articles")
    for number in range(1, count + 1):
        yield number, f"Article {number}: {prose(draw, 5)}", prose(draw, 200)


COMMENT_FIELDS = ["id", "article", "author", "text"]


def comment_rows(articles: int, comments_per_article: int) -> Iterator[Row]:
    draw = random.Random("comments")
    for number in range(articles * comments_per_article):
        article = number // comments_per_article + 1
        yield number + 1, article, draw.choice(FIRST_NAMES), prose(draw, 100)


def moment(draw: random.Random) -> object:
    """A moment since the shop opened, as the database wants it."""
    when = OPENING + timedelta(minutes=int(draw.random() * MINUTES_OPEN))
    return connection.ops.adapt_datetimefield_value(when)


def prose(draw: random.Random, words: int) -> str:
    return " ".join(draw.choices(WORDS, k=words))

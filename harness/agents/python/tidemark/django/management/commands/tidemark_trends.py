"""`manage.py tidemark_trends`: which views and tasks grow, as all workers have seen it."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tidemark.django.trends import clear_trends, read_trends
from tidemark.text import printable, size
from tidemark.trends import Trend

_COLUMNS = ("requests", "shared", "kept", "each", "most", "peak", "loud", "grew in")


class Command(BaseCommand):
    help = "Shows by view, or by Celery task, what requests kept and needed in the last periods."
    requires_system_checks: Any = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tasks", action="store_true", help="Celery tasks instead of views")
        parser.add_argument("--json", action="store_true", help="everything as JSON, in bytes")
        parser.add_argument("--limit", type=int, default=20, help="rows at most (default: 20)")
        parser.add_argument("--clear", action="store_true", help="forget them afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = "tasks" if options["tasks"] else "views"
        found = read_trends(kind)
        if options["json"]:
            rows = [{**trend._asdict(), "kept_each": round(trend.kept_each, 1)} for trend in found]
            self.stdout.write(json.dumps(rows, indent=2))
        elif not found:
            self.stdout.write(f"No {kind} yet: workers store what they saw every now and then.")
        else:
            self._write_table(found[: options["limit"]], kind)
        if options["clear"]:
            clear_trends(kind)

    def _write_table(self, found: "list[Trend]", kind: str) -> None:
        names = [printable(trend.name, 60) for trend in found]
        width = max(len(kind), *map(len, names))
        self.stdout.write(f"{kind:<{width}}" + "".join(f"{column:>12}" for column in _COLUMNS))
        for name, trend in zip(names, found):
            cells = (
                str(trend.requests),
                str(trend.shared),
                size(trend.kept),
                size(trend.kept_each),
                size(trend.most),
                size(trend.peak),
                str(trend.loud),
                f"{trend.grew_in} of {trend.periods}",
            )
            self.stdout.write(f"{name:<{width}}" + "".join(f"{cell:>12}" for cell in cells))

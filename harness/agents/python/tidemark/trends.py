"""Growth by name (a view, a task) over the last periods: numbers only, in bounded memory.

As plain data, which is also what stores hold: {name: {period: [requests, shared, kept, most, peak, loud]}}.
`kept` sums what units that ran alone left behind; `most` and `peak` are the largest of one; `loud` counts
those above the threshold.
"""

import json
import re
import time
from typing import Any, Dict, List, NamedTuple, Optional

OTHERS = "(others)"
REQUESTS, SHARED, KEPT, MOST, PEAK, LOUD = range(6)
_FIELDS = 6
_LARGEST = (MOST, PEAK)

Row = List[int]
Table = Dict[str, Dict[int, Row]]

_PERIOD = re.compile(r"\d{1,12}")


def add_row(into: Row, row: Row) -> None:
    for index, value in enumerate(row):
        into[index] = max(into[index], value) if index in _LARGEST else into[index] + value


def merge(into: Table, other: Table, names: int, periods: int) -> None:
    """Adds `other`. What is too many goes to OTHERS, or is the oldest and goes."""
    for name, rows in other.items():
        known = name in into or len(into) < names
        mine = into.setdefault(name if known else OTHERS, {})
        for period, row in rows.items():
            if period in mine:
                add_row(mine[period], row)
            else:
                mine[period] = list(row)
    latest = max((period for rows in into.values() for period in rows), default=0)
    for name in list(into):
        into[name] = {at: row for at, row in into[name].items() if at > latest - periods}
        if not into[name]:
            del into[name]


def dump(table: Table) -> str:
    return json.dumps(table, separators=(",", ":"))


def load(text: Any) -> Table:
    """A table from a store. A shared cache may hold anything under our key: what is no table is empty."""
    try:
        found = json.loads(text)
        return {
            str(name): {int(at): _row(row) for at, row in rows.items() if _PERIOD.fullmatch(at)}
            for name, rows in found.items()
        }
    except (TypeError, ValueError, AttributeError, RecursionError):
        return {}


def _row(row: Any) -> Row:
    if len(row) != _FIELDS or not all(type(value) is int for value in row):
        raise ValueError("no row of a table")
    return list(row)


class Trends:
    """What this process has seen since it was last taken. Its owner lets one thread at a time call."""

    def __init__(self, names: int, period: int, periods: int) -> None:
        self._names = names
        self._period = period
        self._periods = periods
        self._table: Table = {}
        self._counts: Dict[str, int] = {}  # units that have no row yet: most have nothing else to tell
        self.added = 0

    def _row(self, name: str) -> Row:
        """This period's."""
        rows = self._table.get(name)
        if rows is None:
            if len(self._table) >= self._names:
                name = OTHERS
            rows = self._table.setdefault(name, {})
        period = int(time.time()) // self._period
        row = rows.get(period)
        if row is None:
            row = rows[period] = [0] * _FIELDS
            if len(rows) > self._periods:
                del rows[min(rows)]
        return row

    def count(self, name: str) -> None:
        """A unit's end. Which period it belongs to is asked when it is taken: soon."""
        self.added += 1
        counts = self._counts
        if name in counts:
            counts[name] += 1
        elif len(counts) < self._names:
            counts[name] = 1
        else:
            counts[OTHERS] = counts.get(OTHERS, 0) + 1

    def add(self, name: str, shared: bool, peak: Optional[int], loud: bool) -> None:
        """What else there is to tell of it. Of what is shared nothing is known but that it was."""
        row = self._row(name)
        if loud:
            row[LOUD] += 1
        if shared:
            row[SHARED] += 1
        elif peak is not None and peak > row[PEAK]:
            row[PEAK] = peak

    def settle(self, name: str, kept: int) -> None:
        """What the last unit kept, when that is seen."""
        row = self._row(name)
        row[KEPT] += kept
        if kept > row[MOST]:
            row[MOST] = kept

    def take(self) -> Table:
        counts, self._counts = self._counts, {}
        for name, count in counts.items():
            self._row(name)[REQUESTS] += count
        table, self._table, self.added = self._table, {}, 0
        return table

    def put_back(self, table: Table) -> None:
        """After a store has failed: what was taken is not lost, and does not count as new."""
        merge(self._table, table, self._names, self._periods)


class Trend(NamedTuple):
    """One name's figures over all periods, in bytes."""

    name: str
    requests: int
    shared: int
    kept: int
    most: int
    peak: int
    loud: int
    periods: int
    grew_in: int  # periods in which more stayed than went

    @property
    def kept_each(self) -> float:
        alone = self.requests - self.shared
        return self.kept / alone if alone else 0.0


def summarize(table: Table) -> List[Trend]:
    """Those that kept most, first."""
    found = []
    for name, rows in table.items():
        total = [0] * _FIELDS
        for row in rows.values():
            add_row(total, row)
        grew_in = sum(1 for row in rows.values() if row[KEPT] > 0)
        requests, shared, kept, most, peak, loud = total
        found.append(Trend(name, requests, shared, kept, most, peak, loud, len(rows), grew_in))
    return sorted(found, key=lambda trend: (-trend.kept, trend.name))

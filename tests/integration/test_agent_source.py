"""Which line of an application's source the agent calls guilty; its modules are imported right here."""

import sys
import textwrap
import warnings

import pytest

from test_agent import AGENT

sys.path.insert(0, str(AGENT))
try:
    from tidemark_agent.holders import Holder
    from tidemark_agent.kept import Kept
    from tidemark_agent.sites import FrameTable, Site, Sites
    from tidemark_agent.source import Sources
    from tidemark_agent.tracing import Use
finally:
    sys.path.remove(str(AGENT))


class Written:
    """A file of source code, in which lines are found by what is in them."""

    def __init__(self, folder, text):
        self.file = str(folder / "app.py")
        self.lines = textwrap.dedent(text).lstrip("\n").splitlines()
        (folder / "app.py").write_text("\n".join(self.lines) + "\n", "utf-8")
        self.sources = Sources(str(folder))

    def line(self, part):
        return next(number for number, text in enumerate(self.lines, 1) if part in text)

    def headline(self, way, names, is_local=False):
        """Of what was allocated by `way`, parts of lines, and is in a holder with these names."""
        places = tuple((self.file, self.line(part)) for part in way)
        kept = Kept({places: {"list": 9}}, {places: 0}, {}, 9)
        holder = Holder("app.it", "list", ["app.it (list)"], [], names, is_local, 0, 9, None, 0, kept)
        table = FrameTable(self.sources)
        row = Sites([Site(places, [Use(0, 0), Use(9, 9)])], [holder], self.sources).rows(table, {})[0]
        return table.rows()[row["headline"]][3]


@pytest.fixture
def written(tmp_path):
    return lambda text: Written(tmp_path, text)


def test_statements_inside_of_match_and_of_exception_groups(written):
    app = written(
        """
        def handle(kind):
            match kind:
                case "one":
                    made = make()
                    kept.append(made)
                case _:
                    pass
        def watch():
            try:
                work()
            except* ValueError as group:
                failures.append(group)
        """
    )
    assert app.headline(["made = make()"], ["kept"]) == "kept.append(made)"
    assert app.headline(["failures.append"], ["failures"]) == "failures.append(group)"


@pytest.mark.parametrize(
    "helper",
    [
        "data = [n] * 100",
        "for data in [n] * 100: pass",
        "first, data = n, [n] * 100",
    ],
)
def test_a_local_variable_with_the_name_of_the_holder_is_not_it(written, helper):
    app = written(
        f"""
        def helper(n):
            {helper}  # made
            return data
        def view(n):
            store.data.append(helper(n))
        """
    )
    assert app.headline(["# made", "store.data"], ["data", "store"]) == "store.data.append(helper(n))"


def test_a_variable_that_is_the_holder_by_another_name_is_it(written):
    app = written(
        """
        def alias(n):
            data = store.data
            data.append(make(n))
        def argument(data):
            data.append(make(1))
        def everybodys():
            global data
            data = data + [make(2)]
        """
    )
    assert app.headline(["make(n)"], ["data"]) == "data.append(make(n))"
    assert app.headline(["make(1)"], ["data"]) == "data.append(make(1))"
    assert app.headline(["make(2)"], ["data"]) == "data = data + [make(2)]"


def test_a_local_variable_that_is_the_holder_is_it(written):
    app = written(
        """
        def make(): return object()
        def main():
            rows = []
            while True:
                rows.append(make())
        """
    )
    assert app.headline(["def make", "rows.append"], ["rows"], is_local=True) == "rows.append(make())"


def test_a_line_that_changes_the_holder_comes_before_one_that_names_it(written):
    app = written(
        """
        def size():
            return [len(session.by_user)]
        def keep(user):
            session.by_user[user] = size()
        """
    )
    found = app.headline(["return [len", "= size()"], ["by_user", "session"])
    assert found == "session.by_user[user] = size()"


def test_reading_source_can_neither_warn_nor_fail_by_a_warning(written, monkeypatch):
    app = written(
        r"""
        TEXT = "\d \400 \N{EM DASH}" + f"\N{EM DASH} \d {1if True else 2}" + rf"\{'x'}"
        def leave():
            try:
                kept.append("\q it's")
            finally:
                return 0xfor 1
        """
    )
    told = []
    monkeypatch.setattr(warnings, "showwarning", lambda *arguments: told.append(arguments))
    with warnings.catch_warnings():
        for action in ("always", "error"):
            warnings.simplefilter(action)
            frame = Sources(app.file[: -len("/app.py")]).frame(app.file, app.line("kept.append"))
            assert (frame.function, frame.source) == ("leave", r'kept.append("\q it' + "'" + 's")')
    assert told == []


def test_functions_are_named_where_the_source_cannot_be_parsed(written):
    app = written(
        """
        class Order:
            def total(self):
                return 1
        print "that was Python 2"
        """
    )
    assert app.sources.frame(app.file, app.line("return 1")).function == "Order.total"

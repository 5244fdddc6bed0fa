"""Reader and schema agree value by value: each of many values is put in the place of each key.

The file around a value is so small that nothing else in it can be wrong, and every value is tried
by itself. All files go into one `tidemark check`; those that it complains about are refused.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scenario_files import VALIDATOR, tidemark_check
from yaml_values import Value

SMALLEST = {
    "version": 1,
    "name": "smallest",
    "variables": {"two": 2},
    "target": {"command": ["server"], "port": 8000},
    "scenarios": {"home": {"request": {"path": "/"}, "iterations": {"max": 1_000_000_000}}},
}

SIZES = ["0.1", "0.2", "0.5", "1"]  # of a sweep that is judged by how things grow
SETTINGS = (
    *("vus", "rate", "arrivals", "max_vus", "duration", "seed", "cookies", "timeout", "warmup"),
    *("stages", "stages.0", "stages.0.duration", "stages.0.target", "stages.0.other"),
    *("timeout.total", "timeout.connect", "timeout.first_byte", "timeout.other"),
    *("iterations", "max_duration", "diagnosis", "variables", "variables.name"),
)
IN_A_REQUEST = (
    *("method", "path", "name", "query", "query.page", "headers", "headers.Accept", "other"),
    *("body", "body.file", "body.other", "form", "form.name", "json", "json.name"),
    *("files", "files.name", "files.name.file", "files.name.filename", "files.name.content_type"),
    *("auth", "auth.bearer", "auth.basic", "auth.basic.username", "auth.basic.password"),
    *("timeout", "timeout.total", "timeout.connect", "timeout.first_byte"),
    *("follow_redirects", "read_rate", "abort_after"),
)
IN_EXPECT = (
    *("status", "content_type", "headers", "headers.Server", "contains", "matches", "json"),
    *("json./id", "json.id", "min_rows", "rows", "min_bytes", "max_bytes", "bytes", "sha256"),
)
IN_A_CAPTURE = ("css", "json", "regex", "header", "attribute", "other")
IN_A_CONNECTION = (
    *("http", "keep_alive", "tls", "tls.ca", "tls.certificate", "tls.key", "tls.verify"),
    *("host", "unix_socket", "proxy", "accept_encoding", "other"),
)
IN_A_SERVICE = (
    *("name", "command", "command.0", "environment", "environment.NAME", "environment.A=B", "other"),
    *("readiness", "readiness.port", "readiness.log", "readiness.timeout", "readiness.path"),
)
PRODUCTION = ("rate", "memory", "other")
BUDGETS = ("growth", "peak_memory", "duration", "errors", "fds", "threads", "gc")
PEAK_BUDGETS = ("iteration", "requests", "requests.GET /", "other")
GC_BUDGETS = ("collections", "uncollectable", "pause", "other")
OUTPUTS = (
    *("junit", "html", "json", "markdown", "sarif", "code_quality", "open_metrics", "annotations"),
    "other",
)
KNOWN = ("known", "known.0", *(f"known.0.{key}" for key in ("fingerprint", "reason", "until")))
SCALING = (
    *("peak_memory", "duration", "at", "at.two", "max", "max.peak_memory", "max.duration", "max.other"),
    "other",
)
IN_A_PROGRAM = (
    *("program", "program.0", "requires", "variables.name", "warmup", "expect_outcome", "budgets"),
    *("timeout", "timeout.total", "timeout.connect", "iterations.min", "iterations.horizon"),
    *("request", "flow", "flows", "capture", "data", "connection", "vus", "rate", "stages", "known"),
    *("gc_threshold", "production", "diagnosis", "duration", "sweep.gc_threshold"),
    *(f"budgets.{key}" for key in ("growth", "peak_memory", "duration.p95", "errors", "fds", "gc")),
    *(f"expect.{key}" for key in ("exit", "status", "headers", "other", *IN_EXPECT[4:])),
)
QUANTILES = ("p50", "p90", "p95", "p99", "p99~9", "max", "p75")

# A dot goes one map deeper, a number is a place in a list, a tilde stands for a dot in a key.
PLACES = (
    *("version", "name", "variables", "variables.name", "target", "profiles", "scenarios", "other"),
    *("target.prepare", "target.prepare.0", "target.prepare.0.0"),
    *(f"target.prepare.{key}" for key in ("commands", "commands.0", "cache", "inputs", "inputs.0", "other")),
    *("target.command", "target.command.0", "target.environment", "target.environment.NAME"),
    *("target.environment.A=B", "target.port", "target.readiness", "target.runtime"),
    *("target.memory_limit", "target.other"),
    *("target.readiness.path", "target.readiness.log", "target.readiness.port"),
    *(f"{where}.services{item}" for where in ("target", "profiles.ci") for item in ("", ".0")),
    *(f"{where}.services.0.{key}" for where in ("target", "profiles.ci") for key in IN_A_SERVICE),
    *("production", "profiles.ci.production", "scenarios.home.production"),
    *(f"production.{key}" for key in PRODUCTION),
    *(f"profiles.ci.production.{key}" for key in PRODUCTION),
    *(f"scenarios.home.production.{key}" for key in PRODUCTION),
    *("profiles.ci", "profiles.ci.other", "profiles.ci.outputs", "scenarios.home.outputs"),
    *(f"profiles.ci.outputs.{key}" for key in OUTPUTS),
    *("profiles.ci.iterations.min", "profiles.ci.iterations.max", "profiles.ci.iterations.horizon"),
    *(f"profiles.ci.{key}" for key in SETTINGS),
    *("scenarios.home", "scenarios.home.description", "scenarios.home.requires"),
    *("scenarios.home.requires.0", "scenarios.home.request", "scenarios.home.expect"),
    *("scenarios.home.budgets", "scenarios.home.expect_outcome", "scenarios.home.other"),
    *("scenarios.new.flow", "scenarios.new.flow.0", "scenarios.new.flow.0.request"),
    *("scenarios.new.flow.0.think", "scenarios.new.flow.0.think.min", "scenarios.new.flow.0.other"),
    *("scenarios.new.flows", "scenarios.new.flows.one", "scenarios.new.flows.one.flow"),
    *("scenarios.new.flows.one.weight", "scenarios.new.flows.one.other"),
    "scenarios.home.capture",
    *("scenarios.home.capture.name", "scenarios.home.data", "scenarios.home.data.file"),
    *("scenarios.home.data.order", "target.connection", "scenarios.home.connection"),
    *(f"scenarios.home.capture.name.{key}" for key in IN_A_CAPTURE),
    *(f"target.connection.{key}" for key in IN_A_CONNECTION),
    *(f"scenarios.home.connection.{key}" for key in IN_A_CONNECTION),
    *("scenarios.home.iterations.min", "scenarios.home.iterations.max", "scenarios.home.iterations.horizon"),
    *(f"scenarios.home.{key}" for key in SETTINGS),
    *(f"scenarios.home.request.{key}" for key in IN_A_REQUEST),
    *(f"scenarios.home.expect.{key}" for key in IN_EXPECT),
    *(f"scenarios.home.budgets.{key}" for key in BUDGETS),
    *(f"scenarios.home.budgets.gc.{key}" for key in GC_BUDGETS),
    *(f"scenarios.home.budgets.peak_memory.{key}" for key in PEAK_BUDGETS),
    "scenarios.home.budgets.scaling",
    *(f"scenarios.home.budgets.scaling.{key}" for key in SCALING),
    *(f"{key}" for key in KNOWN),
    *(f"scenarios.home.{key}" for key in KNOWN),
    *("scenarios.home.sweep", "scenarios.home.sweep.name", "scenarios.home.sweep.name.0"),
    *("scenarios.home.sweep.gc_threshold", "scenarios.home.sweep.gc_threshold.0"),
    "scenarios.home.gc_threshold",
    *(f"scenarios.home.budgets.duration.{key}" for key in QUANTILES),
    *("target.program", "target.program.0", "scenarios.home.program"),
    *(f"scenarios.job.{key}" for key in IN_A_PROGRAM),
)

TEXTS = (
    *("", " ", "x", "0", "1", "01", "-1", "1.5", "200", "599", "600", "1000", "65535", "65536"),
    *("true", "false", "auto", "python", "pass", "fail", "GET", "get", "X-Y", "/", "/x y", "x/y"),
    *("1B", "64MiB", "64 MiB", "1.5GiB", "1,5GiB", "64mib", "64M", "200MB", "1TB", "-64MiB"),
    *("10us", "10ms", "10s", "1 m", "1m", "1min", "0.5h", ".5h", "5.h", ".h", "0s", "0.0s", "1d"),
    *("20/s", ".5/s", "90 /m", "0/s", "-1/s", "20/d", "20 / s", "/s", "1.5/h"),
    *("0%", "0.5%", "100%", "100.0%", "100.1%", "101%", "5 %", "%", "-1%"),
    *("1KiB/iteration", "1/iteration", "0.1 /iteration", "1KiB /iteration", "/iteration", "1KiB/s"),
    *("{{two}}", "{{ two }}s", "/{{two}}", "{{two}}MiB", "{{two", "{{}}", "{two}", "{{{two}}}"),
    *("2", "2-prior-knowledge", "clear", "once", "poisson", "64KiB/s", "0B/s", "http://127.0.0.1:1"),
    *("http://example.org:80", "shop.example", "f" * 64, "F" * 63, "0/m", "{}", "[1, {}]"),
    *("}}", "a\nb", "a:b", "1e3", "inf", "nan", "0x10", "+1", "1_000", "2147483648"),
    *("0123456789ab", "0123456789AB", "123456789012", "700,10,10", "7, 8", "7,8,9,10", "7,", "off"),
    *("2026-12-31", "2026-13-01", "2026-1-1", "26-12-31"),
    *("O(1)", "o( log N )", "O(n)", "O(n * log n)", "O(n^2)", "O(n²)", "O(n", "O(n^3)", "n", "1e-3"),
)
TYPED: tuple[Value, ...] = (0, 1, -1, 200, 600, 65536, 1.5, True, False, None, [], {}, ["x"], [[]])
VALUES = (*TEXTS, *TYPED, [None], [["x"]], {"x": "y"}, {"x": None}, {"x": ["y"]}, {"path": "/"})

REQUEST: Value = {"path": "/"}
# What a value needs beside it to be looked at for its own sake: another value at another place.
BESIDE: dict[str, tuple[str, Value]] = {
    "scenarios.home.arrivals": ("scenarios.home.rate", "5/s"),
    "scenarios.home.max_vus": ("scenarios.home.rate", "5/s"),
    "profiles.ci.arrivals": ("scenarios.home.rate", "5/s"),
    "profiles.ci.max_vus": ("scenarios.home.rate", "5/s"),
    "scenarios.home.capture.name.attribute": ("scenarios.home.capture.name.css", "p"),
    "scenarios.home.data.order": ("scenarios.home.data.file", "rows.csv"),
    "scenarios.new.flow.0.think": ("scenarios.new.flow.0.request", REQUEST),
    "scenarios.new.flow.0.think.min": (
        "scenarios.new.flow.0",
        {"request": REQUEST, "think": {"max": "9999h"}},
    ),
    "scenarios.new.flows.one.weight": ("scenarios.new.flows.one.flow.0.request", REQUEST),
    "scenarios.home.request.auth.basic.username": (
        "scenarios.home.request.auth.basic.password",
        "x",
    ),
    "scenarios.home.request.auth.basic.password": (
        "scenarios.home.request.auth.basic.username",
        "x",
    ),
    **{
        f"{where}known.0.{key}": (f"{where}known.0", {"fingerprint": "f" * 12, "reason": "x"})
        for where in ("", "scenarios.home.")
        for key in ("fingerprint", "reason", "until")
    },
    **{
        f"{where}.services.0.{key}": (f"{where}.services.0", {"name": "x", "command": ["x"]})
        for where in ("target", "profiles.ci")
        for key in IN_A_SERVICE
    },
    **{
        f"scenarios.job.{key}": (
            "scenarios.job",
            {"program": ["job"], "budgets": {"errors": "1%"}, "iterations": {"max": 1_000_000_000}},
        )
        for key in IN_A_PROGRAM
    },
    **{
        f"scenarios.home.sweep.name{item}": ("variables", {"name": "x", "two": "2"})
        for item in ("", ".0")
    },
    "scenarios.home.budgets.scaling": ("scenarios.home.sweep", {"two": SIZES}),
    **{
        f"scenarios.home.budgets.scaling.{key}": (
            "scenarios.home",
            {
                "request": REQUEST,
                "sweep": {"two": SIZES},
                "budgets": {"scaling": {"at": {"two": "1"}, **beside}},
            },
        )
        for key, beside in (
            *((key, {}) for key in SCALING if not key.startswith("at")),
            *((key, {"duration": "O(n)"}) for key in SCALING if key.startswith("at")),
        )
    },
    **{
        f"scenarios.home.request.files.name.{key}": (
            "scenarios.home.request.files.name.file",
            "rows.csv",
        )
        for key in ("filename", "content_type")
    },
    **{
        f"{where}.stages.0.{key}": (f"{where}.stages.0", {"duration": "9h", "target": 2})
        for where in ("scenarios.home", "profiles.ci")
        for key in ("duration", "target")
    },
}
# Paths of files, none of which is there.
FILES = ("body.file", "files", "files.name", "name.file", "data.file", "tls.ca", "tls.key")


def is_beyond_the_schema(place: str, value: Value) -> bool:
    """Where the reader may refuse what the schema accepts: it knows what a variable holds, that no
    target fits into so little memory, that so few iterations, so little time or no load at all tell
    nothing, how far production may be from a sweep, which files there are, what is JSON, which expressions can be used, and which variables there
    are to sweep over and services to wait for."""
    is_filled = isinstance(value, str) and "{{" in value
    is_memory = place == "target.memory_limit" or place.endswith("production.memory")
    is_too_little = (
        (is_memory and value == "1B")
        or (place.endswith("iterations.max") and value in ("1", "01", "2", 1))
        or place.startswith("scenarios.home.budgets.scaling.at")
        or (place.endswith("duration") and value in ("10us", "10ms"))
        or (place.endswith(("home.rate", "ci.rate", "stages.0.target")) and value == "1.5/h")
        or (place.endswith("stages.0.target") and value in ("0", 0, "0/s", "0/m"))
    )
    is_no_json = place.endswith("request.json") and isinstance(value, str)
    is_expression = place.endswith(("matches", "name.css", "name.regex", "name.json"))
    is_variable = place == "scenarios.home.sweep" and isinstance(value, dict)
    is_service = place.endswith("services.0.readiness.port")
    is_known = place.endswith(FILES) or is_no_json or is_expression or is_variable or is_service
    return is_filled or is_too_little or is_known


def with_value(place: str, value: Value) -> Value:
    """The smallest file, with a value at a place; what lies on the way there is made."""

    def put(into: Value, keys: list[str], value: Value) -> Value:
        if not keys:
            return value
        key, *rest = keys
        if key == "0":
            return [put(into[0] if isinstance(into, list) else {}, rest, value)]
        into = into if isinstance(into, dict) else {}
        return {**into, key: put(into.get(key), rest, value)}

    document: Value = SMALLEST
    for where, what in (*([BESIDE[place]] if place in BESIDE else []), (place, value)):
        document = put(document, [key.replace("~", ".") for key in where.split(".")], what)
    return document


def as_texts(value: Value) -> Value:
    """The same document in the reader's view, where every single value is text."""
    if isinstance(value, dict):
        return {key: as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_texts(item) for item in value]
    return value if value is None or isinstance(value, str) else json.dumps(value)


def refused_by_reader(documents: dict[str, Value], folder: Path, *options: str) -> set[str]:
    for file, document in documents.items():
        (folder / file).write_text(json.dumps(document), encoding="utf-8")
    checked = tidemark_check(*options, *documents, folder=folder)
    assert checked.returncode in (0, 2)
    return {line.split(":", 1)[0] for line in checked.stderr.splitlines()} & set(documents)


def refused_by_schema(documents: dict[str, Value]) -> set[str]:
    return {file for file, document in documents.items() if not VALIDATOR.is_valid(document)}


@pytest.mark.parametrize("place", PLACES)
def test_reader_and_schema_agree_on_every_value(place: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("user\nann\n", encoding="utf-8")
    values = {f"{number}.yaml": value for number, value in enumerate(VALUES)}
    written = {file: with_value(place, value) for file, value in values.items()}
    # For a value that is text already both views are the same.
    typed = [file for file, value in values.items() if not isinstance(value, str)]
    as_text = {file: as_texts(written[file]) for file in typed}
    options = ["--profile", "ci"] if place.startswith("profiles.ci.") else []
    reader = refused_by_reader(written, tmp_path, *options)
    for documents in (written, as_text):
        schema = refused_by_schema(documents)
        by_schema_alone = [values[file] for file in sorted(schema - reader)]
        by_reader_alone = [values[file] for file in sorted(reader & set(documents) - schema)]
        assert by_schema_alone == []
        assert [it for it in by_reader_alone if not is_beyond_the_schema(place, it)] == []

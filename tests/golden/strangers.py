"""A run in which every text that a stranger could have chosen is spoiled, and the same with harmless words.

Both are the saved run with a mark before and after each free text, so that both say the same in the same
places: what one report has and the other has not was made of text.
"""

import json
import pathlib
from collections.abc import Callable
from typing import Any

from reports import saved

HARMLESS = "plain"
HOSTILE = "".join(
    [
        "<script>alert(1)</script><img src=x onerror=alert(1)>\"' onload=\"alert(1)\" x='",
        "</title></style></textarea></svg><svg onload=alert(1)>--><!--<![CDATA[ ]]>&lt;&#60;b&#62;",
        "[link](javascript:alert(1)) ![i](https://evil.example/i.png) <https://evil.example> https://evil.example",
        " www.evil.example @somebody #1 | a || b\\| `code` ``` ~~~ **b** __i__ \\",
        "\n# heading\n- item\n\n    code\n```\nfence\n```\n| a | b |\n| --- | --- |\n<b>bold</b>\n",
        "\n::error file=x,line=1::owned\r\n  ::set-output name=a::b\n::stop-commands::x\n##[error]y %0A%25%3A",
        "\x00\x01\x07\b\t\v\f\x1b[31m\x1b]0;title\x07\x1b[2J\x7f\u0085\u009b31m\u2028\u2029\ufeff",
        "\u202e\u202a\u2066\u2067\u2069\u200e\u200f\ufffe\uffff\U0001f4a5",
        '# EOF\n# TYPE a counter\na_total{b="c"} 1 2\n"} 5\n',
        "${jndi:x} $(id) {{7*7}} %s%n ../../../etc/passwd /\\ C:\\x",
    ]
)

# Before a text, where a line could begin; short, because names are cut and must still differ.
LEAD = "\n# |`<b>\u202e::error::\x1b[1m"

# Keys whose words mean something to the program; every other text is free.
FIXED = {
    *("schema", "event", "phase", "ending", "gate", "unit", "expect_outcome", "model", "quantity", "worst"),
    *("folder", "started", "value", "gc_threshold", "kind", "of", "variable", "until", "id"),
}
# Free in spite of it, in these places: names of requests stand in budgets' names, and of variables in sweeps.
FREE = {("budgets", "id"), ("scaling", "id"), ("sweep", "of"), ("sweep", "variable"), ("sweep", "value")}

Spoil = Callable[[str, str], str]  # of a key and its text


def spoiled(node: Any, spoil: Spoil, key: str = "", parent: str = "") -> Any:
    if isinstance(node, dict):
        if key == "errors":  # counted by name
            return {spoil("errors", name): count for name, count in node.items()}
        return {name: spoiled(value, spoil, name, key) for name, value in node.items()}
    if isinstance(node, list):
        return [spoiled(value, spoil, key, parent) for value in node]
    if isinstance(node, str) and (key not in FIXED or (parent, key) in FREE):
        is_number = (parent, key) == ("sweep", "value")  # the axis would be lost
        return node if is_number and node.isdigit() else spoil(key, node)
    return node


def more_of(header: dict, lines: list[dict]) -> list[dict]:
    """What the saved run has none of: remarks, gaps, bodies, names of errors, accepted findings."""
    header["known"] = [
        {"fingerprint": "of another", "reason": "why", "until": "2026-12-31", "position": header["position"]}
        | {"of_file": False}
    ]
    more = []
    if any(line["event"] == "unexpected_answer" for line in lines):
        more = [
            {"event": "remark", "check": "answers", "ok": False, "detail": "what was wrong"},
            {"event": "unexpected_answer", "iteration": 3, "request": "GET /x", "what": "status 500", "body": "<p>"},
        ]
    for line in lines:
        if line["event"] == "latency":
            line["errors"] = {"connection reset": 3, "timeout": 2}
    return [*lines[:-1], *more, lines[-1]]


def hostile(_: str, text: str) -> str:
    return f"{LEAD}{text}{HOSTILE}"


def hostile_run(folder: pathlib.Path, spoil: Spoil, name: str = "run") -> pathlib.Path:
    run = saved(folder, name)
    for path in sorted(run.glob("*/record.jsonl")):
        header, *lines = (json.loads(line) for line in path.read_text("utf-8").splitlines())
        if path.parent.name in ("broken-answers", "leak-signal"):
            lines = more_of(header, lines)
        if path.parent.name == "arrivals":  # skipped before anything began
            lines = [{"event": "end", "ending": "skipped", "message": "why", "phase": "warm-up", "elapsed_seconds": 0}]
        text = "".join(json.dumps(spoiled(line, spoil)) + "\n" for line in [header, *lines])
        path.write_text(text, "utf-8")
    head = json.loads((run / "run.json").read_text("utf-8"))
    (run / "run.json").write_text(json.dumps(head | {"name": spoil("run", head["name"])}), "utf-8")
    return run

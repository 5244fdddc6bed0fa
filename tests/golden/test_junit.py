"""JUnit files against what reads them: Jenkins' list of what it knows, Ant's, and the rules beyond schemas."""

import json

import pytest

from junit_rules import as_ant_has_it, check_rules, problems
from reports import report, saved


def run_of(folder, name):
    """The JUnit file of a run that shows one thing."""
    run = saved(folder)
    head = json.loads((run / "run.json").read_text("utf-8"))
    if name == "nothing":
        head |= {"folders": [], "planned": 0}
    elif name == "killed":
        record = run / "leak-signal" / "record.jsonl"
        record.write_text("".join(record.read_text("utf-8").splitlines(keepends=True)[:4]), "utf-8")
    elif name == "long":  # days, in seconds
        head |= {"duration_seconds": 1_234_567.5}
    (run / "run.json").write_text(json.dumps(head), "utf-8")
    return report(folder, "run")


@pytest.fixture(scope="module", params=["everything", "nothing", "killed", "long"])
def junit(request, tmp_path_factory):
    done = run_of(tmp_path_factory.mktemp(request.param), request.param)
    return done.texts["junit.xml"]


def test_a_file_keeps_the_rules_of_servers(junit):
    check_rules(junit)


def test_ant_would_read_it(junit, tmp_path):
    assert problems("junit-ant.xsd", as_ant_has_it(junit), tmp_path) == []


def test_jenkins_reads_it(junit, tmp_path):
    assert problems("junit-jenkins.xsd", junit, tmp_path) == []


@pytest.mark.parametrize(
    "schema, old, new",
    [
        ("junit-jenkins.xsd", b'errors="', b'mistakes="'),
        ("junit-jenkins.xsd", b"<testcase ", b'<testcase colour="red" '),
        ("junit-jenkins.xsd", b'<testcase time="0"', b'<testcase time="1e-5"'),
        ("junit-ant.xsd", b'T12:00:00"', b'T12:00:00Z"'),
        ("junit-ant.xsd", b"</testcase>", b"<system-out>x</system-out></testcase>"),
        ("junit-ant.xsd", b'classname="', b'class="'),
    ],
)
def test_the_schemas_refuse_what_servers_do(tmp_path, schema, old, new):
    text = b"""<testsuites><testsuite name="a" timestamp="2026-01-31T12:00:00" time="1" tests="1" failures="0"
        errors="0"><testcase time="0" name="b" classname="c"></testcase></testsuite></testsuites>"""
    assert problems(schema, text, tmp_path) == []
    assert old in text
    assert problems(schema, text.replace(old, new), tmp_path) != []

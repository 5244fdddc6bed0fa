"""What a run writes down: every file, every field, and the same bytes when rendered again."""

import json
import os
import re
import stat
import xml.etree.ElementTree as ElementTree

import pytest

from support import BRIEF, GUNICORN, OUTPUTS, Run, check_outputs, run_tidemark, server, write_scenario

MIXED = (
    GUNICORN
    + """
scenarios:
  leak: {request: {path: /leak}, description: a list that grows}
  shown: {request: {path: /leak}, expect_outcome: fail}
  healthy:
    request: {path: /healthy}
    budgets: {growth: 1KiB/iteration, duration: {p95: 1s}, errors: 0%, peak_memory: 8MiB}
  untested: {request: {path: /healthy}, expect: {contains: total}}
  skipped: {request: {path: /healthy}, requires: [sh, -c, "echo 'needs a database'; exit 1"]}
"""
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return run_tidemark(tmp_path_factory.mktemp("mixed"), MIXED)


def test_the_record_is_rendered_again_to_the_same_bytes(mixed):
    names = [name for name in OUTPUTS]
    before = {name: (mixed.out_dir / name).read_bytes() for name in names}
    for name in names:
        (mixed.out_dir / name).unlink()
    again = run_tidemark(mixed.out_dir.parent, None, "report", "tidemark-out")
    assert again.code == mixed.code == 1
    for name in names:
        assert (mixed.out_dir / name).read_bytes() == before[name], name
    assert without_progress(again.stdout) == without_progress(mixed.stdout)


def without_progress(stdout):
    """What is said in the end: from the table of gates on."""
    lines = stdout.splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.startswith("    scenario ")) :]


def test_a_record_of_another_folder_is_rendered_there(mixed, tmp_path):
    result = run_tidemark(
        tmp_path, None, "report", str(mixed.out_dir), "--junit", "deep/down/junit.xml", "--quiet"
    )
    assert result.code == 1
    assert (tmp_path / "deep/down/junit.xml").read_bytes() == (mixed.out_dir / "junit.xml").read_bytes()


@pytest.mark.parametrize("content", [None, "{}", "not json", '{"schema": "tidemark-run/1", "name": "x"}'])
def test_a_folder_without_a_run_is_refused(tmp_path, content):
    (tmp_path / "empty").mkdir()
    if content is not None:
        (tmp_path / "empty/run.json").write_text(content)
    result = run_tidemark(tmp_path, None, "report", "empty")
    assert result.code == 2, result.stdout
    assert "empty" in result.stderr
    assert "[json" not in result.stderr, "a library's own words"


def test_a_record_with_a_broken_line_is_refused_at_its_place(tmp_path):
    result = run_tidemark(tmp_path, server("server.py") + BRIEF)
    record = result.out_dir / "ok/record.jsonl"
    lines = record.read_text().splitlines()
    lines[3] = lines[3][:-5]
    record.write_text("\n".join(lines) + "\n")
    again = run_tidemark(tmp_path, None, "report", "tidemark-out")
    assert again.code == 2
    assert "record.jsonl:4" in again.stderr


def test_result_json_has_every_field_of_the_contract(mixed):
    result = mixed.json
    assert list(result)[0] == "schema" and result["schema"] == "tidemark-result/1"
    assert set(result) >= {"name", "outcome", "started", "duration_seconds", "environment", "scenarios"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["started"])
    assert set(result["environment"]) >= {"kernel", "processors", "memory", "tidemark", "runtime"}
    for scenario in result["scenarios"]:
        assert set(scenario) >= {
            "name",
            "outcome",
            "iterations",
            "requests",
            "gates",
            "findings",
            "processes",
            "audit",
        }
        assert set(scenario["requests"]) >= {"total", "failed", "throughput_per_second", "latency_seconds"}
        for gate in scenario["gates"]:
            assert set(gate) >= {
                "id",
                "outcome",
                "classification",
                "limit",
                "measured",
                "signal",
                "shape_signal",
                "decided_at",
                "reason",
            }
            assert gate["classification"] in ("stable", "saturating", "step", "leak", "unknown", None)
            assert gate["outcome"] in ("pass", "fail", "inconclusive", "invalid")
            assert gate["measured"] is None or set(gate["measured"]) == {"value", "low", "high", "unit"}
        for process in scenario["processes"]:
            assert set(process) >= {"pid", "role", "command", "iterations_served", "gc", "series"}
            for row in process["gc"]:
                assert set(row) == {"generation", "collections", "collected", "uncollectable", "threshold"}
            for series in process["series"]:
                assert set(series) == {"signal", "unit", "points"}
                assert all(len(point) == 2 for point in series["points"])
        for check in scenario["audit"]:
            assert set(check) == {"check", "ok", "detail"}


def test_result_json_tells_what_was_measured(mixed):
    leak = mixed.scenario("leak")
    assert set(leak["requests"]["latency_seconds"]) == {"p50", "p90", "p95", "p99", "max"}
    assert leak["requests"]["total"] == leak["iterations"] > 200
    assert leak["requests"]["failed"] == 0
    assert leak["requests"]["throughput_per_second"] > 10
    assert [process["role"] for process in leak["processes"]] == ["main", "worker"]
    assert "gunicorn" in leak["processes"][0]["command"]
    signals = {series["signal"] for series in leak["processes"][1]["series"]}
    assert signals >= {
        "live_bytes",
        "live_blocks",
        "gc_objects",
        "uss",
        "anon",
        "pss",
        "rss",
        "fds",
        "threads",
    }
    growth = mixed.gates("leak")["growth"]
    assert 40 <= growth["decided_at"] <= leak["iterations"]
    assert growth["limit"] == {"value": 64, "unit": "B/iteration"}
    assert {check["check"] for check in leak["audit"]} >= {
        "answers",
        "processes",
        "readings",
        "collector",
        "debug",
        "swap",
    }


def test_junit_as_its_readers_parse_it(mixed):
    suites = {suite.get("name"): suite for suite in mixed.junit.findall("testsuite")}
    assert list(suites) == ["leak", "shown", "healthy", "untested", "skipped"]
    assert {
        name: (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped"))
        for name, suite in suites.items()
    } == {
        "leak": ("3", "1", "0", "0"),
        "shown": ("3", "0", "0", "0"),
        "healthy": ("4", "0", "0", "0"),
        "untested": ("3", "0", "3", "0"),
        "skipped": ("1", "0", "0", "1"),
    }
    case = suites["leak"].find("testcase[@name='growth']")
    assert case.get("classname") == "sample.yaml.leak"
    assert case.get("file") == "sample.yaml"
    lines = MIXED.splitlines()
    assert lines[int(case.get("line")) - 1].startswith("  leak:")
    failure = case.find("failure")
    assert "growth" in failure.get("message") and failure.get("message") in failure.text
    assert not re.search(r"\d", case.get("name")), "no measured values in a name"
    assert not mixed.junit.findall(".//properties") and not mixed.junit.findall(".//system-out")
    timestamps = {suite.get("timestamp") for suite in suites.values()}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", each) for each in timestamps)
    assert suites["skipped"].find("testcase/skipped").get("message") == "needs a database"
    assert all(float(suite.get("time")) >= 0 for suite in suites.values())


def test_the_line_of_a_gate_is_the_line_of_its_budget(tmp_path):
    yaml = (
        server("server.py")
        + """\
scenarios:
  it:
    request: {path: /}
    iterations: {max: 40}
    budgets:
      growth: 1KiB/iteration
      fds: 0/iteration
"""
    )
    result = run_tidemark(tmp_path, yaml)
    lines = yaml.splitlines()
    for case in result.junit.iter("testcase"):
        assert lines[int(case.get("line")) - 1].strip().startswith(case.get("name"))


def test_the_summary_is_a_table_of_all_gates(mixed):
    rows = [line for line in mixed.markdown.splitlines() if line.startswith("| ")]
    assert rows[0] == "| scenario | gate | measured | limit | outcome |"
    gates = sum(len(scenario["gates"]) for scenario in mixed.json["scenarios"])
    assert len(rows) == 2 + gates + 1, "one a gate, and the skipped scenario"
    assert all(row.count(" | ") == 4 for row in rows[2:])
    assert "skipped: needs a database" in mixed.markdown
    assert "again: `tidemark run sample.yaml --only '^leak$'`" in mixed.markdown


def test_the_page_needs_no_other_file(mixed):
    assert "http://" not in re.sub(
        r'xmlns="http://www.w3.org/[^"]*"|http://www.w3.org/\S+', "", mixed.html.split("<script")[0]
    )
    assert not re.search(r"<(link|img|iframe)\b|<script[^>]+src=", mixed.html)
    for name in mixed.outcomes:
        assert f">{name}<" in mixed.html
    assert mixed.html.count("<svg") >= 4
    assert "Content-Security-Policy" in mixed.html


def test_the_target_s_output_is_kept(mixed):
    assert "Listening at: http://127.0.0.1:" in mixed.log("leak")
    assert mixed.log("skipped", "requires.log") == "needs a database\n"


def test_further_copies_of_each_output(tmp_path):
    yaml = server("server.py") + BRIEF
    options = ["--junit", "ci/j.xml", "--html", "ci/h.html", "--json", "r.json", "--markdown", "ci/m.md"]
    result = run_tidemark(tmp_path, yaml, *options)
    copies = {
        "junit.xml": "ci/j.xml",
        "report.html": "ci/h.html",
        "result.json": "r.json",
        "summary.md": "ci/m.md",
    }
    for name, copy in copies.items():
        assert (tmp_path / copy).read_bytes() == (result.out_dir / name).read_bytes()


def test_another_output_folder(tmp_path):
    yaml = server("server.py") + BRIEF
    result = run_tidemark(tmp_path, yaml, "--output", "deep/er")
    assert result.code in (0, 4)
    for name in OUTPUTS:
        assert (tmp_path / "deep/er" / name).is_file()


def test_an_output_may_be_a_device_a_pipe_or_a_link(tmp_path):
    """`--json /dev/stdout` and `--html /dev/null` are written to, never replaced by a file."""
    yaml = server("server.py") + BRIEF
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    options = ["--json", "link.json"]
    try:
        os.mknod(tmp_path / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        options += ["--html", "null"]
    except PermissionError:  # only root can make one
        pass
    run_tidemark(tmp_path, yaml, *options)
    assert (tmp_path / "link.json").is_symlink(), "the link was replaced"
    assert json.loads((tmp_path / "real.json").read_text())["schema"] == "tidemark-result/1"
    if "--html" in options:
        assert stat.S_ISCHR((tmp_path / "null").stat().st_mode), "the device was replaced by a file"


def test_a_second_run_into_the_same_folder_replaces_the_first(tmp_path):
    two = GUNICORN + "scenarios:\n  first: {request: {path: /leak}}\n  second: {request: {path: /healthy}}\n"
    assert run_tidemark(tmp_path, two).code == 1
    result = run_tidemark(tmp_path, None, "run", "sample.yaml", "--only", "second")
    assert result.code == 0
    assert list(result.outcomes) == ["second"]
    again = run_tidemark(tmp_path, None, "report", "tidemark-out")
    assert list(again.outcomes) == ["second"], "the first run's record is no part of the second"


def test_outputs_are_written_when_the_disk_fills_up_in_the_middle(tmp_path):
    """A limit on the size of files stands in for a full disk: it must not end the run with a signal."""
    yaml = server("server.py") + "scenarios: {ok: {request: {path: /}, iterations: {max: 200}}}\n"
    write_scenario(tmp_path, yaml)
    run = Run(tmp_path, ["run", "sample.yaml"], file_size=20_000)
    try:
        result = run.finish()
        run.assert_nothing_left()
    finally:
        run.clean_up()
    assert result.code == 3, (result.code, result.stdout, result.stderr)
    assert "cannot write" in result.stderr or "cannot write" in result.stdout


def test_junit_is_well_formed_for_every_outcome(mixed):
    text = (mixed.out_dir / "junit.xml").read_text("utf-8")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    ElementTree.fromstring(text.encode())


def test_a_reader_that_goes_away_does_not_end_the_run(tmp_path):
    """`tidemark run … | head -1`: what was measured is written all the same."""
    write_scenario(tmp_path, server("server.py") + "scenarios: {ok: {request: {path: /}}}\n")
    reader, writer = os.pipe()
    run = Run(tmp_path, ["run", "sample.yaml"], terminal=writer)
    os.close(writer)
    os.close(reader)
    try:
        result = run.finish()
        run.assert_nothing_left(patience=5)
    finally:
        run.clean_up()
    assert result.code == 0, result.code
    check_outputs(result)

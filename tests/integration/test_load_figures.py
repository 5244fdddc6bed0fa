"""The load's figures in every output, from a record that was made up: the program only renders it."""

import json
import math
import random
from pathlib import Path

import jsonschema
import pytest
from support import RESULT_SCHEMA, check_outputs, run_tidemark

RECORDS = Path(__file__).parent.parent / "fixtures" / "records"
WORDS = "200/s, at most 10 virtual users"


def histogram(seconds):
    """As harness/base/latency_histogram.cc lays it out."""

    def bucket(time):
        micros = int(time * 1e6)
        if micros < 128:
            return micros
        shift = micros.bit_length() - 7
        return (shift << 6) + (micros >> shift)

    counts = {}
    for time in seconds:
        counts[bucket(time)] = counts.get(bucket(time), 0) + 1
    return {
        "largest_seconds": max(seconds, default=0),
        "total_seconds": sum(seconds),
        "buckets": sorted([index, count] for index, count in counts.items()),
    }


def batch(number, numbers):
    """Every tenth one has errors; in the middle the target is slow for a while."""
    slow = 8 if 250 < number < 320 else 1
    median = 0.004 * slow * numbers.uniform(0.8, 1.2)
    errored = 3 if number % 97 == 5 else 0
    requests = 40 if number % 2 else 4
    return {
        "event": "batch",
        "phase": "growth",
        "iterations": requests // 2,
        "failed_iterations": errored,
        "duration_seconds": requests / 400 * math.sqrt(slow) * numbers.uniform(0.9, 1.1),
        "elapsed_seconds": 5 + 0.2 * number,
        "requests": requests,
        "succeeded": requests - errored,
        "failed": 0,
        "errored": errored,
        "timed_out": 0,
        "dropped": 1 if slow > 1 else 0,
        "body_bytes": 12_000 * requests,
        "response_seconds": {"p50": median, "p95": 4 * median, "p99": 9 * median, "max": 15 * median},
    }


def request(name, started, errored, times):
    return {
        "name": name,
        "started": started,
        "succeeded": started - errored,
        "failed": 0,
        "errored": errored,
        "timed_out": 0,
        "service_time": histogram([time / 2 for time in times]),
        "response_time": histogram(times),
    }


def made_up_record(name):
    """A healthy server's series, and the load of another one."""
    numbers = random.Random(7)
    lines = [json.loads(line) for line in (RECORDS / "django-healthz-10.jsonl").read_text().splitlines()]
    header = lines[0] | {"folder": "busy", "scenario": "busy", "load": WORDS, "model": "open", "vus": 10}
    facts = [line for line in lines[1:-1] if line["event"] != "batch"]
    batches = [batch(number, numbers) for number in range(500)]
    times = [numbers.lognormvariate(-5.5, 0.9) for _ in range(4000)]
    errored = sum(each["errored"] for each in batches)
    started = sum(each["requests"] for each in batches)
    latency = {
        "event": "latency",
        "service_time": histogram([time / 2 for time in times]),
        "response_time": histogram(times),
        "iterations": histogram(times),
        "lateness": histogram([numbers.expovariate(300) for _ in range(2000)]),
        "by_request": [
            request(name, started // 2, 0, times[:2000]),
            request("report", started - started // 2, errored, times[2000:]),
        ],
        "errors": {"connection refused": errored - 1, "connection reset": 1},
    }
    return [header, *facts, *batches, latency, lines[-1]]


def rendered(folder, name="login"):
    out = folder / "tidemark-out"
    (out / "busy").mkdir(parents=True)
    lines = [json.dumps(line) for line in made_up_record(name)]
    (out / "busy/record.jsonl").write_text("\n".join(lines) + "\n")
    run = {"schema": "tidemark-run/1", "name": "shop", "started": "2026-01-31T12:00:00Z"}
    (out / "run.json").write_text(
        json.dumps(run | {"duration_seconds": 105.0, "folders": ["busy"], "planned": 1})
    )
    return run_tidemark(folder, None, "report", "tidemark-out")


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    return rendered(tmp_path_factory.mktemp("busy"))


def test_the_outputs_are_as_their_formats_want_them(busy):
    check_outputs(busy)


def test_result_json_has_every_figure(busy):
    requests = busy.scenario()["requests"]
    assert requests["load"] == WORDS and requests["model"] == "open"
    assert requests["counts"]["started"] == requests["total"] == 11_000
    assert requests["counts"]["dropped"] == 69
    assert requests["errors"] == {"connection refused": requests["failed"] - 1, "connection reset": 1}
    assert requests["latency_seconds"]["p99"] == requests["response_time_seconds"]["p99"]
    assert requests["service_time_seconds"]["p50"] == pytest.approx(
        requests["response_time_seconds"]["p50"] / 2, rel=0.02
    )
    assert 0 < requests["lateness_seconds"]["p50"] < requests["lateness_seconds"]["p99"]
    assert [row["name"] for row in requests["by_request"]] == ["login", "report"]
    points = requests["over_time"]
    assert 60 <= len(points) <= 120
    assert sum(point["requests"] for point in points) == 11_000
    assert sum(point["failed"] for point in points) == requests["failed"]
    assert [point["elapsed_seconds"] for point in points] == sorted(
        point["elapsed_seconds"] for point in points
    )


def test_a_dropped_iteration_is_a_warning_and_changes_no_verdict(busy):
    assert busy.code == 0 and busy.scenario()["outcome"] == "pass"
    check = busy.audit()["load"]
    assert not check["ok"]
    assert "69 of 5,569 iterations were dropped" in check["detail"]
    assert "iterations began late: p99" in check["detail"]
    assert "! load: 69 of 5,569" in busy.stdout


def test_people_read_it_too(busy):
    assert "response time (from due)  p50 " in busy.stdout
    assert "x connection refused, 1 x connection reset" in busy.stdout
    assert f"- busy ({WORDS}): 11,000 requests, " in busy.markdown
    assert '<path class="largest"' in busy.html


def test_a_name_of_a_request_is_text_wherever_it_stands(tmp_path):
    hostile = "</script><script>alert(1)</script>|`\x1b[31m]]>"
    result = rendered(tmp_path, hostile)
    check_outputs(result)
    assert result.scenario()["requests"]["by_request"][0]["name"] == hostile
    for text in (result.html, result.markdown, result.stdout):
        assert "\x1b" not in text
    assert "<script>alert" not in result.html + result.markdown


@pytest.mark.parametrize(
    "change",
    [
        {"counts": {"started": 1}},
        {"lateness_seconds": {"p50": 1}},
        {"over_time": [{"requests": 1}]},
        {"errors": {"timeout": -1}},
        {"model": "half-open"},
    ],
)
def test_the_schema_refuses_what_no_reader_expects(busy, change):
    result = json.loads(json.dumps(busy.json))
    result["scenarios"][0]["requests"] |= change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(result, RESULT_SCHEMA)

"""Sweeps over a size: how the peak grows, what production will need, and budgets for both."""

import json
import os
import re

import pytest

from support import run_tidemark, server

SIZES = "[1000, 2000, 5000, 10000, 20000, 50000]"
CLASSES = {
    "constant": "O(1)",
    "linear": "O(n)",
    "linearithmic": "O(n log n)",
    "quadratic": "O(n^2)",
}
MIB = 2**20
MOST = 25 * MIB  # what apps/sized.py needs for a size of 50,000


def sized(curve, scaling="{peak_memory: O(n)}", sizes=SIZES, noise="0.05", seed="1", **keys):
    """A sweep over a server whose requests need a known amount."""
    yaml = server("sized.py", curve, "{{n}}", noise, seed, readiness="{path: /ready}")
    yaml = yaml.replace("variables: {", "variables: {n: 1000, ")
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return (
        f"{yaml}scenarios:\n  list:\n    request: {{path: /}}\n    max_duration: 20s\n"
        f"    sweep: {{n: {sizes}}}\n    budgets: {{scaling: {scaling}}}\n{lines}"
    )


def sweep_of(result):
    (sweep,) = result.json["sweeps"]
    return sweep


def peak_of(result):
    return sweep_of(result)["scaling"][0]


# TIDEMARK_SCALING_RUNS=25 makes it a hundred runs, each with a noise of its own.
@pytest.mark.parametrize("seed", range(int(os.environ.get("TIDEMARK_SCALING_RUNS", "1"))))
@pytest.mark.parametrize("curve", CLASSES)
def test_the_class_of_a_known_curve_is_told_through_noise(tmp_path, curve, seed):
    result = run_tidemark(
        tmp_path, sized(curve, f"{{peak_memory: {CLASSES[curve]}}}", seed=str(seed))
    )
    assert peak_of(result)["complexity"] == CLASSES[curve], peak_of(result)
    (gate,) = sweep_of(result)["gates"]
    assert gate["complexity"] == {"measured": CLASSES[curve], "limit": CLASSES[curve]}
    # To name a class is less than to exclude the next one: O(n log n) is left possible at times.
    assert gate["outcome"] in ("pass", "inconclusive"), result.stdout


def test_production_is_predicted_and_each_unit_has_its_price(tmp_path):
    scaling = "{peak_memory: O(1), at: {n: 500000}, max: 128MiB}"
    result = run_tidemark(tmp_path, sized("linear", scaling, noise="0.01"))
    assert result.code == 1, result.stdout
    sweep = sweep_of(result)
    assert sweep["outcome"] == "fail"
    by_class, by_size = sweep["gates"]
    assert by_class["outcome"] == by_size["outcome"] == "fail"
    assert by_size["measured"]["value"] == pytest.approx(10 * MOST, rel=0.05)
    assert by_size["limit"]["value"] == 128 * MIB
    assert peak_of(result)["per_unit"]["value"] == pytest.approx(MOST / 50_000, rel=0.05)
    assert sweep["response_bytes_per_unit"] == pytest.approx(40, rel=0.01)
    assert "for each of the n (the response is 40 B of that)" in result.stdout
    for name in ("junit.xml", "summary.md", "report.html"):
        assert b"scaling.peak_memory.max" in result.texts()[name].replace(b"\\", b"")
    assert "production: 500,000" in result.html


def test_a_point_says_what_it_kept_and_how_long_it_took(tmp_path):
    result = run_tidemark(tmp_path, sized("constant", "{peak_memory: O(1)}"))
    for row in sweep_of(result)["rows"]:
        assert row["response_bytes"] == 40 * row["size"]
        assert len(row["peaks_bytes"]) >= 5 and len(row["durations_seconds"]) >= 5
        assert abs(row["retained_bytes_per_iteration"]) < 4096


def test_a_sweep_that_is_too_narrow_is_refused(tmp_path):
    result = run_tidemark(tmp_path, sized("linear", sizes="[10000, 20000, 30000, 50000]"))
    assert result.code == 2, result.stdout
    assert "too close together to tell how anything grows" in result.stderr


def test_a_sweep_that_is_expected_to_fail_passes_when_it_does(tmp_path):
    keys = {"scaling": "{peak_memory: O(1)}", "expect_outcome": "fail"}
    result = run_tidemark(tmp_path, sized("linear", **keys))
    assert result.code == 0, result.stdout
    assert sweep_of(result)["outcome"] == "pass"
    result = run_tidemark(tmp_path, sized("constant", **keys))
    assert result.code == 1, result.stdout
    assert sweep_of(result)["outcome"] == "fail"


def test_nothing_passes_while_a_point_is_missing(tmp_path):
    yaml = sized("constant", "{peak_memory: O(1)}", sizes="[1000, 2000, 5000, 10000, x50000]")
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 2 and "'x50000' is no size" in result.stderr, result.stderr
    yaml = sized("constant", "{peak_memory: O(1)}", sizes="[1000, 2000, 5000, 10000, 0.5]")
    result = run_tidemark(tmp_path, yaml)  # its server ends at once
    assert result.code != 0, result.stdout
    assert "n=0.5 was not measured" in result.stdout


def test_budgets_of_points_and_of_the_sweep_are_judged_apart(tmp_path):
    yaml = sized("linear", "{peak_memory: O(n)}").replace(
        "budgets: {scaling", "budgets: {peak_memory: 12MiB, scaling"
    )
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 1, result.stdout
    assert sweep_of(result)["outcome"] == "pass"
    outcomes = [row["outcome"] for row in sweep_of(result)["rows"]]
    assert outcomes == ["pass"] * 5 + ["fail"]
    assert re.search(r"✓ list \[n=1000\] .* 12 MiB .*\d+ % of the limit", result.stdout), result.stdout


def test_the_report_comes_again_from_the_record_byte_for_byte(tmp_path):
    result = run_tidemark(tmp_path, sized("linear", "{peak_memory: O(n), at: {n: 100000}, max: 1GiB}"))
    before = result.texts()
    again = run_tidemark(tmp_path, None, "report", "tidemark-out")
    assert again.code == 0, again.stderr
    assert result.texts() == before
    assert json.loads(before["result.json"])["sweeps"]

"""A target that grows into its memory_limit is stopped, and the gate that this decides is the right one."""

import tempfile

import pytest

from support import gunicorn, run_tidemark, scenario, server, skip_unless_cgroups_can_be_made

LIMITED = gunicorn(memory_limit="200MiB")
# A megabyte a request: after some 180 requests, in a handful of checkpoints.
FAST_LEAK = "/leak?n=1000000"
# More in one request than there may be, and nothing of it afterwards.
GREEDY = "/gobble?n=500000000"


def outcomes(result):
    return {name: gate["outcome"] for name, gate in result.gates().items()}


def assert_stopped_at_the_limit(result, limit="200 MiB"):
    assert f"and was stopped: its memory_limit is {limit}" in result.scenario()["message"]
    assert result.record("it")[-1]["ending"] == "memory_limit"
    assert f"its memory_limit is {limit}" in result.html


def test_a_fast_leak_has_failed_its_growth_gate(tmp_path):
    result = run_tidemark(tmp_path, LIMITED + scenario(FAST_LEAK))
    assert_stopped_at_the_limit(result)
    assert result.code == 1, result.stdout
    assert outcomes(result)["growth"] == "fail"
    assert result.gates()["growth"]["classification"] == "leak"
    assert 900_000 < result.gates()["growth"]["measured"]["value"] < 1_100_000


def test_a_leak_that_reaches_the_limit_in_the_warm_up_has_failed_its_growth_gate_too(tmp_path):
    result = run_tidemark(tmp_path, LIMITED + scenario("/leak?n=6000000"))
    assert_stopped_at_the_limit(result)
    assert result.code == 1, result.stdout
    assert outcomes(result)["growth"] == "fail"


def test_a_leak_into_the_limit_does_not_fail_a_peak_gate_that_was_measured_and_kept(tmp_path):
    budgets = "{growth: 1KiB/iteration, peak_memory: 64MiB}"
    result = run_tidemark(tmp_path, LIMITED + scenario(FAST_LEAK, budgets=budgets))
    assert_stopped_at_the_limit(result)
    assert outcomes(result) == {"growth": "fail", "peak_memory": "pass"}
    assert result.code == 1


def test_requests_that_fail_because_we_stop_the_target_are_no_errors_of_its_own(tmp_path):
    """It is a matter of the moment: the target may be stopped in a request, after one, or in a checkpoint."""
    yaml = server("server.py", "leaks-slowly", "20000000", readiness="{path: /ready}", memory_limit="200MiB")
    yaml += "scenarios:\n"
    for number in range(8):
        yaml += f"""
  it-{number}:
    request: {{path: /}}
    warmup: 0
    iterations: {{max: 40}}
    budgets: {{growth: 1KiB/iteration, errors: 0%}}
"""
    result = run_tidemark(tmp_path, yaml)
    errors = [result.gates(name)["errors"] for name in result.outcomes]
    assert [gate["reason"] for gate in errors if gate["outcome"] == "fail"] == []
    audits = [result.audit(name)["readings"]["detail"] for name in result.outcomes]
    assert not any("json" in audit for audit in audits), "a process that has ended is just that"


def test_a_request_that_needs_more_than_the_limit_has_failed_its_peak_gate(tmp_path):
    result = run_tidemark(tmp_path, LIMITED + scenario(GREEDY, budgets="{peak_memory: 64MiB}"))
    assert_stopped_at_the_limit(result)
    assert result.code == 1, result.stdout
    assert outcomes(result) == {"peak_memory": "fail"}


def test_a_request_that_needs_more_than_the_limit_decides_nothing_without_a_peak_gate(tmp_path):
    result = run_tidemark(tmp_path, LIMITED + scenario(GREEDY))
    assert_stopped_at_the_limit(result)
    assert result.code == 3, result.stdout
    assert set(outcomes(result).values()) == {"invalid"}


def test_a_target_that_stays_below_its_limit_is_left_alone(tmp_path):
    result = run_tidemark(tmp_path, LIMITED + scenario("/gobble?n=50000000", iterations="{max: 60}"))
    assert result.code in (0, 4), result.stdout
    assert result.scenario()["iterations"] >= 40


def test_who_takes_far_more_at_once_is_stopped_all_the_same(tmp_path):
    """Faster than anybody can watch."""
    yaml = server("server.py", "greedy-at-once", "6000000000", readiness="{path: /ready}", memory_limit="200MiB")
    yaml += scenario("/", budgets="{peak_memory: 64MiB}")
    result = run_tidemark(tmp_path, yaml)
    assert_stopped_at_the_limit(result)
    assert (result.code, outcomes(result)) == (1, {"peak_memory": "fail"}), result.stdout


@pytest.mark.parametrize("workers", ["1", "3"])
def test_what_the_kernel_ends_is_told_as_what_the_watch_stops(tmp_path, workers):
    """Files on a tmpfs are in no process: the kernel alone sees them. Of several workers it ends one."""
    skip_unless_cgroups_can_be_made()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as tmpfs:
        yaml = gunicorn(environment=f"{{HOME: '{{{{scratch}}}}', TMPFS: '{tmpfs}'}}", memory_limit="200MiB")
        yaml += scenario("/fill_a_tmpfs?n=500000000", budgets="{peak_memory: 64MiB}")
        result = run_tidemark(tmp_path, yaml, "--set", f"workers={workers}")
    assert_stopped_at_the_limit(result)
    assert "the target grew to 257 MiB" in result.scenario()["message"]
    assert (result.code, outcomes(result)) == (1, {"peak_memory": "fail"}), result.stdout


def test_workers_that_share_their_pages_are_not_counted_twice(tmp_path):
    """Seven processes of some 25 MB each, most of it shared."""
    yaml = gunicorn("--preload", memory_limit="100MiB") + scenario("/healthy")
    result = run_tidemark(tmp_path, yaml, "--set", "workers=6")
    assert result.code == 0, result.stdout


def test_the_limit_holds_while_the_target_starts(tmp_path):
    """It takes 300 MB, and half a minute, before it listens."""
    yaml = server("server.py", "greedy-at-start", "300000000", memory_limit="100MiB")
    result = run_tidemark(tmp_path, yaml + scenario("/"))
    assert result.code == 3, result.stdout
    assert "its memory_limit is 100 MiB" in result.scenario()["message"]
    assert result.seconds < 15, "it was let go on until it was ready"


def test_a_leak_into_the_limit_stops_every_worker(tmp_path):
    result = run_tidemark(tmp_path, LIMITED + scenario(FAST_LEAK), "--set", "workers=3")
    assert_stopped_at_the_limit(result)


def test_an_expected_leak_into_the_limit_is_as_expected(tmp_path):
    result = run_tidemark(tmp_path, LIMITED + scenario(FAST_LEAK, expect_outcome="fail"))
    assert result.code == 0, result.stdout

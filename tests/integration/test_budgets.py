"""Each budget is a gate of its own, and the exit code follows from all of them."""

import os
import shlex
import tempfile

import pytest

from support import (
    GUNICORN,
    WITHOUT_CGROUPS,
    gunicorn,
    run_tidemark,
    scenario,
    server,
    skip_unless_cgroups_can_be_hidden,
    write_scenario,
)


def outcomes(result, scenario=None):
    return {name: gate["outcome"] for name, gate in result.gates(scenario).items()}


@pytest.mark.parametrize("limit, code, outcome", [("1s", 0, "pass"), ("5ms", 1, "fail")])
def test_duration(tmp_path, limit, code, outcome):
    result = run_tidemark(
        tmp_path,
        GUNICORN + scenario("/slow?n=20", budgets=f"{{duration: {{p95: {limit}}}}}", iterations="{max: 60}"),
    )
    assert result.code == code, result.stdout
    assert outcomes(result) == {"duration.p95": outcome}
    measured = result.gates()["duration.p95"]["measured"]
    assert measured["unit"] == "s" and 0.02 <= measured["value"] < 0.5
    assert result.scenario()["requests"]["latency_seconds"]["p50"] >= 0.02


def test_several_quantiles_are_gates_of_their_own(tmp_path):
    result = run_tidemark(
        tmp_path,
        GUNICORN
        + scenario("/slow?n=5", budgets="{duration: {p50: 1s, p99: 1s, max: 1ms}}", iterations="{max: 60}"),
    )
    assert result.code == 1
    assert outcomes(result) == {"duration.p50": "pass", "duration.p99": "pass", "duration.max": "fail"}


@pytest.mark.parametrize("limit, code, outcome", [("20%", 0, "pass"), ("5%", 1, "fail")])
def test_errors(tmp_path, limit, code, outcome):
    """Every tenth request is answered with 500."""
    result = run_tidemark(
        tmp_path, GUNICORN + scenario("/error?n=10", budgets=f"{{errors: {limit}}}", iterations="{max: 200}")
    )
    assert result.code == code, result.stdout
    assert outcomes(result) == {"errors": outcome}
    measured = result.gates()["errors"]["measured"]
    assert measured["unit"] == "%" and 8 <= measured["value"] <= 12


def test_no_errors_allowed(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/error?n=30", budgets="{errors: 0%}"))
    assert result.code == 1
    assert result.scenario()["iterations"] < 100, "the first one decides"


def test_without_a_budget_for_errors_more_than_one_in_a_hundred_tests_nothing(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/error?n=10", iterations="{max: 200}"))
    assert result.code == 3
    assert set(outcomes(result).values()) == {"invalid"}
    assert "were not answered as expected" in result.scenario()["message"]


def test_without_a_budget_for_errors_a_rare_one_is_only_noted(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/error?n=150"))
    assert result.code == 0, result.stdout
    assert "the first that was not: GET /error?n=150: status 500" in result.audit()["answers"]["detail"]


def test_a_growth_budget_beside_an_errors_budget_is_still_judged(tmp_path):
    result = run_tidemark(
        tmp_path,
        GUNICORN
        + """
scenarios:
  it:
    request: {path: "/error?n=10"}
    iterations: {max: 300}
    budgets: {errors: 20%, growth: 1KiB/iteration}
""",
    )
    assert result.code == 0, result.stdout
    assert outcomes(result) == {"growth": "pass", "errors": "pass"}


@pytest.mark.parametrize("limit, code, outcome", [("4MiB", 1, "fail"), ("64MiB", 0, "pass")])
def test_peak_memory(tmp_path, limit, code, outcome):
    result = run_tidemark(
        tmp_path, GUNICORN + scenario("/gobble?n=20000000", budgets=f"{{peak_memory: {limit}}}")
    )
    assert result.code == code, result.stdout
    gate = result.gates()["peak_memory"]
    assert gate["outcome"] == outcome
    assert 19_000_000 < gate["measured"]["value"] < 21_000_000, "exact to some 100 KiB"
    peaks = result.scenario()["peaks"]
    assert peaks[0]["first"] and not any(peak["first"] for peak in peaks[1:])


def test_a_peak_in_one_of_several_workers(tmp_path):
    result = run_tidemark(
        tmp_path,
        GUNICORN + scenario("/gobble?n=20000000", budgets="{peak_memory: 4MiB}"),
        "--set",
        "workers=4",
    )
    assert result.code == 1, result.stdout
    assert 19_000_000 < result.gates()["peak_memory"]["measured"]["value"] < 21_000_000


def test_a_peak_in_a_child_that_the_request_starts(tmp_path):
    """Image converters, PDF writers: the memory is the request's, whoever holds it."""
    result = run_tidemark(
        tmp_path, GUNICORN + scenario("/gobble_in_a_child?n=100000000", budgets="{peak_memory: 32MiB}")
    )
    assert result.code == 1, result.stdout
    assert 90_000_000 < result.gates()["peak_memory"]["measured"]["value"] < 150_000_000


def test_a_peak_in_a_child_where_no_cgroup_can_be_made(tmp_path):
    skip_unless_cgroups_can_be_hidden()
    yaml = GUNICORN + scenario("/gobble_in_a_child?n=100000000", budgets="{peak_memory: 32MiB}")
    result = run_tidemark(tmp_path, yaml, before=WITHOUT_CGROUPS)
    assert result.code == 1, result.stdout
    gate = result.gates()["peak_memory"]
    assert 90_000_000 < gate["measured"]["value"] < 150_000_000
    assert gate["signal"] == "peak_rss"


def test_files_that_a_child_writes_and_removes_are_no_memory_of_it(tmp_path):
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as tmpfs:
        yaml = gunicorn(environment=f"{{HOME: '{{{{scratch}}}}', TMPFS: '{tmpfs}'}}")
        yaml += scenario("/write_files_in_a_child?n=60000000", budgets="{peak_memory: 32MiB}")
        result = run_tidemark(tmp_path, yaml)
    gate = result.gates()["peak_memory"]
    assert (result.code, gate["outcome"]) == (0, "pass"), gate["reason"]


def test_a_peak_of_pages_that_were_shared_until_then(tmp_path):
    """A worker that writes to what it inherited needs memory on top, though its RSS stays the same."""
    yaml = gunicorn("--preload", environment="{HOME: '{{scratch}}', INHERITED: '200000000'}")
    result = run_tidemark(
        tmp_path, yaml + scenario("/touch_inherited?n=10000000", budgets="{peak_memory: 4MiB}")
    )
    assert result.code == 1, result.stdout
    assert 9_000_000 < result.gates()["peak_memory"]["measured"]["value"] < 25_000_000


def test_the_137th_request_counts(tmp_path):
    """The few that are measured alone show nothing; the growth phase goes on until it has been seen twice."""
    budgets = "{growth: 4KiB/iteration, peak_memory: 16MiB}"
    result = run_tidemark(tmp_path, GUNICORN + scenario("/gobble_at_times?n=137", budgets=budgets))
    gate = result.gates()["peak_memory"]
    assert (result.code, gate["outcome"]) == (1, "fail"), gate["reason"]
    assert 36_000_000 < gate["measured"]["value"] < 44_000_000
    assert "in the growth phase" in gate["reason"]
    assert result.gates()["growth"]["outcome"] == "pass"


def test_what_a_rare_request_needs_passes_below_the_limit(tmp_path):
    budgets = "{growth: 4KiB/iteration, peak_memory: 64MiB}"
    yaml = GUNICORN + scenario("/gobble_at_times?n=40", budgets=budgets, iterations="{min: 300}")
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 0, result.stdout
    assert result.scenario()["iterations"] >= 300


def test_garbage_that_piles_up_over_a_batch_is_no_single_requests_need(tmp_path):
    """A hundred kilobytes of cycles a request, which the collector takes its time for."""
    budgets = "{growth: 4KiB/iteration, peak_memory: 1MiB}"
    result = run_tidemark(tmp_path, GUNICORN + scenario("/cycle?n=100000", budgets=budgets))
    assert result.code == 0, result.stdout + result.gates()["peak_memory"]["reason"]


def test_peaks_of_single_requests_of_a_flow(tmp_path):
    yaml = """
scenarios:
  it:
    flow:
      - request: {path: "/gobble?n=30000000", name: report}
      - request: {path: /healthy, name: page}
    budgets: {peak_memory: {iteration: 64MiB, requests: {report: 8MiB, page: 8MiB}}}
"""
    result = run_tidemark(tmp_path, GUNICORN + yaml)
    assert result.code == 1, result.stdout
    gates = result.gates()
    told = {name: gate["outcome"] for name, gate in gates.items()}
    assert told == {"peak_memory": "pass", "peak_memory.report": "fail", "peak_memory.page": "pass"}
    assert 29_000_000 < gates["peak_memory.report"]["measured"]["value"] < 31_000_000
    assert gates["peak_memory.page"]["measured"]["value"] < 2_000_000
    assert {peak["request"] for peak in result.scenario()["peaks"]} == {None, "report", "page"}


def test_the_peak_of_the_only_request_by_its_name(tmp_path):
    yaml = """
scenarios:
  it:
    request: {path: "/gobble?n=30000000", name: report}
    budgets: {peak_memory: {requests: {report: 8MiB}}}
"""
    result = run_tidemark(tmp_path, GUNICORN + yaml)
    gate = result.gates()["peak_memory.report"]
    assert (result.code, gate["outcome"]) == (1, "fail"), gate["reason"]
    assert 29_000_000 < gate["measured"]["value"] < 31_000_000


def test_the_peak_of_a_flow_that_is_rarely_taken(tmp_path):
    yaml = """
scenarios:
  it:
    flows:
      browse: {weight: 50, flow: [{request: {path: /healthy}}]}
      export: {weight: 1, flow: [{request: {path: "/gobble?n=30000000"}}]}
    budgets: {peak_memory: 8MiB}
"""
    result = run_tidemark(tmp_path, GUNICORN + yaml)
    gate = result.gates()["peak_memory"]
    assert (result.code, gate["outcome"]) == (1, "fail"), gate["reason"]
    assert 29_000_000 < gate["measured"]["value"] < 31_000_000


def test_no_flow_passes_unmeasured(tmp_path):
    yaml = """
scenarios:
  it:
    flows:
      browse: {weight: 50, flow: [{request: {path: /healthy}}]}
      export: {weight: 1, flow: [{request: {path: "/healthy?n=2"}}]}
    budgets: {peak_memory: 8MiB}
    iterations: {max: 10}
"""
    result = run_tidemark(tmp_path, GUNICORN + yaml)
    gate = result.gates()["peak_memory"]
    assert (result.code, gate["outcome"]) == (4, "inconclusive"), gate["reason"]
    assert "the flow 'export' was measured 4 times" in gate["reason"]


def test_what_other_threads_need_is_not_the_requests(tmp_path):
    path = "/start_work_beside?n=30000000"
    result = run_tidemark(tmp_path, GUNICORN + scenario(path, budgets="{peak_memory: 8MiB}"))
    gate = result.gates()["peak_memory"]
    assert (result.code, gate["outcome"]) == (4, "inconclusive"), gate
    assert "other threads are at work" in gate["reason"]


def test_all_budgets_at_once(tmp_path):
    budgets = "{growth: 1KiB/iteration, peak_memory: 8MiB, duration: {p95: 1s}, errors: 0%"
    budgets += ", fds: 0/iteration, threads: 0/iteration}"
    result = run_tidemark(tmp_path, GUNICORN + scenario("/healthy", budgets=budgets))
    assert result.code == 0, result.stdout
    assert set(outcomes(result).values()) == {"pass"}
    assert list(outcomes(result)) == ["growth", "peak_memory", "duration.p95", "errors", "fds", "threads"]


def test_one_failed_gate_among_several_fails_the_run(tmp_path):
    budgets = "{growth: 1MiB/iteration, fds: 0/iteration, errors: 0%}"
    result = run_tidemark(tmp_path, GUNICORN + scenario("/descriptor", budgets=budgets))
    assert result.code == 1
    assert outcomes(result) == {"growth": "pass", "fds": "fail", "errors": "pass"}


@pytest.mark.parametrize("path, code", [("/leak", 0), ("/healthy", 1)])
def test_an_expected_failure(tmp_path, path, code):
    result = run_tidemark(tmp_path, GUNICORN + scenario(path, expect_outcome="fail"))
    assert result.code == code, result.stdout
    case = result.junit.find("testsuite/testcase[@name='growth']")
    if code == 0:
        assert "fail, as expected" in result.stdout
        assert result.gates()["growth"]["outcome"] == "fail", "the gate is reported as it was judged"
        assert len(case) == 0, "a passed case"
        assert "as expected" in result.markdown and "as expected" in result.html
    else:
        assert "no gate failed, though one was expected to" in result.stdout
        assert result.junit.find("testsuite/testcase[@name='expect_outcome']/failure") is not None


def test_a_target_that_could_not_be_tested_is_not_the_failure_that_was_expected(tmp_path):
    yaml = server("server.py", "fails", readiness="{path: /ready}") + scenario("/", expect_outcome="fail")
    assert run_tidemark(tmp_path, yaml).code == 3


def test_too_little_to_tell_is_inconclusive(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/leak", iterations="{max: 20}"))
    assert result.code == 4, result.stdout
    reason = result.gates()["growth"]["reason"]
    assert "too few" in reason or "not excluded" in reason
    assert "again: tidemark run sample.yaml --only '^it$'" in result.stdout


def test_the_exit_code_of_several_scenarios_is_the_gravest(tmp_path):
    result = run_tidemark(
        tmp_path,
        GUNICORN
        + """
scenarios:
  passes: {request: {path: /healthy}}
  undecided: {request: {path: /leak}, iterations: {max: 20}}
  untested: {request: {path: /healthy}, expect: {status: 404}}
  fails: {request: {path: /leak}}
""",
    )
    assert result.outcomes == {
        "passes": "pass",
        "undecided": "inconclusive",
        "untested": "invalid",
        "fails": "fail",
    }
    assert result.code == 1
    result = run_tidemark(tmp_path, None, "run", "sample.yaml", "--only", "passes|un")
    assert result.code == 3, "untested before undecided"
    result = run_tidemark(tmp_path, None, "run", "sample.yaml", "--only", "^passes$")
    assert result.code == 0
    assert list(result.outcomes) == ["passes"]


def test_a_profile_and_a_variable_from_the_command_line(tmp_path):
    yaml = (
        GUNICORN.replace("variables: {", "variables: {kept: 1000, ")
        + """
profiles:
  quick: {iterations: {max: 60}, variables: {kept: 2000}}
scenarios:
  it: {request: {path: "/leak?n={{kept}}"}, budgets: {growth: 100/iteration}}
""".replace("100/iteration", "1KB/iteration")
    )
    quick = run_tidemark(tmp_path, yaml, "--profile", "quick")
    assert quick.scenario()["iterations"] <= 60
    assert quick.gates()["growth"]["measured"]["value"] == pytest.approx(2016, abs=100)
    both = run_tidemark(tmp_path, yaml, "--profile", "quick", "--set", "kept=3000")
    assert both.gates()["growth"]["measured"]["value"] == pytest.approx(3016, abs=100)
    assert "again: tidemark run sample.yaml --only '^it$' --profile quick --set kept=3000" in both.stdout


def test_the_command_that_repeats_a_failure_repeats_it(tmp_path):
    yaml = (
        GUNICORN
        + "scenarios:\n  'leaks (a lot)': {request: {path: /leak}}\n  other: {request: {path: /healthy}}\n"
    )
    first = run_tidemark(tmp_path, yaml, "--set", "workers=2")
    again = first.scenario("leaks (a lot)")["repeat_command"]
    second = run_tidemark(tmp_path, None, *shlex.split(again)[1:])
    assert second.code == 1
    assert list(second.outcomes) == ["leaks (a lot)"]
    assert len(second.scenario()["processes"]) == 3


def test_two_scenario_files_in_one_run(tmp_path):
    write_scenario(
        tmp_path,
        GUNICORN.replace("name: sample", "name: second") + "scenarios:\n  it: {request: {path: /healthy}}\n",
        "second.yaml",
    )
    result = run_tidemark(tmp_path, GUNICORN + "scenarios:\n  it: {request: {path: /leak}}\n", "second.yaml")
    assert result.code == 1
    assert [(each["name"], each["file"], each["outcome"]) for each in result.json["scenarios"]] == [
        ("it", "sample.yaml", "fail"),
        ("it", "second.yaml", "pass"),
    ]
    assert [each["folder"] for each in result.json["scenarios"]] == ["it", "it-2"]
    assert result.json["name"] == "sample + second"
    classes = {case.get("classname") for case in result.junit.iter("testcase")}
    assert classes == {"sample.yaml.it", "second.yaml.it"}

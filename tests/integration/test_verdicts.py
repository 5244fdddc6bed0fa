"""Leaks are convicted with the right number, their healthy twins are acquitted."""

import shutil
import subprocess

import pytest

from support import APPS, GUNICORN, gunicorn, run_tidemark, scenario, server, target


def gates(result):
    return {name: gate["outcome"] for name, gate in result.gates().items()}


HEALTHY = {"growth": "pass", "fds": "pass", "threads": "pass"}


@pytest.mark.parametrize(
    "options",
    [
        ["--set", "workers=1"],
        ["--set", "workers=4"],
        ["--set", "class=gthread"],
    ],
    ids=["one worker", "four workers", "gthread"],
)
def test_a_leak_of_1000_bytes_and_its_healthy_twin(tmp_path, options):
    result = run_tidemark(
        tmp_path,
        GUNICORN
        + """
scenarios:
  leak: {request: {path: "/leak?n=1000"}, max_duration: 20s}
  twin: {request: {path: "/healthy?n=1000"}, max_duration: 20s}
""",
        *options,
    )
    assert result.code == 1
    assert result.outcomes == {"leak": "fail", "twin": "pass"}
    growth = result.gates("leak")["growth"]
    assert growth["classification"] == "leak"
    assert 900 <= growth["measured"]["low"] <= growth["measured"]["high"] <= 1100
    assert growth["signal"] == "live_bytes"
    twin = result.gates("twin")
    assert {gate["outcome"] for gate in twin.values()} == {"pass"}
    assert twin["growth"]["measured"]["high"] < 64


def test_a_healthy_server_under_several_virtual_users(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/healthy", vus="4"), "--set", "workers=2")
    assert result.code == 0, result.stdout
    assert gates(result) == HEALTHY


def test_garbage_in_cycles_is_no_leak_where_the_collector_runs(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/cycle?n=2000"))
    assert result.code == 0, result.stdout
    assert "on; a full collection before each reading" in result.audit()["collector"]["detail"]


def test_the_same_garbage_is_a_leak_where_the_application_has_its_collector_off(tmp_path):
    result = run_tidemark(tmp_path, server("server.py", "without-collector") + scenario("/"))
    assert result.code == 1, result.stdout
    assert "switched off: it is measured as it runs" in result.audit()["collector"]["detail"]
    assert 1000 < result.gates()["growth"]["measured"]["value"] < 1500
    for generation in result.scenario()["processes"][0]["gc"]:
        assert generation["collections"] == 0, "we collected, and counted it as the application's"


def test_growth_that_only_our_collections_hide_is_reported(tmp_path):
    """The collector is on, and never reaches its threshold: left alone, this application grows for good."""
    result = run_tidemark(tmp_path, server("server.py", "rare-collector") + scenario("/"))
    audit = " ".join(check["detail"] for check in result.audit().values() if not check["ok"])
    assert result.code != 0 or "collect" in audit, result.stdout


def test_memory_of_the_c_library(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/native?n=4096"))
    assert result.code == 1, result.stdout
    growth = result.gates()["growth"]
    assert (growth["classification"], growth["signal"]) == ("leak", "live_bytes")
    assert 4000 < growth["measured"]["value"] < 4300


def test_mapped_memory_is_convicted_and_named(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/mapped?n=65536"))
    assert result.code == 1, result.stdout
    growth = result.gates()["growth"]
    assert growth["classification"] == "leak"
    assert 60_000 < growth["measured"]["value"] < 70_000
    assert growth["signal"] == "uss"
    assert "outside the allocators" in growth["reason"]


def test_mapped_memory_is_never_acquitted_because_the_run_was_short(tmp_path):
    """A megabyte a request, and the counters of all allocators stand still."""
    result = run_tidemark(tmp_path, GUNICORN + scenario("/mapped?n=1000000", iterations="{max: 60}"))
    assert result.code in (1, 4), result.stdout
    assert "outside the allocators" in result.gates()["growth"]["reason"]


def test_mapped_memory_behind_small_objects_is_counted_whole(tmp_path):
    """110 bytes stay in the allocators, 64 KiB outside: the second must not hide behind the first."""
    result = run_tidemark(tmp_path, GUNICORN + scenario("/mapping?n=65536"))
    assert result.code == 1, result.stdout
    growth = result.gates()["growth"]
    assert growth["measured"]["value"] > 60_000
    assert "outside the allocators" in growth["reason"]


def test_mapped_memory_below_the_limit_is_reported_as_measured(tmp_path):
    result = run_tidemark(
        tmp_path, GUNICORN + scenario("/mapped?n=65536", budgets="{growth: 1MiB/iteration}")
    )
    assert result.code == 0, result.stdout
    growth = result.gates()["growth"]
    assert growth["measured"]["value"] > 60_000, "what grows outside the allocators grows too"


def test_descriptors(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/descriptor"))
    assert result.code == 1, result.stdout
    assert gates(result) == {"growth": "pass", "fds": "fail", "threads": "pass"}
    assert result.gates()["fds"]["measured"]["value"] == pytest.approx(1, abs=0.05)
    assert "and it goes on" in result.gates()["fds"]["reason"]


def test_threads(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/thread"))
    assert result.code == 1, result.stdout
    assert gates(result)["threads"] == "fail"
    assert result.gates()["threads"]["measured"]["value"] == pytest.approx(1, abs=0.05)


def test_a_plain_http_server(tmp_path):
    result = run_tidemark(tmp_path, server("server.py") + scenario("/"))
    assert result.code == 0, result.stdout
    assert gates(result) == HEALTHY
    assert result.scenario()["processes"][0]["runtime"].startswith("CPython 3.")


def test_a_wrapper_without_an_agent_does_not_blind_the_exact_signals(tmp_path):
    """A shell that stays: most entry points of containers do."""
    yaml = target(
        ["sh", "-c", "gunicorn views:application --bind 127.0.0.1:{{port}}; exit $?"],
        environment="{HOME: '{{scratch}}'}",
    )
    result = run_tidemark(tmp_path, yaml + scenario("/leak?n=1000"))
    assert result.code == 1, result.stdout
    assert result.gates()["growth"]["signal"] == "live_bytes"
    assert 900 <= result.gates()["growth"]["measured"]["value"] <= 1100


@pytest.mark.parametrize("horizon, outcome", [(200, "fail"), (1200, "pass")])
def test_a_cache_that_is_still_filling_is_judged_by_the_horizon(tmp_path, horizon, outcome):
    """It is full after 900 requests: a horizon before that sees what a leak looks like."""
    yaml = server("server.py", "fills-a-cache", "1000")
    result = run_tidemark(tmp_path, yaml + scenario("/", iterations=f"{{horizon: {horizon}}}"))
    assert gates(result)["growth"] == outcome, result.stdout
    assert result.record("it")[0]["horizon_iterations"] == horizon


# From outside only: pages. A healthy server must end in a pass, or the tool is useless there.


@pytest.fixture(scope="session")
def c_server(tmp_path_factory):
    if not shutil.which("gcc"):
        pytest.skip("no gcc")
    program = tmp_path_factory.mktemp("c") / "server"
    subprocess.run(["gcc", "-O1", "-o", program, APPS / "server.c"], check=True)
    return str(program)


def assert_healthy_from_outside(result):
    assert result.code == 0, result.stdout
    assert gates(result) == HEALTHY
    growth = result.gates()["growth"]
    assert (growth["signal"], growth["limit"]["value"]) == ("uss", 4096)
    assert "no agent in the target" in result.audit()["collector"]["detail"]


def assert_64_kib_from_outside(result):
    assert result.code == 1, result.stdout
    growth = result.gates()["growth"]
    assert (growth["signal"], growth["classification"]) == ("uss", "leak")
    assert 60_000 < growth["measured"]["value"] < 80_000


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@pytest.mark.parametrize(
    "bytes_kept, judge", [(0, assert_healthy_from_outside), (65536, assert_64_kib_from_outside)]
)
def test_a_node_server(tmp_path, bytes_kept, judge):
    judge(run_tidemark(tmp_path, target(["node", "server.js", "{{port}}", str(bytes_kept)]) + scenario("/")))


@pytest.mark.parametrize(
    "bytes_kept, judge", [(0, assert_healthy_from_outside), (65536, assert_64_kib_from_outside)]
)
def test_a_server_in_c(tmp_path, c_server, bytes_kept, judge):
    judge(run_tidemark(tmp_path, target([c_server, "{{port}}", str(bytes_kept)]) + scenario("/")))


@pytest.mark.parametrize(
    "bytes_kept, judge", [(100, assert_healthy_from_outside), (65536, assert_64_kib_from_outside)]
)
def test_python_without_a_runtime_is_measured_like_any_other_program(tmp_path, bytes_kept, judge):
    result = run_tidemark(
        tmp_path, server("server.py", "leaks", str(bytes_kept), runtime="none") + scenario("/")
    )
    judge(result)
    assert "agent" not in result.audit()
    assert result.scenario()["processes"][0]["runtime"] == ""


def test_python_that_keeps_the_agent_out_is_named(tmp_path):
    yaml = server("server.py", options=["-I"]) + scenario("/")
    result = run_tidemark(tmp_path, yaml)
    assert_healthy_from_outside(result)
    agent = result.audit()["agent"]
    assert "has no agent and is measured by its pages only" in agent["detail"]
    assert "-I, -E and -S" in agent["detail"]


def test_a_runtime_that_was_asked_for_and_is_not_there_is_a_problem(tmp_path):
    yaml = server("server.py", options=["-I"], runtime="python") + scenario("/")
    result = run_tidemark(tmp_path, yaml)
    assert not result.audit()["agent"]["ok"]
    assert "has no agent" in result.stdout


# Workers that come and go.


@pytest.fixture(scope="module")
def recycled(tmp_path_factory):
    """A leak of 1,000 bytes in a worker that is replaced after 150 requests."""
    yaml = gunicorn("--max-requests", "150") + scenario("/leak?n=1000", iterations="{max: 800}")
    return run_tidemark(tmp_path_factory.mktemp("recycled"), yaml)


def test_workers_that_are_recycled_are_audited_and_not_acquitted(recycled):
    assert recycled.code in (1, 4), recycled.stdout
    assert "processes were started or ended" in recycled.audit()["processes"]["detail"]
    assert len(recycled.scenario()["processes"]) > 3


def test_a_leak_that_recycling_hides_is_found_within_the_segments(recycled):
    assert recycled.code == 1, recycled.stdout
    assert 900 <= recycled.gates()["growth"]["measured"]["value"] <= 1100


def test_a_worker_that_dies_now_and_then(tmp_path):
    result = run_tidemark(tmp_path, GUNICORN + scenario("/die?n=20", iterations="{max: 200}"))
    assert result.code == 3, result.stdout
    assert "the worker gives up" in result.log("it")
    assert not result.audit()["answers"]["ok"]


def test_an_allocator_without_counters_is_measured_by_malloc(tmp_path):
    """PYTHONMALLOC=malloc: no live blocks, but all bytes are in the C heap."""
    yaml = server("server.py", "leaks", "1000", environment="{PYTHONMALLOC: malloc}")
    result = run_tidemark(tmp_path, yaml + scenario("/"))
    assert result.code == 1, result.stdout
    growth = result.gates()["growth"]
    assert growth["signal"] == "live_bytes"
    assert 900 <= growth["measured"]["value"] <= 1100
    signals = {series["signal"] for series in result.scenario()["processes"][0]["series"]}
    assert "live_bytes" in signals and "live_blocks" not in signals


def test_a_leak_under_django_s_debug_is_no_verdict(tmp_path):
    """DEBUG keeps queries: what grows may be Django's own, so the audit says what to do."""
    yaml = gunicorn(app="debug_site:application")
    result = run_tidemark(tmp_path, yaml + scenario("/"))
    assert result.code == 3, result.stdout
    assert result.gates()["growth"]["outcome"] == "invalid"
    assert "DEBUG is on" in result.audit()["debug"]["detail"]
    assert "set DEBUG = False" in result.stdout


def test_a_long_temporary_folder_does_not_blind_the_exact_signals(tmp_path):
    """The path of a Unix socket may have 107 bytes, that of a CI job's TMPDIR more."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    result = run_tidemark(tmp_path, server("server.py") + scenario("/"), env={"TMPDIR": str(long)})
    exact = result.gates()["growth"]["signal"] == "live_bytes"
    assert exact or "too long" in str(result.audit()), result.audit()
    assert list(long.iterdir()) == []

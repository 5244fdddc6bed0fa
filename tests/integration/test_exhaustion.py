"""When a leak will have used up the memory: by what the scenario says of production, or by what was measured."""

import os

import pytest

from support import run_tidemark, scenario, server

MACHINE_MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
LEAK = server("server.py", "leaks", "10000")


def assert_adds_up(exhaustion, growth):
    left = exhaustion["limit_bytes"] - exhaustion["in_use_bytes"]
    for time, value in (
        ("after_seconds", growth["value"]),
        ("earliest_seconds", growth["high"]),
        ("latest_seconds", growth["low"]),
    ):
        assert exhaustion[time] == pytest.approx(left / value / exhaustion["rate_per_second"])
    assert exhaustion["iterations"] == pytest.approx(left / growth["value"])
    assert 4 << 20 < exhaustion["in_use_bytes"] < 200 << 20, "a small Python program"


def test_by_what_the_scenario_says(tmp_path):
    result = run_tidemark(tmp_path, LEAK + scenario("/", production="{rate: 20/s, memory: 2GiB}"))
    assert result.code == 1, result.stdout
    exhaustion = result.scenario()["exhaustion"]
    assert_adds_up(exhaustion, result.gates()["growth"]["measured"])
    assert (exhaustion["rate_per_second"], exhaustion["rate_given"]) == (20, True)
    assert (exhaustion["limit_bytes"], exhaustion["limit_from"]) == (2 << 30, "production.memory")
    words = "at 20/s it reaches 2 GiB after "
    assert words in result.stdout
    assert words in result.markdown
    assert words in result.html
    assert words in result.junit.find("testsuite/testcase[@name='growth']/failure").text


def test_by_what_was_measured_on_this_machine(tmp_path):
    result = run_tidemark(tmp_path, LEAK + scenario("/"))
    exhaustion = result.scenario()["exhaustion"]
    assert_adds_up(exhaustion, result.gates()["growth"]["measured"])
    assert exhaustion["rate_given"] is False
    throughput = result.scenario()["requests"]["throughput_per_second"]
    assert exhaustion["rate_per_second"] == pytest.approx(throughput), "one request an iteration"
    assert (exhaustion["limit_bytes"], exhaustion["limit_from"]) == (MACHINE_MEMORY, "machine")
    assert "/s, as measured, it reaches" in result.stdout
    assert "all of this machine's memory, after" in result.stdout


def test_the_memory_limit_counts_where_production_has_none(tmp_path):
    yaml = server("server.py", "leaks", "10000", memory_limit="1GiB")
    profile = "profiles: {busy: {production: {rate: 3600/h}}}\n"
    result = run_tidemark(tmp_path, yaml + profile + scenario("/"), "--profile", "busy")
    exhaustion = result.scenario()["exhaustion"]
    assert (exhaustion["rate_per_second"], exhaustion["rate_given"]) == (1, True)
    assert (exhaustion["limit_bytes"], exhaustion["limit_from"]) == (1 << 30, "target.memory_limit")
    assert "at 1/s it reaches 1 GiB, its memory_limit, after" in result.stdout


def test_what_does_not_leak_exhausts_nothing(tmp_path):
    yaml = server("server.py") + "production: {rate: 1000/s, memory: 64MiB}\n"
    result = run_tidemark(tmp_path, yaml + scenario("/"))
    assert result.code == 0, result.stdout
    assert result.scenario()["exhaustion"] is None
    assert "reaches" not in result.stdout

"""Closed and open models, stages, durations: what load a scenario puts on its target."""

from support import run_tidemark, server


def run_load(tmp_path, keys, *arguments, code=(0, 4)):
    yaml = server("server.py") + f"scenarios:\n  it:\n    request: {{path: /}}\n{keys}"
    result = run_tidemark(tmp_path, yaml, *arguments)
    assert result.code in code, result.stdout
    return result


def growth_batches(result):
    return [
        line for line in result.record("it") if line.get("event") == "batch" and line["phase"] == "growth"
    ]


def test_an_open_model_sends_as_many_a_second_as_it_says(tmp_path):
    result = run_load(
        tmp_path,
        "    rate: 200/s\n    duration: 5s\n    budgets: {errors: 0%, duration: {p95: 1s}}\n",
        code=(0,),
    )
    iterations = sum(batch["iterations"] for batch in growth_batches(result))
    assert 990 <= iterations <= 1000
    requests = result.scenario()["requests"]
    assert requests["counts"]["dropped"] == 0
    assert requests["response_time_seconds"]["p50"] >= requests["service_time_seconds"]["p50"]
    assert requests["lateness_seconds"]["p50"] < 0.05


def test_a_server_that_cannot_keep_up_shows_in_response_times_and_as_dropped(tmp_path):
    """Fifty a second for a server that takes 100 ms each, one at a time."""
    yaml = server("server.py", "naps", "0.1", readiness="{path: /ready}") + (
        "scenarios:\n  it:\n    request: {path: /, timeout: 1s}\n    rate: 50/s\n    max_vus: 1\n"
        "    duration: 4s\n    budgets: {errors: 0%}\n"
    )
    result = run_tidemark(tmp_path, yaml)
    requests = result.scenario()["requests"]
    assert requests["counts"]["dropped"] > 20, requests
    assert requests["response_time_seconds"]["p50"] > 3 * requests["service_time_seconds"]["p50"]
    assert not result.audit()["load"]["ok"]
    assert "dropped" in result.stdout


def test_stages_ramp_virtual_users_up_and_down(tmp_path):
    stages = "[{duration: 2s, target: 8}, {duration: 1s, target: 8}, {duration: 1s, target: 0}]"
    result = run_load(tmp_path, f"    stages: {stages}\n    budgets: {{errors: 0%}}\n", code=(0,))
    under_load = sum(batch["duration_seconds"] for batch in growth_batches(result))
    assert 3.8 <= under_load <= 8, "pauses between batches are not counted"


def test_stages_of_a_rate_come_to_the_area_under_them(tmp_path):
    stages = "[{duration: 2s, target: 100/s}, {duration: 1s, target: 100/s}, {duration: 2s, target: 0/s}]"
    result = run_load(tmp_path, f"    stages: {stages}\n    budgets: {{errors: 0%}}\n", code=(0,))
    iterations = sum(batch["iterations"] for batch in growth_batches(result))
    assert 295 <= iterations <= 300


def test_poisson_arrivals_of_one_seed_are_the_same_twice(tmp_path):
    keys = "    rate: 100/s\n    arrivals: poisson\n    seed: 7\n    duration: 2s\n    budgets: {errors: 0%}\n"
    counts = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        result = run_load(folder, keys, code=(0,))
        counts.append(sum(batch["iterations"] for batch in growth_batches(result)))
    assert abs(counts[0] - counts[1]) <= 12
    assert 140 <= counts[0] <= 260


def test_a_profile_may_turn_a_quick_check_into_a_soak(tmp_path):
    yaml = server("server.py").replace("target:", "profiles: {soak: {duration: 3s, rate: 50/s}}\ntarget:", 1)
    yaml += "scenarios:\n  it: {request: {path: /}, iterations: {max: 60}}\n"
    result = run_tidemark(tmp_path, yaml, "--profile", "soak")
    assert result.code == 0, result.stdout
    assert sum(batch["iterations"] for batch in growth_batches(result)) >= 140


def test_growth_is_judged_under_an_open_model_too(tmp_path):
    for manner, code in (("leaks", 1), ("", 0)):
        folder = tmp_path / f"it-{manner}"
        folder.mkdir()
        yaml = server("server.py", manner, "1000") + (
            "scenarios:\n  it: {request: {path: /}, rate: 200/s, max_duration: 40s}\n"
        )
        result = run_tidemark(folder, yaml)
        assert result.code == code, result.stdout

"""Python's collector: its gates, what the report says of it, and sweeps of its thresholds."""

import pytest

from support import GUNICORN, OUTPUTS, gunicorn, run_tidemark, scenario, server, target

ENOUGH = "{min: 40, max: 1200}"
RINGS = 4000  # a request: with a threshold of 700 about six collections


def test_a_view_that_makes_cycles_has_more_collections_than_it_may(tmp_path):
    result = run_tidemark(
        tmp_path, GUNICORN + scenario(f"/rings?n={RINGS}", budgets="{gc: {collections: 1/iteration}}")
    )
    assert result.code == 1, result.stdout
    gate = result.gates()["gc.collections"]
    assert gate["outcome"] == "fail" and gate["measured"]["unit"] == "count/iteration"
    assert 4 < gate["measured"]["value"] < 8
    gc = result.scenario()["gc"]
    assert gc["collections_per_iteration"] == pytest.approx(gate["measured"]["value"])
    assert gc["generations"][0]["thresholds"] == [700]
    assert gc["over_time"][-1]["collections"][0] > 100
    for name in ("junit.xml", "summary.md", "report.html"):
        assert b"gc.collections" in result.texts()[name]
    assert "collections from iteration" in result.html


def test_a_healthy_view_passes_all_gates_of_the_collector(tmp_path):
    budgets = "{gc: {collections: 1/iteration, uncollectable: 0}}"
    result = run_tidemark(tmp_path, GUNICORN + scenario("/healthy?n=1000", budgets=budgets))
    assert result.code == 0, result.stdout
    assert {gate["outcome"] for gate in result.gates().values()} == {"pass"}
    assert result.gates()["gc.uncollectable"]["measured"]["value"] == 0


def test_the_collections_of_all_workers_are_judged(tmp_path):
    result = run_tidemark(
        tmp_path,
        gunicorn()
        + scenario(
            f"/rings?n={RINGS}",
            variables="{workers: 2, class: gthread}",
            vus="4",
            budgets="{gc: {collections: 20/iteration}}",
            iterations=ENOUGH,
        ),
    )
    assert result.code == 0, result.stdout
    assert 4 < result.gates()["gc.collections"]["measured"]["value"] < 8
    assert result.scenario()["gc"]["processes"] >= 2


def test_without_an_agent_there_is_nothing_to_judge(tmp_path):
    result = run_tidemark(
        tmp_path,
        server("server.py", runtime="none")
        + scenario("/", budgets="{gc: {collections: 5/iteration}}", iterations="{max: 100}"),
    )
    assert result.code == 4, result.stdout
    assert "no collector's statistics" in result.gates()["gc.collections"]["reason"]
    assert result.scenario()["gc"] is None


SWEPT = f"""
scenarios:
  list:
    request: {{path: "/rings?n={{{{rings}}}}"}}
    max_duration: 20s
    budgets: {{gc: {{collections: 1000/iteration}}}}
    iterations: {ENOUGH}
    sweep: {{rings: [100, {RINGS}]}}
  other:
    request: {{path: "/healthy?n=100"}}
    budgets: {{gc: {{uncollectable: 0}}}}
"""
VARIABLES = "variables: {workers: 1, class: sync, rings: 100}"
FILE = GUNICORN.replace("variables: {workers: 1, class: sync}", VARIABLES) + SWEPT


def test_a_sweep_is_a_scenario_a_value_and_they_stand_side_by_side(tmp_path):
    result = run_tidemark(tmp_path, FILE)
    assert result.code == 0, result.stdout
    assert list(result.outcomes) == ["list [rings=100]", f"list [rings={RINGS}]", "other"]
    [sweep] = result.json["sweeps"]
    assert (sweep["scenario"], sweep["variable"]) == ("list", "rings")
    few, many = sweep["rows"]
    assert few["collections_per_iteration"] < 1 < many["collections_per_iteration"]
    assert few["memory_bytes"] > 0 and few["p95_seconds"] > 0
    assert "list over rings" in result.stdout and "list over rings" in result.markdown
    assert f'<a href="#scenario.{many["folder"]}">{RINGS}</a>' in result.html
    assert (result.out_dir / many["folder"] / "record.jsonl").exists()


def test_the_same_bytes_come_out_of_the_record(tmp_path):
    result = run_tidemark(tmp_path, FILE)
    before = {name: (result.out_dir / name).read_bytes() for name in OUTPUTS}
    again = run_tidemark(tmp_path, None, "report", "tidemark-out")
    assert again.code == result.code
    assert {name: (result.out_dir / name).read_bytes() for name in OUTPUTS} == before


@pytest.mark.parametrize(
    "only, names",
    [
        ("^list$", ["list [rings=100]", f"list [rings={RINGS}]"]),
        (rf"^list \[rings={RINGS}\]$", [f"list [rings={RINGS}]"]),
    ],
)
def test_only_takes_a_whole_sweep_or_one_point_of_it(tmp_path, only, names):
    result = run_tidemark(tmp_path, FILE, "--only", only)
    assert list(result.outcomes) == names
    if len(names) == 1:
        repeat = result.scenario()["repeat_command"]
        assert rf"'^list \[rings={RINGS}\]$'" in repeat


def test_the_threshold_reaches_the_target_and_not_what_prepares_it(tmp_path):
    say = 'echo "threshold ${TIDEMARK_GC_THRESHOLD:-none}"'
    command = [
        *("sh", "-c"),
        f"{say}; exec gunicorn views:application --bind 127.0.0.1:{{{{port}}}}",
    ]
    result = run_tidemark(
        tmp_path,
        target(command, environment="{HOME: '{{scratch}}'}", prepare=f"[[sh, -c, '{say}']]")
        + scenario(
            "/healthy", gc_threshold="700, 20", budgets="{errors: 0%}", iterations="{max: 60}"
        ),
    )
    assert result.code == 0, result.stdout
    assert "threshold 700,20" in result.log("it")
    assert "threshold none" in result.log("it", "prepare.log")
    assert result.record("it")[0]["gc_threshold"] == "700,20"

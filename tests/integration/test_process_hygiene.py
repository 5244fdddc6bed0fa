"""Whatever happens to Tidemark, what it has launched does not outlive it."""

import contextlib
import json
import os
import pathlib
import signal
import time

import pytest

from support import BRIEF, GUNICORN, describe, gunicorn, run_tidemark, server, start_tidemark

# It never comes to a verdict by itself while a test looks on.
LONG = (
    "scenarios:\n  long: {request: {path: /}, warmup: 50000, iterations: {max: 100000}, max_duration: 60s}\n"
)
IN_GROWTH = '"event":"checkpoint","phase":"growth"'
GROWTH = "scenarios:\n  long: {request: {path: '/slow?n=50'}, warmup: 0, max_duration: 60s}\n"

TARGETS = {
    "gunicorn with four workers": gunicorn("--workers", "4") + LONG,
    "a server that ignores SIGTERM": server("server.py", "deaf") + LONG,
    "a server whose grandchild left its session": server("server.py", "stray") + LONG,
}

# gc.collect() runs into a finaliser that takes its time.
HANGING_COLLECTION = server("server.py", "hanging-collection")


def command_lines(run):
    return " ".join(describe(pid) for pid in run.processes())


def guardian_of_target(run):
    """There is another one, which watches over the run's folder and has no child."""
    for pid in run.processes():
        with contextlib.suppress(OSError):
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
            if " guardian " in describe(pid) and children:
                return pid
    return None


def log_of(run):
    log = run.folder / "tidemark-out/long/target.log"
    return log.read_text() if log.exists() else ""


@pytest.mark.parametrize("yaml", TARGETS.values(), ids=TARGETS)
def test_kill_9_during_warm_up_leaves_nothing(tmp_path, yaml):
    with start_tidemark(tmp_path, yaml) as run:
        run.wait_for_record('"checkpoint"')
        if '"stray"' in yaml:
            assert "stray.py" in command_lines(run)
        run.kill()
        run.assert_nothing_left(patience=5)


def test_kill_9_during_growth_leaves_nothing(tmp_path):
    with start_tidemark(tmp_path, GUNICORN + GROWTH) as run:
        run.wait_for_record(IN_GROWTH)
        run.kill()
        run.assert_nothing_left(patience=5)


def test_kill_9_during_launch_leaves_nothing(tmp_path):
    yaml = server("server.py", "stray", readiness="{log: never said}") + LONG
    with start_tidemark(tmp_path, yaml) as run:
        run.wait_for(lambda: "stray.py" in command_lines(run), "the stray process")
        run.kill()
        run.assert_nothing_left(patience=5)


def test_kill_9_during_prepare_leaves_nothing(tmp_path):
    prepare = "[[sh, -c, 'python3 stray.py; touch {{scratch}}/half; sleep 60']]"
    with start_tidemark(tmp_path, server("server.py", prepare=prepare) + LONG) as run:
        run.wait_for(lambda: list(run.scratch.glob("*/scratch/half")), "the half of a preparation")
        assert "stray.py" in command_lines(run)
        run.kill()
        run.assert_nothing_left(patience=5)


def test_kill_9_while_the_prepared_folder_is_copied_leaves_nothing(tmp_path):
    """Nothing of the target runs at that moment, and still somebody must clean up."""
    prepare = "[[sh, -c, 'head -c 400M /dev/zero > {{scratch}}/database']]"
    with start_tidemark(tmp_path, server("server.py", prepare=prepare) + LONG) as run:
        run.wait_for(lambda: list(run.scratch.glob("*/prepared-1")), "the copy")
        run.kill()
        run.assert_nothing_left(patience=5)


def test_kill_9_during_requires_leaves_nothing(tmp_path):
    yaml = server("server.py") + LONG.replace("{request", "{requires: [sh, -c, sleep 60], request")
    with start_tidemark(tmp_path, yaml) as run:
        run.wait_for(lambda: "sleep 60" in command_lines(run), "the requirement")
        run.kill()
        run.assert_nothing_left(patience=5)


def test_the_record_of_a_killed_run_is_reported_as_partial(tmp_path):
    with start_tidemark(tmp_path, GUNICORN + GROWTH) as run:
        run.wait_for_record(IN_GROWTH)
        run.kill()
        run.assert_nothing_left(patience=5)
    result = run_tidemark(tmp_path, None, "report", "tidemark-out")
    assert result.code == 130
    assert result.scenario()["partial"]
    assert result.json["interrupted"]
    assert result.scenario()["iterations"] > 0
    assert "interrupted" in result.stdout
    for text in (result.html, result.markdown, (result.out_dir / "junit.xml").read_text()):
        assert "interrupted" in text or "partial" in text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["launch", "warm-up", "growth", "prepare"])
def test_a_signal_writes_what_there_is_and_leaves_nothing(tmp_path, number, moment):
    yaml = {
        "launch": server("server.py", readiness="{log: never said}") + LONG,
        "warm-up": GUNICORN + LONG,
        "growth": GUNICORN + GROWTH,
        "prepare": server("server.py", prepare="[[sleep, '60']]") + LONG,
    }[moment]
    with start_tidemark(tmp_path, yaml) as run:
        if moment in ("launch", "prepare"):
            word = "sleep 60" if moment == "prepare" else "server.py"
            run.wait_for(lambda: word in command_lines(run), word)
        else:
            run.wait_for_record(IN_GROWTH if moment == "growth" else '"checkpoint"')
        run.process.send_signal(number)
        result = run.finish(longest=10)
        run.assert_nothing_left()
    assert result.code == 130, result.stdout
    assert result.json["interrupted"] and result.scenario()["partial"]
    assert "interrupted" in result.stdout
    assert "<strong>interrupted</strong>" in result.html
    assert "interrupted" in result.markdown
    assert "interrupted" in (result.out_dir / "junit.xml").read_text()
    assert result.record("long")[-1]["ending"] == "interrupted"


def test_an_interrupted_scenario_has_not_missed_the_failure_that_was_expected(tmp_path):
    yaml = GUNICORN + GROWTH.replace("{request", "{expect_outcome: fail, request")
    with start_tidemark(tmp_path, yaml) as run:
        run.wait_for_record(IN_GROWTH)
        run.process.send_signal(signal.SIGINT)
        result = run.finish(longest=10)
    assert result.code == 130
    assert result.outcomes == {"long": "inconclusive"}
    assert "though one was expected" not in result.stdout


def test_a_signal_to_the_whole_group_stops_the_target_in_order(tmp_path):
    """As Ctrl-C in a terminal does: the target must not be struck first, or it would seem to have died."""
    with start_tidemark(tmp_path, GUNICORN + GROWTH) as run:
        run.wait_for_record(IN_GROWTH)
        groups = {os.getpgid(pid) for pid in run.processes()}
        assert os.getpgid(run.process.pid) not in groups
        run.process.send_signal(signal.SIGINT)
        result = run.finish(longest=10)
        run.assert_nothing_left()
    assert "died" not in result.scenario()["message"]


def test_a_signal_between_two_scenarios_skips_the_rest(tmp_path):
    yaml = GUNICORN + GROWTH + "  never: {request: {path: /healthy}}\n"
    with start_tidemark(tmp_path, yaml) as run:
        run.wait_for_record(IN_GROWTH)
        run.process.send_signal(signal.SIGTERM)
        result = run.finish(longest=10)
        run.assert_nothing_left()
    assert result.code == 130
    assert not (tmp_path / "tidemark-out/never/record.jsonl").exists()


def test_a_target_that_ignores_sigterm_is_killed_after_a_grace(tmp_path):
    yaml = server("server.py", "deaf") + "scenarios: {ok: {request: {path: /}}}\n"
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 0, result.stdout
    assert 5 <= result.seconds < 15


def test_a_grandchild_that_left_the_session_is_measured_and_stopped(tmp_path):
    yaml = server("server.py", "stray") + "scenarios: {ok: {request: {path: /}, iterations: {max: 100}}}\n"
    result = run_tidemark(tmp_path, yaml)
    commands = [process["command"] for process in result.scenario()["processes"]]
    assert any("stray.py" in command for command in commands), commands


@pytest.mark.parametrize("yaml", [GUNICORN + GROWTH, server("server.py", "stray") + LONG])
def test_a_guardian_that_is_killed_takes_the_target_along(tmp_path, yaml):
    """Down to the grandchild that left the session and ignores what happens to its parents."""
    with start_tidemark(tmp_path, yaml) as run:
        run.wait_for_record('"checkpoint"')
        guardian = guardian_of_target(run)
        os.kill(guardian, signal.SIGKILL)
        result = run.finish(longest=20)
        run.assert_nothing_left(patience=1)
    assert result.code == 3, result.stdout
    assert "guardian was killed" in result.scenario()["message"]


def test_a_guardian_that_is_killed_during_launch_is_noticed_at_once(tmp_path):
    yaml = server("server.py", readiness="{log: never said, timeout: 15s}") + LONG
    with start_tidemark(tmp_path, yaml) as run:
        guardian = run.wait_for(lambda: guardian_of_target(run), "the target")
        os.kill(guardian, signal.SIGKILL)
        result = run.finish(longest=20)
    assert result.code == 3
    assert result.seconds < 12, "it waited for the readiness of nobody"
    assert "guardian" in result.scenario()["message"]


def test_a_signal_is_noticed_while_a_collection_hangs(tmp_path):
    yaml = HANGING_COLLECTION + LONG
    with start_tidemark(tmp_path, yaml) as run:
        run.wait_for(lambda: "settling" in log_of(run), "the first collection")
        run.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        result = run.finish(longest=20)
    assert result.code == 130
    assert time.monotonic() - began < 8, "it waited for the collection"


def test_a_collection_that_hangs_is_a_gap_and_not_the_end(tmp_path):
    yaml = HANGING_COLLECTION + "scenarios: {ok: {request: {path: /}, max_duration: 16s}}\n"
    result = run_tidemark(tmp_path, yaml)
    assert result.code in (3, 4), result.stdout
    assert result.seconds < 30
    assert "did not answer within 10 s" in json.dumps(result.record("ok"))


def test_a_stopped_target_can_be_ended(tmp_path):
    """SIGSTOP: no answer comes any more, and TERM is not delivered."""
    with start_tidemark(tmp_path, server("server.py", runtime="none") + LONG) as run:
        run.wait_for_record('"checkpoint"')
        for pid in run.processes():
            if "server.py" in describe(pid) and " guardian " not in describe(pid):
                os.kill(pid, signal.SIGSTOP)
        run.process.send_signal(signal.SIGINT)
        assert run.finish(longest=15).code == 130
        run.assert_nothing_left()


def test_the_target_gets_no_descriptor_and_no_signal_setting_of_ours(tmp_path):
    script = "import os, signal; print(sorted(os.listdir('/proc/self/fd')), signal.pthread_sigmask(0, []))"
    yaml = server("server.py", prepare=f'[[python3, -I, -c, "{script}"]]')
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.log("ok", "prepare.log") == "['0', '1', '2', '3'] set()\n", "3 is listdir's own"

"""`tidemark doctor`: a look at the machine that is true, is over soon, and leaves nothing."""

import json
import os
import signal
import subprocess

import pytest

import support
from support import pythons, run_tidemark, start_tidemark

LONGEST = 5.0  # seconds: what the command promises
EXACT = {"live_bytes", "held_bytes", "live_blocks"}
PAGES = {"uss", "anon", "rss"}


def doctor(folder, *arguments, **options):
    result = run_tidemark(folder, None, "doctor", *arguments, **options)
    assert result.seconds < 2 * LONGEST  # where the machine has other work, too
    assert not result.out_dir.exists()
    return result


def examine(folder, **options):
    """The exit code and what --json says."""
    result = doctor(folder, "--json", **options)
    assert result.stderr == ""
    return result.code, json.loads(result.stdout)


def checks(found):
    return {check["check"]: check for check in found["checks"]}


def signals(found):
    return {row["signal"]: row for row in found["noise"]["signals"]}


def without_python(tmp_path):
    """A PATH with no interpreter on it."""
    empty = tmp_path / "empty"
    empty.mkdir()
    return {"PATH": str(empty)}


def fake_python(tmp_path, script):
    folder = tmp_path / "fake"
    folder.mkdir()
    (folder / "python3").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "python3").chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_this_machine_can_measure_growth(tmp_path):
    code, found = examine(tmp_path)
    assert code == 0
    assert found["schema"] == "tidemark-doctor/1"
    assert found["can_measure_growth"] is True
    for check in found["checks"]:
        assert check["level"] in ("ok", "limited", "missing")
        assert check["detail"]
        assert bool(check["remedy"]) == (check["level"] != "ok"), check
    for name in ("page signals", "loopback", "scratch folder", "launching", "Python agent"):
        assert checks(found)[name]["level"] == "ok", checks(found)[name]


def test_the_noise_is_read_from_a_real_tree_with_its_agents(tmp_path):
    _, found = examine(tmp_path)
    noise = found["noise"]
    assert noise["runtime"].startswith("CPython 3.")
    assert noise["processes"] == 2, "the process and the orphan that left its session"
    assert noise["checkpoints"] >= 8
    assert 0 < noise["checkpoint_seconds"] < 1
    assert set(signals(found)) == EXACT | PAGES
    live = signals(found)["live_bytes"]
    assert live["readings"] == noise["checkpoints"]
    assert live["range"] == 0, "nothing was done"
    assert live["unit"] == "B"
    assert 1 <= live["least_visible_growth"] < 2


def test_people_read_the_same(tmp_path):
    result = doctor(tmp_path)
    assert result.code == 0
    assert "✓ Python agent" in result.stdout
    assert "The machine's own noise" in result.stdout
    assert "live_bytes" in result.stdout
    assert "Growth of a target can be measured on this machine" in result.stdout
    assert "\x1b" not in result.stdout
    assert all(len(line) <= 110 for line in result.stdout.splitlines())


def test_quietly_it_says_what_is_not_well(tmp_path):
    result = doctor(tmp_path, "--quiet", "--no-color", env=without_python(tmp_path))
    assert result.code == 0
    assert "! Python agent" in result.stdout
    assert "→ install python3" in result.stdout
    assert "✓" not in result.stdout and "noise  30" not in result.stdout


def test_without_python_pages_are_measured(tmp_path):
    code, found = examine(tmp_path, env=without_python(tmp_path))
    assert code == 0
    assert checks(found)["Python agent"]["level"] == "limited"
    assert found["noise"]["runtime"] == ""
    assert found["noise"]["processes"] == 2
    assert set(signals(found)) == PAGES


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'no such thing' >&2; exit 1", "no such thing"),
        ("exec sleep 60", "not ready within"),
        ("trap '' TERM; while :; do sleep 0.1; done", "not ready within"),
        ("printf '\\033[31m\\377\\n'; exit 3", "exited with code 3"),
    ],
)
def test_a_python_that_does_not_work_is_a_restriction_with_its_reason(tmp_path, script, words):
    code, found = examine(tmp_path, env=fake_python(tmp_path, script))
    assert code == 0
    agent = checks(found)["Python agent"]
    assert agent["level"] == "limited"
    assert words in agent["detail"]
    assert "\x1b" not in agent["detail"]
    assert set(signals(found)) == PAGES, "a shell stands in"


@pytest.mark.parametrize("python", pythons())
def test_each_python_of_this_machine_is_told_apart(tmp_path, python):
    """Supported from 3.8 on; older ones are named as what they are."""
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    version = subprocess.run([python, "-c", question], capture_output=True, text=True).stdout
    is_supported = tuple(int(part) for part in version.split(".")) >= (3, 8)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(os.path.realpath(python))
    code, found = examine(tmp_path, env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
    assert code == 0
    agent = checks(found)["Python agent"]
    assert agent["level"] == ("ok" if is_supported else "limited"), agent
    if is_supported:
        assert f"CPython {version.strip()}" in agent["detail"]
    else:
        assert "3.8" in agent["detail"]


def test_an_allocator_that_hides_the_blocks_is_named(tmp_path):
    _, found = examine(tmp_path, env={"PYTHONMALLOC": "malloc"})
    agent = checks(found)["Python agent"]
    assert agent["level"] == "limited"
    assert "unset PYTHONMALLOC" in agent["remedy"]
    assert set(signals(found)) == EXACT - {"live_blocks"} | PAGES


@pytest.mark.parametrize("folder", ["/nonexistent", "/proc", "/dev/null"])
def test_without_a_scratch_folder_nothing_can_be_measured(tmp_path, folder):
    code, found = examine(tmp_path, env={"TMPDIR": folder})
    assert code == 3
    assert found["can_measure_growth"] is False
    assert found["noise"] is None
    assert checks(found)["scratch folder"]["level"] == "missing"
    assert "TMPDIR" in checks(found)["scratch folder"]["remedy"]
    result = doctor(tmp_path, "--quiet", env={"TMPDIR": folder})
    assert result.code == 3
    assert "cannot be measured" in result.stdout


def test_without_a_loopback_no_target_is_reached(tmp_path):
    """In a network of its own, where nobody has brought the interface up."""
    command = ["unshare", "--net", support.TIDEMARK, "doctor", "--json"]
    if subprocess.run([*command[:2], "true"], capture_output=True).returncode != 0:
        pytest.skip("this user may not make a network of its own")
    result = subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=2 * LONGEST)
    found = json.loads(result.stdout)
    assert result.returncode == 3
    assert found["can_measure_growth"] is False
    assert checks(found)["loopback"]["level"] == "missing"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_nothing(tmp_path, number):
    with start_tidemark(tmp_path, None, "doctor") as run:
        run.wait_for(lambda: len(run.processes()) >= 3, "the idle target")
        run.process.send_signal(number)
        result = run.finish(longest=2)
        run.assert_nothing_left()
    assert result.code == 130
    assert result.stdout == ""
    assert result.stderr == "interrupted\n"


def test_a_signal_ends_it_while_an_interpreter_does_not_start(tmp_path):
    environment = fake_python(tmp_path, "exec sleep 60")
    with start_tidemark(tmp_path, None, "doctor", env=environment) as run:
        run.wait_for(lambda: len(run.processes()) >= 3, "the interpreter")
        run.process.send_signal(signal.SIGINT)
        result = run.finish(longest=2)
        run.assert_nothing_left()
    assert result.code == 130


def test_kill_9_leaves_nothing(tmp_path):
    with start_tidemark(tmp_path, None, "doctor") as run:
        run.wait_for(lambda: len(run.processes()) >= 3, "the idle target")
        run.kill()
        run.assert_nothing_left(patience=3)


def test_a_reader_that_goes_away_changes_nothing(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with start_tidemark(tmp_path, None, "doctor", terminal=writing) as run:
            result = run.finish()
            run.assert_nothing_left()
    finally:
        os.close(writing)
    assert result.code == 0


@pytest.mark.parametrize("arguments", [["--nonsense"], ["sample.yaml"], ["--json=file"]])
def test_what_it_does_not_know_is_refused(tmp_path, arguments):
    result = run_tidemark(tmp_path, None, "doctor", *arguments)
    assert result.code == 2
    assert result.stdout == ""
    assert result.stderr

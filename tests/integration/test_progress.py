"""What a watcher sees: one living line on a terminal, plain lines elsewhere, nothing with --quiet."""

import fcntl
import os
import pty
import re
import select
import struct
import termios

import pytest

from support import GUNICORN, Run, run_tidemark, server, write_scenario

OK = server("server.py") + "scenarios:\n  ok: {request: {path: /}}\n"
SLOW = (
    GUNICORN
    + "scenarios:\n  slow: {request: {path: '/slow?n=20'}, iterations: {max: 60}, max_duration: 20s}\n"
)
SGR = re.compile(r"\x1b\[[0-9;]*m")  # colours
ANY_ESCAPE = re.compile(r"\x1b")


def run_on_a_terminal(folder, yaml, *arguments, columns=100, env=None):
    """Everything that reached the terminal, as it came."""
    write_scenario(folder, yaml)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    run = Run(folder, ["run", "sample.yaml", *arguments], terminal=theirs, env=env)
    os.close(theirs)
    received = b""
    try:
        while select.select([ours], [], [], 30)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the last one has closed the terminal
                break
            if not piece:
                break
            received += piece
        result = run.finish()
        run.assert_nothing_left()
    finally:
        run.clean_up()
        os.close(ours)
    return result.code, received.decode("utf-8")


def what_stays(received):
    """What the terminal shows in the end: carriage returns, erasing and colours carried out."""
    lines = []
    for line in received.replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in SGR.sub("", line).split("\r"):
            shown = "" if part.startswith("\x1b[K") else shown
            part = part.removeprefix("\x1b[K")
            shown = part + shown[len(part) :]
        lines.append(shown)
    return "\n".join(lines)


def test_a_line_on_a_terminal_shows_phase_iteration_memory_and_time_left(tmp_path):
    code, received = run_on_a_terminal(tmp_path, SLOW)
    assert code in (0, 4), received
    drawn = [SGR.sub("", part) for part in received.split("\r\x1b[K")]
    for phase in ("launch", "warm-up", "growth"):
        assert any(part.startswith(f"[1/1] slow  {phase}") for part in drawn), phase
    growth = [part for part in drawn if "growth  " in part and part.startswith("[1/1]")]
    line = re.fullmatch(
        r"\[1/1\] slow  growth  (\d+)/60  ([\d.]+ MiB)  at most ([\d.]+ s) left", growth[-1].strip()
    )
    assert line, growth[-1]
    counts = [int(re.search(r"(\d+)/60", part).group(1)) for part in growth]
    assert counts == sorted(counts) and counts[-1] > counts[0], "it lives"


def test_the_line_is_erased_when_the_scenario_is_over(tmp_path):
    code, received = run_on_a_terminal(tmp_path, OK)
    assert code == 0
    stays = what_stays(received)
    assert "warm-up" not in stays and " left" not in stays
    plan, verdict = stays.splitlines()[:2]
    assert plan.startswith("[1/1] ok: ") and "an iteration" in plan
    assert verdict.strip().startswith("✓ ok")
    assert "1 scenario: 1 " in stays


def test_colours_on_a_terminal(tmp_path):
    _, received = run_on_a_terminal(tmp_path, OK)
    assert SGR.search(received)


@pytest.mark.parametrize("arguments, env", [(["--no-color"], None), ([], {"NO_COLOR": "1"})])
def test_no_colours_where_none_are_wanted(tmp_path, arguments, env):
    _, received = run_on_a_terminal(tmp_path, OK, *arguments, env=env)
    assert not SGR.search(received)
    assert not ANY_ESCAPE.search(what_stays(received))


def test_a_narrow_terminal_is_not_overrun(tmp_path):
    _, received = run_on_a_terminal(tmp_path, OK, columns=40)
    drawn = [SGR.sub("", part) for part in received.split("\r\x1b[K") if part.startswith("[1/1] ok  ")]
    assert drawn and all(len(part) < 40 for part in drawn), drawn


def test_quiet_on_a_terminal_says_nothing_on_success(tmp_path):
    assert run_on_a_terminal(tmp_path, OK, "--quiet") == (0, "")


def test_plain_lines_without_a_terminal(tmp_path):
    result = run_tidemark(tmp_path, OK)
    assert not ANY_ESCAPE.search(result.stdout)
    lines = result.stdout.splitlines()
    assert lines[:3] == ["[1/1] ok: launch", "[1/1] ok: warm-up", "[1/1] ok: growth"]
    assert "checkpoints of" in lines[3], "the plan"
    assert lines[-1] == "report: tidemark-out/report.html"
    assert result.stderr == ""


def test_quiet_says_nothing_on_success(tmp_path):
    result = run_tidemark(tmp_path, OK, "--quiet")
    assert (result.code, result.stdout, result.stderr) == (0, "", "")


def test_quiet_says_what_failed_and_nothing_else(tmp_path):
    yaml = GUNICORN + "scenarios:\n  good: {request: {path: /healthy}}\n  bad: {request: {path: /leak}}\n"
    result = run_tidemark(tmp_path, yaml, "--quiet")
    assert result.code == 1
    assert "good" not in result.stdout
    assert "✗ growth" in result.stdout and "again: tidemark run" in result.stdout
    assert "✓" not in result.stdout


def test_ctrl_c_on_a_terminal_leaves_a_clean_line(tmp_path):
    """The key reaches the whole foreground group, and no line is left half drawn."""
    write_scenario(tmp_path, SLOW.replace("max: 60", "max: 100000").replace("20s", "60s"))
    ours, theirs = pty.openpty()
    run = Run(tmp_path, ["run", "sample.yaml"], terminal=theirs, controlling=True)
    os.close(theirs)
    try:
        run.wait_for_record('"event":"checkpoint","phase":"growth"')
        os.write(ours, b"\x03")
        received = b""
        while select.select([ours], [], [], 15)[0]:
            try:
                received += os.read(ours, 65536)
            except OSError:
                break
        assert run.finish(longest=10).code == 130
        run.assert_nothing_left()
    finally:
        run.clean_up()
        os.close(ours)
    stays = what_stays(received.decode())
    assert "interrupted" in stays
    assert "at most" not in stays.split("slow  inconclusive")[-1]

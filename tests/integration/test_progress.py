"""What a watcher sees: one living block on a terminal, plain lines elsewhere, nothing with --quiet."""

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


def screens(received):
    """What the terminal shows after each piece of output: cursor movements and erasing carried out, colours left out."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|.", SGR.sub("", received), re.DOTALL):
        if part == "\x1b[K":
            yield "\n".join(lines)  # just before something is taken away
            lines[row] = lines[row][:column]
        elif part == "\x1b[1A":
            row -= 1
            assert row >= 0, "the cursor left the screen"
        elif part == "\r":
            column = 0
        elif part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        else:
            assert not part.startswith("\x1b"), repr(part)
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + 1 :]
            column += 1
    yield "\n".join(lines)


def what_stays(received):
    return list(screens(received))[-1]


def test_a_block_on_a_terminal_shows_phase_iteration_load_memory_gates_and_time_left(tmp_path):
    code, received = run_on_a_terminal(tmp_path, SLOW)
    assert code in (0, 4), received
    drawn = [screen.splitlines() for screen in screens(received) if screen.startswith("[1/1] slow  ")]
    for phase in ("launch", "warm-up", "growth"):
        assert any(lines[0].startswith(f"[1/1] slow  {phase}") for lines in drawn), phase
    growth = [lines for lines in drawn if "  growth  " in lines[0]]
    assert re.fullmatch(
        r"\[1/1\] slow  growth  (\d+)/60  [\d.]+/s  p95 [\d.]+ m?s  at most [\d.]+ s left", growth[-1][0].strip()
    ), growth[-1]
    full = [lines for lines in growth if len(lines) == 3]
    assert re.fullmatch(r"  memory  [\d.]+ MiB  [▁▂▃▄▅▆▇█]{2,32}  [+−][\d.]+ [KM]?i?B", full[-1][1]), full[-1]
    assert re.match(r"  so far  [?✓] growth", full[-1][2]), full[-1]
    counts = [int(re.search(r"(\d+)/60", lines[0]).group(1)) for lines in growth]
    assert counts == sorted(counts) and counts[-1] > counts[0], "it lives"


def test_the_block_is_erased_and_one_screen_stays(tmp_path):
    scenarios = "".join(f"  ok{i}: {{request: {{path: /}}}}\n" for i in range(3))
    code, received = run_on_a_terminal(tmp_path, server("server.py") + "scenarios:\n" + scenarios)
    assert code == 0
    assert any("  done    ✓ 2 pass" in screen for screen in screens(received))
    stays = what_stays(received)
    assert "warm-up" not in stays and " left" not in stays and "memory" not in stays
    lines = stays.splitlines()
    assert re.match(r"    scenario  gate +measured +limit", lines[0]), stays
    assert [line.split()[:2] for line in lines[1:4]] == [["✓", f"ok{i}"] for i in range(3)]
    assert lines[5].startswith("pass  3 scenarios: 3 ") and lines[6].startswith("report: ")
    assert len(lines) == 7


@pytest.mark.parametrize("variable", ["CI", "NO_COLOR"])
def test_plain_lines_on_a_terminal_where_they_are_asked_for(tmp_path, variable):
    code, received = run_on_a_terminal(tmp_path, OK, env={variable: "true"})
    assert code == 0
    assert SGR.sub("", received).startswith("[1/1] ok: launch\r\n[1/1] ok: warm-up\r\n")
    assert not ANY_ESCAPE.search(SGR.sub("", received))


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
    drawn = [screen.splitlines() for screen in screens(received) if screen.startswith("[1/1] ok  ")]
    assert drawn and all(len(line) < 40 for lines in drawn for line in lines), drawn


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
    assert "✓" not in result.stdout and "scenario  " not in result.stdout


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
    assert "at most" not in stays

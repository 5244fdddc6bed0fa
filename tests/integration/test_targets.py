"""Targets that cannot be tested: exit 3, the reason, the target's last words, and nobody left behind."""

import socket

import pytest

from support import gunicorn, run_tidemark, server, target

SCENARIO = "scenarios:\n  ok: {request: {path: /}, iterations: {max: 100}, max_duration: 20s}\n"


def assert_not_tested(result, *messages):
    assert result.code == 3, result.stdout
    scenario = result.scenario()
    assert scenario["outcome"] == "invalid"
    assert {gate["outcome"] for gate in scenario["gates"]} == {"invalid"}
    for message in messages:
        assert message in scenario["message"]
        assert message.splitlines()[0] in result.stdout
        assert message.splitlines()[0] in result.html.replace("&#39;", "'")
    cases = result.junit.findall("testsuite/testcase")
    assert all(case.find("error") is not None for case in cases)
    assert messages[0] in cases[0].find("error").text
    assert "again: tidemark run sample.yaml --only '^ok$'" in result.stdout


def test_a_command_that_is_not_installed(tmp_path):
    yaml = target(["gunicornn", "{{port}}"]) + SCENARIO
    assert_not_tested(
        run_tidemark(tmp_path, yaml), "command not found: 'gunicornn' is not in any folder of PATH"
    )


def test_a_command_that_is_no_program(tmp_path):
    yaml = target(["./server.py", "{{port}}"]) + SCENARIO
    assert_not_tested(run_tidemark(tmp_path, yaml), "server.py' is not an executable file")


def test_a_prepare_command_that_fails_shows_its_last_lines(tmp_path):
    script = "print('applying 0001_initial'); import sys; sys.exit('no such table: users')"
    yaml = server("server.py", prepare=f'[[python3, -c, "{script}"]]') + SCENARIO
    result = run_tidemark(tmp_path, yaml)
    assert_not_tested(
        result,
        "prepare command 'python3 -c",
        "exited with code 1",
        "applying 0001_initial\n  no such table: users",
    )
    assert "no such table: users" in result.log("ok", "prepare.log")


def test_the_second_prepare_command_is_not_run_after_the_first_has_failed(tmp_path):
    yaml = server("server.py", prepare="[[sh, -c, exit 9], [touch, second]]") + SCENARIO
    assert_not_tested(run_tidemark(tmp_path, yaml), "exited with code 9")
    assert not (tmp_path / "apps" / "second").exists()


def test_a_fixed_port_that_is_taken(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        result = run_tidemark(tmp_path, server("server.py", port=str(port)) + SCENARIO)
    assert_not_tested(result, f"port {port} is taken by another program")


@pytest.mark.parametrize(
    "readiness, missing",
    [
        ("{path: /, timeout: 500ms}", "GET /: no complete answer"),
        ("{log: Listening at, timeout: 500ms}", "its output does not contain 'Listening at'"),
        ("{port: true, timeout: 500ms}", "nothing listens on 127.0.0.1:"),
    ],
    ids=["path", "log", "port"],
)
def test_a_target_that_never_gets_ready(tmp_path, readiness, missing):
    yaml = target(["sh", "-c", "echo warming up; sleep 60", "{{port}}"], readiness) + SCENARIO
    result = run_tidemark(tmp_path, yaml)
    assert_not_tested(
        result, "the target was not ready within 500 ms", missing, "last lines of its output:\n  warming up"
    )
    assert result.seconds < 10


def test_a_readiness_path_that_answers_500(tmp_path):
    yaml = server("server.py", "fails", readiness="{path: /healthz, timeout: 3s}") + SCENARIO
    assert_not_tested(
        run_tidemark(tmp_path, yaml), "GET /healthz: status 500 where one below 400 was expected"
    )


def test_a_target_that_dies_at_start(tmp_path):
    yaml = server("no_such_file.py") + SCENARIO
    result = run_tidemark(tmp_path, yaml)
    assert_not_tested(result, "the target exited with code 2 before it was ready", "no_such_file.py")
    assert result.seconds < 5, "noticed at once"


def test_a_target_that_gets_ready_late_and_says_so_in_its_log(tmp_path):
    yaml = server("server.py", "late", readiness="{log: ready for customers}") + SCENARIO
    result = run_tidemark(tmp_path, yaml)
    assert result.code in (0, 4), result.stdout
    assert "ready for customers" in result.log("ok")


def test_a_target_that_dies_half_way(tmp_path):
    result = run_tidemark(tmp_path, server("server.py", "dies", "25") + SCENARIO)
    assert_not_tested(
        result, "the target exited with code 7 after", "last lines of its output:\n  disk is full, giving up"
    )


def test_a_target_that_is_killed_half_way(tmp_path):
    result = run_tidemark(tmp_path, server("server.py", "is-killed", "25") + SCENARIO)
    assert_not_tested(result, "the target was killed by signal 9 (Killed) after")


@pytest.mark.parametrize(
    "expect, what",
    [
        ("{status: 201}", "status 200 where 201 was expected"),
        ("{content_type: text/csv}", "content type 'text/plain' where 'text/csv' was expected"),
        ("{min_rows: 1000}", "3 rows where at least 1000 were expected"),
        ("{contains: total}", "the body does not contain 'total'"),
    ],
)
def test_answers_that_are_not_as_expected(tmp_path, expect, what):
    scenario = f"scenarios:\n  ok: {{request: {{path: /}}, expect: {expect}}}\n"
    result = run_tidemark(tmp_path, server("server.py") + scenario)
    assert_not_tested(result, f" iterations were not answered as expected: GET /: {what}")
    assert result.scenario()["iterations"] < 20, "a few are enough"
    answers = result.scenario()["unexpected_answers"]
    assert answers[0]["what"] == what and answers[0]["body"].startswith("row\nrow")
    assert not result.audit()["answers"]["ok"]


def test_a_server_that_answers_500(tmp_path):
    yaml = server("server.py", "fails", readiness="{path: /ready}") + SCENARIO
    result = run_tidemark(tmp_path, yaml)
    assert_not_tested(result, "GET /: status 500 where one below 400 was expected")
    assert "no such table" in result.html


@pytest.mark.parametrize(
    "manner, what",
    [
        ("hangs", "no complete answer within 200 ms"),
        ("hangs-up", "no complete answer: "),
        ("promises-more", "no complete answer within 200 ms"),
    ],
)
def test_a_server_that_never_completes_an_answer(tmp_path, manner, what):
    yaml = server("server.py", manner, readiness="{path: /ready}")
    yaml += "scenarios:\n  ok: {request: {path: /}, timeout: 200ms}\n"
    result = run_tidemark(tmp_path, yaml)
    assert_not_tested(result, f" iterations were not answered as expected: GET /: {what}")
    requests = result.scenario()["requests"]
    assert 3 <= requests["failed"] == requests["total"] < 20
    assert requests["timed_out"] + requests["errored"] == requests["total"]


def test_a_server_that_sends_more_than_it_promised(tmp_path):
    yaml = server("server.py", "sends-more", readiness="{path: /ready}") + SCENARIO
    result = run_tidemark(tmp_path, yaml)
    assert result.code in (0, 3, 4), result.stdout
    assert result.scenario()["iterations"] >= 3


def test_a_hanging_request_ends_with_max_duration_at_the_latest(tmp_path):
    yaml = server("server.py", "hangs", readiness="{path: /ready, timeout: 1s}")
    yaml += "scenarios:\n  ok: {request: {path: /}, timeout: 50s, max_duration: 2s}\n"
    result = run_tidemark(tmp_path, yaml)
    assert result.code in (3, 4), result.stdout
    assert result.seconds < 10


def test_the_launch_counts_into_max_duration(tmp_path):
    """Two seconds to get ready, three in all: from launch to verdict."""
    yaml = server("server.py", "slow-to-start")
    yaml += """
scenarios:
  ok: {request: {path: /}, max_duration: 3s, warmup: 900000, iterations: {max: 1000000}}
"""
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 4, result.stdout
    assert 2 < result.scenario()["duration_seconds"] < 4, "from the launch"
    assert result.seconds < 10


def test_a_server_that_goes_into_the_background(tmp_path):
    """gunicorn --daemon: the command ends well and at once, and that is not what can be tested."""
    yaml = gunicorn("--daemon") + SCENARIO
    assert_not_tested(run_tidemark(tmp_path, yaml), "the target exited with code 0 before it was ready")

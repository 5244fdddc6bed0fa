"""What is sent, how often, and what it costs the harness itself."""

import json
import pathlib

import pytest

from support import BRIEF, GUNICORN, run_tidemark, scenario, server, start_tidemark

RECORDER = server("server.py", "records", "{{scratch}}/requests", readiness="{path: /ready}")


def requests_of(tmp_path, yaml, *arguments, **options):
    """What reached the server: the target's log has a line of JSON for each request."""
    result = run_tidemark(tmp_path, yaml, *arguments, **options)
    assert result.code in (0, 4), result.stdout
    lines = [json.loads(line) for line in result.log("ok").splitlines() if line.startswith("{")]
    return result, [line for line in lines if line["path"] != "/ready"]


def test_a_flow_is_sent_in_order_over_one_connection(tmp_path):
    result, requests = requests_of(
        tmp_path,
        RECORDER
        + """
scenarios:
  ok:
    flow:
      - request: {path: "/basket?item=7", headers: {X-Shop: "{{port}}"}}
      - request: {method: POST, path: /pay, body: "amount=100", headers: {Content-Type: text/plain}}
        expect: {status: 200, contains: row}
      - request: {method: DELETE, path: /basket}
    iterations: {max: 40}
""",
    )
    assert len(requests) == 3 * result.scenario()["iterations"] == result.scenario()["requests"]["total"]
    assert [request["method"] + " " + request["path"] for request in requests[:4]] == [
        "GET /basket?item=7",
        "POST /pay",
        "DELETE /basket",
        "GET /basket?item=7",
    ]
    assert requests[1]["body"] == "amount=100"
    assert requests[0]["headers"]["X-Shop"].isdigit()
    assert requests[0]["headers"]["User-Agent"] == "tidemark"
    assert len({request["peer"] for request in requests}) == 1


def test_a_flow_ends_with_its_first_unexpected_answer(tmp_path):
    result = run_tidemark(
        tmp_path,
        server("server.py")
        + """
scenarios:
  ok:
    flow:
      - request: {path: /a}
        expect: {status: 404}
      - request: {path: /b}
""",
    )
    assert result.code == 3
    assert result.scenario()["requests"]["total"] == result.scenario()["iterations"]


def test_virtual_users_have_connections_of_their_own(tmp_path):
    result, requests = requests_of(
        tmp_path, RECORDER + "scenarios: {ok: {request: {path: /}, vus: 5, iterations: {max: 200}}}\n"
    )
    assert len({request["peer"] for request in requests}) in (5, 6), (
        "and one for the peaks' single iterations, perhaps"
    )
    assert len(requests) == result.scenario()["iterations"] == 200 or result.code == 0


def test_connections_of_our_own_are_no_leak_of_the_target(tmp_path):
    """A thread and a descriptor a connection, and small batches use fewer of them than large ones."""
    result = run_tidemark(
        tmp_path,
        server("server.py")
        + """
scenarios:
  ok: {request: {path: /}, vus: 24, budgets: {fds: 0/iteration, threads: 0/iteration}}
""",
    )
    assert result.code == 0, result.stdout


def test_a_redirect_is_an_answer_and_is_not_followed(tmp_path):
    _, requests = requests_of(
        tmp_path,
        RECORDER
        + """
scenarios: {ok: {request: {path: /moved}, expect: {status: 302}, iterations: {max: 40}}}
""",
    )
    assert {request["path"] for request in requests} == {"/moved"}


@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY"])
def test_the_machine_s_proxy_has_no_part_in_it(tmp_path, variable):
    result, _ = requests_of(tmp_path, RECORDER + BRIEF, env={variable: "http://127.0.0.1:1"})
    assert not result.scenario()["unexpected_answers"]


def test_large_bodies_are_streamed_through_a_harness_that_stays_small(tmp_path):
    """20 bodies of 20 MB: the program's own peak stays far below one of them."""
    yaml = server("server.py", "large", "20000000", readiness="{path: /ready}")
    yaml += """
scenarios:
  ok:
    request: {path: /}
    expect: {min_rows: 1000, contains: the end}
    budgets: {errors: 0%}
    iterations: {min: 20, max: 20}
"""
    with start_tidemark(tmp_path, yaml) as run:
        peak = 0
        while run.process.poll() is None:
            status = pathlib.Path(f"/proc/{run.process.pid}/status").read_text()
            peak = max(
                [peak] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
            )
        result = run.finish()
    assert result.code == 0, result.stdout
    assert result.scenario()["iterations"] == 20
    assert 0 < peak < 40 * 1024, f"{peak} KiB"


def test_slow_iterations_are_judged_in_the_time_there_is(tmp_path):
    """Sixty milliseconds each: some 100 iterations at most, batches of one, and still a verdict."""
    result = run_tidemark(
        tmp_path, GUNICORN + "scenarios: {ok: {request: {path: '/slow?n=60'}, max_duration: 20s}}\n"
    )
    assert result.code == 0, result.stdout
    assert result.scenario()["iterations"] < 120
    assert result.seconds < 25


def test_a_long_run_has_larger_batches_in_place_of_ever_more_checkpoints(tmp_path):
    yaml = server("server.py") + scenario("/", iterations="{min: 3500, max: 4000}", max_duration="50s")
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 0, result.stdout
    assert "100 checkpoints of 2 or 40 iterations, then larger batches," in result.scenario()["plan"]
    growth = [line for line in result.record("it") if line.get("phase") == "growth"]
    batches = [line["batch"] for line in growth if line["event"] == "checkpoint"]
    large = {34, 36, 38, 40, 42, 44, 46}
    assert set(batches[:101]) == {0, 2} | large
    assert set(batches[101:]) <= {0, 4} | {2 * size for size in large}

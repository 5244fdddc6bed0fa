"""Several requests as one iteration: what is captured, fed, weighted and checked, on real servers."""

import json

from support import REPOSITORY, run_tidemark, server

RECORDER = server("server.py", "records", "{{scratch}}/requests", readiness="{path: /ready}")


def requests_of(tmp_path, yaml):
    result = run_tidemark(tmp_path, RECORDER + yaml)
    assert result.code in (0, 4), result.stdout
    lines = [json.loads(line) for line in result.log("ok").splitlines() if line.startswith("{")]
    return result, [line for line in lines if line["path"] != "/ready"]


def test_the_admin_s_log_in_with_its_csrf_token(tmp_path):
    """The scenario file of the repository, against Django's own admin."""
    result = run_tidemark(
        tmp_path,
        None,
        "run",
        str(REPOSITORY / "scenarios/django-admin.yaml"),
        env={"SHOP_PASSWORD": "tide-and-time"},
    )
    assert result.code == 0, result.stdout
    scenario = result.scenario()
    assert scenario["requests"]["counts"]["failed"] == 0, scenario["unexpected_answers"]
    names = [request["name"] for request in scenario["requests"]["by_request"]]
    assert names == ["log-in form", "log in", "first page", "log out"]
    for name, text in result.texts().items():
        assert b"tide-and-time" not in text, name


def test_a_wrong_password_fails_where_the_form_comes_back(tmp_path):
    yaml = (REPOSITORY / "scenarios/django-admin.yaml").read_text()
    yaml = yaml.replace("directory: django-shop", f"directory: {REPOSITORY}/scenarios/django-shop")
    yaml = yaml.replace("file: staff.csv", f"file: {REPOSITORY}/scenarios/staff.csv")
    yaml = yaml.replace('password: "{{env:SHOP_PASSWORD}}"', "password: wrong")
    result = run_tidemark(tmp_path, yaml, env={"SHOP_PASSWORD": "tide-and-time"})
    assert result.code == 3
    assert "log in: status 200 where 302 was expected" in result.stdout


def test_a_capture_that_finds_nothing_shows_what_was_there(tmp_path):
    yaml = """
scenarios:
  ok:
    flow:
      - request: {path: /}
        capture: {token: {css: "input[name=token]", attribute: value}}
      - request: {path: "/{{token}}"}
"""
    result = run_tidemark(tmp_path, RECORDER + yaml)
    assert result.code == 3
    answer = result.scenario()["unexpected_answers"][0]
    assert "input[name=token]" in answer["what"]
    assert "the body begins with 'row" in answer["what"]


def test_rows_of_data_are_taken_in_turn_and_encoded_for_their_place(tmp_path):
    (tmp_path / "people.csv").write_text('name,city\n"Ann, the first",Köln\nBob,"a&b=c"\n', "utf-8")
    yaml = """
scenarios:
  ok:
    data: {file: people.csv, order: sequence}
    flow:
      - request: {path: /find, query: {who: "{{name}}"}}
      - request: {path: /save, form: {city: "{{city}}"}}
      - request: {path: /json, json: {name: "{{name}}", n: 1}}
    iterations: {max: 40}
"""
    _, requests = requests_of(tmp_path, yaml)
    assert [request["path"] for request in requests[0::3][:2]] == [
        "/find?who=Ann%2C%20the%20first",
        "/find?who=Bob",
    ]
    assert [request["body"] for request in requests[1::3][:2]] == ["city=K%C3%B6ln", "city=a%26b%3Dc"]
    assert json.loads(requests[2]["body"]) == {"name": "Ann, the first", "n": 1}
    assert requests[2]["headers"]["Content-Type"] == "application/json"


def test_data_that_is_taken_once_ends_the_run(tmp_path):
    (tmp_path / "ids.jsonl").write_text("".join(f'{{"id": {n}}}\n' for n in range(50)))
    yaml = """
scenarios:
  ok:
    data: {file: ids.jsonl, order: once}
    request: {path: "/item/{{id}}"}
    budgets: {errors: 0%}
"""
    _, requests = requests_of(tmp_path, yaml)
    assert [request["path"] for request in requests] == [f"/item/{n}" for n in range(len(requests))]
    assert len(requests) <= 50


def test_data_that_end_in_warm_up_measure_nothing(tmp_path):
    (tmp_path / "ids.csv").write_text("id\n1\n2\n3\n")
    yaml = """
scenarios:
  peaks:
    data: {file: ids.csv, order: once}
    request: {path: "/{{id}}"}
    budgets: {peak_memory: 1MiB}
  warm: {request: {path: "/{{id}}"}, data: {file: ids.csv, order: once}, warmup: 20}
"""
    result = run_tidemark(tmp_path, RECORDER + yaml)
    assert result.code == 4, result.stdout
    assert "used up in warm-up" in result.stdout
    for name in ("peaks", "warm"):
        assert result.scenario(name)["iterations"] == 3
        assert len(result.record(name)) < 20


def test_flows_are_taken_by_their_weights(tmp_path):
    yaml = """
scenarios:
  ok:
    flows:
      browse: {weight: 3, flow: [{request: {path: /browse}}]}
      buy: {flow: [{request: {path: /basket}}, {request: {path: /buy, form: {n: "1"}}}]}
    iterations: {max: 80}
"""
    result, requests = requests_of(tmp_path, yaml)
    browsed = sum(request["path"] == "/browse" for request in requests)
    bought = sum(request["path"] == "/buy" for request in requests)
    assert abs(browsed - 3 * bought) <= 3
    assert browsed + bought == result.scenario()["iterations"]


def test_every_check_that_fails_says_what_it_found(tmp_path):
    checks = {
        "{headers: {Server: Apache}}": "Server",
        "{matches: 'r[ao]w \\d{9}'}": "does not match",
        "{bytes: 3B}": "bytes",
        "{max_bytes: 1B}": "bytes",
        "{rows: 100000}": "rows",
        f"{{sha256: {'0' * 64}}}": "SHA-256",
        "{json: {/a: 1}}": "JSON",
    }
    scenarios = "".join(
        f"  s{n}: {{request: {{path: /}}, expect: {expect}, iterations: {{max: 40}}}}\n"
        for n, expect in enumerate(checks)
    )
    result = run_tidemark(tmp_path, RECORDER + "scenarios:\n" + scenarios)
    assert result.code == 3
    for n, word in enumerate(checks.values()):
        what = result.scenario(f"s{n}")["unexpected_answers"][0]["what"]
        assert word.lower() in what.lower(), what

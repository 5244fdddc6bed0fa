"""The Django shop on a PostgreSQL server that is a service of the target: the same answers as on SQLite."""

import hashlib
import importlib.util
import os
import pathlib
import signal
import subprocess

import pytest

from support import REPOSITORY, VENV, describe, run_tidemark, start_tidemark

SHOP = REPOSITORY / "scenarios/django-shop"
VIEWS = ("/export/users/all", "/export/users/iterator", "/export/users/stream")
VIEWS += ("/users/annotated", "/users/annotated-iterator", "/articles/prefetch")
ANSWER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
import django, django.test
django.setup()
response = django.test.Client(HTTP_HOST="localhost").get(sys.argv[1])
assert response.status_code == 200, response.status_code
sys.stdout.buffer.write(b"".join(response))
"""

has_psycopg = any(
    list((VENV / "lib").glob(f"python3*/site-packages/{name}")) or importlib.util.find_spec(name)
    for name in ("psycopg", "psycopg2")
)
pytestmark = [
    pytest.mark.skipif(not list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")), reason="no PostgreSQL"),
    pytest.mark.skipif(not has_psycopg, reason="there is no psycopg: see ci/setup.sh"),
]


def shop(scenarios: str) -> str:
    """django-shop.yaml with other scenarios."""
    text = (REPOSITORY / "scenarios/django-shop.yaml").read_text("utf-8")
    text = text[: text.index("\nscenarios:\n")].replace("users: 20000", "users: 1500")
    return text.replace("directory: django-shop", f"directory: {SHOP}") + "\nscenarios:\n" + scenarios


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What each view answers on SQLite, straight from Django."""
    database = tmp_path_factory.mktemp("shop") / "shop.sqlite3"
    environment = {**os.environ, "SHOP_DATABASE": str(database), "PYTHONDONTWRITEBYTECODE": "1"}

    def python(*arguments: str) -> bytes:
        command = [VENV / "bin/python3", *arguments]
        return subprocess.run(command, cwd=SHOP, env=environment, check=True, stdout=subprocess.PIPE).stdout

    python("manage.py", "migrate", "--verbosity", "0")
    python("manage.py", "seed", "--users", "1500")
    return {view: python("-c", ANSWER, view) for view in VIEWS}


def test_postgresql_answers_the_same_bytes_as_sqlite(tmp_path, answers):
    assert answers[VIEWS[0]].count(b"\n") == 1501
    scenarios = "".join(
        f"  s{number}:\n    request: {{path: {view}}}\n    iterations: {{max: 2}}\n    budgets: {{errors: 0%}}\n"
        f"    expect: {{status: 200, sha256: {hashlib.sha256(answers[view]).hexdigest()}}}\n"
        for number, view in enumerate(VIEWS)
    )
    result = run_tidemark(tmp_path, shop(scenarios), "--profile", "postgres", longest=120)
    assert result.code == 0, result.stdout
    assert not any(scenario["unexpected_answers"] for scenario in result.json["scenarios"])
    logs = [result.log(f"s{number}", "service-postgres.log") for number in range(len(VIEWS))]
    assert [log.count("ready to accept connections") for log in logs] == [2, 1, 1, 1, 1, 1]
    assert all(log.rstrip().endswith("database system is shut down") for log in logs)
    assert not any("was not properly shut down" in log for log in logs), "a torn copy"
    # Seeded once, and no process of the database among those that are measured.
    assert [(result.out_dir / f"s{number}/prepare.log").exists() for number in range(2)] == [True, False]
    commands = [process["command"] for each in result.json["scenarios"] for process in each["processes"]]
    assert not any("postgres" in command for command in commands), commands


LONG = "  it: {request: {path: /healthz}, warmup: 50000, iterations: {max: 100000}, max_duration: 60s}\n"


def test_kill_9_leaves_no_database_behind(tmp_path):
    with start_tidemark(tmp_path, shop(LONG), "--profile", "postgres") as run:
        run.wait_for_record('"checkpoint"')
        assert any("postgres" in describe(pid) for pid in run.processes())
        run.kill()
        run.assert_nothing_left(patience=10)


def test_a_database_that_dies_is_named(tmp_path):
    with start_tidemark(tmp_path, shop(LONG), "--profile", "postgres") as run:
        run.wait_for_record('"checkpoint"')
        [data] = run.scratch.glob("*/scratch/postgres")
        os.kill(int((data / "postmaster.pid").read_text().split("\n")[0]), signal.SIGQUIT)
        result = run.finish()
        run.assert_nothing_left()
    assert result.code == 3, result.stdout
    assert "the service 'postgres' exited with code" in result.stdout
    assert "immediate shutdown" in result.stdout

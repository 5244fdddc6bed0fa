"""A real Celery worker with its prefork pool, on a Redis of its own. Skipped where one of them is missing."""

import json
import pathlib
import re
import shutil
from typing import Any, Iterator, List

import pytest

from support import PYTHON, free_port, open_port, run_python, started, wait_for

pytest.importorskip("celery", reason="Celery is not installed: see ci/setup.sh")

TASKS = """
import sys
import companion_tasks as tasks
results = [tasks.small.delay("geheim") for _ in range(40)]
results += [tasks.keep.apply_async((50, "geheim"), task_id="the\\nid")]
results += [tasks.drop.delay(64), tasks.fail.delay()]
for result in results:
    result.get(timeout=30, propagate=False)
"""
TRENDS = """
import companion_site
from django.core.management import call_command
call_command("tidemark_trends", "--tasks", "--json")
"""


@pytest.fixture
def broker(tmp_path: pathlib.Path) -> Iterator[str]:
    pytest.importorskip("redis", reason="redis is not installed: see ci/setup.sh")
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: see ci/setup.sh")
    port = free_port()
    home = tmp_path / "redis"
    home.mkdir()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(home)]
    with started(command, home):
        wait_for(lambda: open_port(port), "redis-server")
        yield f"redis://127.0.0.1:{port}/0"


def work(home: pathlib.Path, pool: List[str], **environment: str) -> str:
    """The log of a worker that has done all tasks and has ended."""
    command = [PYTHON, "-m", "celery", "--app", "companion_tasks", "worker", "--loglevel", "INFO", *pool]
    with started(command, home, **environment):
        done = run_python(TASKS, home, **environment)
        assert done.returncode == 0, done.stderr + (home / "log").read_text()
    return (home / "log").read_text()


@pytest.mark.parametrize("cache", ["redis", "files"])
def test_tasks_are_measured_in_the_pools_children(tmp_path: pathlib.Path, broker: str, cache: str) -> None:
    environment = {
        "COMPANION_BROKER": broker,
        "COMPANION_DJANGO": "1",
        "COMPANION_CACHE": broker if cache == "redis" else str(tmp_path / "cache"),
        "COMPANION_TIDEMARK": json.dumps(
            {"THRESHOLD": "20MiB", "PEAK": "reset", "TRENDS_FLUSH_REQUESTS": 7, "LEAK_HUNTER": {"every": 5}}
        ),
    }
    log = work(tmp_path, ["--pool", "prefork", "--concurrency", "2"], **environment)
    assert re.search(r"task companion_tasks\.keep\[the\\nid\] kept 5\d\.\d MiB at its end", log), log
    assert re.search(r"task companion_tasks\.drop\[[0-9a-f-]+\] kept .*; peak 6\d\.\d MiB", log), log
    assert "not attributable" not in log
    assert not [line for line in log.splitlines() if "geheim" in line and "task companion_tasks" in line]
    found = run_python(TRENDS, tmp_path, **environment)
    rows = {row["name"].split(".")[1]: row for row in json.loads(found.stdout)}
    assert {name: row["requests"] for name, row in rows.items()} == {
        "small": 40,
        "keep": 1,
        "drop": 1,
        "fail": 1,
    }


def test_tasks_of_a_pool_of_threads_may_be_shared(tmp_path: pathlib.Path, broker: str) -> None:
    log = work(tmp_path, ["--pool", "threads", "--concurrency", "4"], COMPANION_BROKER=broker)
    assert re.search(r"task companion_tasks\.keep\[the\\nid\] kept ", log), log


def test_without_django_trends_go_where_one_says(log: List[str]) -> None:
    import celery

    import tidemark.celery
    from tidemark import LeakHunter

    class Counting(LeakHunter):
        ticks = 0

        def tick(self) -> None:
            self.ticks += 1

    hunter, stored = Counting(), []

    def store(table: Any) -> bool:
        stored.append(table)
        return True

    app = celery.Celery("in-this-process", set_as_current=False)

    @app.task(name="it")
    def it() -> str:
        return "ok"

    tidemark.celery.connect({"TRENDS_FLUSH_REQUESTS": 2}, store=store, hunter=hunter)
    tidemark.celery.connect({"TRENDS_FLUSH_REQUESTS": 2}, store=store, hunter=hunter)  # again: not twice
    for _ in range(2):
        assert it.apply().get() == "ok"
    tidemark.celery.disconnect()
    it.apply()
    assert [row[0] for rows in stored for row in rows["it"].values()] == [2]
    assert hunter.ticks == 2
    assert log == []

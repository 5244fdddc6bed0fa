"""Real gunicorn, with one cache for all its workers."""

import json
import pathlib
import re

import pytest

from support import PYTHON, free_port, get, open_port, run_python, started, wait_for

TRENDS = """
import companion_site
from django.core.management import call_command
call_command("tidemark_trends", "--json")
"""


def trends(home: pathlib.Path) -> "dict[str, dict[str, int]]":
    done = run_python(TRENDS, home, COMPANION_CACHE=str(home / "cache"))
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)}


@pytest.mark.parametrize("options", [["--preload"], ["--worker-class", "gthread", "--threads", "3"], []])
def test_the_workers_trends_come_together(tmp_path: pathlib.Path, options: "list[str]") -> None:
    port = free_port()
    command = [PYTHON, "-m", "gunicorn", "companion_site:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", *options]
    environment = {
        "COMPANION_CACHE": str(tmp_path / "cache"),
        "COMPANION_TIDEMARK": json.dumps(
            {
                "THRESHOLD": "20MiB",
                "TRENDS_FLUSH_REQUESTS": 7,
                "LEAK_HUNTER": {"every": 5, "warmup": 5},
                "GC_MONITOR": {"interval": 0.2},
            }
        ),
    }
    with started(command, tmp_path, **environment):
        wait_for(lambda: open_port(port), "gunicorn")
        for index in range(60):
            assert get(port, "/?token=geheim" if index % 2 else "/page/")[0] == 200
        assert get(port, "/shop/keep/50/") == (200, "kept")
        assert get(port, "/stream/1/")[0] == 200
        wait_for(lambda: "small" in trends(tmp_path), "the first trends")
    found = trends(tmp_path)  # the rest was stored when the workers ended
    assert {name: row["requests"] for name, row in found.items()} == {
        "small": 30, "page": 30, "shop:keep": 1, "stream": 1,
    }  # fmt: skip
    log = (tmp_path / "log").read_text()
    assert re.search(r"^GET /shop/keep/50/ \(view shop:keep\) kept 5\d\.\d MiB at its end", log, re.M), log
    assert "geheim" not in log and "Traceback" not in log

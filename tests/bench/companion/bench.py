#!/usr/bin/env python3
"""What the companion costs: requests a second of a Django site under gunicorn, with and without it.

    tests/bench/companion/bench.py [--rounds 40] [--seconds 0.25] [--path /page/]

Every variant has a server of its own with one worker. All live through the whole benchmark and have their
turn in each round, in an order that is drawn anew; the others sleep meanwhile. A round's ratio is to the
plain server of the same round, and the result is the median over the rounds. `best` is the tenth part of the
rounds with the least CPU time: on a machine that others use too, they are what it costs.
"""

import argparse
import contextlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent / "load"))

from bench_tools import HOST, cores, fail, free_port, missing, number, server, stop_cleanly, wait_for_port  # noqa: E402

TIDEMARK = "tidemark.django.MemoryMiddleware"


class Variant(NamedTuple):
    name: str
    middleware: str
    settings: Dict[str, object]


VARIANTS = (
    Variant("no middleware", "", {}),
    Variant("no middleware, again", "", {}),
    Variant("MemoryMiddleware", TIDEMARK, {}),
    Variant("... PEAK = reset", TIDEMARK, {"PEAK": "reset"}),
    Variant("... GC_MONITOR", TIDEMARK, {"GC_MONITOR": {}}),
    Variant("... LEAK_HUNTER", TIDEMARK, {"LEAK_HUNTER": {}}),
    Variant("... TRACE_EVERY = 100", TIDEMARK, {"TRACE_EVERY": 100}),
    Variant("two snapshots a request", "article_middleware.ArticleMiddleware", {}),
)


@contextlib.contextmanager
def serving(variant: Variant, scratch: Path, python: str, kind: str) -> Iterator[Tuple[int, int]]:
    """The variant's port, and its worker's process."""
    port = free_port()
    home = scratch / str(port)
    home.mkdir()
    # The package alone: beside it lies the agent's sitecustomize.py, which would start and leave sys.path.
    (home / "tidemark").symlink_to(ROOT / "harness/agents/python/tidemark")
    paths = (home, ROOT / "tests/companion", HERE)
    environment = {
        **os.environ,
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COMPANION_MIDDLEWARE": variant.middleware,
        "COMPANION_TIDEMARK": json.dumps(variant.settings),
        "COMPANION_CACHE": str(home / "cache"),
    }
    command = [python, "-m", "gunicorn", "companion_site:application", "--bind", f"{HOST}:{port}"]
    command += ["--worker-class", kind, "--threads", "1", "--log-level", "error"]
    with server(command, env=environment, cwd=home) as process:
        wait_for_port(port, process)
        yield port, worker_of(process.pid)


def worker_of(pid: int) -> int:
    """The one child; the port is open before there is one."""
    for _ in range(100):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    fail("gunicorn has no worker")


def cpu_seconds(pid: int) -> float:
    """What all threads of a process have run, by the scheduler's own count of nanoseconds."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def throughput(port: int, pid: int, path: str, seconds: float) -> Tuple[float, float]:
    """Requests a second, and the worker's CPU time of one in microseconds."""
    # Four connections: the worker is never idle, so what it needs is what limits it.
    url = f"http://{HOST}:{port}{path}"
    command = ["taskset", "-c", str(cores()[1]), "hey", "-c", "4", "-z", f"{int(seconds * 1000)}ms", url]
    before = cpu_seconds(pid)
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    used = cpu_seconds(pid) - before
    answers = number(r"\[200\]\s+(\d+) responses", output)
    if "Error distribution" in output:
        fail(f"hey met errors:\n{output}")
    return number(r"Requests/sec:\s+([\d.]+)", output), 1e6 * used / answers


def measure(
    servers: List[Tuple[int, int]], rounds: int, path: str, seconds: float
) -> List[List[Tuple[float, float]]]:
    figures: List[List[Tuple[float, float]]] = [[] for _ in servers]
    for port, pid in servers:
        throughput(port, pid, path, 1)  # a warm-up
    for turn in range(rounds):
        for index in random.sample(range(len(servers)), len(servers)):
            figures[index].append(throughput(*servers[index], path, seconds))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=0.25)
    parser.add_argument("--path", default="/page/", help="/ answers `ok`, /page/ a table of a hundred rows")
    parser.add_argument("--python", default=str(ROOT / ".venv/bin/python"))
    parser.add_argument("--kind", default="sync", help="gunicorn's worker class: sync closes each connection")
    parser.add_argument("--only", default="", help="variants whose name matches, and the plain one")
    options = parser.parse_args()
    if missing({"hey": "hey"}):
        fail("hey is missing: apt-get install hey")
    stop_cleanly()
    variants = [one for one in VARIANTS if one is VARIANTS[0] or re.search(options.only, one.name)]
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(serving(one, Path(scratch), options.python, options.kind)) for one in variants
        ]
        figures = measure(servers, options.rounds, options.path, options.seconds)
    print(f"{options.path}, {options.rounds} rounds of {options.seconds:g} s, one {options.kind} worker")
    print(f"{'':<26}{'requests/s':>12}{'of plain':>10}{'cost':>8}{'CPU µs/request':>16}", end="")
    print(f"{'of plain':>10}{'best':>10}{'of plain':>10}")
    for variant, found in zip(variants, figures):
        ratio = statistics.median(one[0] / plain[0] for one, plain in zip(found, figures[0]))
        cpu_ratio = statistics.median(one[1] / plain[1] for one, plain in zip(found, figures[0]))
        rate, cpu = (statistics.median(column) for column in zip(*found))
        best, plain_best = (
            statistics.quantiles((one[1] for one in row), n=10)[0] for row in (found, figures[0])
        )
        cost = f"{(1 - ratio) * 100:.1f}%"
        print(
            f"{variant.name:<26}{rate:>12,.0f}{ratio:>10.3f}{cost:>8}{cpu:>16.1f}{cpu_ratio:>10.3f}{best:>10.1f}{best / plain_best:>10.3f}"
        )


if __name__ == "__main__":
    main()

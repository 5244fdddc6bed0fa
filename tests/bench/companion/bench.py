#!/usr/bin/env python3
"""What the companion costs: requests a second of a Django site under gunicorn, with and without it.

    tests/bench/companion/bench.py [--rounds 15] [--seconds 2] [--path /page/]

Every variant has a server of its own with one worker. All live through the whole benchmark and have their turn
in each round, in an order that is drawn anew; the others sleep meanwhile. A round's ratio is to the plain
server of the same round, and the result is the median over the rounds.
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
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent / "load"))

from bench_tools import HOST, cores, fail, free_port, missing, server, stop_cleanly, wait_for_port  # noqa: E402

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
def serving(variant: Variant, scratch: Path, python: str) -> Iterator[int]:
    """The variant's port."""
    port = free_port()
    home = scratch / str(port)
    home.mkdir()
    paths = (ROOT / "harness/agents/python", ROOT / "tests/companion", HERE)
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
    # gthread with one thread: sync workers close each connection, and opening them costs more than Django.
    command += ["--worker-class", "gthread", "--threads", "1", "--log-level", "error"]
    with server(command, env=environment, cwd=home) as process:
        wait_for_port(port, process)
        yield port


def throughput(port: int, path: str, seconds: float) -> float:
    url = f"http://{HOST}:{port}{path}"
    command = ["taskset", "-c", str(cores()[1]), "wrk", "-t1", "-c1", f"-d{seconds:g}s", url]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        fail(f"wrk met errors:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    return float(found.group(1)) if found else fail(f"no rate in:\n{output}")


def measure(ports: List[int], rounds: int, path: str, seconds: float) -> List[List[float]]:
    rates: List[List[float]] = [[] for _ in ports]
    for port in ports:
        throughput(port, path, 1)  # a warm-up
    for number in range(rounds):
        for index in random.sample(range(len(ports)), len(ports)):
            rates[index].append(throughput(ports[index], path, seconds))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--path", default="/page/", help="/ answers `ok`, /page/ a table of a hundred rows")
    parser.add_argument("--python", default=str(ROOT / ".venv/bin/python"))
    parser.add_argument("--only", default="", help="variants whose name matches, and the plain one")
    options = parser.parse_args()
    if missing({"wrk": "wrk"}):
        fail("wrk is missing: apt-get install wrk")
    stop_cleanly()
    variants = [one for one in VARIANTS if one is VARIANTS[0] or re.search(options.only, one.name)]
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        ports = [stack.enter_context(serving(one, Path(scratch), options.python)) for one in variants]
        rates = measure(ports, options.rounds, options.path, options.seconds)
    print(f"{options.path}, {options.rounds} rounds of {options.seconds:g} s, one worker, one connection")
    print(f"{'':<26}{'requests/s':>12}{'of plain':>10}{'cost':>8}{'µs/request':>12}")
    for variant, found in zip(variants, rates):
        ratio = statistics.median(one / plain for one, plain in zip(found, rates[0]))
        added = statistics.median(1e6 / one - 1e6 / plain for one, plain in zip(found, rates[0]))
        print(
            f"{variant.name:<26}{statistics.median(found):>12,.0f}{ratio:>10.3f}{(1 - ratio) * 100:>7.1f}%"
            f"{added:>12.1f}"
        )


if __name__ == "__main__":
    main()

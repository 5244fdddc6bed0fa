#!/usr/bin/env python3
"""What an idle agent costs: requests a second under gunicorn, with and without it.

    tests/bench/agent/bench.py [--rounds 60] [--seconds 0.25] [--path /page/]

Three servers live through the whole benchmark: without the agent, without it once more, and with it. All have
their turn in each round, in an order that is drawn anew. A round's ratio is to the first server of the same
round, and the result is the median over the rounds; the second server shows the noise of the comparison.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE.parent / "load"), str(HERE.parent / "companion")]

from bench import measure, worker_of  # noqa: E402
from bench_tools import HOST, fail, free_port, missing, server, stop_cleanly, wait_for_port  # noqa: E402

AGENT = ROOT / "harness/agents/python"


def environment(scratch: Path, name: str, with_agent: bool) -> Dict[str, str]:
    home = scratch / name
    (home / "agents").mkdir(parents=True)
    (home / "tidemark").symlink_to(AGENT / "tidemark")  # the site knows of the companion
    paths = [str(home), str(ROOT / "tests/companion")]
    result = {**os.environ, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "COMPANION_MIDDLEWARE": ""}
    result.update({"COMPANION_TIDEMARK": "{}", "COMPANION_CACHE": str(home / "cache")})
    if with_agent:
        paths.insert(0, str(AGENT))
        result["TIDEMARK_AGENT_DIR"] = str(home / "agents")
    result["PYTHONPATH"] = os.pathsep.join(paths)
    return result


@contextlib.contextmanager
def serving(scratch: Path, name: str, with_agent: bool, python: str) -> Iterator[Tuple[int, int]]:
    """The server's port, and its worker's process."""
    port = free_port()
    command = [python, "-m", "gunicorn", "companion_site:application", "--bind", f"{HOST}:{port}"]
    variables = environment(scratch, name, with_agent)
    with server([*command, "--log-level", "error"], env=variables, cwd=scratch / name) as process:
        wait_for_port(port, process)
        worker = worker_of(process.pid)
        if with_agent != (scratch / name / "agents" / f"{worker}.sock").exists():
            fail("the agent is where it should not be, or not where it should")
        yield port, worker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=0.25)
    parser.add_argument("--path", default="/page/", help="/ answers `ok`, /page/ a table of a hundred rows")
    parser.add_argument("--python", default=str(ROOT / ".venv/bin/python"))
    options = parser.parse_args()
    if missing({"hey": "hey"}):
        fail("hey is missing: apt-get install hey")
    stop_cleanly()
    variants = {"no agent": False, "no agent, again": False, "agent": True}
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(serving(Path(scratch), str(index), with_agent, options.python))
            for index, with_agent in enumerate(variants.values())
        ]
        figures = measure(servers, options.rounds, options.path, options.seconds)
    print(f"{options.path}, {options.rounds} rounds of {options.seconds:g} s, one worker")
    print(f"{'':<18}{'requests/s':>12}{'cost':>9}{'CPU µs/request':>16}{'cost':>9}")
    for name, found in zip(variants, figures):
        report(name, found, figures[0])


def report(name: str, found: List[Tuple[float, float]], plain: List[Tuple[float, float]]) -> None:
    rate = statistics.median(each for each, _ in found)
    used = statistics.median(each for _, each in found)
    slower = statistics.median(1 - mine[0] / other[0] for mine, other in zip(found, plain))
    dearer = statistics.median(mine[1] / other[1] - 1 for mine, other in zip(found, plain))
    print(f"{name:<18}{rate:>12.0f}{slower:>9.1%}{used:>16.0f}{dearer:>9.1%}")


if __name__ == "__main__":
    main()

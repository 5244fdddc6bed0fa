#!/usr/bin/env python3
"""Whether the driver keeps time: requests leave when they are due, and a server that stalls shows.

    tests/bench/load/timing.py             half a minute; exit 1 when a figure is not what it must be

Both are of the open model, 1,000 requests a second over 10 seconds, against a server that answers at once.
In the second run it does nothing for one second. A driver that waits for answers before it sends sees a
few slow ones; who counts from when each request was due sees that one in ten was late.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

import bench_tools

RATE = 1000
SECONDS = 10
STALL = 1
MOST_LATE_MS = 1.0
# A tenth of the requests are due within the stall, and answered after it: the 99th percentile of
# all is the 90th of theirs, which are spread evenly over its length.
LEAST_STALLED_MS = 0.8 * STALL * 1000


def run(vus: int, *server_options: str) -> str:
    command = [str(bench_tools.built("tidemark_stall_server")), *server_options]
    with bench_tools.server(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        return bench_tools.drive(
            port, "/", "--vus", str(vus), "--rate", str(RATE), "--iterations", str(RATE * SECONDS)
        )


def judge(what: str, good: bool) -> bool:
    print(f"{'ok    ' if good else 'MISSED'} {what}", flush=True)
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--vus", type=int, default=100, help="the most that may be under way at once")
    options = parser.parse_args()
    bench_tools.stop_cleanly()

    output = run(options.vus)
    late = bench_tools.number(r"lateness_ms .*p99 ([\d.]+)", output)
    waited = bench_tools.number(r"waited_for_processor_ms (\d+)", output)
    print(output)
    good = judge(
        f"99 % of {RATE}/s left at most {late} ms late (required: {MOST_LATE_MS});"
        f" the driver waited for its core for {waited / SECONDS / 10:.1f} % of the time",
        late < MOST_LATE_MS,
    )

    output = run(options.vus, "--stall-at", str(SECONDS / 2), "--stall-for", str(STALL))
    response = bench_tools.number(r"response_time_ms .*p99 ([\d.]+)", output)
    service = bench_tools.number(r"service_time_ms .*p95 ([\d.]+)", output)
    print(f"\n{output}")
    good &= judge(
        f"a stall of {STALL} s: response time p99 {response} ms (required: {LEAST_STALLED_MS:.0f};"
        f" service time p95, blind to it: {service} ms)",
        response >= LEAST_STALLED_MS,
    )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

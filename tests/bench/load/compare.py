#!/usr/bin/env python3
"""Tidemark's load driver beside wrk, h2load and hey: requests and bytes a second of one core.

    tests/bench/load/compare.py --install       fetches nginx and the three tools with apt-get
    tests/bench/load/compare.py                 two minutes; prints the tables of README.md

nginx serves two files from memory on one core; each tool has another core for itself, 16 connections that
stay open, and its turn in every round. A ratio is the median of the rounds' own ratios, so that a machine
that is busy for a while slows both of its sides.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Callable, Iterator

import bench_tools

PACKAGES = {"nginx": "nginx-light", "wrk": "wrk", "h2load": "nghttp2-client", "hey": "hey"}
SIZES = {"small": 100, "large": 1 << 20}

# One process in the foreground: nothing to look for when it has to go. Idle connections stay.
NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=16;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  client_body_temp_path {folder}/temp; proxy_temp_path {folder}/temp; fastcgi_temp_path {folder}/temp;
  uwsgi_temp_path {folder}/temp; scgi_temp_path {folder}/temp;
  server {{ listen {host}:{port}; root {folder}; }}
}}
"""


def install() -> None:
    names = bench_tools.missing(PACKAGES)
    if not names:
        return
    root = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*root, "apt-get", "update", "-qq"], check=False)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    if subprocess.run([*root, *command]).returncode != 0:
        bench_tools.fail(f"apt-get could not install {' '.join(names)}")


@contextlib.contextmanager
def nginx() -> Iterator[int]:
    """Its port."""
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as name:
        folder = Path(name)
        for path, size in SIZES.items():
            (folder / path).write_bytes(b"x" * size)
        port = bench_tools.free_port()
        configuration = folder / "nginx.conf"
        configuration.write_text(NGINX.format(folder=folder, host=bench_tools.HOST, port=port))
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        command = ["nginx", "-e", "stderr", "-p", name, "-c", str(configuration)]
        with bench_tools.server(command, env={**os.environ, "PATH": path}) as process:
            bench_tools.wait_for_port(port, process)
            yield port


# Each returns requests a second.


def tidemark(port: int, path: str, connections: int, seconds: int) -> float:
    output = bench_tools.drive(port, path, "--vus", str(connections), "--seconds", str(seconds))
    return bench_tools.number(r"requests_per_second ([\d.]+)", output)


def wrk(port: int, path: str, connections: int, seconds: int) -> float:
    url = f"http://{bench_tools.HOST}:{port}{path}"
    output = bench_tools.run_pinned(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url])
    return bench_tools.number(r"Requests/sec:\s+([\d.]+)", output)


def h2load(port: int, path: str, connections: int, seconds: int) -> float:
    url = f"http://{bench_tools.HOST}:{port}{path}"
    command = ["h2load", "--h1", "-t1", f"-c{connections}", "-m1", f"-D{seconds}", url]
    return bench_tools.number(r"([\d.]+) req/s", bench_tools.run_pinned(command))


def hey(port: int, path: str, connections: int, seconds: int) -> float:
    url = f"http://{bench_tools.HOST}:{port}{path}"
    command = ["hey", "-cpus", "1", "-c", str(connections), "-z", f"{seconds}s", url]
    return bench_tools.number(r"Requests/sec:\s+([\d.]+)", bench_tools.run_pinned(command))


TOOLS: dict[str, Callable[[int, str, int, int], float]] = {
    "tidemark": tidemark,
    "wrk": wrk,
    "h2load": h2load,
    "hey": hey,
}


def measure(port: int, path: str, options: argparse.Namespace) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in TOOLS}
    for turn in range(options.rounds):
        names = list(TOOLS)
        # There and back: who comes first in one round comes last in the next.
        for name in names if turn % 2 == 0 else reversed(names):
            rates[name].append(TOOLS[name](port, path, options.vus, options.seconds))
    return rates


def print_table(title: str, rates: dict[str, list[float]], size: int) -> None:
    print(f"| {title} | requests/s | MiB/s | tidemark is | rounds |")
    print("| --- | ---: | ---: | ---: | --- |")
    for name, figures in rates.items():
        middle = statistics.median(figures)
        ratio = statistics.median(t / o for t, o in zip(rates["tidemark"], figures))
        spread = f"{min(figures):,.0f} to {max(figures):,.0f}"
        mebibytes = f"{middle * size / (1 << 20):,.1f}"
        beside = "" if name == "tidemark" else f"{ratio:.2f} ×"
        print(f"| {name} | {middle:,.0f} | {mebibytes} | {beside} | {spread} |")
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--install", action="store_true", help="fetch what is missing with apt-get")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each tool in each round")
    parser.add_argument("--vus", type=int, default=16, help="connections")
    parser.add_argument("--only", choices=SIZES, help="one of the two files")
    options = parser.parse_args()
    if options.install:
        install()
    if names := bench_tools.missing(PACKAGES):
        bench_tools.fail(f"{', '.join(names)} not installed: call me with --install, or apt-get install them")
    bench_tools.stop_cleanly()
    bench_tools.built("tidemark_drive")
    if (load := os.getloadavg()[0]) > 0.5:
        print(f"The machine is busy (load average {load:.1f}): trust the ratios, not the rates.\n")
    with nginx() as port:
        for name, size in SIZES.items():
            if options.only in (None, name):
                title = f"{size:,} bytes, {options.vus} connections"
                print_table(title, measure(port, f"/{name}", options), size)


if __name__ == "__main__":
    main()

"""What compare.py and timing.py share: two cores, servers that end with us, a run of the driver."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, NoReturn

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build" / "bench" / "tests" / "bench"
HOST = "127.0.0.1"


def fail(message: str) -> NoReturn:
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


def stop_cleanly() -> None:
    """A signal ends the script by an exception, so that every server is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))


def cores() -> tuple[int, int]:
    """One for the server, one for the driver."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        fail("two cores are needed, one for the server and one for the driver")
    return allowed[0], allowed[-1]


def built(name: str) -> Path:
    program = BUILD / name
    if not program.exists():
        fail(
            f"{program.relative_to(ROOT)} is missing: cmake --preset bench &&"
            f" cmake --build --preset bench --target {name}"
        )
    return program


@contextlib.contextmanager
def server(command: list[str], **options: object) -> Iterator[subprocess.Popen]:
    """Runs a server on its core until the block is left, or this script dies however it may."""
    pinned = ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", str(cores()[0]), *command]
    process = subprocess.Popen(pinned, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen, seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.02)
    fail("the server did not open its port")


def run_pinned(command: list[str]) -> str:
    """The output of a program on the driver's core."""
    pinned = ["taskset", "-c", str(cores()[1]), *command]
    done = subprocess.run(pinned, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        fail(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}")
    return done.stdout


def drive(port: int, path: str, *arguments: str) -> str:
    program = str(built("tidemark_drive"))
    return run_pinned([program, "--port", str(port), "--path", path, *arguments])


def number(pattern: str, output: str) -> float:
    found = re.search(pattern, output)
    if not found:
        fail(f"no '{pattern}' in:\n{output}")
    return float(found.group(1))


def missing(programs: dict[str, str]) -> list[str]:
    """The packages of those programs that are not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [package for name, package in programs.items() if not shutil.which(name, path=path)]

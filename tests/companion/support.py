"""Servers and programs of their own for tests: each in a folder and with an environment of its own."""

import atexit
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any, Callable, Iterator, Optional, Sequence

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PACKAGE = REPOSITORY / "harness/agents/python/tidemark"
VENV = pathlib.Path(os.environ.get("TIDEMARK_VENV", str(REPOSITORY / ".venv")))
PYTHON = str(VENV / "bin/python3")
MIB = 1024 * 1024

_folders: "list[str]" = []


def path_with_package() -> str:
    """A folder with the package alone: beside the real one lies the agent's sitecustomize.py."""
    if not _folders:
        _folders.append(tempfile.mkdtemp(prefix="tidemark-companion-"))
        atexit.register(shutil.rmtree, _folders[0], ignore_errors=True)
        (pathlib.Path(_folders[0]) / "tidemark").symlink_to(PACKAGE)
    return _folders[0]


def environment(home: pathlib.Path, **more: str) -> "dict[str, str]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TIDEMARK_")}
    return {
        **kept,
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join((path_with_package(), str(HERE))),
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


def run_python(code: str, home: pathlib.Path, **more: str) -> "subprocess.CompletedProcess[str]":
    """Runs code in a fresh interpreter; what it says goes to both streams as text."""
    return subprocess.run(
        [PYTHON, "-c", code],
        env=environment(home, **more),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )


@contextlib.contextmanager
def started(command: Sequence[str], home: pathlib.Path, **more: str) -> Iterator[subprocess.Popen]:
    """A program that writes to home/log, until the block is left: then SIGTERM, and SIGKILL to its group."""
    with open(home / "log", "ab") as log:
        process = subprocess.Popen(
            command, env=environment(home, **more), cwd=home, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
        process.terminate()
        process.wait(20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(port: int, path: str) -> "tuple[int, str]":
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(condition: Callable[[], Any], what: str, longest: float = 20.0) -> Any:
    deadline = time.monotonic() + longest
    while True:
        with contextlib.suppress(OSError):
            value = condition()
            if value:
                return value
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def open_port(port: int) -> Optional[bool]:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True

"""The peaks of the three CSV exports against the kernel's high-water mark, read without Tidemark.

TIDEMARK_TEST_USERS=100000 asks for larger tables.
"""

import contextlib
import os
import pathlib
import re
import subprocess
import time
import urllib.request

import pytest

from support import REPOSITORY, VENV, free_port, run_tidemark

USERS = os.environ.get("TIDEMARK_TEST_USERS", "20000")
SHOP = REPOSITORY / "scenarios/django-shop"
EXPORTS = ("all", "iterator", "stream")
MIB = 1 << 20


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What Tidemark says, in bytes, by export: the first request's peak, and the largest of the others."""
    folder = tmp_path_factory.mktemp("peaks")
    scenario = str(REPOSITORY / "scenarios/django-shop.yaml")
    result = run_tidemark(
        folder, None, "run", scenario, "--only", "^export-users-", "--set", f"users={USERS}",
        longest=600,
    )
    peaks = {}
    for export in EXPORTS:
        values = result.scenario(f"export-users-{export}")["peaks"]
        first = next(peak["bytes"] for peak in values if peak["first"])
        peaks[export] = (first, max(peak["bytes"] for peak in values if not peak["first"]))
    return peaks


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("database")
    variables = {
        **os.environ,
        "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
        "SHOP_DATABASE": str(folder / "shop.sqlite3"),
        "HOME": str(folder),
    }
    for command in (["migrate", "--verbosity", "0"], ["seed", "--users", USERS]):
        subprocess.run(["python3", "manage.py", *command], cwd=SHOP, env=variables, check=True)
    return variables


@contextlib.contextmanager
def fresh_server(environment):
    """Its address, and the /proc folder of its one worker."""
    port = free_port()
    server = subprocess.Popen(
        ["gunicorn", "shop.wsgi", "--bind", f"127.0.0.1:{port}", "--log-level", "error"],
        cwd=SHOP,
        env=environment,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                fetch(f"http://127.0.0.1:{port}/healthz")
                break
            assert time.monotonic() < deadline and server.poll() is None
            time.sleep(0.05)
        children = pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
        yield f"http://127.0.0.1:{port}", pathlib.Path("/proc", children.split()[0])
    finally:
        server.terminate()
        server.wait(10)


def fetch(url):
    with urllib.request.urlopen(url, timeout=120) as answer:
        while answer.read(1 << 16):
            pass


def status(process, name):
    return int(re.search(rf"^{name}:\s+(\d+) kB", (process / "status").read_text(), re.M)[1]) * 1024


@pytest.mark.parametrize("export", EXPORTS)
def test_the_peak_agrees_with_the_mark_read_by_hand(measured, environment, export):
    with fresh_server(environment) as (address, worker):
        (worker / "clear_refs").write_text("5")
        before = status(worker, "VmRSS")
        fetch(f"{address}/export/users/{export}")
        by_hand = status(worker, "VmHWM") - before
    first, judged = measured[export]
    print(f"{export}: by hand {by_hand / MIB:.2f} MiB, first {first / MIB:.2f}, judged {judged / MIB:.2f}")
    assert first == pytest.approx(by_hand, abs=2 * MIB)
    assert judged == pytest.approx(by_hand, abs=2 * MIB), "without imports and first caches"


def test_the_three_are_told_apart(measured):
    whole, iterator, stream = (measured[export][1] for export in EXPORTS)
    assert whole > 2 * iterator > 2 * stream

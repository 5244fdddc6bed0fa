"""The Python agent, spoken to directly (harness/agents/PROTOCOL.md), in every CPython of this machine.

The agent must answer, and above all it must not be noticed: not at start, not at exit, not after a fork
or an exec, and not by whoever talks nonsense to it.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import textwrap
import time

import pytest

from support import REPOSITORY, pythons

AGENT = REPOSITORY / "harness/agents/python"
READING = {"live_bytes", "held_bytes", "live_blocks", "collector_on", "frozen", "gc", "django_debug"}
OLDEST = (3, 8)  # below it the agent need not work, only keep out of the way


def version_of(python):
    answer = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(map(int, answer.stdout.split(".")))


PYTHONS = [(python, version_of(python)) for python in pythons()]
NEW_ENOUGH = [pytest.param(python, id="%d.%d" % version) for python, version in PYTHONS if version >= OLDEST]
ALL = [pytest.param(python, id="%d.%d" % version) for python, version in PYTHONS]


@pytest.fixture
def sockets():
    """A short path: that of a socket may have 107 bytes."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tm"))
    yield folder
    shutil.rmtree(folder)


def environment(sockets, **more):
    return {
        **os.environ,
        "PYTHONPATH": str(AGENT),
        "TIDEMARK_AGENT_DIR": str(sockets),
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


@contextlib.contextmanager
def application(python, sockets, script, *options, **more):
    """A Python process that has said "ready"; it ends when its standard input does."""
    script = (
        "import sys, os, gc\n" + textwrap.dedent(script) + "\nprint('ready', flush=True)\nsys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [python, *options, "-c", script],
        env=environment(sockets, **more),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        process.before = []
        for line in process.stdout:
            if line == "ready\n":
                break
            process.before.append(line.rstrip("\n"))
        else:
            raise AssertionError(process.stderr.read())
        yield process
        process.stdin.close()
        assert process.wait(10) == 0, process.stderr.read()
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


def connect(sockets, pid, patience=5.0):
    deadline = time.monotonic() + patience
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(15)
        try:
            connection.connect(str(sockets / f"{pid}.sock"))
            return connection
        except OSError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def converse(sockets, pid, request):
    with connect(sockets, pid) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.endswith(b"\n") and answer.count(b"\n") == 1, answer
    return json.loads(answer)


def ask(sockets, pid, operation):
    return converse(sockets, pid, json.dumps({"op": operation}).encode() + b"\n")


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_hello_read_and_settle(python, sockets):
    with application(python, sockets, "kept = [object() for _ in range(100000)]") as app:
        hello = ask(sockets, app.pid, "hello")
        assert (hello["protocol"], hello["pid"], hello["runtime"]) == (2, app.pid, "CPython")
        assert hello["version"].startswith("%d.%d." % version_of(python))
        assert isinstance(hello["can_trim"], bool)
        reading = ask(sockets, app.pid, "read")
        assert set(reading) >= READING
        assert reading["live_blocks"] > 100_000
        assert 1_600_000 < reading["live_bytes"] <= reading["held_bytes"] < 50_000_000
        assert reading["collector_on"] is True and reading["django_debug"] is None
        assert [row["generation"] for row in reading["gc"]] == [0, 1, 2]
        for row in reading["gc"]:
            assert set(row) >= {
                "generation",
                "collections",
                "collected",
                "uncollectable",
                "threshold",
                "count",
            }
        settled = ask(sockets, app.pid, "settle")
        assert set(settled) >= READING | {"gc_objects", "unreachable", "settle_seconds"}
        assert settled["gc_objects"] > 0 and settled["unreachable"] >= 0 and settled["settle_seconds"] > 0


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_live_bytes_are_exact(python, sockets):
    """A thousand objects of 1,000 bytes: no more and no less, and the reader itself leaves nothing."""
    script = """
    import threading
    def grow():
        for line in sys.stdin:
            kept.append([bytes(1000 - 33) for _ in range(1000)])
            print('grown', flush=True)
    kept = []
    threading.Thread(target=grow, daemon=True).start()
    print('ready', flush=True)
    threading.Event().wait()
    """
    process = subprocess.Popen(
        [python, "-c", "import sys\n" + textwrap.dedent(script)],
        env=environment(sockets),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "ready\n"
        for _ in range(3):
            before = ask(sockets, process.pid, "settle")
        still = ask(sockets, process.pid, "settle")
        assert abs(still["live_bytes"] - before["live_bytes"]) < 1000
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "grown\n"
        after = ask(sockets, process.pid, "settle")
        assert 1_000_000 <= after["live_bytes"] - still["live_bytes"] < 1_060_000
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_settle_collects_garbage_and_does_not_count_it_as_the_application_s(python, sockets):
    script = """
    gc.disable(); gc.enable()
    for _ in range(50):
        ring = []
        ring.append(ring)
    """
    with application(python, sockets, script) as app:
        ask(sockets, app.pid, "hello")  # rehearses, and so collects
        first = ask(sockets, app.pid, "settle")
        second = ask(sockets, app.pid, "settle")
        assert second["unreachable"] == 0
        assert [row["collections"] for row in second["gc"]] == [row["collections"] for row in first["gc"]]
        assert second["gc"][2]["collected"] == 0, "what we found is not the application's"


@pytest.mark.parametrize("python", NEW_ENOUGH)
@pytest.mark.parametrize("off", ["gc.disable()", "gc.set_threshold(0)"])
def test_a_collector_that_is_off_stays_off_and_nothing_is_collected(python, sockets, off):
    script = f"""
    {off}
    import weakref
    class Ring: pass
    ring = Ring(); ring.self = ring
    weakref.finalize(ring, print, 'collected', flush=True).atexit = False
    del ring
    """
    with application(python, sockets, script) as app:
        for _ in range(2):
            settled = ask(sockets, app.pid, "settle")
            assert settled["collector_on"] is False
            assert settled["unreachable"] is None
        app.stdin.close()
        assert app.stdout.read() == "", "it was collected"


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_frozen_objects_are_reported(python, sockets):
    with application(python, sockets, "gc.freeze()") as app:
        assert ask(sockets, app.pid, "read")["frozen"] > 100


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_without_a_small_object_allocator_blocks_are_not_available(python, sockets):
    with application(python, sockets, "kept = bytes(3000000)", PYTHONMALLOC="malloc") as app:
        reading = ask(sockets, app.pid, "read")
        assert reading["live_blocks"] is None
        assert reading["live_bytes"] > 3_000_000


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"\n",
        b"not json\n",
        b"[]\n",
        b"{}\n",
        b'{"op": "explode"}\n',
        b'{"op": 7}\n',
        b"\xff\xfe\n",
        b'{"op": {"op": "read"}}\n',
        b"[" * 60000 + b"\n",
    ],
    ids=["nothing", "empty", "words", "list", "no op", "unknown op", "number", "bytes", "nested", "deep"],
)
def test_garbage_gets_an_error_and_changes_nothing(python, sockets, request_):
    with application(python, sockets, "") as app:
        with connect(sockets, app.pid) as connection:
            connection.sendall(request_)
            connection.shutdown(socket.SHUT_WR)  # half-closed
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        assert answer == b"" if not request_.endswith(b"\n") else "error" in json.loads(answer)
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_a_request_that_never_ends_is_hung_up_on(python, sockets):
    with application(python, sockets, "") as app:
        with (
            connect(sockets, app.pid) as connection,
            contextlib.suppress(BrokenPipeError, ConnectionResetError),
        ):
            for _ in range(200):
                connection.sendall(b"x" * 4096)
            assert connection.recv(10) == b""
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_a_request_within_the_limit_that_comes_in_pieces_is_answered(python, sockets):
    with application(python, sockets, "") as app:
        with connect(sockets, app.pid) as connection:
            for byte in b'{"op": "hello", "padding": "%s"}\n' % (b"x" * 200):
                connection.sendall(bytes([byte]))
            assert json.loads(connection.recv(65536))["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_a_peer_that_says_nothing_is_hung_up_on_after_ten_seconds(python, sockets):
    """Meanwhile the application lives, and another peer waits its turn."""
    with application(python, sockets, "") as app:
        began = time.monotonic()
        with connect(sockets, app.pid) as silent:
            assert ask(sockets, app.pid, "hello")["pid"] == app.pid
            assert 8 < time.monotonic() - began < 13
            assert silent.recv(10) == b""


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_a_peer_that_says_a_little_now_and_then_is_hung_up_on_after_ten_seconds(python, sockets):
    with application(python, sockets, "") as app:
        began = time.monotonic()
        with connect(sockets, app.pid) as slow, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            slow.settimeout(1)
            while time.monotonic() - began < 20:
                slow.sendall(b" ")
                with contextlib.suppress(TimeoutError):
                    assert slow.recv(10) == b""
                    break
        assert 8 < time.monotonic() - began < 13
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_a_peer_that_does_not_read_its_answer_and_is_gone(python, sockets):
    with application(python, sockets, "") as app:
        for _ in range(20):
            connection = connect(sockets, app.pid)
            connection.sendall(b'{"op": "read"}\n')
            connection.close()
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_peer_that_is_gone_does_not_end_who_dies_of_broken_pipes(python, sockets):
    script = """
    import signal, threading
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    kept = [[] for _ in range(200000)]  # so that the answer takes its time
    """
    with application(python, sockets, script) as app:
        for _ in range(20):
            with connect(sockets, app.pid) as connection:
                connection.sendall(b'{"op": "settle"}\n')
                connection.shutdown(socket.SHUT_RDWR)
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_signal_that_the_application_waits_for_is_left_to_it(python, sockets):
    """It blocks it in the threads it knows of. Ours is another one, and would be ended by it."""
    script = """
    import signal, threading
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    threading.Thread(target=lambda: print(signal.sigwait({signal.SIGUSR1}).name, flush=True)).start()
    """
    with application(python, sockets, script) as app:
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid
        os.kill(app.pid, signal.SIGUSR1)
        assert app.stdout.readline() == "SIGUSR1\n"
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", ALL)
def test_exit_is_not_delayed_and_not_disturbed(python, sockets):
    def seconds(env):
        began = time.monotonic()
        ended = subprocess.run([python, "-c", "import sys; sys.exit(3)"], env=env, capture_output=True)
        assert ended.returncode == 3
        return time.monotonic() - began, ended.stderr

    plain = min(seconds({**os.environ})[0] for _ in range(3))
    with_agent, errors = min(seconds(environment(sockets)) for _ in range(3))
    assert with_agent - plain < 0.5
    if version_of(python) >= OLDEST:
        assert errors == b""


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_exit_while_somebody_is_connected(python, sockets):
    with application(python, sockets, "") as app:
        with connect(sockets, app.pid):
            time.sleep(0.1)
            app.stdin.close()
            began = time.monotonic()
            assert app.wait(10) == 0
            assert time.monotonic() - began < 2


@pytest.mark.parametrize("python", ALL)
def test_a_sitecustomize_that_ours_hides_is_still_loaded(python, sockets, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; loaded = True; sys.customized = __file__\n")
    show = (
        "import sys, sitecustomize; print(sys.customized); print(sitecustomize.loaded);"
        "print(sitecustomize.__file__); print([p for p in sys.path if 'python/' not in p])"
    )
    path = f"{AGENT}{os.pathsep}{tmp_path}"
    ours = subprocess.run(
        [python, "-c", show], env=environment(sockets, PYTHONPATH=path), capture_output=True, text=True
    )
    theirs = subprocess.run(
        [python, "-c", show], env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert ours.stdout == theirs.stdout != "", ours.stderr


@pytest.mark.parametrize("python", ALL)
def test_sys_path_and_modules_are_as_without_us(python, sockets):
    show = "import sys; print(sys.path); print('sitecustomize' in sys.modules)"
    ours = subprocess.run([python, "-c", show], env=environment(sockets), capture_output=True, text=True)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    theirs = subprocess.run([python, "-c", show], env=clean, capture_output=True, text=True)
    assert ours.stdout.splitlines()[0] == theirs.stdout.splitlines()[0] != "", ours.stderr


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_a_hidden_sitecustomize_that_fails_fails_as_without_us(python, sockets, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("raise RuntimeError('their own mistake')\n")
    path = f"{AGENT}{os.pathsep}{tmp_path}"
    run = subprocess.run(
        [python, "-c", "print('runs')"],
        env=environment(sockets, PYTHONPATH=path),
        capture_output=True,
        text=True,
    )
    assert run.stdout == "runs\n"
    assert "their own mistake" in run.stderr


@pytest.mark.parametrize("python", ALL)
def test_without_a_folder_for_its_socket_the_application_runs(python, tmp_path):
    run = subprocess.run(
        [python, "-c", "print('runs')"], env=environment(tmp_path / "missing"), capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == (0, "runs\n")
    assert "tidemark: no agent in process" in run.stderr


@pytest.mark.parametrize("python", ALL)
@pytest.mark.parametrize("errors", ["2>&-", "2>/dev/full"])
def test_an_agent_that_cannot_complain_does_not_keep_the_application_from_running(python, tmp_path, errors):
    run = subprocess.run(
        ["/bin/sh", "-c", f"exec {python} -c 'print(1)' {errors}"],
        env=environment(tmp_path / "missing", TIDEMARK_GC_THRESHOLD="many"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert (run.returncode, run.stdout) == (0, "1\n")


@pytest.mark.parametrize("python", ALL)
def test_without_the_variable_nothing_happens(python):
    env = {**os.environ, "PYTHONPATH": str(AGENT)}
    env.pop("TIDEMARK_AGENT_DIR", None)
    script = "import sys; print('tidemark_agent' in sys.modules)"
    run = subprocess.run([python, "-c", script], env=env, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "False\n", "")


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_django_debug_is_read_and_django_is_never_imported(python, sockets, tmp_path):
    (tmp_path / "django").mkdir()
    (tmp_path / "django/__init__.py").write_text("")
    (tmp_path / "django/conf.py").write_text("class settings:\n    configured = True\n    DEBUG = True\n")
    with application(python, sockets, f"sys.path.insert(0, {str(tmp_path)!r})\nimport django.conf") as app:
        assert ask(sockets, app.pid, "read")["django_debug"] is True
    with application(python, sockets, "") as app:
        assert ask(sockets, app.pid, "read")["django_debug"] is None


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_threads_of_a_busy_application_do_not_keep_it_from_answering(python, sockets):
    script = """
    import threading
    def spin():
        while True: sum(range(1000))
    for _ in range(4): threading.Thread(target=spin, daemon=True).start()
    """
    with application(python, sockets, script) as app:
        began = time.monotonic()
        assert ask(sockets, app.pid, "settle")["live_blocks"] > 0
        assert time.monotonic() - began < 5

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

from support import REPOSITORY, VENV, pythons

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
def test_a_silent_peer_does_not_hold_up_a_fork(python, sockets):
    script = """
    import threading, time
    def fork():
        while not os.path.exists(os.environ['TIDEMARK_AGENT_DIR'] + '/now'): time.sleep(0.01)
        began = time.perf_counter()
        os.waitpid(os.fork() or os._exit(0), 0)
        print(time.perf_counter() - began, flush=True)
    forking = threading.Thread(target=fork)
    forking.start()
    """
    with application(python, sockets, script) as app:
        with connect(sockets, app.pid) as connection:
            connection.sendall(b'{"op"')
            time.sleep(0.1)
            (sockets / "now").touch()
            assert float(app.stdout.readline()) < 2
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


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_forked_child_has_a_socket_of_its_own(python, sockets):
    script = """
    pid = os.fork()
    if pid == 0:
        sys.stdin.read()
        os._exit(0)
    print(pid, flush=True)
    """
    with application(python, sockets, script) as app:
        child = int(app.before[0])
        assert ask(sockets, child, "hello")["pid"] == child
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid
        assert ask(sockets, child, "settle")["live_bytes"] > 0


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_fork_does_not_warn_of_a_thread(python, sockets):
    """From 3.12 on a fork with a live thread does. The application has none; ours must not be noticed."""
    script = "import os\nfor _ in range(100): os.waitpid(os.fork() or os._exit(0), 0)"
    run = subprocess.run(
        [python, "-W", "always", "-c", script], env=environment(sockets), capture_output=True, text=True
    )
    assert run.returncode == 0
    assert run.stderr.count("DeprecationWarning") == 0


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_many_forks_in_a_row_while_somebody_asks(python, sockets):
    """The agent's thread is stopped before each fork: with a settling under way that must not hang."""
    script = """
    kept = [[] for _ in range(200000)]
    print('started', flush=True)
    import threading
    def forks():
        for _ in range(40):
            pid = os.fork() or os._exit(0)
            os.waitpid(pid, 0)
        print('done', flush=True)
    threading.Thread(target=forks).start()
    """
    with application(python, sockets, script) as app:
        deadline = time.monotonic() + 20
        answered = 0
        while answered < 15 and time.monotonic() < deadline:
            with contextlib.suppress(OSError, AssertionError, ValueError):
                answered += ask(sockets, app.pid, "settle")["live_blocks"] > 0
        app.stdin.close()
        assert "done" in app.stdout.read()


def test_forks_in_a_process_whose_threads_are_greenlets(sockets):
    """gevent patches `_thread` too. What blocks in a greenlet, with all signals blocked, blocks for good."""
    script = """
    from gevent.monkey import patch_all
    patch_all()
    import subprocess
    print(subprocess.run(['echo', 'hi'], stdout=subprocess.PIPE, timeout=10).stdout.decode(), end='')
    print(subprocess.run(['echo', 'ho'], stdout=subprocess.PIPE, preexec_fn=int).stdout.decode(), end='')
    pid = os.fork()
    if pid == 0:
        sys.stdin.read()
        os._exit(0)
    print(pid, flush=True)
    """
    with application(VENV / "bin/python3", sockets, script) as app:
        assert app.before[:2] == ["hi", "ho"]
        for pid in (app.pid, int(app.before[2])):
            assert ask(sockets, pid, "hello")["pid"] == pid
            assert ask(sockets, pid, "settle")["live_bytes"] > 0


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_subinterpreter_has_no_agent_and_leaves_the_first_one_alone(python, sockets):
    script = """
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    for _ in range(3):
        one = interpreters.create()
        interpreters.run_string(one, "import sys; assert 'tidemark_agent.server' not in sys.modules")
        interpreters.destroy(one)
    """
    with application(python, sockets, script) as app:
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid
        app.stdin.close()
        assert app.stderr.read() == ""


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_descriptors_that_have_become_the_application_s_survive_a_fork(python, sockets):
    """In `accept` for good, the agent sees nobody close its socket."""
    script = """
    import time, socket
    time.sleep(2.5)
    os.closerange(3, 100)
    theirs = [socket.socketpair() for _ in range(5)]
    began = time.perf_counter()
    for _ in range(3):
        os.waitpid(os.fork() or os._exit(0), 0)
    print(time.perf_counter() - began)
    for one, other in theirs:
        one.send(b'still open')
        print(other.recv(100).decode())
    """
    with application(python, sockets, script) as app:
        assert float(app.before[0]) < 2
        assert app.before[1:] == ["still open"] * 5
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_forks_go_on_when_the_agent_cannot_start_again(python, sockets):
    script = """
    import time
    os.rename(os.environ['TIDEMARK_AGENT_DIR'], os.environ['TIDEMARK_AGENT_DIR'] + '-gone')
    began = time.perf_counter()
    for _ in range(3):
        os.waitpid(os.fork() or os._exit(0), 0)
    print(time.perf_counter() - began)
    os.rename(os.environ['TIDEMARK_AGENT_DIR'] + '-gone', os.environ['TIDEMARK_AGENT_DIR'])
    os.waitpid(os.fork() or os._exit(0), 0)
    """
    with application(python, sockets, script) as app:
        assert float(app.before[0]) < 3
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid
        app.stdin.close()
        parents = [line for line in app.stderr.read().splitlines() if f"process {app.pid}:" in line]
        assert len(parents) == 1 and "no agent" in parents[0], "it is told once"


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_threads_may_fork_together(python, sockets):
    script = """
    import threading, time, warnings
    warnings.simplefilter('ignore')
    def forks():
        for _ in range(25):
            os.waitpid(os.fork() or os._exit(0), 0)
    threads = [threading.Thread(target=forks) for _ in range(4)]
    began = time.perf_counter()
    for thread in threads: thread.start()
    forks()
    for thread in threads: thread.join()
    print(time.perf_counter() - began)
    """
    with application(python, sockets, script) as app:
        assert float(app.before[0]) < 8
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH[-1:])
def test_a_fork_when_there_are_no_more_threads(python, sockets):
    script = """
    import _thread, resource
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
        import threading
        threading.stack_size(1 << 27)
        child = os.fork()
        if child == 0:
            os._exit(0)
        os._exit(os.waitpid(child, 0)[1])
    print(os.waitpid(pid, 0)[1])
    """
    with application(python, sockets, script) as app:
        assert app.before == ["0"]
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_exec_keeps_working(python, sockets):
    """The new program takes over the process, its descriptors and its socket's name."""
    script = """
    if not os.environ.get('AGAIN'):
        os.environ['AGAIN'] = 'yes'
        again = "import sys; print('ready', flush=True); sys.stdin.read()"
        os.execv(sys.executable, [sys.executable, '-c', again])
    """
    with application(python, sockets, script) as app:
        assert ask(sockets, app.pid, "hello")["pid"] == app.pid


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_daemon_that_closes_all_descriptors(python, sockets):
    script = """
    os.closerange(3, 100)
    import socket
    theirs = [socket.socketpair() for _ in range(5)]  # in the place of the agent's
    """
    with application(python, sockets, script) as app:
        time.sleep(0.1)  # it looks every ten milliseconds
        try:
            assert ask(sockets, app.pid, "hello")["pid"] == app.pid
        finally:
            assert app.poll() is None


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_the_descriptors_of_a_daemon_are_its_own(python, sockets):
    """Who closes everything and opens /dev/null three times has standard streams. Nobody may be faster."""
    script = """
    import os, time
    disturbed = 0
    for _ in range(40):
        pid = os.fork()
        if pid == 0:
            for descriptor in range(100):
                try: os.close(descriptor)
                except OSError: pass
            time.sleep(0.002)  # anything that lets another thread run
            streams = [os.open(os.devnull, os.O_RDWR) for _ in range(3)]
            os._exit(streams != [0, 1, 2])
        disturbed += os.waitpid(pid, 0)[1] != 0
    print(disturbed)
    """
    run = subprocess.run(
        [python, "-c", textwrap.dedent(script)], env=environment(sockets), capture_output=True, text=True
    )
    assert run.stdout == "0\n", f"{run.stdout.strip()} of 40 daemons were disturbed: {run.stderr}"


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_daemon_as_the_textbooks_write_it_has_an_agent(python, sockets):
    """fork, setsid, fork, close everything, /dev/null in the place of the terminal."""
    script = """
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.write(write, b'%d\\n' % os.getpid())
        for descriptor in range(100):
            try: os.close(descriptor)
            except OSError: pass
        os.open(os.devnull, os.O_RDWR); os.dup2(0, 1); os.dup2(0, 2)
        import time
        time.sleep(20)
        os._exit(0)
    print(int(os.read(read, 100)), flush=True)
    os.wait()
    """
    with application(python, sockets, script) as app:
        daemon = int(app.before[0])
        try:
            time.sleep(0.1)
            assert ask(sockets, daemon, "hello")["pid"] == daemon
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(daemon, signal.SIGKILL)


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

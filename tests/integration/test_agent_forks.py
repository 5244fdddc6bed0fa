"""Forks, threads, greenlets, subinterpreters, daemons: none is disturbed by the agent, and none loses it."""

import contextlib
import os
import signal
import subprocess
import textwrap
import time

import pytest

from support import VENV, gunicorn, run_tidemark, scenario
from test_agent import NEW_ENOUGH, application, ask, connect, environment, sockets  # noqa: F401


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_silent_peer_does_not_hold_up_a_fork(python, sockets):  # noqa: F811
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
def test_a_forked_child_has_a_socket_of_its_own(python, sockets):  # noqa: F811
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
def test_a_fork_does_not_warn_of_a_thread(python, sockets):  # noqa: F811
    """From 3.12 on a fork with a live thread does. The application has none; ours must not be noticed."""
    script = "import os\nfor _ in range(100): os.waitpid(os.fork() or os._exit(0), 0)"
    run = subprocess.run(
        [python, "-W", "always", "-c", script], env=environment(sockets), capture_output=True, text=True
    )
    assert run.returncode == 0
    assert run.stderr.count("DeprecationWarning") == 0


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_many_forks_in_a_row_while_somebody_asks(python, sockets):  # noqa: F811
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


def test_forks_in_a_process_whose_threads_are_greenlets(sockets):  # noqa: F811
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
def test_a_subinterpreter_has_no_agent_and_leaves_the_first_one_alone(python, sockets):  # noqa: F811
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
def test_descriptors_that_have_become_the_application_s_survive_a_fork(python, sockets):  # noqa: F811
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
def test_forks_go_on_when_the_agent_cannot_start_again(python, sockets):  # noqa: F811
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
def test_threads_may_fork_together(python, sockets):  # noqa: F811
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
def test_a_fork_when_there_are_no_more_threads(python, sockets):  # noqa: F811
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
def test_exec_keeps_working(python, sockets):  # noqa: F811
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
def test_a_daemon_that_closes_all_descriptors(python, sockets):  # noqa: F811
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
def test_the_descriptors_of_a_daemon_are_its_own(python, sockets):  # noqa: F811
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
def test_a_daemon_as_the_textbooks_write_it_has_an_agent(python, sockets):  # noqa: F811
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


def test_another_program_out_of_a_fork_in_python_leaves_no_gap(tmp_path):
    """Between fork and exec it had an agent, whose socket's name stays."""
    settings = tmp_path / "settings.py"
    settings.write_text(
        "import subprocess\n"
        "def when_ready(server):\n"
        "    subprocess.Popen(['sleep', '600'], preexec_fn=int)\n"
    )
    result = run_tidemark(tmp_path, gunicorn("--config", str(settings)) + scenario("/"))
    assert any("sleep" in process["command"] for process in result.scenario()["processes"])
    gate = result.gates()["growth"]
    assert (gate["outcome"], gate["signal"]) == ("pass", "live_bytes"), gate["reason"]

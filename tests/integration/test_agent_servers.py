"""The agent under the servers that Python applications run on: each process that answers can be measured
to the byte, a leak is called one, and its line is named."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from support import APPS, REPOSITORY, VENV, gunicorn, run_tidemark, scenario, target

AGENT = REPOSITORY / "harness/agents/python"


def installed(module):
    """Whether the servers' environment has it."""
    return subprocess.run([VENV / "bin/python", "-c", f"import {module}"], capture_output=True).returncode == 0


def needs(module):
    return pytest.mark.skipif(not installed(module), reason=f"{module} is not installed: see ci/setup.sh")


def uvicorn(*options):
    return target(["uvicorn", "asgi:application", "--port", "{{port}}", "--log-level", "warning", *options])


UWSGI = ["uwsgi", "--plugin", "python3", "--http-socket", "127.0.0.1:{{port}}", "--module", "views:application"]
UWSGI += ["--master", "--processes", "2"]
UWSGI_NEEDS = ["--enable-threads", "--py-call-osafterfork"]
has_uwsgi = pytest.mark.skipif(shutil.which("uwsgi") is None, reason="there is no uwsgi: see ci/setup.sh")
SERVERS = [
    pytest.param(gunicorn("--preload"), id="gunicorn --preload"),
    pytest.param(gunicorn("--worker-class", "gthread", "--threads", "4"), id="gunicorn gthread"),
    pytest.param(gunicorn("--worker-class", "gevent"), id="gunicorn gevent", marks=needs("gevent")),
    pytest.param(
        gunicorn("--worker-class", "uvicorn_worker.UvicornWorker", app="asgi:application"),
        id="gunicorn uvicorn worker",
        marks=needs("uvicorn_worker"),
    ),
    pytest.param(uvicorn(), id="uvicorn", marks=needs("uvicorn")),
    pytest.param(uvicorn("--workers", "2"), id="uvicorn --workers", marks=needs("uvicorn")),
    pytest.param(target([*UWSGI, *UWSGI_NEEDS]), id="uwsgi", marks=has_uwsgi),
    pytest.param(target([*UWSGI, *UWSGI_NEEDS, "--lazy-apps"]), id="uwsgi --lazy-apps", marks=has_uwsgi),
]


@pytest.mark.parametrize("server", SERVERS)
def test_a_leak_is_named(tmp_path, server):
    # uWSGI's own socket closes each connection without saying so.
    result = run_tidemark(tmp_path, server + scenario("/leak?n=1000", connection="{keep_alive: false}"))
    growth = result.gates()["growth"]
    assert (growth["outcome"], growth["signal"]) == ("fail", "live_bytes"), growth["reason"]
    assert growth["measured"]["value"] == pytest.approx(1016, abs=60)
    finding = result.scenario()["findings"][0]
    assert finding["source"].startswith("kept.append("), finding
    assert finding["bytes_per_iteration"] == pytest.approx(1016, abs=60)
    assert "kept" in finding["retained_by"][0]


@pytest.mark.parametrize("server", SERVERS)
def test_a_healthy_one_passes(tmp_path, server):
    result = run_tidemark(tmp_path, server + scenario("/healthy", connection="{keep_alive: false}"))
    growth = result.gates()["growth"]
    told = (growth["reason"], result.scenario().get("message"), result.log("it")[-1500:])
    assert (growth["outcome"], growth["signal"]) == ("pass", "live_bytes"), told
    assert result.scenario()["findings"] == []


@has_uwsgi
@pytest.mark.parametrize("more", [[], ["--lazy-apps"]], ids=["", "lazy"])
def test_uwsgi_workers_are_not_born_into_the_agents_lock(more):
    """uWSGI forks whoever has the interpreter's lock at this moment; a worker that finds it taken hangs."""
    for _ in range(60):
        with tempfile.TemporaryDirectory(prefix="tm") as folder, socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            command = [part.replace("{{port}}", str(probe.getsockname()[1])) for part in UWSGI]
            probe.close()
            server = subprocess.Popen(
                [*command, *UWSGI_NEEDS, *more, "--workers", "4"],
                cwd=APPS,
                env={**os.environ, "PYTHONPATH": str(AGENT), "TIDEMARK_AGENT_DIR": folder},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                deadline = time.monotonic() + 10
                while len(list(pathlib.Path(folder).glob("*.sock"))) < 5:
                    assert time.monotonic() < deadline, "a worker hangs"
                    time.sleep(0.05)
            finally:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


@has_uwsgi
def test_uwsgi_without_the_options_it_needs_is_told_them(tmp_path):
    """The manager's agent must not acquit the workers, which have none."""
    keys = {"connection": "{keep_alive: false}", "iterations": "{max: 400}"}
    yaml = target([*UWSGI, "--enable-threads"]) + scenario("/leak?n=100000", **keys)
    result = run_tidemark(tmp_path, yaml)
    assert "--enable-threads --py-call-osafterfork" in result.audit()["agent"]["detail"]
    growth = result.gates()["growth"]
    assert growth["outcome"] != "pass" and growth["signal"] == "uss", growth


def test_djangos_own_server_has_an_agent(tmp_path):
    shop = REPOSITORY / "scenarios/django-shop"
    yaml = (
        "version: 1\nname: shop\ntarget:\n"
        f"  directory: {json.dumps(str(shop))}\n"
        "  prepare: [[python3, manage.py, migrate, --verbosity, '0']]\n"
        "  command: [python3, manage.py, runserver, --noreload, '127.0.0.1:{{port}}']\n"
        "  environment: {SHOP_DATABASE: '{{scratch}}/shop.sqlite3'}\n"
        "  readiness: {path: /healthz}\n"
    )
    result = run_tidemark(tmp_path, yaml + scenario("/leaks/list?bytes=1000"))
    assert result.gates()["growth"]["outcome"] == "fail"
    assert result.scenario()["findings"][0]["function"] == "keep_in_list"


def ask(sockets, pid, **request):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(f"{sockets}/{pid}.sock")
        connection.sendall(json.dumps(request).encode() + b"\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return json.loads(answer)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def started(command, **keys):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **keys)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@needs("celery")
@needs("redis")
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server: see ci/setup.sh")
def test_celerys_prefork_workers_have_agents_that_name_the_line(tmp_path):
    port = free_port()
    sockets = pathlib.Path(tempfile.mkdtemp(prefix="tm"))
    environment = {
        **os.environ,
        "BROKER": f"redis://127.0.0.1:{port}/0",
        "PYTHONPATH": f"{AGENT}:{APPS}",
        "TIDEMARK_AGENT_DIR": str(sockets),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    redis = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    call = "import tasks; print([tasks.keep.delay().get(timeout=20) for _ in range({})][-1])"

    def drive(count):
        answer = subprocess.run(
            [VENV / "bin/python", "-c", call.format(count)],
            env={**environment, "PYTHONPATH": str(APPS), "TIDEMARK_AGENT_DIR": ""},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert answer.returncode == 0, answer.stderr
        return int(answer.stdout)

    celery = [VENV / "bin/celery", "--app", "tasks", "worker", "--pool", "prefork", "--concurrency", "1"]
    with started(redis, stdout=subprocess.DEVNULL), started(
        [*celery, "--loglevel", "error"], env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL
    ):
        worker = drive(40)
        assert ask(sockets, worker, op="hello")["pid"] == worker
        assert ask(sockets, worker, op="trace", frames=25) == {"was_tracing": False}
        drive(20)
        for _ in range(3):
            assert "error" not in ask(sockets, worker, op="mark")
            drive(20)
        ask(sockets, worker, op="mark")
        diagnosis = ask(sockets, worker, op="diagnose", iterations=60)
        ask(sockets, worker, op="untrace")
    shutil.rmtree(sockets, ignore_errors=True)
    largest = diagnosis["sites"][0]
    assert largest["blocks"][-1] - largest["blocks"][0] == 60
    assert diagnosis["frames"][largest["headline"]][3].startswith("kept.append(")
    assert diagnosis["holders"][largest["holder"]]["name"] == "tasks.kept"

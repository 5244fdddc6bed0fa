"""The package as pip installs it from a checkout, without a network."""

import os
import pathlib
import shutil
import subprocess
import sys
from typing import List, Optional

import pytest

from support import PACKAGE, PYTHON, REPOSITORY, environment

CAN_BUILD = """
import importlib.util, setuptools
assert importlib.util.find_spec("pip")
major, minor = map(int, setuptools.__version__.split(".")[:2])
if (major, minor) < (70, 1):
    import wheel
"""


def builder() -> Optional[str]:
    """An interpreter that can build a wheel by itself."""
    for python in (PYTHON, "/usr/bin/python3", sys.executable):
        if (
            os.path.exists(python)
            and subprocess.run([python, "-c", CAN_BUILD], capture_output=True).returncode == 0
        ):
            return python
    return None


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    python = builder()
    if python is None:
        pytest.skip("no setuptools and wheel here to build with")
    folder = tmp_path_factory.mktemp("package")
    # A copy: setuptools leaves build/ and *.egg-info where it builds.
    shutil.copytree(PACKAGE.parent, folder / "source", ignore=shutil.ignore_patterns("__pycache__", "build"))
    target = folder / "target"
    command = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-build-isolation", "--no-deps"]
    done = subprocess.run(
        [*command, "--target", str(target), str(folder / "source")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return target


def test_it_holds_the_package_and_nothing_of_the_agent(installed: pathlib.Path) -> None:
    top = sorted(entry.name.split("-")[0] for entry in installed.iterdir())
    assert top == ["tidemark", "tidemark"], "the package and its .dist-info"
    names = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py")}
    assert {
        str(path.relative_to(installed / "tidemark")) for path in (installed / "tidemark").rglob("*.py")
    } == names
    assert (installed / "tidemark/py.typed").exists()


def test_it_works_without_django_and_celery(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    code = "import tidemark, sys; print(tidemark.__file__, 'django' in sys.modules, 'celery' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**environment(tmp_path), "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [str(installed / "tidemark/__init__.py"), "False", "False"], done.stderr


def test_the_command_is_found(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    code = "import companion_site; from django.core.management import get_commands as commands\n"
    code += "print(commands()['tidemark_trends'])"
    path = os.pathsep.join((str(installed), str(pathlib.Path(__file__).parent)))
    done = subprocess.run(
        [PYTHON, "-c", code],
        env={**environment(tmp_path), "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "tidemark.django", done.stderr


def pythons() -> List[str]:
    """Every CPython from 3.8 on that the machine has, one of each minor version."""
    candidates = [pathlib.Path(sys.executable), *sorted(pathlib.Path("/usr/bin").glob("python3.[0-9]*"))]
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    found = {}
    for candidate in [*candidates, *sorted(root.glob("versions/3.*/bin/python3"))]:
        if candidate.name.endswith("config") or not os.access(candidate, os.X_OK):
            continue
        question = "import sys; print(sys.version_info[:2] >= (3, 8) and '%d.%d' % sys.version_info[:2])"
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True)
        if answer.returncode == 0 and answer.stdout.strip() != "False":
            found.setdefault(answer.stdout.strip(), str(candidate))
    return list(found.values())


@pytest.mark.parametrize("python", pythons())
def test_hunter_and_monitor_run_on_every_python(python: str, tmp_path: pathlib.Path) -> None:
    code = """
import ctypes, gc, tidemark
from tidemark.metering import Meter
from tidemark.settings import Settings
from tidemark.trends import Trends
ctypes.CDLL(None).mallopt(-3, 65536)
monitor = tidemark.GCMonitor(interval=60); monitor.start(); gc.collect()
kept, found = [], []
hunter = tidemark.LeakHunter(threshold="2MiB", every=10, warmup=10, trace=True, callback=found.append)
for _ in range(60):
    kept.append(b"x" * 100000); hunter.tick()
    if hunter._thread: hunter._thread.join()
hunter.stop()
meter = Meter(Settings(), Trends(1, 1, 2)); meter.end(meter.begin(), "it")
print(monitor.statistics()[2].collections > 0, monitor.openmetrics().count("EOF"), len(found) > 0)
monitor.stop()
"""
    env = environment(tmp_path)
    done = subprocess.run(
        [python, "-W", "error", "-c", code], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["True", "1", "True"], done.stderr


@pytest.mark.parametrize("python", pythons())
def test_forks_beside_hunter_and_monitor_warn_of_no_thread(python: str, tmp_path: pathlib.Path) -> None:
    code = """
import os, threading, tidemark
monitor = tidemark.GCMonitor(interval=60); monitor.start()
hunter = tidemark.LeakHunter(every=1, warmup=0)
for _ in range(20):
    hunter.tick()
    os.waitpid(os.fork() or os._exit(0), 0)
print("tidemark-gc-monitor" in [thread.name for thread in threading.enumerate()])
hunter.stop(); monitor.stop()
"""
    env = environment(tmp_path)
    done = subprocess.run(
        [python, "-W", "always", "-c", code], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "True\n", done.stderr
    assert "DeprecationWarning" not in done.stderr


def test_building_leaves_nothing_that_git_would_see() -> None:
    ignored = (REPOSITORY / ".gitignore").read_text().split()
    assert "*.egg-info/" in ignored and "/harness/agents/python/build/" in ignored

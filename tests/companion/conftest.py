"""Tests of the Python package `tidemark`, with the Django, gunicorn and Celery that ci/setup.sh installs.

pytest is the system's and they are in .venv: its packages are put behind the system's own.
"""

import ctypes
import logging
import os
import pathlib
import sys
import threading
from typing import Iterator, List

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import PACKAGE, VENV, path_with_package  # noqa: E402

M_MMAP_THRESHOLD = -3  # <malloc.h>
VERSION = "python{}.{}".format(*sys.version_info)
sys.path.append(str(VENV / "lib" / VERSION / "site-packages"))
sys.path.insert(0, path_with_package())


def pytest_configure(config: pytest.Config) -> None:
    import tidemark

    assert pathlib.Path(tidemark.__file__).resolve().parent == PACKAGE
    try:
        import django  # noqa: F401
    except ImportError:
        raise pytest.UsageError("Django is missing: see ci/setup.sh") from None
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    # What tests keep shall be seen in resident memory, not come from what the tests before have freed.
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 64 * 1024)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[List[str]]:
    """What went to the package's logger, as lines `LEVEL message`, growing."""
    lines: List[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.levelname} {record.getMessage()}")

    handler = Collect()
    logger = logging.getLogger("tidemark")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield lines
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Whatever a test started, it stopped; and the package with it."""
    import gc
    import tracemalloc

    threads, callbacks = set(threading.enumerate()), list(gc.callbacks)
    yield
    ours = [one.name for one in set(threading.enumerate()) - threads if one.name.startswith("tidemark")]
    assert ours == []
    assert gc.callbacks == callbacks
    assert not tracemalloc.is_tracing()

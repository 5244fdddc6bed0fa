"""Integration tests: the real program, real servers, real signals. See support.py for the tools."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from support import TIDEMARK, VENV  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    for path in (TIDEMARK, VENV / "bin/python3"):
        if not pathlib.Path(path).exists():
            raise pytest.UsageError(f"{path} is missing: build first, or see ci/setup.sh")

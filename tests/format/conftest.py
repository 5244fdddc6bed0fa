"""Says how these tests are run when they are run by hand."""

import os

import pytest


def pytest_configure() -> None:
    if not os.access(os.environ.get("TIDEMARK", ""), os.X_OK):
        pytest.exit("set TIDEMARK to the path of the built program", 2)

"""What `tidemark check` says about every bad fixture, word for word.

TIDEMARK_UPDATE_GOLDEN=1 in the environment writes the expected texts anew; read what changed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from scenario_files import check_fixture, fixtures, name

REFUSED = fixtures("bad") + fixtures("bad-values")


@pytest.mark.parametrize("file", REFUSED, ids=name)
def test_every_mistake_is_said_at_its_place(file: Path) -> None:
    checked = check_fixture(file)
    assert (checked.returncode, checked.stdout) == (2, "")
    expected = file.with_suffix(".expected")
    if os.environ.get("TIDEMARK_UPDATE_GOLDEN") == "1":
        expected.write_text(checked.stderr, encoding="utf-8")
    assert checked.stderr == expected.read_text(encoding="utf-8")


def test_no_expected_text_is_left_over() -> None:
    folders = {file.parent for file in REFUSED}
    expected = {text for folder in folders for text in folder.glob("*.expected")}
    assert expected == {file.with_suffix(".expected") for file in REFUSED}

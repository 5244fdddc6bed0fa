"""Reader and schema say the same about every fixture and every scenario file that is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_files import (
    REPOSITORY,
    VIEWS,
    check_fixture,
    fixtures,
    name,
    schema_mistakes,
    shipped_scenarios,
    tidemark_check,
)

both_views = pytest.mark.parametrize("view", VIEWS)


@pytest.mark.parametrize("file", fixtures("good"), ids=name)
def test_the_reader_accepts_a_good_file(file: Path) -> None:
    checked = check_fixture(file)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "no mistakes" in checked.stdout


@pytest.mark.parametrize("file", shipped_scenarios(), ids=name)
def test_the_reader_accepts_a_shipped_scenario(file: Path) -> None:
    checked = tidemark_check(file.relative_to(REPOSITORY), folder=REPOSITORY)
    assert (checked.returncode, checked.stderr) == (0, "")


@both_views
@pytest.mark.parametrize("file", fixtures("good") + shipped_scenarios(), ids=name)
def test_the_schema_accepts_a_good_file(file: Path, view: str) -> None:
    assert schema_mistakes(file, view) == []


@both_views
@pytest.mark.parametrize("file", fixtures("bad"), ids=name)
def test_the_schema_refuses_a_bad_file(file: Path, view: str) -> None:
    assert schema_mistakes(file, view) != []


@both_views
@pytest.mark.parametrize("file", fixtures("bad-values"), ids=name)
def test_the_schema_accepts_what_only_the_reader_can_see(file: Path, view: str) -> None:
    assert schema_mistakes(file, view) == []

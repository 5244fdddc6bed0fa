"""The check of the layers finds what it is there to find."""

from __future__ import annotations

from pathlib import Path

import check_layers


def found(tmp_path: Path, path: str, text: str) -> list[str]:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return check_layers.violations(tmp_path)


def test_downwards_is_fine(tmp_path: Path) -> None:
    assert found(tmp_path, "harness/run/a.cc", '#include "harness/base/units.h"\n') == []


def test_upwards_is_not(tmp_path: Path) -> None:
    assert found(tmp_path, "harness/base/a.cc", '\n#include "harness/plan/plan.h"\n') == [
        "harness/base/a.cc:2: harness/base must not include harness/plan (harness/plan/plan.h)"
    ]


def test_sideways_is_not(tmp_path: Path) -> None:
    assert found(tmp_path, "harness/load/a.h", '#include "harness/target/target.h"\n') == [
        "harness/load/a.h:1: harness/load must not include harness/target (harness/target/target.h)"
    ]


def test_a_library_stays_in_its_room(tmp_path: Path) -> None:
    assert found(tmp_path, "harness/run/a.cc", "#include <curl/curl.h>\n") == [
        "harness/run/a.cc:1: curl/curl.h belongs to harness/load alone"
    ]


def test_headers_show_no_library(tmp_path: Path) -> None:
    assert found(tmp_path, "harness/run/a.h", "#include <fmt/format.h>\n") == [
        "harness/run/a.h:1: a header must not show fmt/format.h to the whole project"
    ]


def test_headers_include_none_that_is_for_sources(tmp_path: Path) -> None:
    assert found(tmp_path, "harness/run/a.h", '#include "harness/base/json.h"\n') == [
        "harness/run/a.h:1: harness/base/json.h is for sources, not for headers"
    ]


def test_a_new_folder_must_be_known(tmp_path: Path) -> None:
    assert found(tmp_path, "harness/misc/a.cc", "") == [
        "harness/misc/a.cc:1: this folder is no room of the design"
    ]

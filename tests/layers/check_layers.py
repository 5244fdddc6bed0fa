"""Fails when an include runs against the layers of the design, or a library is used outside its room.

    check_layers.py ROOT        prints each violation as file:line: what, and exits 1 if there is any
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Iterator

# Each room with those that it may include. A room may always include itself.
ROOMS: dict[str, set[str]] = {
    "harness/base": set(),
    "harness/extract": {"harness/base"},
    "harness/scenario": {"harness/base"},
    "harness/plan": {"harness/base", "harness/extract", "harness/scenario"},
    "harness/record": {"harness/base", "harness/plan"},
    "harness/target": {"harness/base", "harness/extract", "harness/plan"},
    "harness/load": {"harness/base", "harness/extract", "harness/plan"},
    "harness/probes": {"harness/base", "harness/record"},
    "harness/agents": {"harness/base"},
    "harness/analysis": {"harness/base", "harness/plan", "harness/record"},
    "harness/run": {
        "harness/base",
        "harness/plan",
        "harness/record",
        "harness/target",
        "harness/load",
        "harness/probes",
        "harness/agents",
        "harness/analysis",
    },
    "reporters": {"harness/base", "harness/extract", "harness/plan", "harness/record", "harness/analysis"},
    "harness/cli": {
        "harness/base",
        "harness/scenario",
        "harness/plan",
        "harness/record",  # what `analyze` is given
        "harness/target",  # main.cc alone: the guardian is this program under another name
        "harness/analysis",
        "harness/run",
        "reporters",
    },
}

# Libraries that one room wraps for all others.
OWNERS: dict[str, str] = {
    "nlohmann/": "harness/base",
    "yaml-cpp/": "harness/scenario",
    "csv.h": "harness/scenario",
    "boost/process": "harness/target",
    "curl/": "harness/load",
    "CLI/": "harness/cli",
    "pugixml": "reporters",
    "boost/math": "harness/analysis",
    "boost/uuid": "harness/analysis",
    "boost/json": "harness/extract",
    "re2/": "harness/extract",
    "modest/": "harness/extract",
    "mycss/": "harness/extract",
    "myhtml/": "harness/extract",
    "openssl/": "harness/extract",
}

# In a header the whole project sees it: of other people's types only the result type may be there.
ALLOWED_IN_HEADERS = ("tl/expected.hpp",)
# These are no part of what a room shows: sources include them, and each other.
INTERNAL_HEADERS = {
    "harness/base/json.h",
    "harness/record/diagnosis_json.h",
    "harness/record/record_json.h",
    "harness/load/batch_driver.h",
    "harness/load/event_loop.h",
    "harness/load/failure_name.h",
    "harness/load/transfer.h",
    "harness/load/virtual_user.h",
    "reporters/json/json_values.h",
}
THIRD_PARTY = re.compile(
    r"^(boost|curl|yaml-cpp|CLI|nlohmann|fmt|pugixml|tl|re2|modest|mycss|myhtml|openssl)[/.]"
)

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]')


def room_of(path: str) -> str | None:
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def includes(file: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if match := INCLUDE.match(line):
            yield number, match.group(1)


def violations_in(root: Path, file: Path) -> Iterator[str]:
    path = file.relative_to(root).as_posix()
    room = room_of(path)
    if room is None:
        yield f"{path}:1: this folder is no room of the design"
        return
    is_open_header = file.suffix == ".h" and path not in INTERNAL_HEADERS
    for number, included in includes(file):
        target = room_of(included)
        if target and target != room and target not in ROOMS[room]:
            yield f"{path}:{number}: {room} must not include {target} ({included})"
        owner = next((own for lib, own in OWNERS.items() if included.startswith(lib)), room)
        if owner != room:
            yield f"{path}:{number}: {included} belongs to {owner} alone"
        if is_open_header and THIRD_PARTY.match(included) and included not in ALLOWED_IN_HEADERS:
            yield f"{path}:{number}: a header must not show {included} to the whole project"
        if is_open_header and included in INTERNAL_HEADERS:
            yield f"{path}:{number}: {included} is for sources, not for headers"


def violations(root: Path) -> list[str]:
    sources = [
        file
        for folder in ("harness", "reporters")
        for file in sorted((root / folder).rglob("*"))
        if file.suffix in (".h", ".cc")
    ]
    return [violation for file in sources for violation in violations_in(root, file)]


def main() -> int:
    found = violations(Path(sys.argv[1]).resolve())
    print("\n".join(found) or "all includes run downwards")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

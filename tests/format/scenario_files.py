"""The fixtures, the schema and the reader, as the tests of this folder use them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import jsonschema
import yaml
import yaml_values

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "tests" / "fixtures" / "scenarios"
SCHEMA_FILE = REPOSITORY / "scenarios" / "scenario.schema.json"

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

VIEWS = {"text": yaml_values.text, "core": yaml_values.core}
COMMAND_COMMENT = "# tidemark check "


def fixtures(kind: str) -> list[Path]:
    """The files of one kind: good, bad (reader and schema refuse), bad-values (the reader does)."""
    return sorted((FIXTURES / kind).glob("*.yaml"))


def shipped_scenarios() -> list[Path]:
    return sorted((REPOSITORY / "scenarios").glob("*.yaml"))


def name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


def tidemark_check(
    *arguments: str | Path, folder: Path = FIXTURES
) -> subprocess.CompletedProcess[str]:
    command = [os.environ["TIDEMARK"], "check", *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def check_fixture(file: Path) -> subprocess.CompletedProcess[str]:
    """Checks a fixture with the options that its first line asks for."""
    first_line = file.read_bytes().split(b"\n", 1)[0].decode("utf-8", "replace")
    options = []
    if first_line.startswith(COMMAND_COMMENT):
        options = shlex.split(first_line.removeprefix(COMMAND_COMMENT))
    return tidemark_check(*options, file.relative_to(FIXTURES))


def schema_mistakes(file: Path, view: str) -> list[str]:
    """What the schema finds wrong with a file; empty: nothing."""
    try:
        value = yaml_values.load(file.read_bytes(), VIEWS[view])
    except (yaml.YAMLError, yaml_values.NotJson) as error:
        return [str(error)]
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(value)]

"""The schema itself: sound, carried by the program, and with a word on everything."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml_values
from jsonschema import Draft202012Validator
from scenario_files import FIXTURES, SCHEMA, SCHEMA_FILE, tidemark_check


def properties(schema: object, *path: str) -> Iterator[tuple[tuple[str, ...], dict]]:
    """Every key that a schema describes, with the schema of its value."""
    if not isinstance(schema, dict):
        return
    for definition, body in schema.get("$defs", {}).items():
        yield from properties(body, definition)
    for key, body in schema.get("properties", {}).items():
        yield (*path, key), body
        yield from properties(body, *path, key)
    for inner in ("items", "additionalProperties"):
        yield from properties(schema.get(inner), *path)
    for choice in schema.get("anyOf", []):
        yield from properties(choice, *path)


def resolved(schema: dict) -> dict:
    """A schema together with the one that it refers to, its own words first."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    return {**resolved(SCHEMA["$defs"][reference.removeprefix("#/$defs/")]), **schema}


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    return set()


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_program_prints_it_without_a_file() -> None:
    printed = tidemark_check("--print-schema")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout == SCHEMA_FILE.read_text(encoding="utf-8")


def test_without_it_a_file_is_needed() -> None:
    checked = subprocess.run(
        [os.environ["TIDEMARK"], "check"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (2, "")
    assert "FILE is required" in checked.stderr


@pytest.mark.parametrize(("path", "schema"), properties(SCHEMA))
def test_every_key_is_described_in_one_sentence(path: tuple[str, ...], schema: dict) -> None:
    description = resolved(schema).get("description", "")
    assert description.endswith("."), path
    assert ". " not in description, path


def test_every_key_stands_in_the_fixture_of_all_keys() -> None:
    described = {path[-1] for path, _ in properties(SCHEMA)}
    every_key = (FIXTURES / "good/every-key.yaml").read_bytes()
    written = keys_of(yaml_values.load(every_key, yaml_values.text))
    # A readiness is of one kind; `log` stands in a file of its own.
    assert described - written == {"log"}


# Where a map of the format stands in a file, and its definition in the schema.
MAPS = {
    (): SCHEMA,
    ("target",): SCHEMA["$defs"]["target"],
    ("target", "readiness"): SCHEMA["$defs"]["readiness"],
    ("target", "services"): SCHEMA["$defs"]["service"],
    ("target", "connection"): SCHEMA["$defs"]["connection"],
    ("target", "connection", "tls"): SCHEMA["$defs"]["tls"],
    ("production",): SCHEMA["$defs"]["production"],
    ("profiles", "ci"): SCHEMA["$defs"]["profile"],
    ("profiles", "ci", "outputs"): SCHEMA["$defs"]["outputs"],
    ("scenarios", "home"): SCHEMA["$defs"]["scenario"],
    ("scenarios", "home", "request"): SCHEMA["$defs"]["request"],
    ("scenarios", "home", "request", "body"): SCHEMA["$defs"]["request"]["properties"]["body"]["anyOf"][1],
    ("scenarios", "home", "request", "files", "a"): SCHEMA["$defs"]["upload"]["anyOf"][1],
    ("scenarios", "home", "request", "auth"): SCHEMA["$defs"]["auth"],
    ("scenarios", "home", "request", "auth", "basic"): SCHEMA["$defs"]["auth"]["properties"]["basic"],
    ("scenarios", "home", "request", "timeout"): SCHEMA["$defs"]["timeout"]["anyOf"][1],
    ("scenarios", "home", "expect"): SCHEMA["$defs"]["expect"],
    ("scenarios", "home", "iterations"): SCHEMA["$defs"]["iterations"],
    ("scenarios", "home", "budgets"): SCHEMA["$defs"]["budgets"],
    ("scenarios", "home", "budgets", "gc"): SCHEMA["$defs"]["budgets"]["properties"]["gc"],
    ("known",): SCHEMA["$defs"]["known"]["items"],
    ("scenarios", "home", "known"): SCHEMA["$defs"]["known"]["items"],
    ("scenarios", "home", "capture", "a"): SCHEMA["$defs"]["captured"],
    ("scenarios", "home", "timeout"): SCHEMA["$defs"]["timeout"]["anyOf"][1],
    ("scenarios", "home", "data"): SCHEMA["$defs"]["data"],
    ("scenarios", "home", "connection"): SCHEMA["$defs"]["connection"],
    ("scenarios", "home", "stages"): SCHEMA["$defs"]["stages"]["items"],
    ("scenarios", "home", "flow"): SCHEMA["$defs"]["flow"]["items"],
    ("scenarios", "home", "flows", "a"): SCHEMA["$defs"]["flows"]["additionalProperties"],
    ("scenarios", "home", "flows", "a", "flow"): SCHEMA["$defs"]["flow"]["items"],
}


@pytest.mark.parametrize(("place", "schema"), MAPS.items(), ids=[".".join(place) for place in MAPS])
def test_the_reader_knows_the_same_keys(
    place: tuple[str, ...], schema: dict, tmp_path: Path
) -> None:
    """The reader lists the keys that it knows where one is like none of them."""
    request = {"request": {"path": "/"}}  # only beside it is `expect` a known key
    document: object = {"likenoneofthem": 1} | request
    document = [document] if place[-1:] in (("flow",), ("stages",), ("known",), ("services",)) else document
    for key in reversed(place):
        document = {key: document} | (request if key in ("expect", "capture") else {})
    (tmp_path / "file.yaml").write_text(json.dumps(document), encoding="utf-8")
    complaints = tidemark_check("file.yaml", folder=tmp_path).stderr
    known = re.search(r"unknown key 'likenoneofthem' in .*; known are: (.*)", complaints)
    assert known is not None, complaints
    assert set(known[1].split(", ")) == set(schema["properties"])

"""What CI servers want of a JUnit file, as checks."""

import pathlib
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from reports import HERE

GITLAB_LARGEST = 30 * 1024 * 1024  # bytes


def problems(schema: str, text: bytes, folder: pathlib.Path) -> list[str]:
    """What xmllint finds wrong with a file, a line each."""
    if shutil.which("xmllint") is None:
        pytest.skip("no xmllint: it is in libxml2-utils")
    path = folder / "junit.xml"
    path.write_bytes(text)
    command = ["xmllint", "--noout", "--huge", "--schema", str(HERE / schema), str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    said = done.stderr.decode("utf-8", "replace").splitlines()
    return [line for line in said if not line.endswith(" validates")] if done.returncode else []


def edited(text: bytes, element: str, *attributes: str) -> bytes:
    """The file without these attributes of an element."""
    root = ElementTree.fromstring(text)
    for node in root.iter(element):
        for attribute in attributes:
            node.attrib.pop(attribute, None)
    return ElementTree.tostring(root, "utf-8")


def as_ant_has_it(text: bytes) -> bytes:
    """Without what Ant does not know, and Jenkins and GitLab do."""
    text = edited(text, "testsuites", "name", "time", "tests", "failures", "errors")
    return edited(text, "testcase", "file", "line")


def check_rules(text: bytes) -> None:
    assert len(text) < GITLAB_LARGEST
    root = ElementTree.fromstring(text)
    cases = list(root.iter("testcase"))
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(names) == len(set(names)), "a server follows a case by its class and name"
    for problem in [*root.iter("failure"), *root.iter("error")]:
        message = problem.get("message") or ""
        shown = " ".join((problem.text or "").split())  # attributes are one line
        assert message and " ".join(message.removesuffix("…").split()) in shown, "GitLab shows the text alone"
    for case in cases:
        assert case.get("time") is not None and len(case) <= 1

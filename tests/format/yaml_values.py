"""YAML documents as the values that a JSON Schema can look at, in the two ways they are looked at.

Tidemark's reader takes every scalar as text. Editors validate what YAML 1.2 makes of it: `200` is a
number, `true` a boolean. The schema has to agree with the reader in both views. PyYAML's own
loaders give a third one that nobody has, YAML 1.1: `no` is false, `0755` is 493, `1:30` is 90 and
`2024-01-31` a date. So its parser is used, and its resolver is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
ScalarReader = Callable[[yaml.ScalarNode], Value]

# An alias of aliases is small as a file and large as a value; the reader's limit is the same.
MOST_NODES = 100_000

CORE_NULL = re.compile(r"(?:~|null|Null|NULL|)")
CORE_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)")
CORE_INT = re.compile(r"[-+]?[0-9]+")
CORE_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class NotJson(Exception):
    """YAML without a counterpart in JSON: no schema can describe it."""


def is_null(scalar: yaml.ScalarNode) -> bool:
    return scalar.style is None and CORE_NULL.fullmatch(scalar.value) is not None


def text(scalar: yaml.ScalarNode) -> Value:
    """The reader's view: text, or nothing."""
    return None if is_null(scalar) else scalar.value


def core(scalar: yaml.ScalarNode) -> Value:
    """An editor's view: the core schema of YAML 1.2 (section 10.3.2)."""
    if is_null(scalar):
        return None
    if scalar.style is not None:
        return scalar.value
    if CORE_BOOL.fullmatch(scalar.value):
        return scalar.value.lower() == "true"
    if CORE_INT.fullmatch(scalar.value):
        return int(scalar.value)
    if CORE_FLOAT.fullmatch(scalar.value):
        return float(scalar.value)
    return scalar.value


def load(document: bytes, read_scalar: ScalarReader) -> Value:
    """The value of the only document; yaml.YAMLError or NotJson where there is none."""
    root = yaml.compose(document, Loader=yaml.BaseLoader)
    if root is None:
        return None
    return _Converter(read_scalar).value(root)


class _Converter:
    def __init__(self, read_scalar: ScalarReader) -> None:
        self.read_scalar = read_scalar
        self.nodes = 0

    def value(self, node: yaml.Node) -> Value:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise NotJson("too many nodes, or an alias inside its own anchor")
        if isinstance(node, yaml.ScalarNode):
            return self.read_scalar(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item) for item in node.value]
            return {self.key(key): self.value(value) for key, value in node.value}
        except RecursionError:
            raise NotJson("an alias inside its own anchor") from None

    @staticmethod
    def key(node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or is_null(node):
            raise NotJson("a key that is not a word")
        return node.value

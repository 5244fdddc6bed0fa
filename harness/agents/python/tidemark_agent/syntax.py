"""What statements of source code name and change, from their syntax tree."""

import ast
import re
from typing import FrozenSet, Iterator, List, NamedTuple, Optional, Set, Tuple


class Names(NamedTuple):
    """Words of a piece of code, by what they can mean."""

    parts: FrozenSet[str]  # attributes, and what stands for one: keys, keywords
    variables: FrozenSet[str]


class Statement(NamedTuple):
    """A simple one: no body of its own."""

    first: int  # line
    last: int
    node: Optional[ast.stmt]  # None where there is no such statement at a line

    def changed(self) -> Names:
        """Of what it may change: assigned parts of, or called upon."""
        return Names(frozenset(), frozenset()) if self.node is None else _changed(self.node)

    def mentioned(self) -> Optional[Names]:
        return None if self.node is None else _mentioned(self.node)


class Function(NamedTuple):
    first: int  # line
    last: int
    name: str  # qualified
    node: ast.AST


def has_body(node: ast.AST) -> bool:
    """Whether it consists of statements: `match` and `except` and what later versions bring included."""
    return not isinstance(node, ast.expr) and ("body" in node._fields or "cases" in node._fields)


def _names(node: ast.AST) -> Tuple[List[str], List[str]]:
    """Of a chain like `a.b[c].d`: the parts b, d and what is called on the way, and the variable a."""
    parts: List[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            break
    return parts, [node.id] if isinstance(node, ast.Name) else []


def _changed(statement: ast.stmt) -> Names:
    chains: List[ast.AST] = []
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        targets = [statement.target]
    for target in targets:
        if isinstance(target, (ast.Attribute, ast.Subscript)) or isinstance(statement, ast.AugAssign):
            chains.append(target)
    chains += [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
    parts: List[str] = []
    variables: List[str] = []
    for chain in chains:
        more = _names(chain)
        parts += more[0]
        variables += more[1]
    return Names(frozenset(parts), frozenset(variables))


def _mentioned(node: ast.AST) -> Names:
    parts: Set[str] = set()
    variables: Set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            variables.add(each.id)
        elif isinstance(each, ast.Attribute):
            parts.add(each.attr)
        elif isinstance(each, ast.keyword) and each.arg:
            parts.add(each.arg)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            parts.add(each.value)
    return Names(frozenset(parts), frozenset(variables))


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Of its own scope: without the functions and classes that it defines."""
    todo = list(getattr(function, "body", []))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)


def is_its_own(function: ast.AST, name: str) -> bool:
    """Whether it gives a variable of its own this name. Not an argument, nor what is `self.name` or
    `session["name"]` of somebody: there the name tells what it is.
    """
    bound = False
    for node in _own_nodes(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names:
            return False
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id == name for each in targets):
                if name in _mentioned(node.value).parts:
                    return False
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            bound = True
    return bound


# What the compiler may warn of while it parses. A warning would call the application's `showwarning`, or be
# an error by its filters. Only names, calls and lines are read here: what stands in strings, how numbers are
# told apart from the words behind them, and how a function is left does not matter.
_NAMED_CHARACTER = re.compile(r"\\N\{[^{}\n]*\}")
_ESCAPE = re.compile(r"\\([^\n'\"\\])|\\(.)", re.DOTALL)
_NUMBER = re.compile(
    r"(?<![\w.])(0[xX][\da-fA-F_]+?|0[bBoO][\d_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?[jJ]?)"
    r"(?=(?:and|else|for|if|in|is|not|or)\b)"
)
_LEAVES = re.compile(r"\b(return|break|continue)\b")


def without_warnings(text: str) -> str:
    """With the same lines, statements and names."""
    text = _NAMED_CHARACTER.sub(lambda found: "_" * len(found.group()), text)
    text = _ESCAPE.sub(lambda found: "_" + found.group(1) if found.group(1) else found.group(), text)
    text = _NUMBER.sub(r"\1 ", text)
    return _LEAVES.sub(lambda found: "yield" if found.group() == "return" else "pass", text)

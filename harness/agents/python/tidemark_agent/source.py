"""What stands at a line: its function, its text, and whether it is the application's."""

import ast
import os
import re
import sysconfig
import tokenize
from typing import Dict, List, NamedTuple, Optional, Tuple

from tidemark_agent import syntax
from tidemark_agent.syntax import Function, Names, Statement

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_SHORTEST_STEM = 4
_CONTEXT = 2  # lines before and after
_LARGEST_FILE = 4 << 20  # bytes; generated code may be endless
_PACKAGE_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class Frame(NamedTuple):
    file: str
    line: int
    function: str
    source: str
    application: bool
    context: Tuple[int, List[str]]  # the first line's number, and the lines around, as they are indented


_OPENS_BLOCK = re.compile(
    r"(\s*)(?:(?:async\s+)?(def|class)\s+(\w+)"
    r"|(?:async|if|elif|else|for|while|with|try|except|finally)\b.*:\s*(?:#.*)?$)"
)


_WORD = re.compile(r"\w+")


def _indentation(text: str) -> int:
    return len(text) - len(text.lstrip())


class _Module:
    """One file of source code. Only what is the application's is parsed: that takes its time."""

    def __init__(self, path: str, parse: bool) -> None:
        self.lines: List[str] = []
        self.statements: List[Statement] = []
        self._functions: Optional[List[Function]] = None  # None: to be found by indentation
        try:
            if os.path.getsize(path) > _LARGEST_FILE:
                return
            with tokenize.open(path) as file:
                text = file.read()
            self.lines = text.splitlines()
            if parse:
                tree = ast.parse(syntax.without_warnings(text))
                self._functions = []
                self._read(tree, "")
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError, Warning):
            pass  # a line without its text is still a line

    def _read(self, node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            last = getattr(child, "end_lineno", None) or getattr(child, "lineno", 0)
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                name = prefix + child.name
                if self._functions is not None:
                    self._functions.append(Function(child.lineno, last, name, child))
                self._read(child, name + ".<locals>.")
            elif isinstance(child, ast.ClassDef):
                self._read(child, prefix + child.name + ".")
            elif syntax.has_body(child):
                self._read(child, prefix)
            elif isinstance(child, ast.stmt):
                self.statements.append(Statement(child.lineno, last, child))

    def function_at(self, line: int) -> Optional[Function]:
        # The line of its `def` runs where the function is made, not in it.
        inner = [
            each
            for each in self._functions or []
            if each.first < line <= each.last or each.first == each.last == line
        ]
        return max(inner, key=lambda each: each.first) if inner else None

    def function_name(self, line: int) -> str:
        if self._functions is None:
            return self._name_by_indentation(line)
        function = self.function_at(line)
        return function.name if function else "<module>"

    def _name_by_indentation(self, line: int) -> str:
        """Good enough for libraries: what is indented less, upwards from the line."""
        if not 0 < line <= len(self.lines):
            return "<module>"
        within = _indentation(self.lines[line - 1])
        names: List[Tuple[str, str]] = []
        for text in reversed(self.lines[: line - 1]):
            if not within:
                break
            opens = _OPENS_BLOCK.match(text)
            if opens and len(opens.group(1)) < within:
                within = len(opens.group(1))
                if opens.group(2):
                    names.append((opens.group(2), opens.group(3)))
        if not any(kind == "def" for kind, _ in names):
            return "<module>"
        name = names.pop(0)[1]
        for kind, above in names:
            name = f"{above}.{name}" if kind == "class" else f"{above}.<locals>.{name}"
        return name

    def statement_at(self, line: int) -> Statement:
        for statement in self.statements:
            if statement.first <= line <= statement.last:
                return statement
        return Statement(line, line, None)

    def line_with(self, statement: Statement, name: str) -> Optional[int]:
        for line in range(statement.first, statement.last + 1):
            if name in _WORD.findall(self.text(line)):
                return line
        return None

    def text(self, line: int) -> str:
        return self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""

    def around(self, line: int) -> Tuple[int, List[str]]:
        """Some lines before and after; empty where there is no such line."""
        if not 0 < line <= len(self.lines):
            return line, []
        first = max(line - _CONTEXT, 1)
        return first, [each.rstrip() for each in self.lines[first - 1 : line + _CONTEXT]]


class Sources:
    """Looks lines up, each file once; short-lived, since the texts of whole packages are in it."""

    def __init__(self, directory: str) -> None:
        self._directory = directory  # in which the program began: relative names are meant from there
        self._modules: Dict[str, _Module] = {}
        self._applications: Dict[str, bool] = {}
        paths = sysconfig.get_paths()
        self._libraries = tuple(
            os.path.join(os.path.realpath(paths[name]), "")
            for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
            if name in paths
        )

    def _path(self, file: str) -> str:
        return os.path.join(self._directory, file)

    def _module(self, file: str) -> _Module:
        module = self._modules.get(file)
        if module is None:
            module = self._modules[file] = _Module(self._path(file), self.is_application(file))
        return module

    def is_application(self, file: str) -> bool:
        known = self._applications.get(file)
        if known is None:
            known = self._applications[file] = self._is_application(file)
        return known

    def _is_application(self, file: str) -> bool:
        if file.startswith("<"):  # frozen modules, code from texts
            return False
        path = os.path.realpath(self._path(file))
        if path.startswith(_OWN_FOLDER) or any(folder in path for folder in _PACKAGE_FOLDERS):
            return False
        return not path.startswith(self._libraries)

    def frame(self, file: str, line: int) -> Frame:
        if file.startswith("<"):
            return Frame(file, line, "<module>", "", False, (line, []))
        module = self._module(file)
        application = self.is_application(file)
        return Frame(
            file=self._path(file),
            line=line,
            function=module.function_name(line),
            source=module.text(line),
            application=application,
            context=module.around(line) if application else (line, []),
        )

    def mention(self, file: str, line: int, name: str, is_local: bool) -> Optional[int]:
        """The line of the statement at `line` that names it. `is_local`: a variable of a function."""
        module = self._module(file)
        statement = module.statement_at(line)
        mentioned = statement.mentioned()
        if mentioned is not None and not self._is_among(mentioned, module, line, name, is_local):
            return None
        return module.line_with(statement, name)

    def changes(self, file: str, line: int, name: str, is_local: bool) -> Optional[int]:
        """... if the statement may change what has this name."""
        module = self._module(file)
        statement = module.statement_at(line)
        if not self._is_among(statement.changed(), module, line, name, is_local):
            return None
        return module.line_with(statement, name)

    @staticmethod
    def _is_among(names: Names, module: _Module, line: int, name: str, is_local: bool) -> bool:
        """Not when the function there has a variable of its own that happens to have the name."""
        if name in names.parts or name not in names.variables:
            return name in names.parts
        if is_local:
            return True
        function = module.function_at(line)
        return function is None or not syntax.is_its_own(function.node, name)

    def kin(self, file: str, line: int, name: str, is_local: bool) -> Optional[int]:
        """... that calls something of a like name: `addHandler` for `handlers`."""
        module = self._module(file)
        statement = module.statement_at(line)
        stem = name.rstrip("s").lower()
        changed = statement.changed()
        words = changed.parts | {each for each in changed.variables if is_local or each != name}
        if len(stem) < _SHORTEST_STEM or not any(stem in each.lower() for each in words):
            return None
        for at in range(statement.first, statement.last + 1):
            if stem in module.text(at).lower():
                return at
        return None

    def mention_in_function(self, file: str, line: int, name: str, is_local: bool) -> Optional[int]:
        """The line of the function around `line` that changes what has this name, or else names it."""
        function = self._module(file).function_at(line)
        if function is None:
            return None
        inside = [
            each.first
            for each in self._module(file).statements
            if function.first <= each.first and each.last <= function.last
        ]
        for search in (self.changes, self.mention):
            for first in inside:
                found = search(file, first, name, is_local)
                if found is not None:
                    return found
        return None

    def same_statement(self, file: str, line: int, other: int) -> bool:
        statement = self._module(file).statement_at(line)
        return statement.first <= other <= statement.last

    def same_function(self, file: str, line: int, other: int) -> bool:
        module = self._module(file)
        function = module.function_at(line)
        return function is not None and function == module.function_at(other)

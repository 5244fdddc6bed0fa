"""What stands at a line: its function, its text, and whether it is the application's."""

import ast
import os
import re
import sysconfig
import tokenize
from typing import Dict, List, NamedTuple, Optional, Tuple

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_LARGEST_FILE = 4 << 20  # bytes; generated code may be endless
_PACKAGE_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class Frame(NamedTuple):
    file: str
    line: int
    function: str
    source: str
    application: bool


class _Statement(NamedTuple):
    first: int  # line
    last: int


_COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
)


class _Module:
    """One file of source code."""

    def __init__(self, path: str) -> None:
        self.lines: List[str] = []
        self.functions: List[Tuple[int, int, str]] = []  # first line, last line, qualified name
        self.statements: List[_Statement] = []
        try:
            if os.path.getsize(path) > _LARGEST_FILE:
                return
            with tokenize.open(path) as file:
                text = file.read()
            self.lines = text.splitlines()
            self._read(ast.parse(text), "")
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            pass  # a line without its text is still a line

    def _read(self, node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                name = prefix + child.name
                self.functions.append((child.lineno, child.end_lineno or child.lineno, name))
                self._read(child, name + ".<locals>.")
            elif isinstance(child, ast.ClassDef):
                self._read(child, prefix + child.name + ".")
            else:
                if isinstance(child, ast.stmt) and not isinstance(child, _COMPOUND):
                    self.statements.append(
                        _Statement(child.lineno, child.end_lineno or child.lineno)
                    )
                self._read(child, prefix)

    def function_at(self, line: int) -> Optional[Tuple[int, int, str]]:
        # The line of its `def` runs where the function is made, not in it.
        inner = [each for each in self.functions if each[0] < line <= each[1] or each[0] == each[1] == line]
        return max(inner) if inner else None  # the one that begins last

    def statement_at(self, line: int) -> _Statement:
        for statement in self.statements:
            if statement.first <= line <= statement.last:
                return statement
        return _Statement(line, line)

    def text(self, line: int) -> str:
        return self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""


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
            module = self._modules[file] = _Module(self._path(file))
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
            return Frame(file, line, "<module>", "", False)
        module = self._module(file)
        function = module.function_at(line)
        return Frame(
            file=self._path(file),
            line=line,
            function=function[2] if function else "<module>",
            source=module.text(line),
            application=self.is_application(file),
        )

    def mention(self, file: str, line: int, name: str) -> Optional[int]:
        """The line of the statement at `line` that names it."""
        module = self._module(file)
        statement = module.statement_at(line)
        return self._first_mention(module, statement.first, statement.last, name)

    def mentions_in_function(self, file: str, line: int, name: str) -> List[int]:
        """Lines of the function around `line` that name it; none outside of functions."""
        module = self._module(file)
        function = module.function_at(line)
        if function is None:
            return []
        lines = (
            self._first_mention(module, each.first, each.last, name)
            for each in module.statements
            if function[0] <= each.first and each.last <= function[1]
        )
        return [each for each in lines if each is not None]

    @staticmethod
    def _first_mention(module: _Module, first: int, last: int, name: str) -> Optional[int]:
        pattern = re.compile(rf"\b{re.escape(name)}\b")
        for line in range(first, last + 1):
            if pattern.search(module.text(line)):
                return line
        return None

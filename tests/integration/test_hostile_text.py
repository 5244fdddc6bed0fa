"""Whatever the target says is text, in every output: no markup, no escape sequences, valid UTF-8."""

import html.parser
import re

import pytest

from support import BRIEF, run_tidemark, server


class Elements(html.parser.HTMLParser):
    """What a browser would make of the page: its scripts and everything that could fetch or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts, self.attributes, self.text = [], [], []
        self._in_script = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self._in_script = tag == "script"
        self.attributes += [(name, value or "") for name, value in attributes]
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        if self._in_script:
            self.scripts[-1] += data
        else:
            self.text.append(data)


def without_code(markdown: str) -> str:
    """The Markdown without fenced blocks and code spans, where nothing has a meaning."""
    assert markdown.count("```") % 2 == 0, "a fence is open"
    return re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.S)


def assert_inert(result):
    for name in ("result.json", "junit.xml", "summary.md", "report.html", "stdout", "stderr"):
        text = result.texts()[name].decode("utf-8")  # fails when it is none
        bad = [c for c in text if ord(c) < 32 and c not in "\n\t"]
        if name != "result.json":  # for programs: JSON need not escape the rest
            bad += [c for c in text if 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066"]
        assert bad == [], f"{name} has the control characters {set(bad)}"
    page = Elements(result.html)
    assert not any("alert(" in script and not script.startswith("{") for script in page.scripts)
    assert not any(
        name.startswith("on") or "javascript:" in value
        for name, value in page.attributes
        if name in ("href", "src") or name.startswith("on")
    )
    assert "alert(1)" in "".join(page.text), "it is shown, as text"
    markdown = without_code(result.markdown)
    assert "<script" not in markdown.replace("\\<", "")
    assert "](javascript" not in markdown
    assert result.junit.findall("testsuite")


def test_answers_headers_and_output(tmp_path):
    yaml = server("server.py", "hostile", readiness="{path: /ready}")
    result = run_tidemark(tmp_path, yaml + "scenarios:\n  ok: {request: {path: /}}\n")
    assert result.code == 3
    assert_inert(result)


def test_a_content_type(tmp_path):
    yaml = server("server.py", "hostile", readiness="{path: /ready}")
    yaml += "scenarios:\n  ok: {request: {path: /ready}, expect: {content_type: text/plain}}\n"
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 3
    assert_inert(result)


def test_names_of_processes(tmp_path):
    """The name that ps shows, the command line and the program's path."""
    yaml = server("server.py", "hostile-child")
    yaml += BRIEF
    result = run_tidemark(tmp_path, yaml)
    assert result.code in (0, 4), result.stdout
    commands = [process["command"] for process in result.scenario()["processes"]]
    assert any("alert(1)" in command for command in commands), commands
    assert_inert(result)


def test_the_reason_of_a_requirement(tmp_path):
    said = "b'no <script>alert(1)</script> \\xff \\x1b[31m here'"
    script = f"import sys; sys.stdout.buffer.write({said}); sys.exit(1)"
    yaml = (
        server("server.py")
        + f"""
scenarios:
  ok: {{request: {{path: /}}, requires: [python3, -c, "{script}"]}}
"""
    )
    result = run_tidemark(tmp_path, yaml.replace("\\x", "\\\\x"))
    assert result.code == 3
    assert result.outcomes == {"ok": "skipped"}
    assert_inert(result)


def test_names_and_descriptions_in_the_scenario_file(tmp_path):
    """Not hostile, but free: any text is a name."""
    name = "a|b `c` <script>alert(1)</script> \\e[31m 100 % ünï"
    yaml = server("server.py").replace("name: sample", f'name: "run of {name}"')
    yaml += f"""
scenarios:
  "{name}": {{description: "{name}", request: {{path: /}}, expect: {{status: 201}}}}
"""
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 3, result.stderr
    assert_inert(result)
    folder = result.scenario()["folder"]
    assert re.fullmatch(r"[a-z0-9-]+", folder)


@pytest.mark.parametrize("name", ["../../escape", "/etc/passwd", "..", "", "CON", "x" * 300, "päß"])
def test_a_name_is_no_path(tmp_path, name):
    yaml = (
        server("server.py") + f'scenarios:\n  "{name}": {{request: {{path: /}}, iterations: {{max: 40}}}}\n'
    )
    result = run_tidemark(tmp_path, yaml) if name else None
    if result is None:
        return
    assert result.code in (0, 4), result.stderr + result.stdout
    folder = result.out_dir / result.scenario()["folder"]
    assert folder.parent == result.out_dir and (folder / "record.jsonl").exists()

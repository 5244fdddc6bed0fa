"""One file is all there is to install: agents, the report's assets and the schema are inside."""

import pathlib
import shutil
import subprocess

import support
from support import BRIEF, check_outputs, run_tidemark, server


def test_the_installed_program_needs_nothing_beside_it(tmp_path, monkeypatch):
    build = pathlib.Path(support.TIDEMARK).parents[2]
    prefix = tmp_path / "prefix"
    subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, capture_output=True)
    programs = [path for path in prefix.rglob("*") if path.is_file() and path.parent.name == "bin"]
    assert [path.name for path in programs] == ["tidemark"]
    alone = tmp_path / "alone"
    alone.mkdir()
    monkeypatch.setattr(support, "TIDEMARK", str(shutil.copy(programs[0], alone)))
    result = run_tidemark(tmp_path, server("server.py") + BRIEF)
    check_outputs(result)
    assert result.gates()["growth"]["signal"] == "live_bytes", "the agent came along"
    assert "Dygraph" in result.html
    schema = run_tidemark(tmp_path, None, "check", "--print-schema")
    assert schema.stdout == (support.REPOSITORY / "scenarios/scenario.schema.json").read_text()

"""`requires` decides whether a scenario can be run here at all."""

from support import run_tidemark, server


def scenario(name, requires):
    return f"  {name}: {{request: {{path: /}}, iterations: {{max: 100}}, requires: {requires}}}\n"


def test_a_scenario_is_skipped_with_the_reason_that_the_command_printed(tmp_path):
    yaml = server("server.py") + "scenarios:\n"
    yaml += scenario(
        "old", "[python3, -c, \"import sys; print('looking'); sys.exit('this needs Django 4.2')\"]"
    )
    yaml += scenario("new", "[python3, -c, pass]")
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 0, result.stdout
    assert result.outcomes == {"old": "skipped", "new": "pass"}
    assert result.scenario("old")["message"] == "this needs Django 4.2"
    assert "skipped: this needs Django 4.2" in result.stdout
    assert "this needs Django 4.2" in result.html and "this needs Django 4.2" in result.markdown
    assert "1 skipped" in result.stdout


def test_a_silent_command_is_skipped_with_its_exit_code(tmp_path):
    yaml = (
        server("server.py")
        + "scenarios:\n"
        + scenario("a", "[sh, -c, exit 3]")
        + scenario("b", "[sh, -c, exit 0]")
    )
    result = run_tidemark(tmp_path, yaml)
    assert result.scenario("a")["message"] == "its 'requires' command exited with code 3"


def test_a_run_in_which_everything_is_skipped_has_measured_nothing(tmp_path):
    yaml = (
        server("server.py")
        + "scenarios:\n"
        + scenario("a", "[sh, -c, exit 1]")
        + scenario("b", "[sh, -c, exit 1]")
    )
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 3
    assert result.outcomes == {"a": "skipped", "b": "skipped"}
    assert result.json["outcome"] == "invalid"


def test_a_skipped_scenario_is_neither_prepared_nor_launched(tmp_path):
    yaml = server("server.py", prepare=f"[[touch, '{tmp_path}/prepared']]") + "scenarios:\n"
    run_tidemark(tmp_path, yaml + scenario("a", "[sh, -c, exit 1]"))
    assert not (tmp_path / "prepared").exists()
    assert not (tmp_path / "tidemark-out/a/target.log").exists()


def test_a_requirement_that_cannot_be_checked_is_no_reason_to_skip(tmp_path):
    yaml = server("server.py") + "scenarios:\n" + scenario("a", "[no-such-program]")
    result = run_tidemark(tmp_path, yaml)
    assert result.code == 3
    assert result.outcomes == {"a": "invalid"}
    assert "requires: command not found: 'no-such-program'" in result.scenario()["message"]


def test_a_requirement_may_use_the_scratch_folder(tmp_path):
    yaml = server("server.py", environment="{HOME: '{{scratch}}'}") + "scenarios:\n"
    result = run_tidemark(tmp_path, yaml + scenario("a", "[sh, -c, 'cd \"$HOME\" && touch it']"))
    assert result.code == 0, result.stdout

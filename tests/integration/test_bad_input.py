"""What is wrong before anything is launched: exit 2, all mistakes at once, at their places."""

import os

import pytest

from support import BRIEF, GUNICORN, assert_refused, run_tidemark, server, write_scenario

HEALTHY = server("server.py") + BRIEF


def test_a_scenario_file_that_is_not_there(tmp_path):
    result = run_tidemark(tmp_path, None, "run", "missing.yaml")
    assert_refused(result, "missing.yaml", "No such file or directory")


def test_a_folder_in_place_of_a_scenario_file(tmp_path):
    result = run_tidemark(tmp_path, None, "run", ".")
    assert_refused(result, "Is a directory")


def test_yaml_that_cannot_be_parsed(tmp_path):
    result = run_tidemark(tmp_path, "version: 1\ntarget: {command: [python3\n")
    assert_refused(result, "sample.yaml:")


def test_an_empty_file(tmp_path):
    assert_refused(run_tidemark(tmp_path, ""), "sample.yaml")


def test_every_mistake_is_reported_at_its_place(tmp_path):
    yaml = """\
version: 1
name: mistakes
target:
  comand: [python3, server.py, "{{port}}"]
  readiness: {path: ready}
  memory_limit: 64 stones
scenarios:
  a:
    request: {path: "/{{uesrs}}"}
    max_duration: soon
    budgets: {growth: 1KiB}
    iterations: {min: 50, max: 10}
  a: {request: {path: /}}
"""
    result = run_tidemark(tmp_path, yaml)
    assert_refused(
        result,
        "sample.yaml:4:3: unknown key 'comand' in 'target'; did you mean 'command'?",
        "sample.yaml:4:3: 'target' needs exactly one of the keys 'command' and 'program'",
        "sample.yaml:5:21: a path starts with '/', not 'ready'",
        "sample.yaml:6:17: ",
        "sample.yaml:9:21: undefined variable 'uesrs'",
        "sample.yaml:10:19: ",
        "sample.yaml:11:23: ",
        "iterations.min (50) is larger than iterations.max (10)",
        "'a' stands here twice",
    )
    assert '    9 |     request: {path: "/{{uesrs}}"}\n' in result.stderr
    assert "      |                     ^\n" in result.stderr


def test_a_plan_that_can_tell_nothing_is_refused_before_anything_is_launched(tmp_path):
    yaml = server("server.py") + "scenarios:\n  few: {request: {path: /}, iterations: {max: 12}}\n"
    result = run_tidemark(tmp_path, yaml)
    assert_refused(
        result, "sample.yaml:9:47: warm-up leaves 9 of 12 iterations for growth: at least 11 are needed"
    )


def test_check_says_how_slow_the_target_may_be(tmp_path):
    yaml = server("server.py") + "scenarios:\n  a: {request: {path: /}, max_duration: 90s}\n"
    yaml += "  b: {request: {path: /}, budgets: {peak_memory: 1MiB}}\n"
    write_scenario(tmp_path, yaml)
    result = run_tidemark(tmp_path, None, "check", "sample.yaml")
    assert result.code == 0, result.stderr
    _, a, how_slow, b = result.stdout.splitlines()
    assert a.startswith("  a: growth by default")
    assert how_slow == "    an iteration may take up to 1.21 s for 40 checkpoints, 5.95 s for 12"
    assert b.startswith("  b: peak_memory 1 MiB")


def test_check_says_the_load_in_words(tmp_path):
    yaml = server("server.py") + "scenarios:\n"
    yaml += "  a: {request: {path: /}, vus: 4, budgets: {peak_memory: 1MiB}}\n"
    yaml += "  b: {request: {path: /}, rate: 50/s, duration: 1m, budgets: {peak_memory: 1MiB}}\n"
    write_scenario(tmp_path, yaml)
    result = run_tidemark(tmp_path, None, "check", "sample.yaml")
    assert result.code == 0, result.stderr
    assert result.stdout.splitlines()[1:] == [
        "  a: peak_memory 1 MiB; 4 virtual users; up to 2000 iterations in 5 min 0 s",
        "  b: peak_memory 1 MiB; 50/s for 1 min 0 s, at most 100 virtual users at once; "
        "to its end, in at most 3 min 30 s",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_to_send_that_may_not_be_read(tmp_path):
    secret = tmp_path / "secret.bin"
    secret.touch(mode=0o000)
    yaml = server("server.py") + "scenarios:\n  a: {request: {path: /, body: {file: secret.bin}}}\n"
    assert_refused(run_tidemark(tmp_path, yaml), "secret.bin may not be read")


@pytest.mark.parametrize(
    "setting, unit",
    [
        ("memory_limit: 1GHz", "size"),
        ("readiness: {path: /, timeout: 30 parsecs}", "duration"),
    ],
)
def test_a_wrong_unit(tmp_path, setting, unit):
    yaml = HEALTHY.replace("readiness: {path: /}", setting)
    result = run_tidemark(tmp_path, yaml)
    assert_refused(result, "sample.yaml:7:", setting.split(": ")[-1].rstrip("}"))
    assert unit in result.stderr or "write" in result.stderr


def test_set_of_a_variable_that_the_file_does_not_have(tmp_path):
    result = run_tidemark(
        tmp_path, GUNICORN + "scenarios: {ok: {request: {path: /}}}\n", "--set", "wrokers=2"
    )
    assert_refused(result, "--set wrokers: the file has no such variable", "did you mean 'workers'?")


def test_set_without_a_value(tmp_path):
    result = run_tidemark(tmp_path, HEALTHY, "--set", "workers")
    assert_refused(result, "'workers' is not NAME=VALUE")


def test_only_that_matches_nothing(tmp_path):
    result = run_tidemark(tmp_path, HEALTHY, "--only", "leak")
    assert_refused(result, "--only: no scenario's name matches 'leak'; there are ok")


def test_only_that_is_no_regular_expression(tmp_path):
    result = run_tidemark(tmp_path, HEALTHY, "--only", "(")
    assert_refused(result, "--only: '(' is no regular expression")


def test_a_profile_that_the_file_does_not_have(tmp_path):
    result = run_tidemark(tmp_path, HEALTHY, "--profile", "nightly")
    assert_refused(result, "the file has no profile 'nightly'")


def test_a_secret_that_is_not_set(tmp_path):
    yaml = HEALTHY.replace("request: {path: /}", 'request: {path: "/?key={{env:TIDEMARK_NO_SUCH}}"}')
    result = run_tidemark(tmp_path, yaml)
    assert_refused(result, "not set in the environment", "TIDEMARK_NO_SUCH")


def test_a_directory_that_is_not_there(tmp_path):
    result = run_tidemark(tmp_path, HEALTHY.replace("directory: apps", "directory: aps"))
    assert_refused(result, "sample.yaml:", "aps", "'directory' is relative to the scenario file")


def test_an_unknown_option_and_an_unknown_command(tmp_path):
    assert_refused(run_tidemark(tmp_path, HEALTHY, "--warp"), "--warp")
    assert run_tidemark(tmp_path, None, "walk").code == 2
    assert run_tidemark(tmp_path, None).code == 2


@pytest.mark.parametrize("option", ["--output", "--junit", "--html", "--json", "--markdown"])
def test_a_path_that_cannot_be_written_fails_before_the_run(tmp_path, option):
    (tmp_path / "a-file").write_text("not a folder")
    result = run_tidemark(tmp_path, HEALTHY, option, "a-file/below")
    assert result.code == 2, result.stdout
    assert "a-file" in result.stderr
    assert "launch" not in result.stdout
    assert not list(tmp_path.glob("**/record.jsonl")), "the run was begun"


def test_an_output_that_is_a_folder(tmp_path):
    (tmp_path / "junit.xml").mkdir()
    result = run_tidemark(tmp_path, HEALTHY, "--junit", "junit.xml")
    assert result.code == 2
    assert "cannot write junit.xml: it is a folder" in result.stderr


@pytest.mark.parametrize("option", ["--output", "--junit"])
def test_a_file_system_that_takes_no_files(tmp_path, option):
    result = run_tidemark(tmp_path, HEALTHY, option, "/proc/self/out")
    assert result.code == 2, result.stdout
    assert "/proc/self" in result.stderr


def test_check_finds_the_same_mistakes_and_launches_nothing(tmp_path):
    write_scenario(tmp_path, HEALTHY.replace("max: 40", "max: forty"))
    result = run_tidemark(tmp_path, None, "check", "sample.yaml")
    assert_refused(result, "sample.yaml:9:", "forty")
    write_scenario(tmp_path, HEALTHY)
    result = run_tidemark(tmp_path, None, "check", "sample.yaml")
    assert (result.code, result.stderr) == (0, "")
    assert "1 scenario, no mistakes" in result.stdout
    assert os.listdir(tmp_path) and not result.out_dir.exists()

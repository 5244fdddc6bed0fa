"""prepare runs once for equal preparations, and each launch starts from a pristine copy of what it made."""

from support import BRIEF, run_tidemark, server, target

# Each run of a command leaves a line in a file beside the scenario file.
COUNT = "[sh, -c, 'echo prepared {{rows}} >> \"$COUNTED\"; printf {{rows}} > {{scratch}}/seed']"


def sample(tmp_path, scenarios, **keys):
    keys = {
        "prepare": f"[{COUNT}]",
        "environment": f"{{COUNTED: '{tmp_path}/counted'}}",
        "readiness": "{path: /ready}",
        **keys,
    }
    yaml = server("server.py", "scratches", "{{scratch}}", **keys)
    return yaml.replace("variables: {", "variables: {rows: 10, ") + scenarios


def counted(tmp_path):
    return (tmp_path / "counted").read_text().split("\n")[:-1]


def test_prepare_runs_once_for_equal_variables_and_again_for_others(tmp_path):
    result = run_tidemark(
        tmp_path,
        sample(
            tmp_path,
            """
scenarios:
  a: {request: {path: /ready}, iterations: {max: 40}}
  b: {request: {path: /ready}, iterations: {max: 40}}
  c: {request: {path: /ready}, iterations: {max: 40}, variables: {rows: 20}, expect: {contains: "20"}}
  d: {request: {path: /ready}, iterations: {max: 40}, expect: {contains: "10"}}
""",
        ),
    )
    assert result.code in (0, 4), result.stdout
    assert counted(tmp_path) == ["prepared 10", "prepared 20"]


def test_each_launch_finds_what_prepare_left_whatever_the_last_target_did(tmp_path):
    result = run_tidemark(
        tmp_path,
        sample(
            tmp_path,
            """
scenarios:
  spoils: {request: {path: /}, iterations: {max: 40}}
  finds: {request: {path: /ready}, iterations: {max: 40}, expect: {contains: seed 10}}
""",
        ),
    )
    assert result.code in (0, 4), result.stdout
    assert counted(tmp_path) == ["prepared 10"]
    assert not result.scenario("finds")["unexpected_answers"]


def test_a_changed_environment_is_another_preparation(tmp_path):
    result = run_tidemark(
        tmp_path,
        sample(
            tmp_path,
            """
scenarios:
  a: {request: {path: /ready}, iterations: {max: 40}}
  b: {request: {path: /ready}, iterations: {max: 40}, variables: {debug: "1"}}
""",
            environment=f"{{COUNTED: '{tmp_path}/counted', DEBUG: '{{{{debug}}}}'}}",
        ).replace("{rows: 10", "{rows: 10, debug: '0'"),
    )
    assert result.code in (0, 4), result.stdout
    assert counted(tmp_path) == ["prepared 10", "prepared 10"]


def test_a_command_that_names_the_port_is_run_for_each(tmp_path):
    yaml = server("server.py", prepare="[[sh, -c, 'echo for {{port}}']]") + "scenarios:\n"
    yaml += "".join(f"  s{i}: {{request: {{path: /}}, iterations: {{max: 40}}}}\n" for i in range(2))
    result = run_tidemark(tmp_path, yaml)
    assert all(result.log(f"s{i}", "prepare.log").startswith("for ") for i in range(2))


def test_a_port_in_the_environment_does_not_make_it_another_preparation(tmp_path):
    result = run_tidemark(
        tmp_path,
        sample(
            tmp_path,
            """
scenarios:
  a: {request: {path: /ready}, iterations: {max: 40}}
  b: {request: {path: /ready}, iterations: {max: 40}}
""",
            environment=f"{{COUNTED: '{tmp_path}/counted', PORT: '{{{{port}}}}'}}",
        ),
    )
    assert result.code in (0, 4), result.stdout
    assert counted(tmp_path) == ["prepared 10"]


def test_a_preparation_that_failed_is_not_taken_for_done(tmp_path):
    result = run_tidemark(
        tmp_path,
        sample(
            tmp_path,
            """
scenarios:
  a: {request: {path: /ready}, iterations: {max: 40}}
  b: {request: {path: /ready}, iterations: {max: 40}}
""",
            prepare=f"[{COUNT}, [sh, -c, exit 1]]",
        ),
    )
    assert result.code == 3
    assert result.outcomes == {"a": "invalid", "b": "invalid"}
    assert counted(tmp_path) == ["prepared 10", "prepared 10"]


def test_folders_links_and_permissions_are_copied(tmp_path):
    """A real data folder: nested, with a link and a private file, and a socket that is no data."""
    script = (
        "cd {{scratch}} && mkdir -p data/deep && printf 10 > data/deep/file && chmod 600 data/deep/file"
        " && chmod 700 data && ln -s data/deep/file seed && mkfifo pipe"
    )
    show = r'find {{scratch}} -mindepth 1 -printf "%P %y %m %l\n" | sort; exec python3 server.py {{port}}'
    yaml = target(["sh", "-c", show], prepare=f"[[sh, -c, '{script}']]")
    result = run_tidemark(
        tmp_path,
        yaml
        + """
scenarios:
  first: {request: {path: /}, iterations: {max: 40}}
  copy: {request: {path: /}, iterations: {max: 40}}
""",
    )
    first, copy = result.log("first").splitlines(), result.log("copy").splitlines()
    assert "data/deep/file f 600 " in first and "seed l 777 data/deep/file" in first
    assert copy == [line for line in first if not line.startswith("pipe")]


def test_an_empty_scratch_folder_without_prepare(tmp_path):
    show = "ls -A {{scratch}}; touch {{scratch}}/left; exec python3 server.py {{port}}"
    result = run_tidemark(
        tmp_path,
        target(["sh", "-c", show])
        + """
scenarios:
  a: {request: {path: /}, iterations: {max: 40}}
  b: {request: {path: /}, iterations: {max: 40}}
""",
    )
    assert (result.log("a"), result.log("b")) == ("", "")


def test_the_port_and_the_scratch_folder_are_in_the_environment_that_was_asked_for(tmp_path):
    script = "import os; assert os.path.isdir(os.environ['DATA']); assert int(os.environ['PORT']) > 1023"
    yaml = server(
        "server.py",
        environment="{PORT: '{{port}}', DATA: '{{scratch}}'}",
        prepare=f'[[python3, -c, "{script}"]]',
    )
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code in (0, 4), result.stdout


def test_the_agent_is_not_in_the_processes_of_prepare(tmp_path):
    script = "import os, sys; assert 'tidemark_agent' not in sys.modules, 'loaded'"
    script += "; assert 'TIDEMARK_AGENT_DIR' not in os.environ, 'asked for'"
    yaml = server("server.py", prepare=f'[[python3, -c, "{script}"]]')
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code in (0, 4), result.stdout


def test_the_target_keeps_the_pythonpath_it_had(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/vital.py").write_text("")
    yaml = server("-c", environment=f"{{PYTHONPATH: '{tmp_path}/theirs'}}").replace(
        '"-c"', '"-c", "import vital, runpy; runpy.run_path(\'server.py\')"'
    )
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code in (0, 4), result.stdout
    assert result.scenario()["processes"][0]["runtime"].startswith("CPython")


def test_a_preparation_may_not_wait_for_input(tmp_path):
    yaml = server("server.py", prepare="[[sh, -c, 'read answer || exit 0; exit 1']]")
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code in (0, 4), result.stdout


def test_what_a_preparation_leaves_running_is_stopped(tmp_path):
    yaml = server("server.py", prepare="[[sh, -c, 'sleep 60 & setsid sleep 61 & exit 0']]")
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code in (0, 4), result.stdout
    assert len(result.scenario()["processes"]) == 1


def cached(tmp_path, inputs="[]", environment="", scenarios=("a",), token="hunter22"):
    """A sample whose preparation is kept between runs, in a cache of this test."""
    each = "{request: {path: /ready}, iterations: {max: 40}, expect: {contains: seed}}"
    yaml = sample(
        tmp_path,
        "scenarios:\n" + "".join(f"  {name}: {each}\n" for name in scenarios),
        prepare=f"{{commands: [{COUNT}], cache: true, inputs: {inputs}}}",
        environment=f"{{COUNTED: '{tmp_path}/counted'{environment}}}",
    )
    return run_tidemark(tmp_path, yaml, env={"XDG_CACHE_HOME": str(tmp_path / "cache"), "TOKEN": token})


def test_a_cached_preparation_is_used_by_the_next_run(tmp_path):
    results = [cached(tmp_path) for _ in range(2)]
    assert all(result.code in (0, 4) for result in results), results[1].stdout
    assert counted(tmp_path) == ["prepared 10"]
    assert not results[1].scenario("a")["unexpected_answers"]
    assert "taken from the cache" in results[1].log("a", "prepare.log")
    assert (tmp_path / "cache/tidemark/prepared").stat().st_mode & 0o777 == 0o700


def test_a_cached_preparation_is_made_anew_when_an_input_has_changed(tmp_path):
    for version in ("1", "1", "2", "1"):
        (tmp_path / "models.py").write_text(version)
        cached(tmp_path, inputs="[models.py]")
    assert counted(tmp_path) == ["prepared 10"] * 2


def test_a_cached_preparation_is_made_anew_when_the_environment_has_changed(tmp_path):
    for environment in ("", ", DEBUG: 1", ", DEBUG: 1"):
        cached(tmp_path, environment=environment)
    assert counted(tmp_path) == ["prepared 10"] * 2


def test_another_secret_is_another_preparation_and_the_cache_does_not_tell_which(tmp_path):
    for token in ("hunter22", "another1", "hunter22"):
        result = cached(tmp_path, environment=", TOKEN: '{{env:TOKEN}}'", token=token)
        assert result.code in (0, 4), result.stdout
    assert counted(tmp_path) == ["prepared 10"] * 2
    folder = tmp_path / "cache/tidemark/prepared"
    before = {state.name for state in folder.iterdir() if state.is_dir()}
    (folder / "secret").unlink()
    cached(tmp_path, environment=", TOKEN: '{{env:TOKEN}}'", token="hunter22")
    after = {state.name for state in folder.iterdir() if state.is_dir()}
    assert len(before) == 2 and len(after - before) == 1, "without its secret a name says nothing"


def test_where_the_cache_is_unusable_prepare_still_runs_once(tmp_path):
    (tmp_path / "cache").write_text("no folder")
    result = cached(tmp_path, scenarios=("a", "b", "c"))
    assert result.code in (0, 4), result.stdout
    assert counted(tmp_path) == ["prepared 10"]


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path):
    (tmp_path / "cache").write_text("no folder")
    result = cached(tmp_path)
    assert result.code in (0, 4), result.stdout
    assert "not kept for later runs" in result.log("a", "prepare.log")

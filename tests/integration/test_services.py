"""Services run before the target and after it, are not measured, and leave nothing behind."""

import os
import shutil
import signal

import pytest

from support import BRIEF, VENV, describe, run_tidemark, server, start_tidemark, target

HELPER = "{name: helper, command: [python3, server.py, '{{port:helper}}']}"
LONG = "scenarios:\n  it: {request: {path: /}, warmup: 50000, iterations: {max: 100000}, max_duration: 60s}\n"

has_redis = shutil.which("redis-server") and list((VENV / "lib").glob("python3*/site-packages/redis"))
needs_redis = pytest.mark.skipif(not has_redis, reason="there is no redis: see ci/setup.sh")
REDIS = (
    "{name: redis, command: [redis-server, --port, '{{port:redis}}', --bind, 127.0.0.1, --dir, '{{scratch}}',"
    " --save, '3600 1000000'], readiness: {port: redis}}"
)


def with_redis(prepare="[[redis-cli, -p, '{{port:redis}}', set, seed, '{{rows}}']]"):
    yaml = target(
        ["python3", "redis_server.py", "{{port}}", "{{port:redis}}"],
        services=f"[{REDIS}]",
        prepare=prepare,
        environment="{BROKER: 'redis://127.0.0.1:{{port:redis}}/0'}",
    )
    return yaml.replace("variables: {", "variables: {rows: 10, ")


def service(command, **keys):
    """A plain server with a helper that is a line of shell."""
    more = "".join(f", {key}: {value}" for key, value in keys.items())
    return server("server.py", services=f"[{{name: helper, command: [sh, -c, '{command}']{more}}}]")


@needs_redis
def test_what_a_service_kept_is_there_at_each_launch_though_prepare_runs_once(tmp_path):
    result = run_tidemark(
        tmp_path,
        with_redis()
        + """
scenarios:
  a: {request: {path: /}, iterations: {max: 40}, expect: {contains: seed 10}}
  b: {request: {path: /}, iterations: {max: 40}, expect: {contains: seed 10}}
  c: {request: {path: /}, iterations: {max: 40}, expect: {contains: seed 20}, variables: {rows: 20}}
""",
    )
    assert result.code in (0, 4), result.stdout
    assert not any(scenario["unexpected_answers"] for scenario in result.json["scenarios"])
    prepared = [name for name in "abc" if (result.out_dir / name / "prepare.log").exists()]
    assert prepared == ["a", "c"], "ports that differ are no other preparation"
    # Once for the preparation, once for the target; then for the target alone.
    starts = [result.log(name, "service-redis.log").count("Ready to accept") for name in "abc"]
    assert starts == [2, 1, 2]
    assert all(result.log(name, "service-redis.log").count("ready to exit") >= 1 for name in "abc")


@needs_redis
def test_a_service_is_no_process_of_the_target(tmp_path):
    result = run_tidemark(tmp_path, with_redis() + BRIEF)
    commands = [process["command"] for process in result.scenario()["processes"]]
    assert len(commands) == 1, commands
    assert "redis_server.py" in commands[0]


def test_the_limit_of_memory_is_the_targets_alone(tmp_path):
    hog = "python3 -c \"x = bytearray(300 << 20); print(len(x), flush=True); __import__(\\\"time\\\").sleep(60)\""
    yaml = server(
        "server.py",
        services="[{name: hog, command: [sh, -c, '%s'], readiness: {log: '314572800'}}]" % hog,
        memory_limit="100MiB",
    )
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code in (0, 4), result.stdout


def test_a_service_has_its_own_environment_and_no_agent(tmp_path):
    yaml = server(
        "server.py",
        environment="{OF_TARGET: '1'}",
        services="[{name: env, command: [sh, -c, 'env; sleep 60'], environment: {OF_SERVICE: '{{port:env}}'},"
        " readiness: {log: OF_SERVICE=}}]",
    )
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code in (0, 4), result.stdout
    log = result.log("ok", "service-env.log")
    assert "OF_SERVICE=" in log
    assert "OF_TARGET" not in log
    assert "TIDEMARK_AGENT" not in log
    assert "PYTHONPATH" not in log


def test_services_start_in_order_and_stop_in_reverse(tmp_path):
    def tell(name):
        return (
            f"{{name: {name}, command: [sh, -c, 'trap \"echo {name} down >> $TOLD; exit\" TERM;"
            f" echo {name} up >> $TOLD; echo up; while :; do sleep 0.05; done'],"
            f" environment: {{TOLD: '{tmp_path}/told'}}, readiness: {{log: up}}}}"
        )

    yaml = server("server.py", services=f"[{tell('one')}, {tell('two')}]")
    assert run_tidemark(tmp_path, yaml + BRIEF).code in (0, 4)
    assert (tmp_path / "told").read_text().split("\n")[:-1] == ["one up", "two up", "two down", "one down"]


@pytest.mark.parametrize(
    ("yaml", "messages"),
    [
        (service("echo no such disk; exit 3", readiness="{log: ready}"),
         ["the service 'helper' exited with code 3 before it was ready", "no such disk"]),
        (service("echo still thinking; sleep 60", readiness="{log: ready, timeout: 500ms}"),
         ["the service 'helper' was not ready within 500 ms", "does not contain 'ready'", "still thinking"]),
        (service("echo {{port:helper}}; sleep 60", readiness="{timeout: 500ms}"),
         ["the service 'helper' was not ready within 500 ms", "nothing listens on 127.0.0.1:"]),
        (server("server.py", services="[{name: helper, command: [no-such-program]}]"),
         ["the service 'helper': command not found: 'no-such-program'"]),
        (server("server.py", readiness="{log: never}", services="[{name: h, command: [sh, -c, 'sleep 1; exit 5']}]"),
         ["the service 'h' exited with code 5"]),
        (server("server.py", prepare="[[sleep, '60']]", services="[{name: h, command: [sh, -c, 'sleep 1; exit 5']}]"),
         ["the service 'h' exited with code 5"]),
    ],
    ids=["dies", "never says it", "never listens", "is not there", "dies during launch", "dies during prepare"],
)
def test_a_service_that_does_not_come_up_is_named_and_nothing_is_driven(tmp_path, yaml, messages):
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code == 3, result.stdout
    for message in messages:
        assert message in result.stdout
    assert result.scenario()["iterations"] == 0


def test_a_service_that_dies_while_the_target_is_driven_ends_the_run(tmp_path):
    result = run_tidemark(tmp_path, service("sleep 2; echo disk is full; exit 7") + LONG)
    assert result.code == 3, result.stdout
    assert "the service 'helper' exited with code 7" in result.stdout
    assert "disk is full" in result.stdout
    assert result.seconds < 20
    assert result.scenario()["iterations"] > 0


def test_a_service_that_must_be_killed_after_prepare_may_have_torn_its_files(tmp_path):
    """Though the shell that started it has ended as it was told to."""
    yaml = server(
        "server.py",
        prepare="[['true']]",
        services="[{name: deaf, command: [sh, -c, 'python3 server.py {{port:deaf}} deaf & wait']}]",
    )
    result = run_tidemark(tmp_path, yaml + BRIEF)
    assert result.code == 3, result.stdout
    assert "the service 'deaf' did not end within 30 s of SIGTERM" in result.stdout


MOMENTS = {
    "launch": (server("server.py", "61", services=f"[{HELPER}]", readiness="{log: never said}") + LONG, " 61"),
    "a service's launch": (service("echo {{port:helper}}; sleep 61") + LONG, "sleep 61"),
    "prepare": (server("server.py", services=f"[{HELPER}]", prepare="[[sleep, '61']]") + LONG, "sleep 61"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_9_leaves_no_service_behind(tmp_path, moment):
    yaml, seen = MOMENTS[moment]
    with start_tidemark(tmp_path, yaml) as run:
        run.wait_for(lambda: any(seen in describe(pid) for pid in run.processes()), seen)
        run.kill()
        run.assert_nothing_left(patience=5)


def test_kill_9_while_driving_leaves_no_service_behind(tmp_path):
    stray = "{name: stray, command: [python3, server.py, '{{port:stray}}', stray]}"
    with start_tidemark(tmp_path, server("server.py", services=f"[{HELPER}, {stray}]") + LONG) as run:
        run.wait_for_record('"checkpoint"')
        assert any("stray.py" in describe(pid) for pid in run.processes())
        run.kill()
        run.assert_nothing_left(patience=5)


def test_a_target_whose_guardian_is_killed_leaves_services_time_to_stop(tmp_path):
    """What is swept up then is the target's tree alone."""
    told = (
        "{name: polite, command: [sh, -c, 'trap \"echo down; exit\" TERM; echo up; while :; do sleep 0.05; done'],"
        " readiness: {log: up}}"
    )
    with start_tidemark(tmp_path, server("server.py", services=f"[{told}]") + LONG) as run:
        run.wait_for_record('"checkpoint"')
        [guardian] = [pid for pid in run.processes() if " guardian " in describe(pid) and " server.py" in describe(pid)]
        os.kill(guardian, signal.SIGKILL)
        result = run.finish()
        run.assert_nothing_left()
    assert result.code == 3, result.stdout
    assert result.log("it", "service-polite.log").endswith("down\n")


def test_secrets_are_taken_out_of_the_logs_of_services(tmp_path):
    yaml = service("echo my password is $KEY; sleep 60", environment="{KEY: '{{env:KEY}}'}", readiness="{log: password}")
    result = run_tidemark(tmp_path, yaml + BRIEF, env={"KEY": "correct-horse"})
    assert result.code in (0, 4), result.stdout
    assert result.log("ok", "service-helper.log") == "my password is ***\n"
    assert not any(b"correct-horse" in text for text in result.texts().values())


def test_a_secret_in_the_last_words_of_a_service_is_not_shown(tmp_path):
    yaml = service("echo my password is $KEY; exit 1", environment="{KEY: '{{env:KEY}}'}", readiness="{log: never}")
    result = run_tidemark(tmp_path, yaml + BRIEF, env={"KEY": "correct-horse"})
    assert result.code == 3
    assert "my password is ***" in result.stdout
    assert not any(b"correct-horse" in text for text in result.texts().values())


def test_logs_of_services_of_an_earlier_run_are_gone(tmp_path):
    run_tidemark(tmp_path, service("echo one; sleep 60", readiness="{log: one}") + BRIEF)
    result = run_tidemark(tmp_path, server("server.py") + BRIEF)
    assert not list(result.out_dir.glob("*/service-*.log"))


def test_a_profile_brings_services_along(tmp_path):
    yaml = server("server.py", "", "{{helper}}").replace("variables: {", "variables: {helper: none, ")
    yaml += (
        "profiles:\n  helped:\n    variables: {helper: '{{port:helper}}'}\n"
        f"    services: [{HELPER}]\n" + BRIEF
    )
    assert not list(run_tidemark(tmp_path, yaml).out_dir.glob("*/service-*.log"))
    result = run_tidemark(tmp_path, yaml, "--profile", "helped")
    assert result.code in (0, 4), result.stdout
    assert (result.out_dir / "ok/service-helper.log").exists()

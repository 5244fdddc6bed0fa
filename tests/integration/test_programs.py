"""Programs that run to their end: what they need, how they end, and that nothing of them stays."""

import json
import pathlib
import shutil
import signal
import sys
import tempfile

import pytest
from support import (
    REPOSITORY,
    WITHOUT_CGROUPS,
    Result,
    run_tidemark,
    skip_unless_cgroups_can_be_hidden,
    skip_unless_cgroups_can_be_made,
    start_tidemark,
)

MIB = 1 << 20


def jobs(scenarios: str, target: str = "{directory: apps}") -> str:
    return f"version: 1\nname: jobs\ntarget: {target}\nscenarios:\n{scenarios}"


def job(program: list[str], budgets: str = "{errors: 0%}", **keys: str) -> str:
    """One scenario that runs a program."""
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"  it:\n    program: {json.dumps(program)}\n    budgets: {budgets}\n{lines}"


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-E", "-c", code]


def peak(result: Result) -> float:
    return float(result.gates()["peak_memory"]["measured"]["value"])


def peak_of(folder: pathlib.Path, code: str, limit: str = "1GiB") -> Result:
    return run_tidemark(folder, jobs(job(python(code), f"{{peak_memory: {limit}}}")))


def test_a_peak_is_the_interpreters_and_what_the_program_touches(tmp_path: pathlib.Path) -> None:
    (tmp_path / "bare").mkdir()
    bare = peak(peak_of(tmp_path / "bare", "pass"))
    full = peak_of(tmp_path, "x = bytearray(100 << 20); del x")
    assert abs(peak(full) - bare - 100 * MIB) < MIB
    assert full.gates()["peak_memory"]["signal"] == "peak_rss"
    assert full.code == 0


def test_two_runs_above_the_limit_fail_the_gate(tmp_path: pathlib.Path) -> None:
    result = peak_of(tmp_path, "x = bytearray(100 << 20)", "64MiB")
    gate = result.gates()["peak_memory"]
    assert (result.code, gate["outcome"], gate["limit"]["value"]) == (1, "fail", 64 * MIB)
    assert result.scenario()["findings"] == []
    # The first run is shown, and not judged.
    assert [each["first"] for each in result.scenario()["peaks"]] == [True, *5 * [False]]
    assert set(result.audit()) == {"runs"}


THREE = """
import subprocess, sys
child = "import sys; x = bytearray(50 << 20); sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"
children = [
    subprocess.Popen([sys.executable, "-S", "-E", "-c", child], stdin=-1, stdout=-1) for _ in "abc"
]
for each in children:
    each.stdout.read(1)
import time; time.sleep(0.1)
for each in children:
    each.communicate()
"""


def test_what_three_children_hold_at_once_is_added_up(tmp_path: pathlib.Path) -> None:
    result = peak_of(tmp_path, THREE)
    assert 150 * MIB < peak(result) < 210 * MIB
    assert result.gates()["peak_memory"]["signal"] in ("peak_cgroup", "peak_sampled")


def test_without_a_cgroup_the_tree_is_looked_at(tmp_path: pathlib.Path) -> None:
    """The same program where no cgroup can be made."""
    skip_unless_cgroups_can_be_hidden()
    yaml = jobs(job(python(THREE), "{peak_memory: 1GiB}"))
    result = run_tidemark(tmp_path, yaml, before=WITHOUT_CGROUPS)
    assert 150 * MIB < peak(result) < 210 * MIB
    gate = result.gates()["peak_memory"]
    assert gate["signal"] == "peak_sampled"
    assert "lower bounds" in gate["reason"]


def test_files_that_are_written_are_no_memory_of_the_program(tmp_path: pathlib.Path) -> None:
    script = "head -c 100000000 /dev/zero > $1/a; rm $1/a; head -c 100000000 /dev/zero > $1/b"
    program = ["sh", "-c", script, "sh", "{{scratch}}"]
    result = run_tidemark(tmp_path, jobs(job(program, "{peak_memory: 1GiB}")))
    assert peak(result) < 40 * MIB


def test_a_program_as_small_as_the_one_that_starts_it_is_not_convicted(
    tmp_path: pathlib.Path,
) -> None:
    result = run_tidemark(tmp_path, jobs(job(["true"], "{peak_memory: 100KiB}")))
    gate = result.gates()["peak_memory"]
    assert (result.code, gate["outcome"]) == (4, "inconclusive")
    assert "at most" in gate["reason"]
    assert gate["measured"]["value"] < 16 * MIB


@pytest.mark.parametrize(
    ("script", "expect", "said"),
    [
        ("echo no space left >&2; exit 3", "{exit: 0}", "exited with code 3 where code 0 was expected"),
        ("exit 0", "{exit: 3}", "exited with code 0 where code 3 was expected"),
        ("kill -SEGV $$", "{}", "was killed by signal 11"),
        ("seq 9", "{rows: 10}", "9 rows where 10 were expected"),
        ("seq 9", "{contains: ten}", "its output does not contain 'ten'"),
        ("seq 9 >&2", "{min_bytes: 1B}", "0 bytes where at least 1 were expected"),
        ("echo '{\"id\": 7}'", "{json: {/id: 8}}", "'7' at '/id' where '8' was expected"),
    ],
)
def test_an_end_that_is_not_as_expected(
    tmp_path: pathlib.Path, script: str, expect: str, said: str
) -> None:
    result = run_tidemark(
        tmp_path, jobs(job(["sh", "-c", script], "{peak_memory: 1GiB}", expect=expect))
    )
    assert (result.code, result.scenario()["iterations"]) == (3, 3)
    answers = result.scenario()["unexpected_answers"]
    assert said in answers[0]["what"]
    assert said in result.log("it")
    if "no space left" in script:
        assert answers[0]["what"].endswith("no space left")


def test_ends_as_expected(tmp_path: pathlib.Path) -> None:
    expect = "{exit: 4, rows: 9, matches: '(?m)^8$', bytes: 18B}"
    result = run_tidemark(tmp_path, jobs(job(["sh", "-c", "seq 9; exit 4"], expect=expect)))
    assert (result.code, result.scenario()["iterations"]) == (0, 10)


def test_an_errors_budget_counts_the_ends(tmp_path: pathlib.Path) -> None:
    # Each run appends to a file in the scratch folder, which all of them share.
    script = 'echo >> "$1/runs"; test $(wc -l < "$1/runs") -ne 4'
    program = ["sh", "-c", script, "sh", "{{scratch}}"]
    result = run_tidemark(tmp_path, jobs(job(program, "{errors: 5%}", iterations="{min: 10, max: 10}")))
    gate = result.gates()["errors"]
    assert (result.code, gate["outcome"]) == (1, "fail")
    assert gate["reason"] == (
        "1 of 10 iterations did not end as expected: "
        "it exited with code 1 where code 0 was expected"
    )


def test_durations_are_of_whole_runs(tmp_path: pathlib.Path) -> None:
    result = run_tidemark(tmp_path, jobs(job(["sleep", "0.1"], "{duration: {p50: 50ms}}")))
    gate = result.gates()["duration.p50"]
    assert (result.code, gate["outcome"]) == (1, "fail")
    assert gate["measured"]["value"] >= 0.1


def test_a_program_that_hangs_is_ended(tmp_path: pathlib.Path) -> None:
    program = ["sh", "-c", "trap '' TERM; sleep 60"]
    result = run_tidemark(tmp_path, jobs(job(program, timeout="100ms", iterations="{max: 3}")))
    assert result.code == 1
    assert "still running after its timeout" in result.scenario()["unexpected_answers"][0]["what"]


def test_what_outlives_a_run_is_ended_and_told(tmp_path: pathlib.Path) -> None:
    program = ["sh", "-c", "setsid sleep 60 & echo done"]
    result = run_tidemark(
        tmp_path, jobs(job(program, expect="{contains: done}", iterations="{max: 3}"))
    )
    assert result.code == 0
    remark = result.audit()["left behind"]
    assert remark["ok"]
    assert "a process was still running" in remark["detail"]


def test_it_has_nothing_to_read(tmp_path: pathlib.Path) -> None:
    assert run_tidemark(tmp_path, jobs(job(["cat"], expect="{bytes: 0B}"))).code == 0


def test_a_memory_limit_ends_it_and_fails_its_peak(tmp_path: pathlib.Path) -> None:
    code = "import time; x = bytearray(200 << 20); time.sleep(60)"
    result = run_tidemark(
        tmp_path,
        jobs(
            job(python(code), "{peak_memory: 64MiB, errors: 0%}"),
            "{directory: apps, memory_limit: 100MiB}",
        ),
    )
    assert result.code == 1
    gates = result.gates()
    assert (gates["peak_memory"]["outcome"], gates["errors"]["outcome"]) == ("fail", "invalid")
    assert "its memory_limit is 100 MiB" in gates["peak_memory"]["reason"]


def test_a_child_that_the_kernel_ends_at_the_limit_ends_the_run(tmp_path: pathlib.Path) -> None:
    """Files on a tmpfs are in no process; and the program itself goes on."""
    skip_unless_cgroups_can_be_made()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as tmpfs:
        program = ["sh", "-c", 'head -c 500M /dev/zero > "$1/file"; echo survived', "sh", tmpfs]
        yaml = jobs(
            job(program, "{peak_memory: 64MiB, errors: 0%}"),
            "{directory: apps, memory_limit: 100MiB}",
        )
        result = run_tidemark(tmp_path, yaml)
    assert result.code == 1
    gates = result.gates()
    assert (gates["peak_memory"]["outcome"], gates["errors"]["outcome"]) == ("fail", "invalid")
    assert "its memory_limit is 100 MiB" in gates["peak_memory"]["reason"]


def test_files_on_a_tmpfs_are_no_memory_of_the_program(tmp_path: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as tmpfs:
        program = ["sh", "-c", 'head -c 100M /dev/zero > "$1/a"; sleep 0.1; rm "$1/a"', "sh", tmpfs]
        result = run_tidemark(tmp_path, jobs(job(program, "{peak_memory: 1GiB}")))
    assert peak(result) < 40 * MIB


def test_shared_memory_is_the_programs(tmp_path: pathlib.Path) -> None:
    """Two processes that look at the same 100 MiB, which are in no file."""
    code = "import mmap, os, time; m = mmap.mmap(-1, 100 << 20); m.write(bytes(100 << 20)); "
    code += "os.fork(); sum(m[i] for i in range(0, 100 << 20, 4096)); time.sleep(0.3)"
    result = peak_of(tmp_path, code)
    assert 100 * MIB < peak(result) < 330 * MIB


def test_a_last_line_that_is_too_long_is_measured(tmp_path: pathlib.Path) -> None:
    script = "echo all is well; head -c 3072 /dev/zero | tr '\\0' x >&2; exit 1"
    result = run_tidemark(tmp_path, jobs(job(["sh", "-c", script], "{errors: 100%}")))
    said = result.scenario()["unexpected_answers"][0]["what"]
    assert said.endswith("… a line of 3 KiB"), said


def test_the_log_stays_small_whatever_is_written(tmp_path: pathlib.Path) -> None:
    script = "echo first; yes what is written again and again | head -c 20000000; echo last; echo aside >&2"
    result = run_tidemark(tmp_path, jobs(job(["sh", "-c", script], expect="{bytes: 20000011B}")))
    assert result.code == 0
    log = result.log("it")
    assert len(log) < 200_000
    for text in ("--- stderr\naside\n", "--- stdout\nfirst\n", "are left out", "last\n"):
        assert text in log


def test_secrets_stay_out_of_everything(tmp_path: pathlib.Path) -> None:
    program = ["sh", "-c", 'echo "$1"; echo "$1" >&2; exit 1', "sh", "{{env:JOB_TOKEN}}"]
    result = run_tidemark(
        tmp_path, jobs(job(program, "{errors: 100%}")), env={"JOB_TOKEN": "very-secret-token"}
    )
    assert result.code == 0
    assert [name for name, text in result.texts().items() if b"very-secret" in text] == []
    assert "***" in result.log("it")


def test_of_a_secret_no_part_is_left_where_a_message_is_cut(tmp_path: pathlib.Path) -> None:
    script = 'printf "%0290d%s\\n" 0 "$1" >&2; exit 1'
    program = ["sh", "-c", script, "sh", "{{env:JOB_TOKEN}}"]
    result = run_tidemark(
        tmp_path, jobs(job(program, "{errors: 100%}")), env={"JOB_TOKEN": "very-secret-token"}
    )
    assert result.scenario()["unexpected_answers"][0]["what"].endswith("0***")
    assert [name for name, text in result.texts().items() if b"very-" in text] == []


def test_a_program_that_cannot_be_started(tmp_path: pathlib.Path) -> None:
    result = run_tidemark(tmp_path, jobs(job(["no-such-program"])))
    assert result.code == 3
    assert "command not found: 'no-such-program'" in result.scenario()["message"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_tidemark_ends_early(tmp_path: pathlib.Path, how: int) -> None:
    program = ["sh", "-c", "setsid sleep 60 & sleep 60"]
    with start_tidemark(tmp_path, jobs(job(program, timeout="60s"))) as run:
        run.wait_for(lambda: len(run.processes()) >= 4, "the program")
        run.process.send_signal(how)
        code = run.finish().code
        run.assert_nothing_left(patience=5)
    assert code == (130 if how == signal.SIGINT else -signal.SIGKILL)


def test_the_record_gives_the_same_report_again(tmp_path: pathlib.Path) -> None:
    result = peak_of(tmp_path, THREE)
    before = result.json
    again = run_tidemark(tmp_path, None, "report", "tidemark-out")
    assert again.code == 0
    assert json.loads((tmp_path / "tidemark-out/result.json").read_text("utf-8")) == before


def test_the_shops_nightly_export(tmp_path: pathlib.Path) -> None:
    for name in ("batch-export.yaml", "django-shop"):
        source = REPOSITORY / "scenarios" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    result = run_tidemark(tmp_path, None, "run", "batch-export.yaml", longest=600, env=cache)
    assert result.code == 0, result.stdout
    whole, streamed = result.json["sweeps"]
    assert [sweep["outcome"] for sweep in (whole, streamed)] == ["pass", "pass"]
    assert whole["scaling"][0]["best"] == "O(n)"
    assert streamed["scaling"][0]["complexity"] == "O(1)"
    states = list((tmp_path / "cache/tidemark/prepared").glob("[0-9a-f]*"))
    assert len(states) == 6, "one for each size, whichever export asked for it"

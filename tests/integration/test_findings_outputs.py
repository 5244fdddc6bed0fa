"""What tracing found in every output, from a record that was made up: the program only renders it."""

import json
from pathlib import Path

import jsonschema
import pytest
from support import RESULT_SCHEMA, check_outputs, run_tidemark

RECORDS = Path(__file__).parent.parent / "fixtures" / "records"
HOSTILE = "</script><script>alert(1)</script>|`\x1b[31m]]>"
ITERATIONS = (10, 10, 20)  # of the traced batches


def marks(per_iteration):
    """What is in use at each mark."""
    values = [0]
    for iterations in ITERATIONS:
        values.append(values[-1] + iterations * per_iteration)
    return values


def diagnosis(text):
    frames = [
        ["shop/payload.py", 9, "payload", f"return b'x'{text}", True],
        ["shop/views.py", 53, f"keep{text}", f"kept.append(payload()){text}", True],
        ["django/core/handlers/base.py", 197, "_get_response", "", False],
    ]
    site = {"frames": [0, 1, 2], "bytes": marks(1000), "blocks": marks(1)}
    site |= {"type": f"bytes{text}", "headline": 1, "holder": 0}
    holder = {"name": "shop.kept", "type": "list", "path": [f"shop.kept (list){text}", "bytes"]}
    holder |= {"first": 0, "last": sum(ITERATIONS), "storage": 0}
    grown = {"type": f"shop.Order{text}", "first": 3, "last": 43, "path": ["shop.ORDERS (dict)"]}
    process = {"process": [2, 2], "frames": frames, "sites": [site], "holders": [holder]}
    process |= {"types": [grown], "traced_bytes": marks(1000)}
    return {"event": "diagnosis", "iteration": 600, "batches": list(ITERATIONS), "processes": [process]}


def peak_diagnosis(text):
    frames = [[f"shop/exports{text}.py", 21, "users_all", f"users = list(all()){text}", True]]
    site = {"frames": [0], "bytes": [25_000_000], "blocks": [20_001], "type": f"shop.User{text}", "headline": 0}
    peak = {"event": "peak_diagnosis", "iteration": 640, "process": [2, 2]}
    peak |= {"frames": frames, "sites": [site]}
    return peak | {"traced_peak": 33_000_000, "taken_at": 32_000_000}


def rendered(folder, *found):
    lines = [json.loads(line) for line in (RECORDS / "django-list-18.jsonl").read_text().splitlines()]
    header = lines[0] | {"expect_outcome": "pass"}
    out = folder / "tidemark-out"
    (out / header["folder"]).mkdir(parents=True)
    record = [header, *lines[1:-1], *found, lines[-1]]
    (out / header["folder"] / "record.jsonl").write_text("".join(json.dumps(line) + "\n" for line in record))
    run = {"schema": "tidemark-run/1", "name": "shop", "started": "2026-01-31T12:00:00Z"}
    run |= {"duration_seconds": 15.0, "folders": [header["folder"]], "planned": 1}
    (out / "run.json").write_text(json.dumps(run))
    return run_tidemark(folder, None, "report", "tidemark-out")


@pytest.fixture(scope="module")
def leak(tmp_path_factory):
    return rendered(tmp_path_factory.mktemp("leak"), diagnosis(""), peak_diagnosis(""))


def test_the_outputs_are_as_their_formats_want_them(leak):
    check_outputs(leak)
    growth, peak = leak.scenario()["findings"]
    assert (growth["kind"], growth["file"], growth["line"]) == ("growth", "shop/views.py", 53)
    assert growth["bytes_per_iteration"] == pytest.approx(1000)
    assert growth["retained_by"] == ["shop.kept (list)", "bytes"]
    assert growth["sites"][0]["bytes"] == pytest.approx(1000)
    assert len(growth["frames"]) == 3
    assert (peak["kind"], peak["bytes"], peak["objects"]) == ("peak", 25_000_000, 20_001)
    assert leak.scenario()["diagnosis"]["types"][0]["more"] == 40
    assert leak.scenario()["peak_diagnosis"]["taken_at_bytes"] == 32_000_000


def test_people_find_the_line_wherever_they_look(leak):
    for text in (leak.stdout, leak.html, leak.markdown, leak.junit.findtext(".//failure")):
        assert "shop/views.py:53 in keep" in text
        assert "kept.append(payload())" in text
        assert "% of the growth" in text


def test_without_a_diagnosis_there_is_none(tmp_path):
    result = rendered(tmp_path)
    check_outputs(result)
    scenario = result.scenario()
    assert scenario["findings"] == []
    assert scenario["diagnosis"] is None and scenario["peak_diagnosis"] is None


def test_the_targets_text_is_text_wherever_it_stands(tmp_path):
    result = rendered(tmp_path, diagnosis(HOSTILE), peak_diagnosis(HOSTILE))
    check_outputs(result)
    assert result.scenario()["findings"][0]["function"] == f"keep{HOSTILE}"
    for text in (result.html, result.markdown, result.stdout, result.junit.findtext(".//failure")):
        assert "\x1b" not in text
    assert "<script>alert" not in result.html


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "guess"},
        {"sites": [{"file": "a.py"}]},
        {"filling": {"length": 1}},
        {"known": {"reason": "it is", "until": 3, "expired": False}},
        {"once_per_iteration": 1},
    ],
)
def test_the_schema_refuses_what_no_reader_expects(leak, change):
    result = json.loads(json.dumps(leak.json))
    result["scenarios"][0]["findings"][0] |= change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(result, RESULT_SCHEMA)

import re

import pytest

from support import REPOSITORY
from tidemark.settings import KEYS, Settings, load
from tidemark.text import MIB, parse_size, printable, size


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/shop/üñ/", "/shop/üñ/"),
        ("/a\nERROR forged", "/a\\nERROR forged"),
        ("/\x1b[2J\r\t\x00", "/\\x1b[2J\\r\\t\\x00"),
        ("/\u202egnp\u2028\x85", "/\\u202egnp\\u2028\\x85"),
        ("/a\\nb", "/a\\\\nb"),
        ("/\udcff", "/\\udcff"),
        ("x" * 201, "x" * 200 + "…"),
    ],
)
def test_text_of_clients_stays_on_its_line(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_sizes_read_and_write() -> None:
    assert [size(n) for n in (0, 1023, 1536, -2 * MIB, 3 << 30)] == [
        "0 B", "1023 B", "1.5 KiB", "-2.0 MiB", "3.0 GiB",
    ]  # fmt: skip
    assert [parse_size(text) for text in ("1.5KiB", "7", "2 MiB", 5)] == [1536, 7, 2 * MIB, 5]
    for wrong in ("1MB", "-1", -1, 1.5, True, None, ""):
        with pytest.raises(ValueError):
            parse_size(wrong)


def test_wrong_settings_are_told_and_left_at_their_defaults() -> None:
    settings, problems = load(
        {"THRESHOLD": "10 MB", "PEAKS": "off", "TRACE_SHARE": 2, "LEAK_HUNTER": {"evry": 1}, "TRENDS": 1}
    )
    assert settings == Settings()
    assert [problem.known for problem in problems] == [True, False, True, True, True]
    assert "did you mean 'PEAK'" in problems[1].message
    assert "evry" in problems[3].message


def test_a_wrong_secret_is_not_repeated() -> None:
    _settings, problems = load({"METRICS_TOKEN": b"geheim"})
    assert len(problems) == 1 and "geheim" not in problems[0].message


def test_share_and_every_exclude_each_other() -> None:
    settings, problems = load({"TRACE_SHARE": 0.5, "TRACE_EVERY": 10})
    assert (settings.trace_share, settings.trace_every, len(problems)) == (0.0, 10, 1)


def test_the_readme_tells_every_setting_with_its_default() -> None:
    readme = (REPOSITORY / "harness/agents/python/README.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)` \|", readme, re.M))
    assert tuple(told) == KEYS
    for key, text in told.items():
        default = getattr(Settings(), key.lower())
        assert eval(text) == (f"{default // MIB}MiB" if key == "THRESHOLD" else default), key

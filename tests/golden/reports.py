"""`tidemark report` on runs that are saved or made up: what it writes, and what it takes to do so."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator

from support import CI_VARIABLES, OUTPUTS, TIDEMARK

HERE = pathlib.Path(__file__).resolve().parent
RUN = HERE / "run"
LONGEST = 120.0  # seconds; a sanitizer takes a tenth of it


@dataclasses.dataclass
class Reports:
    """Everything that a report wrote, as bytes: the files by name, and both streams."""

    code: int
    texts: dict[str, bytes]

    def __getitem__(self, name: str) -> str:
        return self.texts[name].decode("utf-8")


def report(folder: pathlib.Path, *arguments: str, output: str = "run", **variables: str) -> Reports:
    """`tidemark report ARGUMENT…` in a folder, with annotations; `output` is where the files go."""
    (folder / ".git").mkdir(exist_ok=True)  # the root of paths
    environment = {name: value for name, value in os.environ.items() if name not in CI_VARIABLES}
    done = subprocess.run(
        [TIDEMARK, "report", *arguments],
        cwd=folder,
        env={**environment, "GITHUB_ACTIONS": "true", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LONGEST,
        check=False,
    )
    texts = {"stdout": done.stdout, "stderr": done.stderr}
    for name in OUTPUTS:
        with contextlib.suppress(FileNotFoundError):
            texts[name] = (folder / output / name).read_bytes()
    return Reports(done.returncode, texts)


def saved(folder: pathlib.Path, name: str = "run", only: Iterable[str] | None = None) -> pathlib.Path:
    """A copy of the saved run, or of some of its folders, in a folder of one's own."""
    run = folder / name
    shutil.copytree(RUN, run)
    if only is not None:
        head = json.loads((run / "run.json").read_text("utf-8"))
        head["folders"] = [each for each in head["folders"] if each in set(only)]
        head["planned"] = len(head["folders"])
        (run / "run.json").write_text(json.dumps(head), "utf-8")
    return run


def records(run: pathlib.Path) -> Iterator[tuple[pathlib.Path, list[dict]]]:
    for path in sorted(run.glob("*/record.jsonl")):
        yield path, [json.loads(line) for line in path.read_text("utf-8").splitlines()]


_NUMBERS = r"\[\s*(?:[-+\d.e]+|null)(?:,\s*(?:[-+\d.e]+|null))*\s*\]"
_SCALARS = r'\{\s*"\w+": [^][{}",]+(?:,\s*"\w+": [^][{}",]+)*\s*\}'


def for_review(name: str, text: str, folder: pathlib.Path) -> str:
    """A report with what differs from run to run named instead, and in lines that a person can read."""
    text = re.sub(r"\btidemark-[0-9a-f]{32}\b", "TOKEN", text)
    text = text.replace(folder.as_uri(), "file:///repository").replace(str(folder), "/repository")
    if name == "result.json":  # a series is a line
        return re.sub(f"{_NUMBERS}|{_SCALARS}", lambda match: re.sub(r"\s+", " ", match[0]), text)
    if name == "report.html":  # the sources of style and script are tested where they lie
        text = re.sub(r"<(style|script)>.*?</\1>", r"<\1>…</\1>", text, flags=re.S)
        text = re.sub(r"'sha256-[\w+/=]+'", "'sha256-…'", text)
        return text.replace("><", ">\n<")
    return text

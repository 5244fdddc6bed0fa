#!/usr/bin/env python3
"""Makes small records of large ones, for tests: what judging growth needs stays, the machine's own goes.

    tests/calibration/real/shrink.py django-list-03 node-plain-11   rounds of what record.py has recorded
    tests/calibration/real/shrink.py --again                        those that are in the manifest, once more

The manifest beside them says what each one's server truly keeps (from truth.json).
"""

import argparse
import json
import pathlib
import re
import sys
from collections.abc import Iterable
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
WORK = REPOSITORY / "build/recordings"
FIXTURES = REPOSITORY / "tests/fixtures/records"
SERVERS = {
    "django": "gunicorn, one sync worker",
    "sync-4": "gunicorn, four sync workers",
    "gthread-4": "gunicorn, one worker of four threads",
    "recycled-2": "gunicorn, two sync workers, each replaced after some 100 requests",
    "node": "Node",
    "java-serial": "Java, serial collector",
    "java-g1": "Java, G1 collector",
}
EXACT_SIGNALS = ("live_bytes", "held_bytes", "live_blocks", "uss", "fds", "threads")
PAGE_SIGNALS = ("uss", "rss", "fds", "threads")  # where there is no agent
WARMUP_CHECKPOINTS = 10  # that are kept, beside the one of the launch
# Latencies, peaks and the collector's statistics say nothing about growth.
DROPPED_EVENTS = ("latency", "peak")
KEPT_ENVIRONMENT = ("kernel", "tidemark")

Json = dict[str, Any]


def base_name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def shrink_position(position: Json) -> Json:
    return {**position, "file": base_name(position["file"])}


def shrink_environment(environment: Json) -> Json:
    kept = {name: environment[name] for name in KEPT_ENVIRONMENT if name in environment}
    if "kernel" in kept:  # its number, without what whoever built it added
        kept["kernel"] = re.sub(r"(\d+\.\d+)[^ ]*", r"\1", kept["kernel"])
    return kept


def shrink_header(header: Json) -> Json:
    return {
        **header,
        "file": base_name(header["file"]),
        "position": shrink_position(header["position"]),
        "started": header["started"][:10] + "T00:00:00Z",
        "budgets": [{**each, "position": shrink_position(each["position"])} for each in header["budgets"]],
        "repeat_command": re.sub(r"\S+/", "", header["repeat_command"]),
        "environment": shrink_environment(header["environment"]),
    }


class Numbers:
    """Processes by the order in which they came: PIDs and times of boot are the machine's."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int], int] = {}

    def add(self, key: list[int]) -> list[int]:
        number = self._numbers.setdefault((key[0], key[1]), len(self._numbers) + 1)
        return [number, number]

    def find(self, key: list[int]) -> list[int]:
        number = self._numbers.get((key[0], key[1]), 0)
        return [number, number]


def shrink_reading(reading: Json, numbers: Numbers) -> Json:
    small: Json = {"process": numbers.add(reading["process"])}
    signals = EXACT_SIGNALS if "live_bytes" in reading else PAGE_SIGNALS
    small.update((signal, reading[signal]) for signal in signals if signal in reading)
    if "worked_seconds" in reading:
        small["worked_seconds"] = round(reading["worked_seconds"], 4)
    # What the audit needs, where there is anything to say.
    small.update((key, reading[key]) for key in ("django_debug", "swapped", "gap") if reading.get(key))
    return small


def shrink_event(event: Json, numbers: Numbers) -> Json:
    kind = event["event"]
    if kind == "checkpoint":
        readings = [shrink_reading(reading, numbers) for reading in event["readings"]]
        return {**event, "elapsed_seconds": round(event["elapsed_seconds"], 3), "readings": readings}
    if kind == "process":
        parent = numbers.find(event["parent"])
        process = numbers.add(event["process"])
        command = base_name(event["command"].split(" ")[0])
        return {**event, "process": process, "parent": parent, "command": command}
    if kind == "process_end":
        return {**event, "process": numbers.find(event["process"])}
    if kind == "unexpected_answer":
        return {**event, "body": ""}
    return event


def join_batches(events: Iterable[Json]) -> list[Json]:
    """One batch a phase: only their sums count, and each checkpoint knows its own."""
    joined: list[Json] = []
    sums: dict[str, Json] = {}
    for event in events:
        if event["event"] != "batch":
            joined.append(event)
        elif event["phase"] in sums:
            total = sums[event["phase"]]
            for key, value in event.items():
                if key not in ("event", "phase"):
                    total[key] = round(total[key] + value, 6)
        else:
            sums[event["phase"]] = dict(event)
            joined.append(sums[event["phase"]])
    return joined


def thin_out_warmup(events: list[Json]) -> list[Json]:
    """Few of its checkpoints, the last ones. The next knows the iterations of those that are left out."""
    warmup = [event for event in events if event["event"] == "checkpoint" and event["phase"] == "warm-up"]
    left_out = {id(event) for event in warmup[1:-WARMUP_CHECKPOINTS]}
    kept: list[Json] = []
    skipped = 0
    for event in events:
        if id(event) in left_out:
            skipped += event["batch"]
        elif event["event"] == "checkpoint" and skipped:
            kept.append({**event, "batch": event["batch"] + skipped})
            skipped = 0
        else:
            kept.append(event)
    return kept


def shrink(lines: Iterable[str]) -> str:
    header, *events = (json.loads(line) for line in lines)
    numbers = Numbers()
    kept = [shrink_event(event, numbers) for event in events if event["event"] not in DROPPED_EVENTS]
    rows = [shrink_header(header), *join_batches(thin_out_warmup(kept))]
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def find_record(work: pathlib.Path, name: str) -> pathlib.Path:
    scenario, number = name.rsplit("-", 1)
    found = sorted(work.glob(f"*/{number}/{scenario}/record.jsonl"))
    if len(found) != 1:
        raise SystemExit(f"{name}: {len(found)} records in {work}; round {number} of {scenario} is meant")
    return found[0]


def manifest_row(file: pathlib.Path) -> Json:
    scenario = file.stem.rsplit("-", 1)[0]
    truth = json.loads((HERE / "truth.json").read_text("utf-8"))[scenario]
    low, high = truth["growth"]
    return {
        "file": file.name,
        "server": next(words for prefix, words in SERVERS.items() if scenario.startswith(prefix + "-")),
        "view": truth["view"],
        "expected": "fail" if high > 0 else "pass",
        "growth_low": low,
        "growth_high": high,
        "kind": truth["kind"],
    }


def write_manifest(folder: pathlib.Path) -> None:
    rows = [json.dumps(manifest_row(file)) for file in sorted(folder.glob("*.jsonl"))]
    (folder / "manifest.json").write_text("[\n " + ",\n ".join(rows) + "\n]\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="SCENARIO-ROUND", help="for instance django-list-03")
    parser.add_argument("--again", action="store_true", help="all that are there already")
    parser.add_argument("--work", type=pathlib.Path, default=WORK, help="where the records are")
    parser.add_argument("--output", type=pathlib.Path, default=FIXTURES, help="where small ones go")
    options = parser.parse_args()
    names = list(options.names)
    if options.again:
        names += [file.stem for file in options.output.glob("*.jsonl")]
    options.output.mkdir(parents=True, exist_ok=True)
    for name in names:
        with find_record(options.work, name).open(encoding="utf-8") as lines:
            (options.output / f"{name}.jsonl").write_text(shrink(lines), "utf-8")
    write_manifest(options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())

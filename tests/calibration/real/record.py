#!/usr/bin/env python3
"""Runs the real servers of this folder again and again, keeps their records, and says how each was judged.

    tests/calibration/real/record.py                      20 rounds of everything: about an hour
    tests/calibration/real/record.py node.yaml --runs 3   one file, three rounds
    tests/calibration/real/record.py --runs 0             no run, only the table of what is there

Rounds lie in WORK/FILE/ROUND and are not run again: what was interrupted goes on where it stopped.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
PROGRAM = REPOSITORY / "build/release/harness/cli/tidemark"
WORK = REPOSITORY / "build/recordings"
FILES = ("django.yaml", "django-shared.yaml", "node.yaml", "java.yaml")
NEEDS = {
    "django.yaml": ("gunicorn",),
    "django-shared.yaml": ("gunicorn",),
    "node.yaml": ("node",),
    "java.yaml": ("java", "javac"),
}
OUTCOMES = ("pass", "fail", "inconclusive", "invalid")
JUDGED = (0, 1, 3, 4)  # exit codes of a run that came to its end
GRACE = 15.0  # seconds for tidemark to stop its target and to write what there is

Json = dict[str, Any]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=FILES, help="scenario files; all by default")
    parser.add_argument("--runs", type=int, default=20, help="of each scenario")
    parser.add_argument("--only", metavar="REGEX", default="", help="scenarios with such names")
    parser.add_argument("--tidemark", type=pathlib.Path, default=PROGRAM, help="the program")
    parser.add_argument("--work", type=pathlib.Path, default=WORK, help="where records are kept")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="the table, for machines")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one round of a file")
    return parser.parse_args()


def runnable(files: Iterable[str]) -> list[str]:
    """Those whose runtimes are here; the others are left out with a word."""
    found = []
    for file in files:
        absent = [program for program in NEEDS.get(file, ()) if shutil.which(program) is None]
        if absent:
            print(f"{file} is left out: there is no {' and no '.join(absent)} here", file=sys.stderr)
        else:
            found.append(file)
    return found


def stop(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does: tidemark stops its target by itself, and when it is killed its guardian does."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_round(options: argparse.Namespace, file: str, folder: pathlib.Path) -> str:
    """One run of all the file's scenarios. What did not come to its end leaves no folder."""
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    command = [options.tidemark.resolve(), "run", file, "--profile", "long", "--quiet"]
    command += ["--output", unfinished.resolve()]
    command += ["--only", options.only] if options.only else []
    # A session of its own: Ctrl-C comes to us, and we pass it on once.
    process = subprocess.Popen(
        command,
        cwd=HERE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, errors = process.communicate(timeout=options.timeout)
    except subprocess.TimeoutExpired:
        stop(process)
        return f"not over after {options.timeout:.0f} seconds"
    except BaseException:
        stop(process)
        raise
    if process.returncode not in JUDGED:
        return f"exit {process.returncode}: {errors.decode('utf-8', 'replace').strip()}"
    unfinished.rename(folder)
    return "done"


def record(options: argparse.Namespace, files: Sequence[str]) -> None:
    for number in range(1, options.runs + 1):
        for file in files:
            folder = options.work / pathlib.Path(file).stem / f"{number:02}"
            if folder.exists():
                continue
            print(f"{file}, round {number} of {options.runs}: ", end="", file=sys.stderr, flush=True)
            print(run_round(options, file, folder), file=sys.stderr)


def expected_of(scenario_folder: pathlib.Path) -> str:
    with (scenario_folder / "record.jsonl").open(encoding="utf-8") as lines:
        return json.loads(next(lines))["expect_outcome"]


def seconds_of(scenario_folder: pathlib.Path) -> float:
    """From the launch to the verdict."""
    *_, last = (scenario_folder / "record.jsonl").read_text("utf-8").splitlines()
    return json.loads(last).get("elapsed_seconds", 0.0)


def runs_of(work: pathlib.Path, file: str, only: str) -> Iterable[Json]:
    """Each verdict about growth, as it lies in the result of each round."""
    for result in sorted(work.glob(f"{pathlib.Path(file).stem}/[0-9]*[0-9]/result.json")):
        for scenario in json.loads(result.read_text("utf-8"))["scenarios"]:
            if scenario["outcome"] == "skipped" or not re.search(only, scenario["name"]):
                continue
            folder = result.parent / scenario["folder"]
            gates = {gate["id"]: gate for gate in scenario["gates"]}
            growth = gates["growth"]
            yield {
                "scenario": scenario["name"],
                "round": result.parent.name,
                "expected": expected_of(folder),
                "outcome": growth["outcome"],
                "classification": growth["classification"],
                "measured": growth["measured"],
                "limit": growth["limit"],
                "reason": growth["reason"],
                "others": {name: gates[name]["outcome"] for name in gates if name != "growth"},
                "iterations": scenario["iterations"],
                "seconds": seconds_of(folder),
            }


def row_of(name: str, runs: Sequence[Json]) -> Json:
    values = [run["measured"]["value"] for run in runs if run["measured"]]
    return {
        "scenario": name,
        "expected": {"pass": "healthy", "fail": "leaking"}[runs[0]["expected"]],
        "runs": len(runs),
        **{outcome: sum(run["outcome"] == outcome for run in runs) for outcome in OUTCOMES},
        "others_not_pass": sum(set(run["others"].values()) != {"pass"} for run in runs),
        "median_estimate": statistics.median(values) if values else None,
        "median_iterations": statistics.median(run["iterations"] for run in runs),
        "median_seconds": statistics.median(run["seconds"] for run in runs),
        "each": runs,
    }


def rows_of(options: argparse.Namespace) -> list[Json]:
    by_name: dict[str, list[Json]] = {}
    for file in options.files:
        for run in runs_of(options.work, file, options.only):
            by_name.setdefault(run["scenario"], []).append(run)
    return [row_of(name, runs) for name, runs in by_name.items()]


def print_table(rows: Sequence[Json]) -> None:
    columns = ("scenario", "truth", "runs", *OUTCOMES, "B/iteration", "iterations", "seconds")
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for row in rows:
        estimate = "" if row["median_estimate"] is None else f"{row['median_estimate']:,.1f}"
        counts = " | ".join(str(row[outcome]) for outcome in OUTCOMES)
        print(
            f"| {row['scenario']} | {row['expected']} | {row['runs']} | {counts} | {estimate} "
            f"| {row['median_iterations']:.0f} | {row['median_seconds']:.1f} |"
        )


def main() -> int:
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM):  # in the background a shell has the first ignored
        signal.signal(number, signal.default_int_handler)
    if options.runs and not os.access(options.tidemark, os.X_OK):
        print(f"{options.tidemark} is missing: build it first, or name it by --tidemark", file=sys.stderr)
        return 2
    code = 0
    try:
        if options.runs:
            record(options, runnable(options.files))
    except KeyboardInterrupt:
        print("interrupted; the table is of what was done before", file=sys.stderr)
        code = 130
    rows = rows_of(options)
    print_table(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())

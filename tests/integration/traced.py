"""Servers that are asked to trace themselves, by the agent's own protocol, without the program between."""

import contextlib
import http.client
import os
import re
import socket
import subprocess
import time

from support import APPS
from test_agent import converse, environment

PATTERNS = APPS / "patterns.py"
BATCHES = 5  # as many as the harness drives
BATCH = 14
ITERATIONS = BATCHES * BATCH


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server with the agent in it, and its requests."""

    def __init__(self, sockets, port, pid):
        self.sockets = sockets
        self.port = port
        self.pid = pid
        self.requests = 0

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return body
        finally:
            connection.close()

    def drive(self, path, times):
        """Requests that differ in their `n`, as cache keys do."""
        for _ in range(times):
            self.requests += 1
            self.get(f"{path}{'&' if '?' in path else '?'}n={self.requests}")

    def ask(self, operation, **fields):
        request = ", ".join(f'"{key}": {value}' for key, value in fields.items())
        line = f'{{"op": "{operation}"{", " if fields else ""}{request}}}\n'
        return converse(self.sockets, self.pid, line.encode())

    def growth(self, path, times=200):
        """Bytes a request by the allocators' own counters, without tracing."""
        self.ask("settle")
        before = self.ask("settle")["live_bytes"]
        self.drive(path, times)
        return (self.ask("settle")["live_bytes"] - before) / times

    def diagnose(self, path, batches=BATCHES, batch=BATCH):
        self.ask("trace", frames=25)
        try:
            self.drive(path, batch)
            self.ask("mark")
            for number in range(batches):
                self.drive(path, batch)
                assert self.ask("mark")["marks"] == number + 2
            return Diagnosis(self.ask("diagnose", iterations=batches * batch), batches * batch)
        finally:
            assert self.ask("untrace")["was_tracing"] is True


class Diagnosis:
    """An answer, as its reader sees it."""

    def __init__(self, answer, iterations):
        assert "error" not in answer, answer
        self.answer = answer
        self.iterations = iterations
        self.holders = answer["holders"]
        self.types = {row["type"]: row for row in answer["types"]}
        self.sites = [Site(row, answer["frames"], self.holders) for row in answer["sites"]]
        for row in answer["frames"]:
            assert [type(each) for each in row] == [str, int, str, str, bool, int, list]

    @property
    def largest(self):
        return max(self.sites, key=Site.steady)

    @property
    def steady(self):
        """Bytes an iteration of all that goes on growing."""
        return sum(site.steady() for site in self.sites) / self.iterations

    def words(self):
        lines = [f"holder {row}" for row in self.holders] + [f"type {row}" for row in self.answer["types"]]
        lines += [site.words() for site in self.sites]
        return "\n".join(lines)


class Site:
    def __init__(self, row, frames, holders):
        self.row = row
        self.frames = [frames[place] for place in row["frames"]]
        self.headline = frames[row["headline"]] if "headline" in row else None
        self.holder = holders[row["holder"]] if "holder" in row else None
        self.type = row.get("type")
        self.bytes = row["bytes"]
        self.blocks = row["blocks"]
        assert len(self.bytes) == len(self.blocks) and self.frames

    def steady(self):
        """Without leaps: the usual block for each that came, and resized storage by its entries.

        Much like what harness/analysis/site_growth.cc makes of it.
        """
        before, after = zip(self.bytes, self.blocks), zip(self.bytes[1:], self.blocks[1:])
        added = [(b - a, d - c) for (a, c), (b, d) in zip(before, after)]
        sizes = sorted(size / blocks for size, blocks in added if blocks >= 1)
        if len(sizes) >= 2:
            usual = sizes[(len(sizes) - 1) // 2]
            return sum(
                max(blocks, 0) * usual if size > 3 * max(blocks, 1) * usual + 256 else size
                for size, blocks in added
            )
        if self.holder and self.holder["last"] > self.holder["first"]:
            return self.bytes[-1] / self.holder["last"] * (self.holder["last"] - self.holder["first"])
        there = [size for size in self.bytes if size]
        return there[-1] - there[0] if self.bytes[-1] else 0

    def goes_on(self):
        half = len(self.blocks) // 2
        return self.blocks[half] > self.blocks[0] and self.blocks[-1] > self.blocks[half]

    def words(self):
        place = "no headline"
        if self.headline:
            place = f"{self.headline[0]}:{self.headline[1]} {self.headline[3]}"
        way = " < ".join(f"{os.path.basename(file)}:{line}" for file, line, *_ in self.frames[:8])
        holder = self.holder["name"] if self.holder else None
        return f"{self.bytes} {self.blocks} {self.type} in {holder}: {place} | {way}"


@contextlib.contextmanager
def patterns(python, sockets):
    """patterns.py under an interpreter."""
    port = free_port()
    process = subprocess.Popen(
        [python, str(PATTERNS), str(port)],
        env=environment(sockets, GLIBC_TUNABLES="glibc.malloc.tcache_count=0"),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield waited_for(Server(sockets, port, process.pid), "/", process)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def waited_for(server, path, process):
    deadline = time.monotonic() + 20
    while True:
        try:
            server.get(path)
            return server
        except OSError:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.02)


def guilty_line(name, file=PATTERNS):
    """(number, text) of the line with the comment."""
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if re.search(rf"# guilty: {re.escape(name)}$", line):
            return number, line.strip()
    raise KeyError(name)

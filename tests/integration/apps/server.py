"""A plain http.server whose manners are given by name: server.py PORT [MANNER [ARGUMENT]].

A manner is a handler below, "hangs-up" for HangsUp, or something that is done before it listens.
"""

import gc
import http.server
import json
import mmap
import os
import signal
import socket
import socketserver
import subprocess
import sys
import time

PORT, MANNER, ARGUMENT = (sys.argv[1:] + ["", ""])[:3]
BODY = b"row\n" * 3

# Markup, terminal escapes, a changed direction of writing, and no UTF-8.
HOSTILE = (
    b"<script>alert(1)</script>'\"&amp;]]>|`*_[x](javascript:alert(2))@team"
    b"\x1b[31m\x1b]0;owned\x07\x9b\xc2\x9b2J\xe2\x80\xae\xff\xfe\x08"
)

kept = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    served = 0

    def do_GET(self):
        Handler.served += 1
        if self.path != "/ready":
            self.misbehave()
        self.answer(200, BODY)

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    do_DELETE = do_POST

    def misbehave(self):
        pass

    def answer(self, status, body, content_type="text/plain", length=None):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored):
        pass


class Fails(Handler):
    def do_GET(self):
        self.answer(200 if self.path == "/ready" else 500, b"Traceback: no such table\n")


class Hangs(Handler):
    def misbehave(self):
        time.sleep(60)


class HangsUp(Handler):
    """Half a body, then the connection is gone."""

    def misbehave(self):
        self.answer(200, BODY, length=len(BODY) + 100)
        self.connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError


class PromisesMore(Handler):
    """A Content-Length larger than the body, and the connection stays open."""

    def misbehave(self):
        self.answer(200, BODY, length=len(BODY) + 100000)
        time.sleep(60)


class SendsMore(Handler):
    """A body larger than its Content-Length: the rest stands where the next answer should be."""

    def do_GET(self):
        self.answer(200, BODY, length=len(BODY) - (0 if self.path == "/ready" else 5))


class Naps(Handler):
    """ARGUMENT seconds before each answer."""

    def misbehave(self):
        time.sleep(float(ARGUMENT))


class Dies(Handler):
    """Ends at request number ARGUMENT."""

    def misbehave(self):
        if Handler.served >= int(ARGUMENT):
            print("disk is full, giving up", file=sys.stderr, flush=True)
            os._exit(7)


class IsKilled(Handler):
    def misbehave(self):
        if Handler.served >= int(ARGUMENT):
            os.kill(os.getpid(), signal.SIGKILL)


class Leaks(Handler):
    """ARGUMENT bytes a request."""

    def misbehave(self):
        kept.append(b"x" * (int(ARGUMENT) - sys.getsizeof(b"")))


class GreedyAtOnce(Handler):
    """ARGUMENT bytes, by a single call."""

    def misbehave(self):
        kept.append(mmap.mmap(-1, int(ARGUMENT), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x8000))  # MAP_POPULATE


class LeaksSlowly(Leaks):
    """... so that each request is a batch of its own."""

    def misbehave(self):
        time.sleep(0.03)
        super().misbehave()


class FillsACache(Leaks):
    """... in the first 900 requests; then the cache is full."""

    def misbehave(self):
        if len(kept) < 900:
            super().misbehave()


class WithoutCollector(Handler):
    """Makes garbage that only the collector could free, and has it switched off."""

    def misbehave(self):
        ring = [b"x" * (1000 + Handler.served % 2)]
        ring.append(ring)


class RareCollector(WithoutCollector):
    """... or has it on, and so rarely at work that it might as well be off."""


class Scratches(Handler):
    """Says what it finds in the folder ARGUMENT, and leaves something there."""

    def do_GET(self):
        found = sorted(os.listdir(ARGUMENT))
        with open(os.path.join(ARGUMENT, "seed"), "r+") as seed:
            found.append(seed.read())
            if self.path != "/ready":
                seed.write("spoilt ")
                with open(os.path.join(ARGUMENT, "left"), "w"):
                    pass
        self.answer(200, " ".join(found).encode())


class Records(Handler):
    """Prints what it is asked."""

    body = b""

    def misbehave(self):
        request = {
            "method": self.command,
            "path": self.path,
            "body": self.body.decode(),
            "headers": dict(self.headers),
            "peer": self.client_address[1],
        }
        os.write(1, json.dumps(request).encode() + b"\n")

    def answer(self, status, body, **keys):
        super().answer(302 if self.path == "/moved" else status, body, **keys)


class Large(Handler):
    """ARGUMENT bytes, in lines."""

    def do_GET(self):
        size = 10 if self.path == "/ready" else int(ARGUMENT)
        self.answer(200, b"0123456789abcde\n" * (size // 16) + b"the end")


class Echoes(Handler):
    """Prints, and answers with, the value of the environment variable ARGUMENT."""

    def do_GET(self):
        secret = os.environ[ARGUMENT]
        print("the password is", secret, flush=True)
        if self.path == "/ready":
            self.answer(200, b"ok")
        else:
            self.answer(500, f"wrong password {secret}\n".encode())


class EchoesType(Echoes):
    """... in a header of an answer with status 200."""

    def do_GET(self):
        self.answer(200, b"ok", content_type=f"text/{os.environ[ARGUMENT]}")


class EchoesLate(Echoes):
    """... across the 200th byte of a body."""

    def do_GET(self):
        body = "x" * 190 + os.environ[ARGUMENT]
        self.answer(200 if self.path == "/ready" else 500, body.encode())


class Hostile(Handler):
    """Hostile text wherever there can be text."""

    def do_GET(self):
        sys.stdout.buffer.write(b"GET " + HOSTILE + b"\n```\n</pre>]]>\n")
        sys.stdout.flush()
        body = HOSTILE + b"\n" + HOSTILE
        self.wfile.write(b"HTTP/1.1 %d OK\r\n" % (200 if self.path == "/ready" else 500))
        self.wfile.write(b"Content-Type: %s\r\n" % HOSTILE)
        self.wfile.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


class Lingers:
    """Garbage in a cycle whose finaliser takes its time."""

    def __init__(self):
        self.ring = self

    def __del__(self):
        print("settling", flush=True)
        time.sleep(60)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64


def stray_process():
    """A grandchild in a session of its own that has forgotten its parents and ignores SIGTERM."""
    subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "stray.py")], check=True)


def hanging_collection():
    """Waits for the first full collection: there is none unless somebody asks for one."""
    gc.set_threshold(1000000)
    Lingers()


def hostile_child():
    """A child whose command line, arguments and path cannot be trusted."""
    subprocess.Popen([b"sleep<script>alert(1)</script>\x1b[31m", b"60"], executable="/bin/sleep")
    subprocess.Popen(["/bin/sh", "-c", "sleep 60; :", HOSTILE])


BEFORE_IT_LISTENS = {
    "without-collector": gc.disable,
    "rare-collector": lambda: gc.set_threshold(1000000000),
    "hanging-collection": hanging_collection,
    "deaf": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "stray": stray_process,
    "hostile-child": hostile_child,
    "slow-to-start": lambda: time.sleep(2),
    "greedy-at-start": lambda: kept.append(b"x" * int(ARGUMENT)) or time.sleep(30),
}

BEFORE_IT_LISTENS.get(MANNER, lambda: None)()
handler = globals().get(MANNER.title().replace("-", ""), Handler)
server = Server(("127.0.0.1", int(PORT)), handler)
if MANNER == "late":
    time.sleep(1)
    print("ready for customers", flush=True)
server.serve_forever()

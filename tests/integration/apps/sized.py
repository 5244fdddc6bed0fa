"""A server whose requests need a known amount of memory: sized.py PORT CURVE SIZE NOISE SEED.

CURVE is how the amount grows with SIZE: constant, linear, linearithmic, quadratic; of 50,000 it makes 25 MiB.
Each request gets up to NOISE (a share) more or less, and answers with 40 bytes for each of SIZE.
"""

import http.server
import math
import random
import sys

PORT, CURVE, SIZE, NOISE, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
LARGEST = 50_000
MOST = 25 * 2**20
CURVES = {
    "constant": lambda n: 1,
    "linear": lambda n: n,
    "linearithmic": lambda n: n * math.log(n),
    "quadratic": lambda n: n * n,
}
curve = CURVES[CURVE]
chance = random.Random(f"{SEED} {SIZE}")


def needed():
    return int(MOST * curve(SIZE) / curve(LARGEST) * (1 + NOISE * chance.gauss(0, 1)))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/ready":
            rows = b"\1" * max(0, needed())  # written to, so that there is a page behind each byte
            del rows
        self.send_response(200)
        self.send_header("Content-Length", str(40 * SIZE))
        self.end_headers()
        for _ in range(SIZE // 1000):
            self.wfile.write(b"x" * 40_000)
        self.wfile.write(b"x" * (40 * (SIZE % 1000)))

    def log_message(self, *ignored):
        pass


http.server.HTTPServer(("127.0.0.1", int(PORT)), Handler).serve_forever()

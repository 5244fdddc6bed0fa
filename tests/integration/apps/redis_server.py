"""A server that needs Redis: it counts its requests there, and shows what somebody else put in.

redis_server.py PORT REDIS-PORT
"""

import http.server
import os
import sys

import redis

STORE = redis.Redis(host="127.0.0.1", port=int(sys.argv[2]))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        try:
            STORE.incr("requests")
            body = b"seed " + (STORE.get("seed") or b"none")
            status = 200
        except redis.RedisError as error:
            body, status = str(error).encode(), 503
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


print("serving as", os.getpid(), flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

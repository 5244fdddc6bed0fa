"""Answers the harness on a Unix socket, from one thread, in this process and in every forked child.

Monkey-patching libraries (gevent, eventlet) replace `threading` and `socket`; the C modules beneath
them stay what they are, so only those are used here.
"""

import _socket
import _thread
import json
import os
import sys
import time
from typing import Optional

from tidemark_agent.operations import Operations

REQUEST_LIMIT = 64 * 1024  # bytes; a request is a short line
PATIENCE = 10.0  # seconds that a connected harness may stay silent
REHEARSALS = 10
REHEARSAL_SECONDS = 2.0


class _Listener:
    """A listening socket and the thread that serves it; made anew after each fork."""

    def __init__(self, directory: str, operations: Operations) -> None:
        self._operations = operations
        self._path = os.path.join(directory, f"{os.getpid()}.sock")
        self._finished = _thread.allocate_lock()
        self._thread_id: Optional[int] = None
        self._stopping = False
        self._open()

    def start(self) -> None:
        self._finished.acquire()
        self._thread_id = _thread.start_new_thread(self._serve, ())

    def stop(self) -> None:
        """Ends the thread and waits for it, unless it is the very thread that asks."""
        self._stopping = True
        try:
            self._socket.shutdown(_socket.SHUT_RDWR)  # wakes `accept`
        except OSError:
            pass
        if self._thread_id != _thread.get_ident():
            self._finished.acquire(True, PATIENCE)
        self._socket.close()

    def _open(self) -> None:
        listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            os.unlink(self._path)  # left by a program that became this one through exec
        except FileNotFoundError:
            pass
        listener.bind(self._path)
        listener.listen(8)
        listener.setblocking(True)
        self._socket = listener
        self._inode = os.fstat(listener.fileno()).st_ino

    def _rehearse(self) -> None:
        """Answers some made-up requests before the first real one.

        The interpreter allocates for a function when it is called for the first, the second, the eighth
        time. What ours take must be taken before the harness looks, or it counts as the target's growth.
        """
        deadline = time.perf_counter() + REHEARSAL_SECONDS
        for _ in range(REHEARSALS):
            harness, agent = _socket.socketpair()
            harness.send(b'{"op":"settle"}\n')
            self._converse(agent)
            harness.recv(REQUEST_LIMIT)
            harness.close()
            agent.close()
            if time.perf_counter() > deadline:
                break

    def _still_ours(self) -> bool:
        """False when the application closed every descriptor, as daemons do, and may have reused ours."""
        try:
            return os.fstat(self._socket.fileno()).st_ino == self._inode
        except OSError:
            return False

    def _serve(self) -> None:
        rehearsed = False
        try:
            while not self._stopping:
                if not self._still_ours():
                    self._socket.detach()
                    self._open()
                try:
                    descriptor, _ = self._socket._accept()
                except OSError:
                    continue
                connection = _socket.socket(fileno=descriptor)
                try:
                    if not rehearsed:
                        self._rehearse()
                        rehearsed = True
                    self._converse(connection)
                except OSError:
                    pass  # the harness went away; nothing here depends on it
                finally:
                    connection.close()
        except Exception as error:
            sys.stderr.write(f"tidemark: the agent in process {os.getpid()} ended: {error!r}\n")
        finally:
            self._finished.release()

    def _converse(self, connection: "_socket.socket") -> None:
        """One request, one answer. The end of the connection tells the harness that nothing of it is left."""
        connection.settimeout(PATIENCE)
        request = b""
        while not request.endswith(b"\n"):
            received = connection.recv(4096)
            request += received
            if not received or len(request) > REQUEST_LIMIT:
                return
        connection.sendall(self._answer(request))

    def _answer(self, line: bytes) -> bytes:
        try:
            request = json.loads(line)
            answer = self._operations.perform(request)
        except Exception as error:  # a garbled request gets an error, never a crash
            answer = {"error": f"{type(error).__name__}: {error}"[:400]}
        return json.dumps(answer, separators=(",", ":")).encode() + b"\n"


def start(directory: str) -> None:
    """Starts the agent in this process and in each that is forked from it."""
    operations = Operations()
    current = [_Listener(directory, operations)]

    def stop() -> None:
        current[0].stop()

    def restart() -> None:
        try:
            current[0] = _Listener(directory, operations)
            current[0].start()
        except OSError as error:  # out of descriptors, the folder gone, another user by now
            sys.stderr.write(f"tidemark: no agent in process {os.getpid()}: {error}\n")

    current[0].start()
    # From 3.12 on a fork with a live thread warns; before that the thread would just be missing.
    os.register_at_fork(before=stop, after_in_parent=restart, after_in_child=restart)

"""Answers the harness on a Unix socket, from one thread, in this process and in every forked child.

Monkey-patching libraries (gevent, eventlet) replace `threading` and `socket`; the C modules beneath
them stay what they are, so only those are used here.
"""

import _signal
import _socket
import _thread
import ctypes
import fcntl
import functools
import json
import os
import sys
import time
from typing import Callable, Optional, TypeVar

from tidemark_agent.collector import set_threshold_from_environment
from tidemark_agent.operations import Operations

REQUEST_LIMIT = 64 * 1024  # bytes; a request is a short line
PATIENCE = 10.0  # seconds that a connected harness may stay silent
STEP = 0.1  # seconds: so long at most a silent harness may hold up a fork
REHEARSALS = 10
REHEARSAL_SECONDS = 2.0
DAEMON_PATIENCE = 2.0  # seconds in which a daemon has closed everything and opened its standard streams
DAEMON_INTERVAL = 0.01
WATCH_INTERVAL = 0.001  # between two looks at a peak
EXIT_PATIENCE = 0.05
FIRST_FREE = 3  # descriptors below are the standard streams'
# What a fault in this very thread raises. Everything else is meant for the application.
FAULTS = {_signal.SIGSEGV, _signal.SIGBUS, _signal.SIGFPE, _signal.SIGILL, _signal.SIGABRT}

T = TypeVar("T")


def _forks_below_python() -> bool:
    """uWSGI forks without Python's hooks and without the interpreter's lock.

    When another thread has that lock at this moment, the child waits for it for good. So there ours may
    not wake up by itself: it has to wait in the kernel, and to be there before the application goes on.
    """
    return "uwsgi" in os.path.basename(os.readlink("/proc/self/exe"))


def _standard_streams_are_open() -> bool:
    try:
        for descriptor in range(FIRST_FREE):
            os.fstat(descriptor)
    except OSError:
        return False
    return True


class _Listener:
    """A listening socket and the thread that serves it; made anew after each fork."""

    def __init__(self, directory: str, operations: Operations, daemon_patience: float) -> None:
        self._operations = operations
        self._directory = directory
        self._daemon_patience = daemon_patience
        self._name = f"{os.getpid()}.sock"
        self._finished = _thread.allocate_lock()
        self._waiting = _thread.allocate_lock()  # released when the thread waits for the first time
        self._thread_id: Optional[int] = None
        self._native_id = 0
        self.stopping = False
        self._open()

    def start(self) -> None:
        self._finished.acquire()
        self._waiting.acquire()
        self._thread_id = _thread.start_new_thread(self._serve, ())

    def wait_until_it_waits(self) -> None:
        """Who returns from here has the interpreter's lock, which the thread gives up in `accept`."""
        self._waiting.acquire(True, DAEMON_PATIENCE)

    def stop(self) -> None:
        """Ends the thread and waits for it, unless it is the very thread that asks."""
        self.stopping = True
        try:
            self._socket.shutdown(_socket.SHUT_RDWR)  # wakes `accept`
        except OSError:
            pass
        if self._thread_id != _thread.get_ident() and self._finished.acquire(True, PATIENCE):
            self._wait_for_exit()
        self._socket.close()

    def _wait_for_exit(self) -> None:
        """Until the kernel knows of the thread's end too: CPython counts threads there when it forks."""
        thread = f"/proc/self/task/{self._native_id}"
        deadline = time.perf_counter() + EXIT_PATIENCE
        while os.path.exists(thread) and time.perf_counter() < deadline:
            time.sleep(0)

    def _open(self) -> None:
        folder = os.open(self._directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        if listener.fileno() < FIRST_FREE:  # a standard stream was closed, and may be meant to stay so
            low = listener
            listener = _socket.socket(
                fileno=fcntl.fcntl(low.fileno(), fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)
            )
            low.close()
        try:
            os.unlink(self._name, dir_fd=folder)  # left by a program that became this one through exec
        except FileNotFoundError:
            pass
        # By way of the descriptor: the path of a socket may have 107 bytes, a folder's has what it has.
        listener.bind(f"/proc/self/fd/{folder}/{self._name}")
        os.close(folder)
        listener.listen(8)
        listener.settimeout(DAEMON_INTERVAL)
        self._socket = listener
        self._inode = os.fstat(listener.fileno()).st_ino

    def _open_again(self) -> None:
        """After the application has closed every descriptor, as daemons do.

        It will then open /dev/null three times and expect standard streams: nobody may be faster.
        """
        deadline = time.perf_counter() + DAEMON_PATIENCE
        while not _standard_streams_are_open() and time.perf_counter() < deadline:
            time.sleep(DAEMON_INTERVAL)
        self._socket.detach()
        self._open()

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
        self._native_id = _thread.get_native_id()
        # An application that blocks a signal and waits for it relies on no thread taking it.
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals() - FAULTS)
        rehearsed = False
        # `accept` takes the lowest free descriptor when it begins to wait. As long as this may be a daemon
        # that is closing its standard streams, nothing must wait in it.
        patience = time.perf_counter() + self._daemon_patience
        try:
            while not self.stopping:
                if not self._still_ours():
                    self._open_again()
                self._socket.settimeout(self._interval(patience))
                if self._waiting.locked():
                    self._waiting.release()
                try:
                    descriptor, _ = self._socket._accept()
                except _socket.timeout:
                    if self._operations.is_watching:
                        self._operations.look()
                    continue
                except OSError:  # closed under our hands, or the application is out of descriptors
                    if not self.stopping:
                        time.sleep(DAEMON_INTERVAL)
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

    def _interval(self, patience: float) -> Optional[float]:
        """Seconds to wait in `accept`; None: until somebody comes."""
        if self._operations.is_watching:
            return WATCH_INTERVAL
        return None if time.perf_counter() > patience else DAEMON_INTERVAL

    def _converse(self, connection: "_socket.socket") -> None:
        """One request, one answer. The end of the connection tells the harness that nothing of it is left."""
        connection.settimeout(STEP)
        request = b""
        while not request.endswith(b"\n"):
            received = self._patiently(lambda: connection.recv(4096))
            request += received
            if not received or len(request) > REQUEST_LIMIT:
                return
        answer = memoryview(self._answer(request))
        while answer:
            # Without the flag a harness that has left would end an application that does not ignore SIGPIPE.
            sent = self._patiently(lambda: connection.send(answer, _socket.MSG_NOSIGNAL))
            answer = answer[sent:]

    def _patiently(self, transfer: Callable[[], T]) -> T:
        """Tries until something moves; a fork waits for this thread, so then there is less patience."""
        deadline = time.perf_counter() + PATIENCE
        while True:
            try:
                return transfer()
            except _socket.timeout:
                if self.stopping or time.perf_counter() > deadline:
                    raise

    def _answer(self, line: bytes) -> bytes:
        try:
            request = json.loads(line)
            answer = self._operations.perform(request)
        except Exception as error:  # a garbled request gets an error, never a crash
            answer = {"error": f"{type(error).__name__}: {error}"[:400]}
        return json.dumps(answer, separators=(",", ":")).encode() + b"\n"


def start(directory: str) -> None:
    """Starts the agent in this process and in each that is forked from it."""
    set_threshold_from_environment()
    operations = Operations()
    below_python = _forks_below_python()
    daemon_patience = 0 if below_python else DAEMON_PATIENCE
    current = [_Listener(directory, operations, daemon_patience)]
    main_thread = [_thread.get_ident()]

    def stop() -> None:
        current[0].stop()

    def restart() -> None:
        try:
            current[0] = _Listener(directory, operations, daemon_patience)
            current[0].start()
        except OSError as error:  # out of descriptors, the folder gone, another user by now
            sys.stderr.write(f"tidemark: no agent in process {os.getpid()}: {error}\n")

    def restart_in_child() -> None:
        main_thread[0] = _thread.get_ident()
        operations.after_fork()
        restart()

    def restart_in_other_threads() -> None:
        if _thread.get_ident() != main_thread[0]:
            restart()

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
    def restart_in_main_thread(_: None) -> int:
        if current[0].stopping:
            restart()
        return 0

    current[0].start()
    if below_python:
        current[0].wait_until_it_waits()
    os.register_at_fork(before=stop, after_in_child=restart_in_child, after_in_parent=restart_in_other_threads)
    # When these hooks are over, CPython 3.13 looks for threads once more, and would warn of ours. A pending
    # call runs in the main thread after os.fork() has returned; no Python code, or it would run right here.
    os.register_at_fork(
        after_in_parent=functools.partial(
            ctypes.pythonapi.Py_AddPendingCall, restart_in_main_thread, None
        )
    )

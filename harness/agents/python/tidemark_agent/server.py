"""Answers the harness on a Unix socket, from one thread, in this process and in every forked child.

Monkey-patching libraries (gevent, eventlet) replace `threading`, `socket` and parts of `_thread` and `time`:
see originals.py.
"""

import _signal
import _socket
import ctypes
import fcntl
import functools
import json
import os
from typing import Callable, Optional, Set, Tuple, TypeVar

from tidemark_agent.collector import set_threshold_from_environment
from tidemark_agent.complaints import complain
from tidemark_agent.operations import Operations
from tidemark_agent.originals import (
    allocate_lock,
    get_ident,
    get_native_id,
    perf_counter,
    sleep,
    start_new_thread,
)

REQUEST_LIMIT = 64 * 1024  # bytes; a request is a short line
PATIENCE = 10.0  # seconds in which a request must be there, and an answer must have been taken
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
        self._finished = allocate_lock()
        self._waiting = allocate_lock()  # released when the thread waits for the first time
        self._thread_id: Optional[int] = None
        self._native_id = 0
        self.stopping = False
        self._open()

    def start(self) -> None:
        self._finished.acquire()
        self._waiting.acquire()
        try:
            self._thread_id = start_new_thread(self._serve, ())
        except RuntimeError:  # no more threads, or the interpreter is ending
            self._finished.release()
            self._socket.close()
            os.unlink(os.path.join(self._directory, self._name))
            raise

    def wait_until_it_waits(self) -> None:
        """Who returns from here has the interpreter's lock, which the thread gives up in `accept`."""
        self._waiting.acquire(True, DAEMON_PATIENCE)

    def stop(self) -> None:
        """Ends the thread and waits for it, unless it is the one that asks. Several threads may ask."""
        woken = True
        if not self.stopping:
            self.stopping = True
            woken = self._wake()
        if self._thread_id != get_ident() and woken and self._finished.acquire(True, PATIENCE):
            self._finished.release()
            self._wait_for_exit()
        self.let_go()

    def let_go(self) -> None:
        """Closes the descriptor, in this process alone."""
        if self._still_ours():
            self._socket.close()
        else:
            self._socket.detach()

    def _wake(self) -> bool:
        """Out of `accept`."""
        try:
            if self._still_ours():
                self._socket.shutdown(_socket.SHUT_RDWR)
                return True
            # The descriptor was closed and is nobody's or somebody else's, but for who waits in `accept` the
            # kernel keeps the socket itself.
            caller = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
            folder = self._open_folder()
            try:
                caller.settimeout(STEP)
                caller.connect(self._way(folder))
            finally:
                os.close(folder)
                caller.close()
            return True
        except OSError:
            return False

    def _wait_for_exit(self) -> None:
        """Until the kernel knows of the thread's end too: CPython counts threads there when it forks."""
        thread = f"/proc/self/task/{self._native_id}"
        deadline = perf_counter() + EXIT_PATIENCE
        while os.path.exists(thread) and perf_counter() < deadline:
            sleep(0)

    def _open_folder(self) -> int:
        return os.open(self._directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def _way(self, folder: int) -> str:
        """By way of the descriptor: the path of a socket may have 107 bytes, a folder's has what it has."""
        return f"/proc/self/fd/{folder}/{self._name}"

    def _open(self) -> None:
        folder = self._open_folder()
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
        listener.bind(self._way(folder))
        os.close(folder)
        listener.listen(8)
        listener.settimeout(DAEMON_INTERVAL)
        self._socket = listener
        self._identity = self._look()

    def _open_again(self) -> None:
        """After the application has closed every descriptor, as daemons do.

        It will then open /dev/null three times and expect standard streams: nobody may be faster.
        """
        deadline = perf_counter() + DAEMON_PATIENCE
        while not _standard_streams_are_open() and perf_counter() < deadline and not self.stopping:
            sleep(DAEMON_INTERVAL)
        if not self.stopping:
            self._socket.detach()
            self._open()

    def _rehearse(self) -> None:
        """Answers some made-up requests before the first real one.

        The interpreter allocates for a function when it is called for the first, the second, the eighth
        time. What ours take must be taken before the harness looks, or it counts as the target's growth.
        """
        deadline = perf_counter() + REHEARSAL_SECONDS
        for _ in range(REHEARSALS):
            harness, agent = _socket.socketpair()
            harness.send(b'{"op":"settle"}\n')
            self._converse(agent)
            harness.recv(REQUEST_LIMIT)
            harness.close()
            agent.close()
            if perf_counter() > deadline:
                break

    def _still_ours(self) -> bool:
        """False when the application closed every descriptor, as daemons do, and may have reused ours."""
        try:
            return self._look() == self._identity
        except OSError:
            return False

    def _look(self) -> Tuple[int, int]:
        found = os.fstat(self._socket.fileno())
        return found.st_dev, found.st_ino

    def _serve(self) -> None:
        self._native_id = get_native_id()
        # An application that blocks a signal and waits for it relies on no thread taking it.
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals() - FAULTS)
        rehearsed = False
        # `accept` takes the lowest free descriptor when it begins to wait. As long as this may be a daemon
        # that is closing its standard streams, nothing must wait in it.
        patience = perf_counter() + self._daemon_patience
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
                        sleep(DAEMON_INTERVAL)
                    continue
                connection = _socket.socket(fileno=descriptor)
                try:
                    if self.stopping:
                        break
                    if not rehearsed:
                        self._rehearse()
                        rehearsed = True
                    self._converse(connection)
                except OSError:
                    pass  # the harness went away; nothing here depends on it
                finally:
                    connection.close()
        except Exception as error:
            complain(f"the agent in process {os.getpid()} ended: {error!r}")
        finally:
            self._finished.release()

    def _interval(self, patience: float) -> Optional[float]:
        """Seconds to wait in `accept`; None: until somebody comes."""
        if self._operations.is_watching:
            return WATCH_INTERVAL
        return None if perf_counter() > patience else DAEMON_INTERVAL

    def _converse(self, connection: "_socket.socket") -> None:
        """One request, one answer. The end of the connection tells the harness that nothing of it is left."""
        connection.settimeout(STEP)
        request = b""
        deadline = perf_counter() + PATIENCE
        while not request.endswith(b"\n"):
            received = self._patiently(lambda: connection.recv(4096), deadline)
            request += received
            if not received or len(request) > REQUEST_LIMIT:
                return
        answer = memoryview(self._answer(request))
        deadline = perf_counter() + PATIENCE
        while answer:
            # Without the flag a harness that has left would end an application that does not ignore SIGPIPE.
            sent = self._patiently(lambda: connection.send(answer, _socket.MSG_NOSIGNAL), deadline)
            answer = answer[sent:]

    def _patiently(self, transfer: Callable[[], T], deadline: float) -> T:
        """Tries until something moves; a fork waits for this thread, so then there is less patience."""
        while perf_counter() < deadline:
            try:
                return transfer()
            except _socket.timeout:
                if self.stopping:
                    break
        raise _socket.timeout

    def _answer(self, line: bytes) -> bytes:
        try:
            request = json.loads(line)
            answer = self._operations.perform(request)
        except Exception as error:  # a garbled request gets an error, never a crash
            answer = {"error": f"{type(error).__name__}: {error}"[:400]}
        return json.dumps(answer, separators=(",", ":")).encode() + b"\n"


class _Agent:
    """The listener that this process has, or None: stopped before each fork, and another one started after it.

    Several threads may fork at the same time.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._operations = Operations()
        self._forks_below_python = _forks_below_python()
        self._listener: Optional[_Listener] = None
        self._begin_in_process()

    def _begin_in_process(self) -> None:
        self._main_thread = get_ident()
        self._forking: Set[int] = set()  # threads that are about to fork
        self._starting = allocate_lock()

    def start(self) -> None:
        """Raises OSError or RuntimeError: no descriptors or threads, the folder gone, another user by now."""
        patience = 0.0 if self._forks_below_python else DAEMON_PATIENCE
        self._listener = None
        listener = _Listener(self._directory, self._operations, patience)
        listener.start()
        self._listener = listener
        if self._forks_below_python:
            listener.wait_until_it_waits()

    def restart(self) -> None:
        """Unless there is one, or will be when the last fork under way is over."""
        running = self._listener is not None and not self._listener.stopping
        if running or self._forking or not self._starting.acquire(False):
            return
        has_complained = self._listener is None
        try:
            self.start()
        except (OSError, RuntimeError) as error:
            if not has_complained:
                complain(f"no agent in process {os.getpid()}: {error}")
        finally:
            self._starting.release()

    def before_fork(self) -> None:
        self._forking.add(get_ident())
        listener = self._listener
        if listener is not None:
            listener.stop()

    def after_fork_in_child(self) -> None:
        self._begin_in_process()
        self._operations.after_fork()
        if self._listener is not None:
            self._listener.let_go()  # another thread of the parent may just have started it
            self._listener.stopping = True
        self.restart()

    def after_fork_in_parent(self) -> None:
        self._forking.discard(get_ident())
        if get_ident() != self._main_thread:
            self.restart()


def start(directory: str) -> None:
    """Starts the agent in this process and in each that is forked from it. Once in a process."""
    set_threshold_from_environment()
    agent = _Agent(directory)
    agent.start()

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
    def restart_in_main_thread(_: None) -> int:
        agent.restart()
        return 0

    os.register_at_fork(
        before=agent.before_fork,
        after_in_child=agent.after_fork_in_child,
        after_in_parent=agent.after_fork_in_parent,
    )
    # When these hooks are over, CPython 3.13 looks for threads once more, and would warn of ours. A pending
    # call runs in the main thread after os.fork() has returned; no Python code, or it would run right here.
    os.register_at_fork(
        after_in_parent=functools.partial(
            ctypes.pythonapi.Py_AddPendingCall, restart_in_main_thread, None
        )
    )

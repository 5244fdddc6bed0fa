"""This process's resident memory and its high-water mark, for a microsecond each.

What a look costs (CPython 3.11, Linux 6.18, with 0 and with 500 MiB resident alike):

    /proc/self/statm, kept open, pread      1.0 µs
    getrusage                               0.6 µs
    /proc/self/status, kept open, pread     4.0 µs
    "5" to /proc/self/clear_refs            0.4 µs, and the kernel's lock on the address space

So the mark is read by getrusage. It is VmHWM, also after clear_refs, unless a larger program became this one
through exec: then the larger one's mark stands in its way, and VmHWM itself is read.
"""

import os
from os import pread
from resource import RUSAGE_SELF, getrusage
from typing import List, Optional

PAGE = os.sysconf("SC_PAGE_SIZE")
_KIB = 1024
_SLACK = 1024 * _KIB  # the kernel's two counts differ by the pages that processors hold back


class _Kept:
    """A descriptor that stays open. What /proc/self was stays so across a fork: the parent's."""

    def __init__(self, path: str, flags: int) -> None:
        self.fd = os.open(path, flags | os.O_CLOEXEC)
        self._identity = self._look()

    def _look(self) -> Optional[List[int]]:
        try:
            found = os.fstat(self.fd)
        except OSError:
            return None
        return [found.st_dev, found.st_ino]

    def close(self) -> None:
        # Daemons and pools close every descriptor, and the number may be somebody else's by now.
        if self._identity is not None and self._look() == self._identity:
            os.close(self.fd)
        self._identity = None


class ProcessMemory:
    """Readers for the process that asks, across forks. OSError without /proc or descriptors.

    One thread at a time: what was closed under our hands, or belongs to a parent, is opened again.
    """

    def __init__(self, may_reset: bool = False) -> None:
        self._may_reset = may_reset
        self._kept: List[_Kept] = []
        self._open()

    def _open(self) -> None:
        for kept in self._kept:
            kept.close()
        self._kept = []
        self._pid = 0  # until all is open
        self._statm = -1
        self._last = (b"", 0)
        self._statm = self._keep("/proc/self/statm", os.O_RDONLY)
        self._status: Optional[int] = None
        self._clear_refs: Optional[int] = None
        if self._may_reset:
            try:
                self._clear_refs = self._keep("/proc/self/clear_refs", os.O_WRONLY)
                self._reset()
            except OSError:
                self._clear_refs = None
        status = self._keep("/proc/self/status", os.O_RDONLY)
        if _rusage_mark() > _status_mark(status) + _SLACK:
            self._status = status
        else:
            self._kept.pop().close()
        self._pid = os.getpid()

    def _keep(self, path: str, flags: int) -> int:
        self._kept.append(_Kept(path, flags))
        return self._kept[-1].fd

    def close(self) -> None:
        for kept in self._kept:
            kept.close()
        self._kept = []
        self._pid = 0  # whoever asks again opens again

    @property
    def can_reset(self) -> bool:
        return self._clear_refs is not None

    def rss(self) -> int:
        """Resident bytes."""
        if self._pid != os.getpid():
            self._open()
        return self.rss_here()

    def rss_here(self) -> int:
        """The same, for who knows that no fork has come between: a look at the process's id costs too."""
        try:
            text = pread(self._statm, 128, 0)
            known, resident = self._last
            if text != known:
                resident = _resident(text)
                self._last = (text, resident)
            return resident
        except (OSError, ValueError, IndexError):  # closed under our hands, or no longer this file
            self._open()
            return _resident(os.pread(self._statm, 128, 0))

    def peak(self) -> int:
        """The high-water mark of resident bytes: since the process began, or since the last `reset_peak`."""
        if self._pid != os.getpid():
            self._open()
        return self.peak_here()

    def peak_here(self) -> int:
        """The same, without a look for a fork."""
        if self._status is None:
            return getrusage(RUSAGE_SELF).ru_maxrss * _KIB
        return _status_mark(self._status)

    def reset_peak(self) -> None:
        """Sets the mark back to what is resident; nothing happens where that is not allowed.

        Nor does it look for a fork: a child's first look must be another one, or the parent's mark goes.
        """
        if self._clear_refs is not None:
            try:
                self._reset()
            except OSError:
                self._clear_refs = None

    def _reset(self) -> None:
        assert self._clear_refs is not None
        os.write(self._clear_refs, b"5")


def _resident(statm: bytes) -> int:
    return int(statm.split(None, 2)[1]) * PAGE


def _rusage_mark() -> int:
    return getrusage(RUSAGE_SELF).ru_maxrss * _KIB


def _status_mark(fd: int) -> int:
    text = os.pread(fd, 4096, 0)
    begin = text.index(b"VmHWM:") + len(b"VmHWM:")
    return int(text[begin : text.index(b"kB", begin)]) * _KIB

"""What monkey-patching libraries replace, as it was: this module is loaded before the application runs.

gevent and eventlet put greenlets in the place of `_thread`'s threads and locks and of `time.sleep`. After a
fork a thread of ours that was one of theirs would keep all others from running for good. The C modules
`_socket` and `_signal` stay what they are.
"""

from _thread import allocate_lock, get_ident, get_native_id, start_new_thread
from time import perf_counter, sleep

__all__ = [
    "allocate_lock",
    "get_ident",
    "get_native_id",
    "perf_counter",
    "sleep",
    "start_new_thread",
]

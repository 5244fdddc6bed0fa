"""Words on the application's standard error, which may be closed, full, or read by nobody."""

import sys
from os import write
from select import select


def complain(text: str) -> None:
    """Says it if that can be done at once, and never raises: the application must run.

    Past `sys.stderr`, which may be an object of the application's, and whose buffer would keep what could
    not be written and fail again at the interpreter's end.
    """
    try:
        descriptor = sys.__stderr__.fileno()  # type: ignore[union-attr]  # None where it was closed
        if select([], [descriptor], [], 0)[1]:
            write(descriptor, f"tidemark: {text}\n".encode("utf-8", "replace"))
    except Exception:
        pass

"""Starts the Tidemark agent in every Python process that inherits PYTHONPATH, then gets out of the way.

The interpreter imports the first `sitecustomize` on `sys.path`. Ours stands first, so the one that it
hides (a distribution's, a virtual environment's, the team's own) is loaded from here, and afterwards
`sys.path` is what it would have been without us.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _is_main_interpreter() -> bool:
    """Subinterpreters import this too. Their agent would end the process when they end, or take the first
    one's socket. Only the main one, in the thread that began it, may have to do with signals.
    """
    from _signal import set_wakeup_fd

    try:
        descriptor = set_wakeup_fd(-1)
    except ValueError:
        return False
    if descriptor != -1:
        set_wakeup_fd(descriptor)
    return True


def _start_agent() -> None:
    directory = os.environ.get("TIDEMARK_AGENT_DIR")
    if not directory or not _is_main_interpreter():
        return
    from tidemark_agent.complaints import complain

    try:
        if sys.version_info < (3, 8):
            raise RuntimeError("it needs Python 3.8 or newer")
        from tidemark_agent import server

        server.start(directory)
    except Exception as error:  # the application must run, with or without an agent
        complain(f"no agent in process {os.getpid()}: {error!r}")


def _leave_path() -> None:
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _HERE]


def _load_hidden_sitecustomize() -> None:
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_start_agent()
_leave_path()
_load_hidden_sitecustomize()

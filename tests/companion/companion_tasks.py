"""A Celery application with the companion in it; COMPANION_DJANGO=1 makes it a part of the Django site."""

import os

from celery import Celery

import tidemark.celery

DJANGO = os.environ.get("COMPANION_DJANGO") == "1"
if DJANGO:
    import companion_site  # noqa: F401

app = Celery("companion_tasks", broker=os.environ["COMPANION_BROKER"], backend=os.environ["COMPANION_BROKER"])
tidemark.celery.connect(None if DJANGO else {"THRESHOLD": "20MiB", "PEAK": "reset"})

KEPT = []


@app.task
def small(_secret: str = "") -> str:
    return "ok"


@app.task
def keep(mib: int, _secret: str = "") -> str:
    KEPT.append(b"x" * (mib * 1024 * 1024))
    return "kept"


@app.task
def drop(mib: int) -> int:
    return len(b"x" * (mib * 1024 * 1024))


@app.task
def fail() -> None:
    raise RuntimeError("on purpose")

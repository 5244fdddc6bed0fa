"""A Celery application whose task keeps something each time."""

import os

from celery import Celery

app = Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
kept = []


@app.task
def keep():
    kept.append(b"x" * int("1000"))
    return os.getpid()

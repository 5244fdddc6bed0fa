"""A WSGI application with one mistake a path, and at PATH-fixed its healthy twin.

The line that a developer would name as the guilty one ends in a comment that says so, for the tests to
find. `python patterns.py PORT` serves it from one thread; or `gunicorn patterns:application`.
"""

import asyncio
import contextvars
import ctypes
import functools
import io
import itertools
import json
import logging
import sys
import threading
from collections import OrderedDict, deque
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

views = {}
requests = itertools.count()

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]


def view(function):
    """Called with the query's arguments; what it returns is the answer's body."""
    views[function.__name__.replace("_", "-")] = function
    return function


def payload(size=1000):
    """An object whose sys.getsizeof() is `size`; a new one each time."""
    return b"x" * (size - sys.getsizeof(b""))


class Document:
    def __init__(self):
        self.title = "The tide"
        self.body = payload()


class Emitter:
    """Signals as every second project writes them."""

    def __init__(self):
        self.receivers = []

    def connect(self, receiver):
        if receiver not in self.receivers:
            self.receivers.append(receiver)


# A list in a module, filled with functions that have their surroundings with them.
callbacks = []


@view
def closure(query):
    document = payload()

    def later():
        return document

    callbacks.append(later)  # guilty: closure


@view
def closure_fixed(query):
    document = payload()

    def later():
        return document

    later()


# Exceptions have their traceback, that has its frames, and those have all local variables.
failures = []


def fail(document):
    raise ValueError("no such document")


@view
def exception(query):
    try:
        fail(payload())
    except ValueError as error:
        failures.append(error)  # guilty: exception


@view
def exception_fixed(query):
    try:
        fail(payload())
    except ValueError as error:
        str(error)


# A cache whose keys come from outside.
answers = {}


@view
def cache(query):
    key = query["n"]
    if key not in answers:
        answers[key] = payload()  # guilty: cache
    return answers[key]


@view
def cache_fixed(query):
    if len(recent_answers) == 16:
        recent_answers.clear()
    return recent_answers.setdefault(query["n"], payload())


recent_answers = {}
local = threading.local()


@view
def thread_local(query):
    if not hasattr(local, "documents"):
        local.documents = []
    local.documents.append(Document())  # guilty: thread-local


@view
def thread_local_fixed(query):
    local.document = Document()


page_viewed = Emitter()


@view
def listener(query):
    document = payload()

    def note():
        return document

    page_viewed.connect(note)  # guilty: listener


@view
def listener_fixed(query):
    page_viewed.connect(note_page)


def note_page():
    pass


@view
def handler(query):
    stream = io.StringIO()
    logger = logging.getLogger("patterns.requests")
    logger.addHandler(logging.StreamHandler(stream))  # guilty: handler


@view
def handler_fixed(query):
    logger = logging.getLogger("patterns.requests")
    added = logging.StreamHandler(io.StringIO())
    logger.addHandler(added)
    logger.removeHandler(added)
    added.close()


# A default that all contexts share.
seen = contextvars.ContextVar("seen", default=[])


@view
def context(query):
    seen.get().append(Document())  # guilty: context


@view
def context_fixed(query):
    token = last_seen.set(Document())
    last_seen.reset(token)


last_seen = contextvars.ContextVar("last_seen")


@functools.lru_cache(maxsize=None)
def loop():
    """An event loop in a thread of its own."""
    running = asyncio.new_event_loop()
    threading.Thread(target=running.run_forever, daemon=True).start()
    return running


jobs = set()


async def wait_for_more(document):
    await asyncio.Event().wait()


async def wait_for_nothing(document):
    await asyncio.sleep(0)


@view
def task(query):
    jobs.add(asyncio.run_coroutine_threadsafe(wait_for_more(payload()), loop()))  # guilty: task


@view
def task_fixed(query):
    job = asyncio.run_coroutine_threadsafe(wait_for_nothing(payload()), loop())
    job.result()


@view
def native(query):
    ctypes.memset(libc.malloc(1000), 1, 1000)


@view
def native_fixed(query):
    address = libc.malloc(1000)
    ctypes.memset(address, 1, 1000)
    libc.free(address)


class Order:
    created = []

    def __init__(self):
        self.body = payload()

    def remember(self):
        type(self).created.append(self)  # guilty: class-attribute


@view
def class_attribute(query):
    Order().remember()


@view
def class_attribute_fixed(query):
    Order()


class Invoice:
    def __init__(self):
        self.document = payload()

    @functools.lru_cache(maxsize=None)
    def pages(self):
        return len(self.document) // 100

    @functools.lru_cache(maxsize=100_000)
    def lines(self):
        return len(self.document) // 10

    def words(self):
        return len(self.document) // 5


@view
def lru_method(query):
    Invoice().pages()  # guilty: lru-method


@view
def lru_method_fixed(query):
    Invoice().words()


@view
def lru_bounded(query):
    Invoice().lines()  # guilty: lru-bounded


@functools.lru_cache(maxsize=64)
def document_of(key):
    return payload()


@view
def lru_full(query):
    document_of(query["n"])


last_documents = deque(maxlen=200)


@view
def ring(query):
    last_documents.append(payload())  # guilty: ring


class Store:
    """An LRU cache made by hand."""

    def __init__(self, maxsize):
        self.maxsize = maxsize
        self.entries = OrderedDict()

    def put(self, key, value):
        self.entries[key] = value
        if len(self.entries) > self.maxsize:
            self.entries.popitem(last=False)


store = Store(maxsize=2000)
small_store = Store(maxsize=16)


@view
def store_filling(query):
    store.put(query["n"], payload())  # guilty: store


@view
def store_full(query):
    small_store.put(query["n"], payload())


class Point:
    __slots__ = ("x", "y", "label")

    def __init__(self, label):
        self.x = self.y = 0
        self.label = label


points = []


@view
def slots(query):
    points.extend(  # guilty: slots
        Point(label)
        for label in (
            payload(500),
            payload(600),
        )
    )


@view
def slots_fixed(query):
    Point(payload())


visits = itertools.count()
sevenths = []


@view
def seventh(query):
    document = payload()
    if next(visits) % 7 == 0:
        sevenths.append(document)  # guilty: seventh


streams = []


def lines_of(document):
    for line in document.split(b"\n"):
        yield line


@view
def generator(query):
    lines = lines_of(payload())
    next(lines)
    streams.append(lines)  # guilty: generator


@view
def generator_fixed(query):
    list(lines_of(payload()))


def counting():
    history = []

    def count(query):
        history.append(payload())  # guilty: cell

    return count


views["cell"] = counting()


@view
def default(query, log=[]):  # noqa: B006
    log.append(payload())  # guilty: default


class Session:
    """Its attributes lie in a dictionary of dictionaries."""

    def __init__(self):
        self.by_user = {"anonymous": {}}


session = Session()


@view
def nested(query):
    session.by_user["anonymous"][query["n"]] = Document()  # guilty: nested


def row(number):
    return {"id": number, "name": "row %d" % number}


@view
def rows(query):
    """Makes all of it before it answers."""
    made = [row(number) for number in range(int(query["n"]))]  # guilty: rows
    return b"%d rows" % len(made)


@view
def table(query):
    """As greedy, elsewhere."""
    cells = [row(number) for number in range(int(query["n"]))]  # guilty: table
    return b"%d cells" % len(cells)


@view
def rows_streamed(query):
    return (json.dumps(row(number)).encode() for number in range(int(query["n"])))


def application(environ, start_response):
    name = environ["PATH_INFO"][1:]
    query = {key: values[-1] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
    query.setdefault("n", str(next(requests)))  # a request like no other
    body = (views[name](query) if name else None) or b"ok"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body] if isinstance(body, bytes) else body


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), application, handler_class=Quiet).serve_forever()

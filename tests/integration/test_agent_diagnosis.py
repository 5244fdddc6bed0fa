"""What the Python agent finds out when it is asked to trace: lines, holders, types, peaks.

Known mistakes (apps/patterns.py, the Django shop) must be named as a developer would name them, and their
healthy twins must not be blamed; measured by the agent's own protocol, without the program between.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import textwrap

import pytest

from support import REPOSITORY, VENV
from test_agent import NEW_ENOUGH, application, ask, converse, environment, sockets  # noqa: F401
from traced import Diagnosis, Server, free_port, guilty_line, patterns, waited_for

HERE = sys.executable
SHOP = REPOSITORY / "scenarios/django-shop"
LEAKS_FILE = SHOP / "shop/views/leaks.py"

# path: holder, type of most of the memory, share of the growth that must be explained
LEAKS = {
    "closure": ("__main__.callbacks", "bytes", 0.95),
    "exception": ("__main__.failures", None, 0.95),
    "cache": ("__main__.answers", "bytes", 0.95),
    "thread-local": ("documents", "bytes", 0.95),
    "listener": ("__main__.page_viewed.receivers", "bytes", 0.95),
    # Its weak sets and lists of weak references grow by leaps, of which the untraced stretch has its share.
    "handler": ("handlers of logger patterns.requests", None, 0.85),
    "context": ("__main__.seen", "bytes", 0.95),
    "task": ("__main__.jobs", "bytes", 0.95),
    "class-attribute": ("__main__.Order.created", "bytes", 0.95),
    "lru-method": ("lru_cache of __main__.Invoice.pages", "bytes", 0.95),
    "slots": ("__main__.points", "bytes", 0.95),
    "seventh": ("__main__.sevenths", "bytes", 0.9),
    "generator": ("__main__.streams", "bytes", 0.95),
    "cell": ("`history` in the closure of __main__.counting.<locals>.count", "bytes", 0.95),
    "default": ("default of `log` of __main__.default", "bytes", 0.95),
    "nested": ('__main__.session.by_user["anonymous"]', "bytes", 0.95),
}
HEALTHY = [f"{name}-fixed" for name in LEAKS if name not in ("seventh", "cell", "default", "nested")]
HEALTHY += ["native-fixed"]


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_named(name, sockets):  # noqa: F811
    holder, kind, share = LEAKS[name]
    with patterns(HERE, sockets) as server:
        server.drive(f"/{name}", 60)
        untraced = server.growth(f"/{name}")
        found = server.diagnose(f"/{name}")
    number, text = guilty_line(name)
    largest = found.largest
    assert largest.headline[1] == number, found.words()
    assert largest.headline[3] == text and largest.headline[4] is True
    assert largest.holder["name"].endswith(holder), found.words()
    assert largest.holder["last"] - largest.holder["first"] >= found.iterations // 7
    assert "bound" not in largest.holder
    assert largest.holder["name"] in largest.holder["path"][0] and len(largest.holder["path"]) >= 2
    assert kind is None or largest.type == kind
    assert share * untraced <= found.steady <= 1.1 * untraced + 16, found.words()
    # All that the holder keeps is told with one line.
    lines = {site.headline[1] for site in found.sites if site.holder == largest.holder}
    assert lines == {number}, found.words()


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_twin_is_not_blamed(name, sockets):  # noqa: F811
    with patterns(HERE, sockets) as server:
        server.drive(f"/{name}", 100)
        found = server.diagnose(f"/{name}", batches=4, batch=10)
    going_on = sum(site.steady() for site in found.sites if site.goes_on()) / found.iterations
    assert going_on < 16, found.words()


def test_memory_of_a_c_library_has_no_lines(sockets):  # noqa: F811
    with patterns(HERE, sockets) as server:
        server.drive("/native", 60)
        assert server.growth("/native") > 1000
        found = server.diagnose("/native")
    assert found.steady < 32, found.words()


@pytest.mark.parametrize(
    "name, line, holder, bound",
    [
        ("lru-bounded", "lru-bounded", "lru_cache of __main__.Invoice.lines", 100_000),
        ("ring", "ring", "__main__.last_documents", 200),
        ("store-filling", "store", "__main__.store.entries", 2000),
    ],
)
def test_what_is_filling_has_a_bound(name, line, holder, bound, sockets):  # noqa: F811
    with patterns(HERE, sockets) as server:
        server.drive(f"/{name}", 20)
        found = server.diagnose(f"/{name}")
    largest = found.largest
    assert largest.headline[1] == guilty_line(line)[0], found.words()
    assert (largest.holder["name"], largest.holder["bound"]) == (holder, bound)
    assert largest.holder["first"] + found.iterations == largest.holder["last"] < bound


@pytest.mark.parametrize("name, length", [("ring", 200), ("store-full", 16), ("lru-full", 64)])
def test_what_is_full_does_not_grow(name, length, sockets):  # noqa: F811
    """Although each of its elements is replaced by one that is traced, where none was."""
    with patterns(HERE, sockets) as server:
        server.drive(f"/{name}", length + 20)
        found = server.diagnose(f"/{name}")
    assert not [row for row in found.holders if row["name"].startswith("__main__.")], found.words()
    assert sum(site.steady() for site in found.sites if site.goes_on()) / found.iterations < 16, found.words()


def test_tables_of_weak_references_are_told_with_who_keeps_what_they_refer_to(sockets):  # noqa: F811
    """Each handler of a logger is in a set and in a list of weak references as well."""
    with patterns(HERE, sockets) as server:
        server.drive("/handler", 60)
        found = server.diagnose("/handler")
    assert not [row for row in found.holders if row["name"].startswith("logging.")], found.words()
    length = found.largest.holder["last"]
    assert found.largest.holder["storage"] / length > 30, "an entry of the set alone takes 27 or more"


def test_types_come_with_the_way_down_to_them(sockets):  # noqa: F811
    with patterns(HERE, sockets) as server:
        server.drive("/listener", 60)
        found = server.diagnose("/listener")
    function = found.types["function"]
    assert function["last"] - function["first"] >= found.iterations
    assert function["path"] == ["__main__.page_viewed.receivers (list)", "function"]
    assert function["path"] == found.largest.holder["path"]
    assert len(found.answer["types"]) <= 15


def test_frames_tell_functions_lines_and_whose_they_are(sockets):  # noqa: F811
    with patterns(HERE, sockets) as server:
        server.drive("/class-attribute", 60)
        found = server.diagnose("/class-attribute")
    functions = [(frame[2], frame[4]) for frame in found.largest.frames]
    assert functions[:3] == [("payload", True), ("Order.__init__", True), ("class_attribute", True)]
    assert ("BaseHandler.run", False) in functions and functions[-1] == ("<module>", True)
    innermost = found.largest.frames[0]
    assert innermost[3] == 'return b"x" * (size - sys.getsizeof(b""))'
    first, around = innermost[5:]
    assert len(around) == 5 and around[innermost[1] - first].strip() == innermost[3]
    assert around[innermost[1] - first].startswith("    "), "as it is indented"
    assert all(not frame[6] for frame in found.largest.frames if not frame[4]), "of libraries nobody needs it"


# The Django shop


@pytest.fixture(scope="module")
def shop_database(tmp_path_factory):
    database = tmp_path_factory.mktemp("shop") / "shop.sqlite3"
    env = {**os.environ, "SHOP_DATABASE": str(database)}
    for command in (["migrate", "--verbosity", "0"], ["seed", "--users", "100"]):
        subprocess.run([VENV / "bin/python3", "manage.py", *command], cwd=SHOP, env=env, check=True)
    return database


@contextlib.contextmanager
def shop(sockets, database, home):  # noqa: F811
    """One sync worker of gunicorn."""
    port = free_port()
    process = subprocess.Popen(
        [VENV / "bin/gunicorn", "shop.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
        cwd=SHOP,
        env=environment(
            sockets,
            SHOP_DATABASE=str(database),
            HOME=str(home),
            GLIBC_TUNABLES="glibc.malloc.tcache_count=0",
        ),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        server = waited_for(Server(sockets, port, process.pid), "/healthz", process)
        children = f"/proc/{process.pid}/task/{process.pid}/children"
        server.pid = int(open(children).read().split()[0])
        yield server
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


@pytest.mark.parametrize(
    "name, guilty, holder, kind",
    [
        ("list?bytes=1000", "kept.append(", "shop.views.leaks.kept", "bytes"),
        ("signal", "order_viewed.connect(note", "shop.views.leaks.order_viewed.receivers", None),
        ("cycle", "registry[next(numbers)]", "shop.views.leaks.registry", None),
        (
            "lru-cache",
            "ClassCachedInvoice().pages()",
            "lru_cache of shop.views.leaks.ClassCachedInvoice.pages",
            "bytes",
        ),
    ],
    ids=lambda value: value.split("?")[0] if isinstance(value, str) else None,
)
def test_a_leak_of_the_django_shop_is_named(  # noqa: F811
    name, guilty, holder, kind, sockets, shop_database, tmp_path
):
    with shop(sockets, shop_database, tmp_path) as server:
        server.drive(f"/leaks/{name}", 200)
        untraced = server.growth(f"/leaks/{name}", 400)
        found = server.diagnose(f"/leaks/{name}")
    text = next(line for line in LEAKS_FILE.read_text("utf-8").splitlines() if guilty in line)
    assert found.largest.headline[0] == str(LEAKS_FILE)
    assert found.largest.headline[3] == text.strip(), found.words()
    assert found.largest.holder["name"] == holder
    assert kind is None or found.largest.type == kind
    assert 0.9 * untraced <= found.steady <= 1.1 * untraced + 32, found.words()
    if name == "cycle":
        assert found.types["shop.models.Order"]["path"][0] == f"{holder} (dict)"


# Peaks in the act


def test_a_peak_is_caught_with_its_lines(sockets):  # noqa: F811
    with patterns(HERE, sockets) as server:
        server.drive("/", 5)
        assert server.ask("trace", frames=25) == {"was_tracing": False}
        server.ask("mark")
        assert server.ask("watch", above=500_000) == {"watching": True}
        server.get("/rows?n=10000")
        caught = server.ask("caught")
        assert 0 < caught["taken_at"] <= caught["traced_peak"]
        assert caught["taken_at"] > 0.6 * caught["traced_peak"] > 1_500_000
        found = Diagnosis({"holders": [], "types": [], **caught}, 1)
        assert 0.8 < sum(site.bytes[0] for site in found.sites) / caught["taken_at"] < 1.3, found.words()
        for site in found.sites:
            if site.bytes[0] > 0.05 * caught["taken_at"]:
                assert guilty_line("rows")[0] in {frame[1] for frame in site.frames}, found.words()
                assert site.headline[2] in ("row", "rows") and site.headline[4] is True
        # Who hands it on row by row has no peak.
        server.ask("mark")
        server.ask("watch", above=500_000)
        server.get("/rows-streamed?n=10000")
        caught = server.ask("caught")
        assert caught["taken_at"] == 0 and caught["sites"] == [] and caught["traced_peak"] < 500_000
        assert server.ask("untrace") == {"was_tracing": True}
        assert server.ask("untrace") == {"was_tracing": False}


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_the_interval_of_switches_is_put_back(python, sockets):  # noqa: F811
    script = """
    import threading
    def tell():
        for line in sys.stdin:
            print(sys.getswitchinterval(), flush=True)
    sys.setswitchinterval(0.004)
    threading.Thread(target=tell, daemon=True).start()
    print('ready', flush=True)
    threading.Event().wait()
    """
    process = subprocess.Popen(
        [python, "-c", "import sys\n" + textwrap.dedent(script)],
        env=environment(sockets),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def interval():
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    try:
        assert process.stdout.readline() == "ready\n"
        assert interval() == pytest.approx(0.004)
        for end in ("caught", "untrace"):
            converse(sockets, process.pid, b'{"op": "trace", "frames": 5}\n')
            converse(sockets, process.pid, b'{"op": "watch", "above": 1000}\n')
            assert interval() < 0.004
            ask(sockets, process.pid, end)
            assert interval() == pytest.approx(0.004)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


# Every CPython


@pytest.mark.parametrize("python", NEW_ENOUGH)
@pytest.mark.parametrize("name", ["listener", "lru-method", "thread-local"])
def test_every_interpreter(python, name, sockets):  # noqa: F811
    holder, kind, _ = LEAKS[name]
    with patterns(python, sockets) as server:
        server.drive(f"/{name}", 40)
        found = server.diagnose(f"/{name}", batches=3, batch=10)
    assert found.largest.headline[1] == guilty_line(name)[0], found.words()
    assert found.largest.holder["name"].endswith(holder), found.words()
    assert found.largest.type == kind
    assert found.steady > 900


# Order, limits, hostility


@pytest.mark.parametrize("python", NEW_ENOUGH[:1])
def test_what_is_asked_out_of_order_is_an_error_and_changes_nothing(python, sockets):  # noqa: F811
    with application(python, sockets, "") as app:

        def error(line):
            return converse(sockets, app.pid, line + b"\n").get("error")

        for operation in (b'"mark"', b'"diagnose"', b'"watch", "above": 1', b'"caught"'):
            assert error(b'{"op": %s}' % operation), operation
        for frames in (b"0", b"101", b'"many"', b"true", b"null"):
            assert error(b'{"op": "trace", "frames": %s}' % frames)
        assert not error(b'{"op": "trace", "frames": 3}')
        assert not error(b'{"op": "mark"}')
        assert error(b'{"op": "diagnose"}')
        assert error(b'{"op": "watch", "above": -1}')
        for _ in range(32):
            error(b'{"op": "mark"}')
        assert "32 marks" in error(b'{"op": "mark"}')
        assert ask(sockets, app.pid, "untrace") == {"was_tracing": True}


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_who_traces_already_goes_on(python, sockets):  # noqa: F811
    script = """
    import tracemalloc, threading
    tracemalloc.start(3)
    """
    with application(python, sockets, script) as app:
        answer = converse(sockets, app.pid, b'{"op": "trace", "frames": 25}\n')
        assert answer == {"was_tracing": True}
        assert ask(sockets, app.pid, "mark")["marks"] == 1
        assert ask(sockets, app.pid, "untrace") == {"was_tracing": False}
        assert ask(sockets, app.pid, "mark").get("marks") == 1, "the application's tracing was ended"


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_a_forked_child_is_not_traced(python, sockets):  # noqa: F811
    script = """
    import threading, time, tracemalloc
    def fork():
        while not tracemalloc.is_tracing(): time.sleep(0.01)
        time.sleep(0.3)
        pid = os.fork()
        if pid == 0:
            print('child', tracemalloc.is_tracing(), flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
        print('parent', tracemalloc.is_tracing(), flush=True)
    threading.Thread(target=fork).start()
    """
    with application(python, sockets, script) as app:
        converse(sockets, app.pid, b'{"op": "trace", "frames": 25}\n')
        assert ask(sockets, app.pid, "mark")["marks"] == 1
        assert app.stdout.readline() == "child False\n"
        assert app.stdout.readline() == "parent True\n"
        assert ask(sockets, app.pid, "mark")["marks"] == 2


HOSTILE = """
import collections, threading, time

touched = []

class Meta(type):
    def __getattribute__(cls, name):
        touched.append('Meta.' + name)
        return type.__getattribute__(cls, name)

def touch(name):
    def method(self, *arguments, **keywords):
        touched.append(name)
        raise RuntimeError(name)
    return method

hostile = {name: touch(name) for name in (
    '__len__', '__iter__', '__repr__', '__str__', '__hash__', '__eq__', '__bool__', '__getattr__',
    '__getitem__', '__reversed__', '__contains__', '__sizeof__', '__getattribute__',
    'items', 'keys', 'values', 'maxsize')}
hostile['__class__'] = property(touch('__class__'))
Strange = Meta('Stra\\nnge\\U0001f600' + 'x' * 1000, (list,), {**hostile})
named = {'__qualname__': 'Map\\udc80ping'}
StrangeMapping = Meta('Mapping', (dict,), {**hostile, **named})
StrangeThing = Meta('Thing', (), {**hostile, '__dict__': property(touch('__dict__'))})
Strange.__module__ = 7

kept = Strange()
mapping = StrangeMapping()
things = collections.deque()
plain = []

def grow():
    for _ in range(20):
        thing = StrangeThing()
        list.append(kept, thing)
        dict.__setitem__(mapping, object(), thing)
        things.append(thing)
        plain.append(bytes(1000))

def look():
    while True:
        line = sys.stdin.readline()
        if line == 'grow\\n':
            grow()
            del touched[:]
            print('grown', flush=True)
        elif line == 'touched\\n':
            print(list(touched), flush=True)
        else:
            os._exit(0)

threading.Thread(target=look).start()
print('ready', flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("python", NEW_ENOUGH)
def test_no_code_of_the_application_is_called_and_strange_names_are_told(python, sockets):  # noqa: F811
    process = subprocess.Popen(
        [python, "-c", "import sys, os\n" + HOSTILE],
        env=environment(sockets),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def say(word):
        process.stdin.write(word + "\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    try:
        assert process.stdout.readline() == "ready\n"
        assert say("grow") == "grown"
        converse(sockets, process.pid, b'{"op": "trace", "frames": 25}\n')
        for _ in range(4):
            assert say("grow") == "grown"
            assert ask(sockets, process.pid, "mark").get("marks")
            assert say("touched") == "[]"
        found = Diagnosis(ask(sockets, process.pid, "diagnose"), 3)
        assert say("touched") == "[]"
        names = {row["name"]: row["type"] for row in found.holders}
        assert {"__main__.kept", "__main__.mapping", "__main__.things", "__main__.plain"} <= set(names)
        assert all(len(text) <= 300 for text in names.values())
        assert names["__main__.mapping"].startswith("__main__.Map")
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_a_late_change_of_folder_does_not_lose_the_source(sockets, tmp_path):  # noqa: F811
    shutil.copy(REPOSITORY / "tests/integration/apps/patterns.py", tmp_path / "moved.py")
    port = free_port()
    start = "import os, sys; sys.path.insert(0, ''); import moved\n"
    serve = (
        "os.chdir('/'); from wsgiref.simple_server import make_server\n"
        "make_server('127.0.0.1', %d, moved.application, handler_class=moved.Quiet).serve_forever()" % port
    )
    process = subprocess.Popen(
        [sys.executable, "-c", start + serve],
        cwd=tmp_path,
        env=environment(sockets),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        server = waited_for(Server(sockets, port, process.pid), "/", process)
        server.drive("/closure", 40)
        found = server.diagnose("/closure", batches=3, batch=10)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert found.largest.headline[0] == str(tmp_path / "moved.py")
    assert found.largest.headline[1:4:2] == list(guilty_line("closure")), found.words()


def test_a_heap_of_200000_objects_is_looked_through_in_time(sockets, capsys):  # noqa: F811
    script = """
    import threading
    class Node: pass
    heap = []
    for i in range(50000):
        node = Node(); node.parts = [i, str(i)]; node.more = {'a': (i, [])}
        heap.append(node)
    kept = []
    def look():
        for line in sys.stdin:
            kept.extend([Node()] for _ in range(20))
            print('grown', flush=True)
    threading.Thread(target=look, daemon=True).start()
    print('ready', flush=True)
    threading.Event().wait()
    """
    process = subprocess.Popen(
        [HERE, "-c", "import sys\n" + textwrap.dedent(script)],
        env=environment(sockets),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "ready\n"
        assert ask(sockets, process.pid, "settle")["gc_objects"] >= 200_000
        converse(sockets, process.pid, b'{"op": "trace", "frames": 25}\n')
        marks = []
        for _ in range(4):
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "grown\n"
            began = processor_seconds(process.pid)
            ask(sockets, process.pid, "mark")
            marks.append(processor_seconds(process.pid) - began)
        began = processor_seconds(process.pid)
        found = Diagnosis(ask(sockets, process.pid, "diagnose"), 60)
        took = processor_seconds(process.pid) - began
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    with capsys.disabled():
        print(f"\n200,000 objects: marks of {max(marks):.2f} s at most, diagnosed in {took:.2f} s")
    assert found.largest.holder["name"] == "__main__.kept", found.words()
    assert took < 2, found.words()


def processor_seconds(pid):
    """Of a process; other processes' load does not count."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_nothing_stays_after_tracing(sockets):  # noqa: F811
    """But what CPython 3.9 to 3.12 never free of their tables: 50 bytes for each way to an allocation."""
    with patterns(HERE, sockets) as server:
        for _ in range(2):  # the second time finds modules loaded and functions called
            server.diagnose("/closure-fixed", batches=2, batch=10)
        before = server.ask("settle")
        server.diagnose("/closure-fixed", batches=2, batch=10)
        after = server.ask("settle")
        assert abs(after["live_blocks"] - before["live_blocks"]) < 100
        assert abs(after["gc_objects"] - before["gc_objects"]) < 20
        assert abs(after["live_bytes"] - before["live_bytes"]) < 500_000


def test_an_answer_is_cut_to_a_mebibyte_and_the_largest_sites_stay():
    specification = importlib.util.spec_from_file_location(
        "fitting", REPOSITORY / "harness/agents/python/tidemark_agent/fitting.py"
    )
    fitting = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(fitting)
    frames = [["\u00e4" * 300, line, "f" * 300, "\U0001f600" * 300, True] for line in range(500)]
    sites = [{"frames": [at, 499 - at], "bytes": [at], "headline": 7} for at in range(60)]
    answer = fitting.fitted({"sites": sites, "frames": frames, "holders": []})
    assert len(json.dumps(answer)) < 1 << 20
    assert 20 <= len(answer["sites"]) < 60
    for site, before in zip(answer["sites"], sites):
        assert [answer["frames"][at][1] for at in site["frames"]] == before["frames"]
        assert answer["frames"][site["headline"]][1] == 7

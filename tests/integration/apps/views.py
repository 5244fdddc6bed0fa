"""A WSGI application with one view a path: what a request may leave behind, and its healthy twin."""

import ctypes
import mmap
import os
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qs

kept = []
inherited = ctypes.create_string_buffer(b"x" * int(os.environ.get("INHERITED", "0")))
touched = 0
parked = threading.Event()
views = {}
requests = 0

libc = ctypes.CDLL(None, use_errno=True)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]


def view(function):
    views[function.__name__] = function
    return function


def payload(size):
    """An object whose sys.getsizeof() is `size`; a new one each time, not a folded constant."""
    return b"x" * (size - sys.getsizeof(b""))


@view
def healthy(size):
    payload(size)


@view
def leak(size):
    kept.append(payload(size))


@view
def native(size):
    ctypes.memset(libc.malloc(size), 1, size)


@view
def mapped(size):
    """Pages from the kernel, as a library's own heap takes them: no allocator knows of them."""
    private_anonymous = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    ctypes.memset(libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, private_anonymous, -1, 0), 1, size)


@view
def mapping(size):
    """The same, with an object that a list keeps."""
    pages = mmap.mmap(-1, size)
    pages.write(b"x" * size)
    kept.append(pages)


@view
def cycle(size):
    """Garbage that only the collector can free."""
    ring = [payload(size)]
    ring.append(ring)


@view
def rings(count):
    """So much of it that the collector begins of its own accord, again and again."""
    for _ in range(count):
        ring = []
        ring.append(ring)


@view
def descriptor(size):
    os.open("/dev/null", os.O_RDONLY)


@view
def thread(size):
    threading.Thread(target=parked.wait, daemon=True).start()


@view
def gobble(size):
    """So much at once, and nothing of it afterwards."""
    payload(size)


@view
def gobble_at_times(every):
    """As much as 40 MB, every so many requests."""
    payload(40_000_000 if requests % every == 0 else 1000)


@view
def gobble_in_a_child(size):
    subprocess.run(
        [sys.executable, "-I", "-c", f"text = b'x' * {size}; import time; time.sleep(0.3)"], check=True
    )


@view
def write_files_in_a_child(size):
    """Files that are gone when the request is answered: on a disk, and on a tmpfs where there is one."""
    for folder in {os.environ["HOME"], os.environ.get("TMPFS", os.environ["HOME"])}:
        name = os.path.join(folder, f"tidemark-{os.getpid()}")
        script = 'head -c "$2" /dev/zero > "$1" && sleep 0.05 && rm "$1"'
        subprocess.run(["sh", "-c", script, "sh", name, str(size)], check=True)


@view
def fill_a_tmpfs(size):
    """Memory that is in no process."""
    with open(os.path.join(os.environ["TMPFS"], "filled"), "wb") as file:
        for _ in range(size >> 20):
            file.write(b"x" * (1 << 20))


@view
def touch_inherited(size):
    """Writes to memory that the worker shares with the master until then: its pages are copied."""
    global touched
    if touched + size > len(inherited):
        touched = 0
    ctypes.memset(ctypes.addressof(inherited) + touched, 1, size)
    touched += size


@view
def slow(milliseconds):
    time.sleep(milliseconds / 1000)


def work_beside(size):
    while True:
        with mmap.mmap(-1, size) as pages:
            for offset in range(0, size, mmap.PAGESIZE):
                pages[offset] = 1
        time.sleep(0.01)


@view
def start_work_beside(size):
    """A thread that is busy from then on, whatever is asked."""
    if threading.active_count() < 2:
        threading.Thread(target=work_beside, args=(size,), daemon=True).start()
    time.sleep(0.1)


@view
def die(at):
    if requests >= at:
        print("the worker gives up", file=sys.stderr, flush=True)
        os._exit(7)


@view
def error(every):
    if requests % every == 0:
        return "500 Internal Server Error"


def application(environ, start_response):
    global requests
    requests += 1
    name = environ["PATH_INFO"].strip("/") or "healthy"
    number = int(parse_qs(environ["QUERY_STRING"]).get("n", ["1000"])[0])
    status = views[name](number) or "200 OK"
    body = b"row\n" * 3
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]

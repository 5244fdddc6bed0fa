import asyncio
import gc
import json
import os
import pathlib
import re
import threading
import tracemalloc
from io import StringIO
from typing import Any, Iterator, List

import companion_site
import pytest
from django.core.cache import caches
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import AsyncClient, Client, RequestFactory, override_settings

from support import MIB, run_python
from tidemark.django import MemoryMiddleware, runtime
from tidemark.django.store import SLOTS
from tidemark.django.trends import read_trends

OWN_SLOT = f"tidemark:trends:views:{os.getpid() % SLOTS}"
FIRST = companion_site.MIDDLEWARE
LOUD = {"THRESHOLD": "20MiB"}


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    companion_site.KEPT.clear()
    runtime.close()
    caches["default"].clear()


def with_settings(**keys: Any) -> override_settings:
    return override_settings(TIDEMARK={**LOUD, **keys})


def no_warnings(log: List[str]) -> bool:
    return not [line for line in log if not line.startswith("INFO")]


def test_a_request_above_the_threshold_is_one_line(log: List[str]) -> None:
    with with_settings():
        client = Client()
        assert client.get("/shop/keep/2/").content == b"kept"
        assert no_warnings(log)
        client.get("/shop/keep/50/")
    assert len(log) == 1
    assert log[0].startswith("WARNING GET /shop/keep/50/ (view shop:keep) kept 5"), log
    assert "MiB at its end (resident " in log[0] and "not attributable" not in log[0]


def test_memory_that_is_needed_for_a_moment_is_a_peak(log: List[str]) -> None:
    with with_settings(PEAK="reset"):
        Client().get("/shop/drop/64/")
    assert len(log) == 1 and "; peak 6" in log[0], log


def test_query_strings_are_not_logged(log: List[str]) -> None:
    with with_settings():
        Client().get("/shop/keep/50/?token=geheim")
    assert len(log) == 1 and "geheim" not in log[0] and "?" not in log[0]


def test_hostile_paths_stay_on_their_line(log: List[str]) -> None:
    request = RequestFactory().get("/%0AERROR%20forged%1B%5B2J%E2%80%AE")
    with with_settings():
        MemoryMiddleware(lambda request: companion_site.keep(request, 50))(request)
    assert len(log) == 1
    assert "GET /\\nERROR forged\\x1b[2J\\u202e (view (no view)) " in log[0]


def test_a_path_can_be_kept_out_of_the_log(log: List[str]) -> None:
    with with_settings(LOG_PATH=False):
        Client().get("/anything/reset-token")
    assert log[0].startswith("WARNING GET (view anything) kept ")


def test_a_streamed_answer_is_followed_to_its_end(log: List[str]) -> None:
    with with_settings(PEAK="reset"):
        response = Client().get("/stream/64/")
        assert no_warnings(log), "nothing was produced yet"
        assert b"".join(response.streaming_content) == b"begin" + str(64 * MIB).encode()
        response.close()
        assert len(log) == 1 and "GET /stream/64/ (view stream) " in log[0] and "; peak 6" in log[0]


def test_a_streamed_answer_that_is_forgotten_ends_too(log: List[str]) -> None:
    with with_settings():
        client = Client()
        client.get("/stream/1/")
        gc.collect()
        client.get("/shop/keep/50/")
    assert len(log) == 1 and "not attributable" not in log[0]


def test_a_file_is_still_a_file() -> None:
    with with_settings():
        response = MemoryMiddleware(companion_site.file)(RequestFactory().get("/file/"))
        assert response.file_to_stream is not None, "servers send it without reading"
        response.close()
        assert Client().get("/file/").getvalue() == pathlib.Path(companion_site.__file__).read_bytes()


def test_a_view_that_raises_is_measured_and_the_next_one_too(log: List[str]) -> None:
    with with_settings():
        client = Client(raise_request_exception=False)
        assert client.get("/fail/").status_code == 500
        assert client.get("/not/there/").status_code == 404
        client.get("/shop/keep/50/")
        runtime.runtime().recorder.flush()
        names = {trend.name: trend.requests for trend in read_trends()}
    assert len(log) == 1 and "not attributable" not in log[0]
    assert names == {"fail": 1, "(no view)": 1, "shop:keep": 1}


def test_a_traced_request_tells_its_lines(log: List[str]) -> None:
    with with_settings(TRACE_EVERY=1, TRACE_LINES=2):
        Client().get("/shop/keep/50/")
    assert re.search(r"; \S+/companion_site\.py:\d+ holds 50\.0 MiB \(\d\)", log[0]), log
    assert not tracemalloc.is_tracing()


def test_nothing_is_traced_by_default() -> None:
    seen: List[bool] = []
    with with_settings(), override_settings(ROOT_URLCONF=__name__):
        Client().get("/")
        assert seen == [] and SEEN == [False]


SEEN: List[bool] = []


def look(request: Any) -> Any:
    SEEN.append(tracemalloc.is_tracing())
    return companion_site.small(request)


urlpatterns = [companion_site.path("", look, name="look")]


def test_requests_of_several_threads_are_shared(log: List[str]) -> None:
    with with_settings():
        barrier = threading.Barrier(2)
        clients = [Client(), Client()]
        meter = runtime.runtime().recorder.meter
        begin = meter.begin

        def begin_together() -> Any:
            unit = begin()
            barrier.wait(10)
            return unit

        meter.begin = begin_together  # type: ignore[method-assign]
        threads = [threading.Thread(target=client.get, args=("/shop/keep/50/",)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        meter.begin = begin  # type: ignore[method-assign]
        runtime.runtime().recorder.flush()
        (trend,) = read_trends()
    assert log and all("shared with others" in line for line in log)
    assert (trend.requests, trend.shared, trend.kept) == (2, 2, 0)


def test_asynchronous_sites_are_measured_and_what_overlaps_is_shared(log: List[str]) -> None:
    async def run() -> None:
        client = AsyncClient()
        assert (await client.get("/later/50/")).content == b"later"
        await asyncio.gather(client.get("/later/25/"), client.get("/later/25/"))

    with with_settings(TRENDS_FLUSH_REQUESTS=1):
        asyncio.run(run())  # its end waits for the threads that store
        names = {trend.name: trend.requests for trend in read_trends()}
    assert "GET /later/50/ (view later) kept 5" in log[0] and "shared" not in log[0]
    assert len(log) >= 2 and all("shared with others" in line for line in log[1:])
    assert names.get("later", 0) >= 1


def test_trends_are_by_view_and_not_by_path() -> None:
    with with_settings(TRENDS_FLUSH_REQUESTS=10):
        client = Client()
        for index in range(1, 11):
            client.get(f"/anything/{index}?token=geheim" if index < 9 else "/")
        stored = str(caches["default"].get(OWN_SLOT))
        found = {trend.name: trend for trend in read_trends()}
    assert found["anything"].requests == 8 and found["small"].requests == 2
    # The last one's is settled when the next begins.
    assert abs(found["anything"].kept - 8 * 25 * MIB) < 8 * MIB and found["anything"].loud == 8
    assert '"anything":' in stored and "geheim" not in stored and "/" not in stored


def test_the_command_shows_the_trends_and_forgets_them() -> None:
    with with_settings(TRENDS_FLUSH_REQUESTS=2):
        client = Client()
        client.get("/shop/keep/30/")
        client.get("/")
        out = StringIO()
        call_command("tidemark_trends", "--json", stdout=out)
        rows = {row["name"]: row for row in json.loads(out.getvalue())}
        assert abs(rows["shop:keep"]["kept"] - 30 * MIB) < 4 * MIB
        out = StringIO()
        call_command("tidemark_trends", "--clear", stdout=out)
        lines = out.getvalue().splitlines()
        assert lines[0].split()[0] == "views" and lines[1].split()[:3] == ["shop:keep", "1", "0"]
        out = StringIO()
        call_command("tidemark_trends", stdout=out)
        assert out.getvalue().startswith("No views yet")


def test_a_lock_that_somebody_holds_delays_the_storing() -> None:
    with with_settings(TRENDS_FLUSH_REQUESTS=1):
        client = Client()
        caches["default"].set(OWN_SLOT + ":lock", "another worker")
        client.get("/")
        assert read_trends() == []
        caches["default"].delete(OWN_SLOT + ":lock")
        client.get("/")
        assert [(trend.name, trend.requests) for trend in read_trends()] == [("small", 2)]


def test_hunter_and_monitor_come_with_the_settings(log: List[str]) -> None:
    hunter = {"threshold": "5MiB", "every": 2, "warmup": 2}
    with override_settings(TIDEMARK={"LEAK_HUNTER": hunter, "GC_MONITOR": {"interval": 0}}):
        client = Client()
        for _ in range(20):
            client.get("/shop/keep/2/")
            thread = runtime.runtime().hunter._thread  # type: ignore[union-attr]
            if thread is not None:
                thread.join()
        assert runtime.runtime().monitor.running  # type: ignore[union-attr]
    assert any(line.startswith("ERROR memory grows: ") for line in log), log


def test_the_middleware_can_be_switched_off() -> None:
    with with_settings(ENABLED=False):
        assert Client().get("/shop/keep/50/").content == b"kept"
        assert runtime.runtime().recorder.trends.added == 0


def test_wrong_settings_do_not_stop_the_site(log: List[str]) -> None:
    with override_settings(TIDEMARK={"THRESHOLD": "lots", "PEEK": 1}):
        assert Client().get("/").content == b"ok"
    assert sorted(line.split(":")[0] for line in log) == ["WARNING setting ignored"] * 2


METRICS = {"HTTP_AUTHORIZATION": "Bearer geheim"}


def test_metrics_are_for_those_who_bring_the_token() -> None:
    with with_settings(METRICS_TOKEN="geheim", GC_MONITOR={"interval": 0}):
        client = Client()
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer geheimer").status_code == 404
        response = client.get("/metrics", **METRICS)
        assert response.status_code == 200 and response["Content-Type"].startswith(
            "application/openmetrics-text"
        )
        text = response.content.decode()
    assert "python_gc_pause_seconds_count" in text and text.endswith("# EOF\n")


def test_without_a_token_metrics_are_for_nobody_but_staff() -> None:
    class User:
        is_active = is_staff = True

    class LogIn:
        def __init__(self, get_response: Any) -> None:
            self.get_response = get_response

        def __call__(self, request: Any) -> Any:
            request.user = User()
            return self.get_response(request)

    with with_settings():
        assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer None").status_code == 404
        globals()["LogIn"] = LogIn
        with override_settings(MIDDLEWARE=[FIRST, f"{__name__}.LogIn"]):
            assert Client().get("/metrics").status_code == 200


# --- system checks -----------------------------------------------------------------------------------

SHARED = {
    "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/nowhere"}
}
GOOD = {"MIDDLEWARE": [FIRST], "CACHES": SHARED, "TIDEMARK": {}}


def warned(**settings: Any) -> List[str]:
    with override_settings(**{**GOOD, **settings}):
        return [message.id for message in run_checks() if message.id.startswith("tidemark.")]


def backend(name: str) -> "dict[str, Any]":
    return {"default": {"BACKEND": f"django.core.cache.backends.{name}"}}


def test_a_good_set_up_is_not_warned_of() -> None:
    assert warned() == []


@pytest.mark.parametrize(
    ("settings", "ids"),
    [
        ({"DEBUG": True}, ["tidemark.W001"]),
        ({"MIDDLEWARE": ["django.middleware.common.CommonMiddleware", FIRST]}, ["tidemark.W002"]),
        ({"MIDDLEWARE": [FIRST, FIRST]}, ["tidemark.W002"]),
        ({"MIDDLEWARE": []}, ["tidemark.W002"]),
        ({"CACHES": backend("locmem.LocMemCache")}, ["tidemark.W003"]),
        ({"CACHES": backend("dummy.DummyCache")}, ["tidemark.W003"]),
        ({"CACHES": backend("dummy.DummyCache"), "TIDEMARK": {"TRENDS": False}}, []),
        ({"TIDEMARK": {"TRENDS_CACHE": "none"}}, ["tidemark.W003"]),
        ({"TIDEMARK": {"TRESHOLD": 1}}, ["tidemark.W004"]),
        ({"TIDEMARK": {"THRESHOLD": "1 MB"}}, ["tidemark.W005"]),
        ({"TIDEMARK": ["THRESHOLD"]}, ["tidemark.W005"]),
    ],
)
def test_a_bad_set_up_is_warned_of(settings: "dict[str, Any]", ids: List[str]) -> None:
    assert warned(**settings) == ids


def test_manage_check_tells_it(tmp_path: pathlib.Path) -> None:
    code = "import companion_site; from django.core.management import call_command; call_command('check')"
    done = run_python(code, tmp_path, COMPANION_TIDEMARK='{"TRESHOLD": 1}')
    assert done.returncode == 0, done.stderr
    assert "(tidemark.W004) TIDEMARK: 'TRESHOLD' is no setting; did you mean 'THRESHOLD'?." in done.stderr
    assert "(tidemark.W003)" in done.stderr

"""The page in a real browser: drawn, zoomed, switched, read aloud, printed, and asked for nothing from elsewhere.

Pictures of it are kept beside the build, in `tests/screenshots`.
"""

import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import time

import pytest

pytest.importorskip("selenium", reason="python3-selenium is not here: ci/setup.sh installs it where it can")
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support import TIDEMARK, VENV, run_tidemark
from test_findings_outputs import HOSTILE, diagnosis, peak_diagnosis

RECORDS = pathlib.Path(__file__).parent.parent / "fixtures" / "records"
SAVED_RUN = pathlib.Path(__file__).parent.parent / "golden" / "run"
SCREENSHOTS = pathlib.Path(os.environ.get("TIDEMARK_SCREENSHOTS", pathlib.Path(TIDEMARK).parents[2] / "tests/screenshots"))
PHONE = (360, 740)
LOAD = "return document.readyState === 'complete'"

if not shutil.which("chromedriver"):
    pytest.skip("no chromedriver here: ci/setup.sh installs it", allow_module_level=True)


def records(name):
    return [json.loads(line) for line in (RECORDS / f"{name}.jsonl").read_text("utf-8").splitlines()]


def load_and_peaks(name):
    """A record of today has them, those that are kept do not: as if each batch had taken half a second."""
    added = [
        {"event": "peak", "phase": "peaks", "iteration": 40 + at, "processes": []} for at in range(5)
    ]
    for at, peak in enumerate(added):
        peak["processes"] = [{"process": [2, 2], "base": 10_000_000, "peak": 12_000_000 + 100_000 * at, "lazy_free": 0, "kept": 0}]
    lines = records(name)
    for at, line in enumerate(lines):
        if line.get("event") == "batch":
            times = {"p50": 0.01, "p95": 0.02 + at % 7 / 1000, "p99": 0.03, "max": 0.05}
            line |= {"elapsed_seconds": at / 2, "duration_seconds": 0.4, "response_seconds": times}
    return [lines[0], *added, *lines[1:]]


def page_of(folder, *runs):
    """The report of records: (name, what is added before its end)."""
    out = folder / "tidemark-out"
    folders = []
    for at, (name, *added) in enumerate(runs):
        lines = load_and_peaks(name)
        lines[0] |= {"expect_outcome": "pass", "folder": f"{name}-{at}", "scenario": name}
        folders.append(lines[0]["folder"])
        (out / folders[-1]).mkdir(parents=True)
        texts = [json.dumps(line) + "\n" for line in [*lines[:-1], *added, lines[-1]]]
        (out / folders[-1] / "record.jsonl").write_text("".join(texts), "utf-8")
    run = {"schema": "tidemark-run/1", "name": "shop", "started": "2026-01-31T12:00:00Z"}
    run |= {"duration_seconds": 15.0, "folders": folders, "planned": len(folders)}
    (out / "run.json").write_text(json.dumps(run))
    run_tidemark(folder, None, "report", "tidemark-out")
    return out / "report.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    found = [diagnosis(""), peak_diagnosis("")]
    for each in found:  # with the lines around it
        for frame in (each.get("processes") or [each])[0]["frames"]:
            frame += [frame[1] - 1, ["def before(request):", f"    {frame[3]}", "    return response"]]
    return page_of(
        tmp_path_factory.mktemp("page"), ("django-list-18", *found), ("sync-4-list-10",), ("django-healthz-07",)
    )


@contextlib.contextmanager
def browser(width=1100, height=900, dark=False, scripts=True):
    options = webdriver.ChromeOptions()
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "disable-background-networking",
        "hide-scrollbars",
        "force-device-scale-factor=1",
        f"window-size={width},{height}",
    ):
        options.add_argument("--" + argument)
    if dark:
        options.add_argument("--blink-settings=preferredColorScheme=0")
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    driver.set_page_load_timeout(60)
    try:
        if width < 500:  # no window is so narrow
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        yield driver
    finally:
        driver.quit()


def wait_for(condition, what, longest=20.0):
    deadline = time.monotonic() + longest
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
    return value


def open_page(driver, path):
    driver.get(path.as_uri())
    wait_for(lambda: driver.execute_script(LOAD), "the page")


def keep(driver, name, of=None):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    options = {"captureBeyondViewport": True, "fromSurface": True}
    if of is not None:
        place = "const box = arguments[0].getBoundingClientRect();"
        place += "return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 1};"
        options["clip"] = driver.execute_script(place, of)
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", options)
    (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))


def see(driver, element):
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)


def drawn(driver, selector):
    """The picture, scrolled to and drawn."""
    figure = driver.find_element(By.CSS_SELECTOR, selector)
    see(driver, figure)
    wait_for(lambda: figure.get_attribute("data-drawn"), f"{selector} to be drawn")
    return figure


MAIN = "[data-signals] > figure[data-plot]"
WORKERS = "[id='scenario.sync-4-list-10-1'] "


@pytest.fixture(scope="module")
def window(page):
    with browser() as driver:
        open_page(driver, page)
        yield driver


def test_the_verdict_is_the_first_thing_on_the_page(window):
    first = window.find_element(By.CSS_SELECTOR, "header.verdict h1 strong")
    assert first.text.lower() == "fail"
    assert first.location["y"] < 60
    assert float(first.value_of_css_property("font-size")[:-2]) >= 28


def test_every_picture_is_drawn_when_it_comes_into_view(window):
    for details in window.find_elements(By.CSS_SELECTOR, "details"):
        window.execute_script("arguments[0].open = true", details)
    figures = window.find_elements(By.CSS_SELECTOR, "figure[data-plot]:not([hidden])")
    assert len(figures) >= 6, "signals, load"
    for figure in figures:
        see(window, figure)
        wait_for(lambda figure=figure: figure.get_attribute("data-drawn"), figure.get_attribute("data-plot"))
        assert figure.find_elements(By.TAG_NAME, "canvas")
        assert not figure.find_element(By.TAG_NAME, "svg").is_displayed()
    assert [line for line in window.get_log("browser") if line["level"] == "SEVERE"] == []


def test_processes_are_switched_on_and_off(window):
    figure = drawn(window, WORKERS + MAIN)
    assert figure.get_attribute("data-lines").split(", ")[-1] == "all processes"
    assert len(figure.get_attribute("data-lines").split(", ")) == 6
    box = window.find_element(By.CSS_SELECTOR, WORKERS + "input[data-line='2 worker']")
    see(window, box)
    box.click()
    assert "2 worker" not in figure.get_attribute("data-lines")
    box.click()
    assert "2 worker" in figure.get_attribute("data-lines")


def test_signals_are_switched_on_and_off(window):
    drawn(window, WORKERS + MAIN)
    uss = window.find_element(By.CSS_SELECTOR, WORKERS + "figure[data-plot=uss]")
    assert not uss.is_displayed()
    box = window.find_element(By.XPATH, "//*[@id='scenario.sync-4-list-10-1']//label[contains(., 'uss')]/input")
    see(window, box)
    box.click()
    assert uss.is_displayed()
    drawn(window, WORKERS + "figure[data-plot=uss]")
    see(window, box)
    box.click()
    assert not uss.is_displayed()


def test_dragging_zooms_all_signals_of_a_scenario_and_a_button_shows_all_again(window):
    figure = drawn(window, WORKERS + MAIN)
    canvas = figure.find_elements(By.TAG_NAME, "canvas")[-1]
    ActionChains(window).move_to_element_with_offset(canvas, -100, 0).click_and_hold().move_by_offset(
        200, 0
    ).release().perform()
    wait_for(lambda: figure.get_attribute("data-range"), "the zoom")
    low, high = map(int, figure.get_attribute("data-range").split())
    assert 0 < low < high < 600
    uss = window.find_element(By.CSS_SELECTOR, WORKERS + "figure[data-plot=uss]")
    assert uss.get_attribute("data-range") == figure.get_attribute("data-range")
    other = window.find_element(By.CSS_SELECTOR, "[id='scenario.django-list-18-0'] " + MAIN)
    assert not other.get_attribute("data-range")
    keep(window, "zoomed")
    button = window.find_element(By.CSS_SELECTOR, WORKERS + "button.reset")
    see(window, button)
    button.click()
    assert not figure.get_attribute("data-range") and not button.is_displayed()


def test_hovering_shows_the_values_of_every_line(window):
    figure = drawn(window, WORKERS + MAIN)
    canvas = figure.find_elements(By.TAG_NAME, "canvas")[-1]
    ActionChains(window).move_to_element_with_offset(canvas, 60, 0).perform()
    readout = figure.find_element(By.CSS_SELECTOR, ".readout")
    wait_for(lambda: readout.is_displayed() and readout.text, "the values")
    assert readout.text.startswith("iteration ")
    assert "all processes: +" in readout.text and "KiB (" in readout.text
    assert len(readout.find_elements(By.TAG_NAME, "span")) == 6


def ended_early(page, folder):
    """The page as if the worker with PID 2 had been gone after half of the run."""
    text = page.read_text("utf-8")
    start = text.index('"name":"2 worker"', text.index('id="scenario.sync-4-list-10-1"'))
    first, rest = text[:start], text[start:]
    x = "[0,100,200]"
    rest = re.sub(r'("base":\d+)(,"x":\[[^]]*\])?,"y":\[[^]]*\]', rf'\1,"x":{x},"y":[0,0,0]', rest, count=1)
    broken = folder / "ended.html"
    broken.write_text(first + rest, "utf-8")
    return broken


def test_of_a_process_that_has_gone_no_value_is_shown(page, tmp_path):
    with browser() as driver:
        open_page(driver, ended_early(page, tmp_path))
        figure = drawn(driver, WORKERS + MAIN)
        canvas = figure.find_elements(By.TAG_NAME, "canvas")[-1]
        readout = figure.find_element(By.CSS_SELECTOR, ".readout")
        for across, is_there in ((-250, True), (250, False)):
            ActionChains(driver).move_to_element_with_offset(canvas, across, 0).perform()
            wait_for(lambda: readout.is_displayed() and "all processes" in readout.text, "the values")
            assert ("2 worker" in readout.text) == is_there, readout.text


def pixels(driver, figure):
    """How many of the picture's pixels are not empty."""
    return driver.execute_script(
        "const canvas = arguments[0].querySelector('canvas');"
        "if (!canvas.width) return 0;"
        "const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
        "return data.filter((value, i) => i % 4 === 3 && value > 0).length;",
        figure,
    )


@pytest.mark.parametrize("hidden", ["switched off", "folded"])
def test_a_picture_that_was_hidden_while_the_window_changed_is_there_when_it_is_shown(page, hidden):
    with browser() as driver:
        open_page(driver, page)
        for details in driver.find_elements(By.CSS_SELECTOR, "details"):
            driver.execute_script("arguments[0].open = true", details)
        figure = drawn(driver, MAIN if hidden == "switched off" else "details > figure[data-plot=peaks]")
        box = driver.find_element(By.CSS_SELECTOR, "[data-signals] input")

        def hide(is_hidden):
            if hidden == "switched off":
                see(driver, box)
                box.click()
            else:
                details = figure.find_element(By.XPATH, "./ancestor::details")
                driver.execute_script("arguments[0].open = arguments[1]", details, not is_hidden)

        wait_for(lambda: pixels(driver, figure) > 500, "the picture")
        hide(True)
        metrics = {"width": 700, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        wait_for(lambda: driver.execute_script("return innerWidth") == 700, "the window")
        time.sleep(0.3)
        hide(False)
        see(driver, figure)
        wait_for(lambda: pixels(driver, figure) > 500, "the picture again")
        plot = figure.find_element(By.CSS_SELECTOR, ".plot")
        wait_for(
            lambda: abs(figure.find_element(By.TAG_NAME, "canvas").size["width"] - plot.size["width"]) < 2,
            "the picture as wide as its place",
        )


def test_dragging_upwards_zooms_the_heights_of_one_picture(window):
    figure = drawn(window, WORKERS + MAIN)
    canvas = figure.find_elements(By.TAG_NAME, "canvas")[-1]
    ActionChains(window).move_to_element_with_offset(canvas, 0, -20).click_and_hold().move_by_offset(
        0, 60
    ).release().perform()
    wait_for(lambda: figure.get_attribute("data-heights"), "the zoom")
    low, high = map(float, figure.get_attribute("data-heights").split())
    assert low < high and not figure.get_attribute("data-range")
    time.sleep(0.3)
    assert figure.get_attribute("data-heights"), "nothing undoes it"
    uss = window.find_element(By.CSS_SELECTOR, WORKERS + "figure[data-plot=uss]")
    assert not uss.get_attribute("data-heights")
    button = window.find_element(By.CSS_SELECTOR, WORKERS + "button.reset")
    assert button.is_displayed()
    see(window, button)
    button.click()
    assert not figure.get_attribute("data-heights") and not button.is_displayed()


def test_two_checkpoints_of_one_iteration_are_two_points(page, tmp_path):
    text = page.read_text("utf-8")
    assert '"x":[' in text
    twice = tmp_path / "twice.html"
    twice.write_text(re.sub(r'"x":\[\d+,(\d+),', r'"x":[\1,\1,', text), "utf-8")
    with browser() as driver:
        open_page(driver, twice)
        figure = drawn(driver, MAIN)
        plot = json.loads(figure.find_element(By.TAG_NAME, "script").get_attribute("textContent"))
        figure.find_element(By.CSS_SELECTOR, ".plot").send_keys(Keys.HOME)
        said = driver.find_element(By.CSS_SELECTOR, "[role=status]")
        first, second, third, *_ = plot["lines"][0]["x"]
        assert first == second < third
        wait_for(lambda: said.text.startswith(f"iteration {first};"), "the first point")
        before = said.text
        figure.find_element(By.CSS_SELECTOR, ".plot").send_keys(Keys.ARROW_RIGHT)
        assert wait_for(lambda: said.text, "the second one") == before
        figure.find_element(By.CSS_SELECTOR, ".plot").send_keys(Keys.ARROW_RIGHT)
        wait_for(lambda: said.text.startswith(f"iteration {third};"), "the third one")


def test_keys_read_points_aloud_and_zoom(window):
    figure = drawn(window, WORKERS + MAIN)
    plot = figure.find_element(By.CSS_SELECTOR, ".plot")
    assert plot.get_attribute("tabindex") == "0" and plot.get_attribute("role") == "application"
    assert "since iteration" in plot.get_attribute("aria-label")
    described = window.find_element(By.ID, plot.get_attribute("aria-describedby"))
    assert "Arrows" in described.get_attribute("textContent")
    said = window.find_element(By.CSS_SELECTOR, "[role=status]")
    plot.send_keys(Keys.END)
    wait_for(lambda: said.text.startswith("iteration "), "the last point")
    assert "all processes: +" in said.text and figure.find_element(By.CSS_SELECTOR, ".readout").is_displayed()
    assert figure.find_element(By.CSS_SELECTOR, ".keys").is_displayed()
    last = said.text
    plot.send_keys(Keys.ARROW_LEFT)
    wait_for(lambda: said.text != last and said.text.startswith("iteration "), "the one before")
    plot.send_keys("+")
    wait_for(lambda: figure.get_attribute("data-range"), "the zoom")
    low, high = map(int, figure.get_attribute("data-range").split())
    plot.send_keys("-")
    wait_for(lambda: not figure.get_attribute("data-range"), "everything")
    assert low > 0 and high > low
    plot.send_keys("++")
    wait_for(lambda: figure.get_attribute("data-range"), "the zoom")
    plot.send_keys(Keys.HOME)
    wait_for(lambda: int(figure.get_attribute("data-range").split()[0]) < low, "the window to follow the cursor")
    plot.send_keys(Keys.ESCAPE)
    wait_for(lambda: not figure.get_attribute("data-range"), "everything")
    assert not figure.find_element(By.CSS_SELECTOR, ".readout").is_displayed()


def test_copy_buttons_have_names_of_their_own_and_say_what_they_did(window):
    buttons = window.find_elements(By.CSS_SELECTOR, "button.copy")
    names = [button.get_attribute("aria-label") for button in buttons]
    assert len(names) > 1 and len(set(names)) == len(names), names
    see(window, buttons[-1])
    buttons[-1].click()
    said = window.find_element(By.CSS_SELECTOR, "[role=status]")
    fingerprint = names[-1].split()[-1]
    wait_for(lambda: re.fullmatch(rf"(copied|selected): the fingerprint {fingerprint}", said.text), "the announcement")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    shutil.copytree(SAVED_RUN, folder / "tidemark-out")
    run_tidemark(folder, None, "report", "tidemark-out")
    return folder / "tidemark-out" / "report.html"


def test_a_sweep_is_read_and_zoomed_on_both_kinds_of_axes(swept):
    with browser() as driver:
        open_page(driver, swept)
        figure = drawn(driver, "figure.scaling")
        assert "production" in figure.get_attribute("data-lines") and "the fit" in figure.get_attribute("data-lines")
        assert not any(svg.is_displayed() for svg in figure.find_elements(By.CSS_SELECTOR, "svg"))
        plot = figure.find_element(By.CSS_SELECTOR, ".plot")
        assert "logarithmic axes: Measured: " in plot.get_attribute("aria-label")
        readout = figure.find_element(By.CSS_SELECTOR, ".readout")
        plot.send_keys(Keys.HOME)
        wait_for(lambda: "users 1,000" in readout.text, "the first size")
        assert re.search(r"single iterations: \d+ KiB to \d+ KiB", readout.text), readout.text
        plot.send_keys(Keys.END)
        wait_for(lambda: "users 500,000" in readout.text, "production")
        assert re.search(r"production: [\d.]+ MiB \([\d.]+ MiB to [\d.]+ MiB\)", readout.text), readout.text
        keep(driver, "sweep", of=figure)
        linear = figure.find_element(By.CSS_SELECTOR, "input.linear-axes")
        see(driver, linear)
        linear.click()
        wait_for(lambda: figure.get_attribute("data-axes") == "linear", "linear axes")
        keep(driver, "sweep-linear", of=figure)
        canvas = figure.find_elements(By.TAG_NAME, "canvas")[-1]
        ActionChains(driver).move_to_element_with_offset(canvas, -60, 0).click_and_hold().move_by_offset(
            120, 0
        ).release().perform()
        wait_for(lambda: figure.get_attribute("data-range"), "the zoom")
        plot.send_keys("0")
        wait_for(lambda: not figure.get_attribute("data-range"), "everything")
        assert [line for line in driver.get_log("browser") if line["level"] == "SEVERE"] == []


def test_findings_have_their_code_and_a_fingerprint_to_copy(window):
    code = window.find_element(By.CSS_SELECTOR, "pre.code")
    assert "kept.append(payload())" in code.find_element(By.TAG_NAME, "mark").text
    assert "def before(request):" in code.text
    button = window.find_element(By.CSS_SELECTOR, "button.copy")
    see(window, button)
    button.click()
    wait_for(lambda: button.text in ("copied", "selected"), "the copy")
    fingerprint = window.find_element(By.CSS_SELECTOR, "code.fingerprint").text
    assert window.execute_script("return getSelection().toString()").strip() == fingerprint


def test_no_request_leaves_the_page(page):
    with browser() as driver:
        open_page(driver, page)
        drawn(driver, MAIN)
        events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
        asked = [
            event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"
        ]
        assert asked and {url.split(":")[0] for url in asked} <= {"file", "data"}, asked
        assert len([url for url in asked if url.startswith("file:")]) == 1


@pytest.mark.parametrize("look", ["desktop", "dark", "phone"])
def test_axe_finds_nothing_to_stumble_over(page, look):
    axe = next((VENV / "lib").glob("python3*/site-packages/axe_core_python/axe.min.js"), None)
    if axe is None:
        pytest.skip("axe-core-python is not in the virtual environment")
    with browser(*(PHONE if look == "phone" else ()), dark=look == "dark") as driver:
        open_page(driver, page)
        drawn(driver, MAIN)
        for details in driver.find_elements(By.CSS_SELECTOR, "details"):
            driver.execute_script("arguments[0].open = true", details)
        if look != "phone":
            keep(driver, look)
        time.sleep(0.3)  # what is too wide becomes reachable as soon as it is laid out
        driver.execute_script(axe.read_text("utf-8"))
        driver.set_script_timeout(60)
        found = driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'best-practice']}).then(done, (e) => done({error: String(e)}))"
        )
        assert "error" not in found, found
        wrong = [
            (rule["id"], rule["help"], [node["html"][:200] for node in rule["nodes"][:3]])
            for rule in found["violations"]
        ]
        assert wrong == []
        assert "color-contrast" in {rule["id"] for rule in found["passes"]}, "AA"


def test_landmarks_and_names_are_there_for_a_screen_reader(window):
    nodes = window.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = {}
    for node in nodes:
        if node.get("ignored"):
            continue
        named.setdefault(node["role"]["value"], []).append((node.get("name") or {}).get("value", ""))
    for landmark in ("banner", "main", "navigation", "contentinfo"):
        assert landmark in named, landmark
    for role in ("img", "image", "application", "button", "checkbox", "link", "region", "group"):
        assert all(name.strip() for name in named.get(role, []) if role != "group"), (role, named.get(role))
    pictures = [name for role in ("img", "image", "application") for name in named.get(role, [])]
    assert any("since iteration" in name for name in pictures)


def test_on_a_phone_nothing_is_wider_than_the_screen(page):
    with browser(*PHONE) as driver:
        open_page(driver, page)
        figure = drawn(driver, MAIN)
        for details in driver.find_elements(By.CSS_SELECTOR, "details"):
            driver.execute_script("arguments[0].open = true", details)
        assert driver.execute_script("return document.scrollingElement.scrollWidth") <= PHONE[0]
        assert figure.find_element(By.CSS_SELECTOR, ".plot").size["height"] >= 180
        keep(driver, "phone")


def test_without_scripts_there_are_pictures_and_tables(page):
    with browser(scripts=False) as driver:
        driver.get(page.as_uri())
        figures = driver.find_elements(By.CSS_SELECTOR, MAIN)
        assert len(figures) == 3
        for figure in figures:
            assert figure.find_element(By.TAG_NAME, "svg").is_displayed()
        assert driver.find_elements(By.CSS_SELECTOR, "canvas, .controls, button") == []
        assert driver.find_element(By.CSS_SELECTOR, "nav table").is_displayed()
        assert len(driver.find_elements(By.CSS_SELECTOR, "details.values tbody tr")) > 10
        keep(driver, "without-scripts")


def test_on_paper_the_static_pictures_stand_and_everything_is_unfolded(page):
    with browser() as driver:
        open_page(driver, page)
        figure = drawn(driver, MAIN)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert figure.find_element(By.TAG_NAME, "svg").is_displayed()
        assert not figure.find_element(By.CSS_SELECTOR, ".plot").is_displayed()
        assert not driver.find_element(By.CSS_SELECTOR, ".controls").is_displayed()
        driver.execute_script("dispatchEvent(new Event('beforeprint'))")
        assert driver.find_elements(By.CSS_SELECTOR, "details:not([open])") == []
        driver.execute_script("dispatchEvent(new Event('afterprint'))")
        assert driver.find_elements(By.CSS_SELECTOR, "details:not([open])") != []
        assert len(base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {})["data"])) > 20_000


def test_hostile_text_stays_text(tmp_path):
    evil = HOSTILE + "<img src=x onerror=alert(2)><svg onload=alert(3)>" + "'\"&" * 3
    page = page_of(tmp_path, ("django-list-18", diagnosis(evil), peak_diagnosis(evil)))
    with browser() as driver:
        open_page(driver, page)
        drawn(driver, MAIN)
        assert driver.find_elements(By.CSS_SELECTOR, "img, [onerror], [onload]") == []
        assert len(driver.find_elements(By.CSS_SELECTOR, "script:not([type])")) == 2
        assert "<img src=x" in driver.find_element(By.CSS_SELECTOR, ".found").text
        assert [line for line in driver.get_log("browser") if line["level"] == "SEVERE"] == [], "an alert, or CSP"


def test_markup_that_slipped_through_would_run_nothing(page, tmp_path):
    """Were the escaping wrong one day, the policy of the page would still hold."""
    broken = tmp_path / "broken.html"
    evil = "<script>document.title = 'owned'</script><img src='x.png' onerror=\"document.title = 'owned'\">"
    broken.write_text(page.read_text("utf-8").replace("</h1>", "</h1>" + evil, 1), "utf-8")
    with browser() as driver:
        open_page(driver, broken)
        drawn(driver, MAIN)
        assert driver.title.startswith("fail: shop")


def test_a_run_of_a_million_samples_is_below_3_megabytes_and_is_drawn(tmp_path):
    lines = records("sync-4-list-10")
    checkpoints = [line for line in lines if line.get("event") == "checkpoint" and line["phase"] == "growth"]
    others = [line for line in lines if line not in checkpoints]
    template = checkpoints[-1]
    values = sum(len(reading) - 1 for reading in template["readings"])
    out = tmp_path / "tidemark-out" / "soak"
    out.mkdir(parents=True)
    many = 1_000_000 // values + 1
    with (out / "record.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in others[:-1])
        for at in range(many):
            template["iteration"] = 1000 + 20 * at
            template["batch"] = 20
            template["elapsed_seconds"] = 30.0 + 0.3 * at
            file.write(json.dumps(template) + "\n")
        file.write(json.dumps(others[-1]) + "\n")
    run = {"schema": "tidemark-run/1", "name": "soak", "started": "2026-01-31T12:00:00Z"}
    run |= {"duration_seconds": 15.0, "folders": ["soak"], "planned": 1}
    (out.parent / "run.json").write_text(json.dumps(run))
    run_tidemark(tmp_path, None, "report", "tidemark-out")
    page = out.parent / "report.html"
    assert page.stat().st_size < 3_000_000
    with browser() as driver:
        open_page(driver, page)
        drawn(driver, MAIN)
        timing = driver.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd")
        print(f"{many * values} samples: {page.stat().st_size} bytes, loaded after {timing:.0f} ms")

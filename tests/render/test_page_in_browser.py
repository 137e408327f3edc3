"""The page in a real browser: what a person who hovers, zooms and toggles gets to see."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

import lrplot
from lrplot.render.html import page
from lrplot.render.look import Look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="needs chromium and chromedriver, which are not installed"
)


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = BROWSER or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,800"):
        options.add_argument(argument)  # a sandbox is more than most containers allow
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options=options, service=ChromeService(DRIVER))
    yield chrome
    chrome.quit()


def log_of(driver: Chrome, kind: str) -> list[dict[str, Any]]:
    """Return what a log of the browser has gained."""
    return list(driver.get_log(kind))  # type: ignore[no-untyped-call]


class Page:
    """A page that is open, and what a person does to it."""

    def __init__(self, driver: Chrome, folder: Path, plans: list[lrplot.Plan], look: Look) -> None:
        self.driver = driver
        path = folder / "curve.html"
        path.write_text(page(plans, look), encoding="utf-8")
        log_of(driver, "browser")
        driver.get(path.as_uri())
        self.wait(lambda: self.readout)

    def wait(self, condition: Any) -> None:
        WebDriverWait(self.driver, 10, poll_frequency=0.02).until(lambda _: condition())

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    @property
    def readout(self) -> dict[str, str]:
        rows = self.driver.execute_script(
            "return [...document.querySelectorAll('#readout tr')].map("
            "row => [...row.querySelectorAll('.u-label, .u-value')].map(cell => cell.textContent))"
        )
        return dict(rows)

    def labels(self) -> list[str]:
        """Return what the page has drawn as text beside its axes, by drawing it once more."""
        found = self.driver.execute_async_script(
            "const done = arguments[0], drawn = [];"
            "const proto = CanvasRenderingContext2D.prototype, real = proto.fillText;"
            "proto.fillText = function (text, ...at) {"
            "  drawn.push(text); real.call(this, text, ...at) };"
            "document.querySelector('#chart').style.height = "
            "  (document.querySelector('#chart').clientHeight - 1) + 'px';"
            "setTimeout(() => { proto.fillText = real; done(drawn) }, 300)"
        )
        return [str(text) for text in found]

    def at(self, part: float, up: float = 0.5) -> tuple[float, float]:
        """Return a place inside the axes, as selenium counts it: from their middle."""
        size = self.find(".u-over").size
        return (part - 0.5) * size["width"], (0.5 - up) * size["height"]

    def hover(self, part: float) -> dict[str, str]:
        x, y = self.at(part)
        over = self.find(".u-over")
        ActionChains(self.driver).move_to_element_with_offset(over, int(x), int(y)).perform()
        return self.readout

    def drag(self, start: float, stop: float) -> None:
        over, (x, y), (to, _) = self.find(".u-over"), self.at(start), self.at(stop)
        chain = ActionChains(self.driver).move_to_element_with_offset(over, int(x), int(y))
        chain.click_and_hold().move_by_offset(int(to - x), 0).release().perform()

    def press(self, *keys: str) -> dict[str, str]:
        self.find("#chart").send_keys(*keys)
        return self.readout


@pytest.fixture
def opened(driver: Chrome, tmp_path: Path) -> Any:
    return lambda plans, **look: Page(driver, tmp_path, plans, Look(**look))


def poly(power: float = 1.0, name: str = "", **more: Any) -> lrplot.Plan:
    schedule = lrplot.Poly(max_iters=1000, power=power, eta_min=0.001)
    fields = {"schedule": schedule, "base_lr": 0.1, "max_iters": 1000, "name": name, **more}
    return lrplot.Plan(**fields)


def step_of(readout: dict[str, str]) -> int:
    return int(readout["iteration"].partition(" ")[0].replace(",", ""))


def test_hovering_reads_out_step_epoch_and_every_rate(opened: Any) -> None:
    plans = [poly(1, "one", iters_per_epoch=250), poly(2, "two", iters_per_epoch=250)]

    seen = opened(plans, title="two").hover(0.5)
    step = step_of(seen)

    assert abs(step - 500) <= 2
    assert seen["iteration"] == f"{step} \u00b7 epoch {step / 250:g}"
    assert seen["one"] == f"{plans[0].lr(step):.6g}"
    assert seen["two"] == f"{plans[1].lr(step):.6g}"


def test_epochs_that_differ_stand_beside_each_rate(opened: Any) -> None:
    plans = [poly(1, "one", iters_per_epoch=250), poly(2, "two", iters_per_epoch=500)]

    seen = opened(plans).hover(0.5)
    step = step_of(seen)

    assert seen["one"] == f"{plans[0].lr(step):.6g} (epoch {step / 250:g})"
    assert seen["two"] == f"{plans[1].lr(step):.6g} (epoch {step / 500:g})"


def test_a_curve_that_has_ended_has_no_rate(opened: Any) -> None:
    seen = opened([poly(1, "long"), poly(1, "short", max_iters=100)]).hover(0.9)

    assert seen["short"] == "\u2014"
    assert seen["long"] == f"{poly().lr(step_of(seen)):.6g}"


def test_the_keys_go_from_step_to_step(opened: Any) -> None:
    shown = opened([poly(2, "poly")])

    assert step_of(shown.press(Keys.HOME)) == 0
    assert step_of(shown.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)) == 3
    assert step_of(shown.press(Keys.ARROW_LEFT)) == 2
    seen = shown.press(Keys.END)
    assert step_of(seen) == 1000
    assert seen["poly"] == "0.001"


def test_at_a_jump_the_readout_is_the_rate_that_takes_force(opened: Any) -> None:
    end = 10**6
    plan = lrplot.Plan(schedule=lrplot.Step(step_size=500_000), base_lr=0.1, max_iters=end)
    shown = opened([plan])

    before = shown.hover(0.25)["step"]
    steps = [shown.hover(0.5), shown.press(Keys.ARROW_LEFT), shown.press(Keys.ARROW_RIGHT)]
    found = {step_of(seen): seen["step"] for seen in steps}

    assert before == "0.1"
    assert found == {step: f"{plan.lr(step):.6g}" for step in found}
    assert 500_000 in found


def test_a_drag_zooms_and_a_double_click_shows_the_whole_run_again(opened: Any) -> None:
    shown = opened([poly(2, "poly")])

    shown.drag(0.2, 0.4)
    left, right = step_of(shown.hover(0.01)), step_of(shown.hover(0.99))
    assert abs(left - 202) <= 3
    assert abs(right - 398) <= 3
    ActionChains(shown.driver).double_click(shown.find(".u-over")).perform()
    assert step_of(shown.hover(0.99)) >= 985

    shown.drag(0.2, 0.4)
    assert step_of(shown.hover(0.99)) <= 401
    shown.find("#reset").click()
    assert step_of(shown.hover(0.99)) >= 985


def test_the_log_axis_is_switched_on_and_off_and_says_what_it_leaves_out(opened: Any) -> None:
    plan = lrplot.Plan(schedule=lrplot.Poly(max_iters=1000), base_lr=0.1, max_iters=1000)
    shown = opened([plan])
    shown.drag(0.2, 0.4)

    assert "0.08" in shown.labels() or "0.075" in shown.labels()
    shown.find("#log").click()
    shown.find("#reset").click()
    assert "1e-4" in shown.labels()
    assert shown.find("#said").text == (
        "Rates of 0 have no place on a logarithmic axis and are left out."
    )
    assert shown.press(Keys.END)["poly"] == "0"
    assert ", -10px)" in (shown.find(".u-cursor-pt").get_attribute("style") or "")
    shown.find("#log").click()
    assert "1e-4" not in shown.labels()
    assert shown.find("#said").text == ""


def test_a_toggle_keeps_the_zoom(opened: Any) -> None:
    shown = opened([poly(2)])
    shown.drag(0.2, 0.4)

    shown.find("#log").click()

    assert abs(step_of(shown.hover(0.99)) - 398) <= 3


def test_a_page_can_begin_with_a_log_axis(opened: Any) -> None:
    shown = opened([poly(2)], log=True)

    assert shown.find("#log").is_selected()
    assert "0.001" in shown.labels()


def test_a_log_axis_without_a_rate_above_0_cannot_be_asked_for(opened: Any) -> None:
    nothing = lrplot.Plan(schedule=lrplot.Constant(), base_lr=0, max_iters=10)

    assert not opened([nothing]).find("#log").is_enabled()


def test_the_axes_are_written_as_people_write(opened: Any) -> None:
    schedule = lrplot.Poly(max_iters=160_000)
    plan = lrplot.Plan(
        schedule=schedule, base_lr=6e-5, max_iters=160_000, iters_per_epoch=16_000, name="p"
    )

    drawn = opened([plan]).labels()

    assert {"20k", "160k", "6e-5", "iteration", "learning rate", "epoch", "10"} <= set(drawn)


def test_many_epochs_are_written_briefly_on_the_axis_and_exactly_when_read_out(
    opened: Any,
) -> None:
    plan = lrplot.Plan(
        schedule=lrplot.Cyclic(max_lr=0.1, step_size_up=1000),
        base_lr=0.01,
        max_iters=10**12,
        iters_per_epoch=10_000,
    )

    shown = opened([plan])

    assert {"20M", "100M"} <= set(shown.labels())
    seen = shown.press(Keys.END, Keys.ARROW_LEFT)
    assert seen["iteration"] == "999,999,999,000 \u00b7 epoch 99,999,999.9"


# -- fingers --------------------------------------------------------------------------------------


class Fingers:
    """Fingers on a page that is open. Places are parts of the axes, from their upper left."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.down: list[tuple[float, float]] = []

    def put(self, *places: tuple[float, float]) -> None:
        """Put fingers down, one after the other."""
        for place in places:
            self.down.append(place)
            self._send("touchStart", self.down)

    def slide(self, *places: tuple[float, float], parts: int = 8) -> None:
        """Slide each finger that is down to another place."""
        start = self.down
        for part in range(1, parts + 1):
            self.down = [
                (x + (to_x - x) * part / parts, y + (to_y - y) * part / parts)
                for (x, y), (to_x, to_y) in zip(start, places, strict=True)
            ]
            self._send("touchMove", self.down)

    def lift(self) -> None:
        """Lift all fingers, the last one first."""
        while self.down:
            self.lift_one()

    def lift_one(self) -> None:
        """Lift the last finger that came down."""
        number = len(self.down) - 1
        self._send("touchEnd", [self.down.pop()], number)

    def tap(self, place: tuple[float, float]) -> None:
        self.put(place)
        self.lift()

    def _send(self, kind: str, places: Sequence[tuple[float, float]], first: int = 0) -> None:
        left, top, width, height = self.page.driver.execute_script(
            "const box = document.querySelector('.u-over').getBoundingClientRect();"
            "return [box.left, box.top, box.width, box.height]"
        )
        points = [
            {"x": left + x * width, "y": top + y * height, "id": number}
            for number, (x, y) in enumerate(places, start=first)
        ]
        event = {"type": kind, "touchPoints": points}
        self.page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", event)

    def window(self) -> tuple[int, int]:
        """Return the first and the last step that are shown, read with the pointer of a mouse."""
        return step_of(self.page.hover(0.001)), step_of(self.page.hover(0.999))


@pytest.fixture
def fingers(opened: Any, driver: Chrome) -> Iterator[Fingers]:
    """Return fingers on a page of 1,000 steps, on a screen that can be touched."""
    touched = {"enabled": True, "maxTouchPoints": 2}
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", touched)
    yield Fingers(opened([poly(2, "poly")]))
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def close(window: tuple[int, int], low: int, high: int) -> bool:
    return abs(window[0] - low) <= 4 and abs(window[1] - high) <= 4


def test_a_finger_that_slides_reads_out(fingers: Fingers) -> None:
    shown = fingers.page
    fingers.put((0.2, 0.5))
    fingers.slide((0.6, 0.5))

    shown.wait(lambda: abs(step_of(shown.readout) - 600) <= 2)
    fingers.lift()

    seen = shown.readout
    assert seen["poly"] == f"{(1 - step_of(seen) / 1000) ** 2 * 0.099 + 0.001:.6g}"
    assert close(fingers.window(), 0, 1000)


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (((0.4, 0.5), (0.6, 0.5)), ((0.1, 0.5), (0.9, 0.5))),
        (((0.6, 0.5), (0.4, 0.5)), ((0.9, 0.5), (0.1, 0.5))),
        (((0.5, 0.4), (0.5, 0.6)), ((0.5, 0.1), (0.5, 0.9))),
    ],
    ids=["sideways", "the other way", "upright"],
)
def test_fingers_that_part_zoom_about_what_is_between_them(
    fingers: Fingers, start: Any, stop: Any
) -> None:
    fingers.put(*start)
    fingers.slide(*stop)
    assert abs(step_of(fingers.page.readout) - 500) <= 2
    fingers.lift()

    assert close(fingers.window(), 375, 625)  # a quarter of the run: they are 4 times as far apart
    assert fingers.page.driver.execute_script("return visualViewport.scale") == 1


def test_each_of_two_fingers_keeps_the_step_that_it_is_on(fingers: Fingers) -> None:
    fingers.put((0.2, 0.5), (0.4, 0.5))
    fingers.slide((0.1, 0.5), (0.9, 0.5))
    fingers.lift()

    assert close(fingers.window(), 175, 425)  # steps 200 to 400 went to 10 % and 90 %


def test_fingers_that_close_again_end_with_the_whole_run(fingers: Fingers) -> None:
    fingers.put((0.4, 0.5), (0.6, 0.5))
    fingers.slide((0.1, 0.5), (0.9, 0.5))
    fingers.slide((0.45, 0.5), (0.55, 0.5))
    fingers.lift()

    assert close(fingers.window(), 0, 1000)
    assert {"0", "1k"} <= set(fingers.page.labels())


def zoom(fingers: Fingers) -> None:
    """Zoom to steps 375 to 625."""
    fingers.put((0.4, 0.5), (0.6, 0.5))
    fingers.slide((0.1, 0.5), (0.9, 0.5))
    fingers.lift()


def test_a_finger_moves_what_is_zoomed_as_far_as_the_run_goes(fingers: Fingers) -> None:
    zoom(fingers)

    fingers.put((0.8, 0.5))
    fingers.slide((0.4, 0.5))
    fingers.lift()
    assert close(fingers.window(), 475, 725)
    for _ in range(3):
        fingers.put((0.9, 0.5))
        fingers.slide((0.1, 0.5))
        fingers.lift()
    assert close(fingers.window(), 750, 1000)
    assert "1k" in fingers.page.labels()


def test_a_finger_that_is_left_of_two_goes_on_from_where_it_is(fingers: Fingers) -> None:
    fingers.put((0.4, 0.5), (0.6, 0.5))
    fingers.slide((0.1, 0.5), (0.9, 0.5))
    fingers.lift_one()
    fingers.slide((0.5, 0.5))
    fingers.lift()

    assert close(fingers.window(), 275, 525)


def test_two_taps_show_the_whole_run_again_and_one_does_not(fingers: Fingers) -> None:
    zoom(fingers)
    fingers.page.driver.execute_script(  # not every browser makes a double click of two taps
        "window.addEventListener('dblclick', (event) => event.stopImmediatePropagation(), true)"
    )

    fingers.tap((0.5, 0.5))
    assert close(fingers.window(), 375, 625)

    def shows_all_after_two_taps() -> bool:
        fingers.tap((0.5, 0.5))
        fingers.tap((0.5, 0.5))
        return close(fingers.window(), 0, 1000)

    fingers.page.wait(shows_all_after_two_taps)  # a busy machine may tap too slowly


def test_taps_that_are_apart_are_no_double_tap(fingers: Fingers) -> None:
    zoom(fingers)

    fingers.tap((0.2, 0.5))
    fingers.tap((0.8, 0.5))

    assert close(fingers.window(), 375, 625)


def test_a_finger_that_goes_up_moves_the_page(fingers: Fingers, driver: Chrome) -> None:
    zoom(fingers)
    size = driver.get_window_size()
    driver.set_window_size(800, 400)
    try:
        fingers.put((0.5, 0.9))
        fingers.slide((0.5, 0.1))
        fingers.lift()
        fingers.page.wait(lambda: driver.execute_script("return scrollY") > 0)
    finally:
        driver.set_window_size(size["width"], size["height"])

    assert close(fingers.window(), 375, 625)


# -- the page around the chart --------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "background"), [("light", 255), ("dark", 22)])
def test_a_page_is_light_or_dark_as_the_reader_likes(
    opened: Any, driver: Chrome, scheme: str, background: int
) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    shown = opened([poly()])
    colour = shown.find("body").value_of_css_property("background-color")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    assert colour.startswith(f"rgba({background},")


def test_nothing_is_fetched_and_nothing_complains(opened: Any, driver: Chrome) -> None:
    log_of(driver, "performance")
    shown = opened([poly(name="</script><script>alert(1)</script>")], title="<b>&</b>")
    shown.hover(0.3)
    sent = [entry["message"] for entry in log_of(driver, "performance")]
    asked = [message for message in sent if '"Network.requestWillBeSent"' in message]

    assert log_of(driver, "browser") == []
    assert len(asked) == 1
    assert "curve.html" in asked[0]
    assert driver.title == "<b>&</b>"
    assert shown.find("h1").text == "<b>&</b>"


def test_a_narrow_window_is_filled(opened: Any, driver: Chrome) -> None:
    shown = opened([poly()])
    size = driver.get_window_size()
    driver.set_window_size(500, 700)
    try:
        shown.wait(lambda: shown.find("canvas").size["width"] < 500)
        overflow = driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
    finally:
        driver.set_window_size(size["width"], size["height"])

    assert overflow <= 0

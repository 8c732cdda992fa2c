"""The app's page as a person meets it, in a real browser."""

import base64
import hashlib
import json

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from services import food
from services.classifier import feedback
from tests.services.classifier.photos import saved, scene
from tests.services.classifier.process import DIGEST, Server, baked

DESKTOP, PHONE = (1200, 900), (375, 812)


@pytest.fixture
def page(open_browser, server):
    """The page on a desk's screen."""
    browser = open_browser(*DESKTOP)
    browser.get(server.url)
    return Page(browser)


class Page:
    """What a person sees on the page."""

    def __init__(self, browser):
        self.browser = browser

    def find(self, css):
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def see(self, css, containing=""):
        """Wait until it is shown, and return its text."""
        wait = WebDriverWait(self.browser, 20)
        wait.until(lambda _: self.find(css).is_displayed() and containing in self.find(css).text)
        return self.find(css).text

    def press(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()

    def focus(self):
        return self.browser.switch_to.active_element

    def upload(self, path):
        self.find("#file").send_keys(str(path))

    def bars(self):
        """Return what the bars say: label, share in words, width in pixels."""
        rows = self.browser.find_elements(By.CSS_SELECTOR, "#bars li")
        texts = [row.text.split("\n") for row in rows]
        fills = self.browser.find_elements(By.CSS_SELECTOR, "#bars .fill")
        return [(*text, fill.size["width"]) for text, fill in zip(texts, fills, strict=True)]


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "my lunch.jpg"
    path.write_bytes(saved(scene(800, 600), "JPEG"))
    return path


def test_a_photo_gets_a_label_and_a_correction_that_is_kept_and_exported(
    page, server, photo, tmp_path
):
    answer = server.predict(photo.read_bytes()).json()
    right = next(label for label in food.LABELS if label != answer["label"])

    page.upload(photo)
    assert page.see("#label", answer["label"])
    assert "model version 7" in page.find("#sure").text
    page.find("#wrong").click()
    Select(page.find("#right")).select_by_visible_text(right)
    page.find("#send").click()
    assert page.see("#thanks") == f"Thank you. Kept as {right}, for a later model to learn."

    name = hashlib.sha256(photo.read_bytes()).hexdigest()
    kept = json.loads((server.feedback / f"{name}.json").read_text())
    assert (kept["version"], kept["predicted"], kept["corrected"]) == (7, answer["label"], right)
    feedback.export([server.feedback], tmp_path / "data")
    picture = (server.feedback / f"{name}.jpg").read_bytes()
    folder = tmp_path / "data" / food.FOLDERS[food.LABELS.index(right)]
    exported = folder / f"{hashlib.sha256(picture).hexdigest()}.jpg"
    assert exported.read_bytes() == picture


def test_the_bars_show_every_label_from_the_most_to_the_least_sure(page, server, photo):
    shares = server.predict(photo.read_bytes()).json()["probabilities"]

    page.upload(photo)
    page.see("#label")
    WebDriverWait(page.browser, 5).until(lambda _: page.bars()[0][2] > 20)  # it slides open

    order = sorted(shares, key=lambda label: -shares[label])
    assert [label for label, _, _ in page.bars()] == order
    assert page.bars()[0][1] == f"{100 * shares[order[0]]:.1f} %"
    widths = [width for _, _, width in page.bars()]
    assert widths == sorted(widths, reverse=True)


def test_a_sample_can_be_picked_and_the_page_names_what_answered(page):
    samples = page.browser.find_elements(By.CSS_SELECTOR, "#samples button")
    assert len(samples) == 6

    samples[0].click()

    assert page.see("#label") in food.LABELS
    assert page.see("#served") == "model version 7"
    assert DIGEST in page.find("#facts").text


def test_it_works_with_the_keyboard_alone(page, server, photo):
    before = {file.name for file in server.feedback.glob("*.json")}
    page.press(Keys.TAB)
    assert page.focus().get_attribute("id") == "file"
    page.press(Keys.TAB, Keys.ENTER)  # the first sample
    page.see("#label")

    page.press(*[Keys.TAB] * 6)  # past the other samples
    assert page.focus().text == "This is wrong"
    page.press(Keys.ENTER)
    assert page.focus().get_attribute("id") == "right"
    page.press(Keys.ARROW_DOWN, Keys.TAB, Keys.ENTER)

    assert "Thank you" in page.see("#thanks")
    assert {file.name for file in server.feedback.glob("*.json")} - before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GIF89a", "This is not a photo that we can read: send JPEG, PNG or WebP."),
        (saved(scene(), "JPEG")[:2000], "This photo is broken or breaks off in the middle"),
        (bytes(11 * 2**20), "This photo has 11.0 MB: choose one of up to 10 MB."),
    ],
)
def test_what_goes_wrong_is_said_in_words(page, tmp_path, content, sentence):
    file = tmp_path / "upload.jpg"
    file.write_bytes(content)

    page.upload(file)

    assert sentence in page.see("#error")
    assert not page.find("#result").is_displayed()


def test_a_server_that_is_gone_is_said_in_words(open_browser, photo, tmp_path):
    with Server(baked(tmp_path / "model")) as server:
        browser = open_browser(*DESKTOP)
        browser.get(server.url)
        page = Page(browser)
        page.see("#served", "model version")

    page.upload(photo)

    assert "The server cannot be reached" in page.see("#error")


def test_a_photo_can_be_dropped_anywhere(page, photo):
    page.browser.execute_script(
        """
        const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));
        const carried = new DataTransfer();
        carried.items.add(new File([bytes], "dropped.jpg", { type: "image/jpeg" }));
        document.body.dispatchEvent(
          new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        """,
        base64.b64encode(photo.read_bytes()).decode(),
    )

    assert page.see("#label") in food.LABELS


@pytest.mark.parametrize("size", [DESKTOP, PHONE, (320, 640)])
def test_nothing_hangs_over_the_edge_of_any_screen(open_browser, server, photo, size):
    browser = open_browser(*size)
    browser.get(server.url)
    page = Page(browser)
    page.upload(photo)
    page.see("#label")
    page.find("#wrong").click()
    page.see("#right")

    assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]
    for control in browser.find_elements(By.CSS_SELECTOR, "button, select"):
        if control.is_displayed():
            assert control.rect["x"] + control.rect["width"] <= size[0]
            assert control.rect["height"] >= 36  # a finger finds it


def test_nothing_is_asked_of_any_other_server_and_nothing_is_blocked(page, server, photo):
    page.upload(photo)
    page.see("#label")

    log = [json.loads(entry["message"])["message"] for entry in page.browser.get_log("performance")]
    sent = [event for event in log if event["method"] == "Network.requestWillBeSent"]
    asked = {event["params"]["request"]["url"].split(",")[0] for event in sent}
    assert f"{server.url}/predict" in asked
    elsewhere = {url for url in asked if not url.startswith((server.url, "data:", "blob:"))}
    # The first window of Chromium asks Chromium itself, before the page is opened.
    assert not {url for url in elsewhere if not url.startswith("chrome://")}
    assert page.browser.get_log("browser") == []

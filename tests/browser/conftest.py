"""A real browser, where there is one, and a real classifier for it to meet."""

import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.services.classifier.process import Server, baked

MISSING = "Chromium and ChromeDriver are not installed here: apt install chromium chromium-driver"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium():
    """The programs, or a skipped test that says what to install."""
    found = [shutil.which("chromium"), shutil.which("chromedriver")]
    if None in found:
        pytest.skip(MISSING)
    return found


@pytest.fixture
def open_browser(chromium, tmp_path):
    """A function that opens a window of this size."""
    windows = []

    def open_window(width: int, height: int) -> webdriver.Chrome:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium[0]
        for flag in (*FLAGS, f"--user-data-dir={tmp_path / f'profile-{len(windows)}'}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        window = webdriver.Chrome(options=options, service=Service(chromium[1]))
        windows.append(window)
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        return window

    yield open_window
    for window in windows:
        window.quit()


@pytest.fixture(scope="session")
def server(chromium, tmp_path_factory):
    """A classifier of version 7 that keeps corrections."""
    folder = tmp_path_factory.mktemp("classifier")
    with Server(baked(folder / "model"), FEEDBACK_DIR=folder / "feedback") as running:
        running.feedback = folder / "feedback"
        yield running

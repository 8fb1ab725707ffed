"""Debian's Chromium without a window, and what a person does in it: sign in, find by role or words, look."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from debian import require_programs
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

# A machine that is busy with other tests is slow, and no reason to give up.
PATIENCE_SECONDS = 60


def require_chromium() -> None:
    """Install Debian's packages where they are missing and this is root; RuntimeError, naming them, where it cannot."""
    require_programs(("chromium", "chromedriver"), ("chromium", "chromium-driver"))


class Browser:
    """A browser of its own profile; what it logs to its console is kept for `complaints`."""

    def __init__(self, *, width: int = 1400, height: int = 1000) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium_")
        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        size = f"--window-size={width},{height}"
        # Chromium's own sandbox refuses root, and containers give it little shared memory.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en-US", size):
            options.add_argument(argument)
        options.add_argument(f"--user-data-dir={self._profile.name}")
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.driver.set_page_load_timeout(PATIENCE_SECONDS)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.driver.quit()
        self._profile.cleanup()

    def sign_in(self, url: str, user: str, password: str) -> None:
        """Through Airflow's own form."""
        self.driver.get(url)
        self.see("input[name=username]").send_keys(user)
        self.see("input[name=password]").send_keys(password)
        self.see("button[type=submit]").click()
        self.wait_for(lambda: "/auth/login" not in self.driver.current_url, "to be signed in")

    def see(self, css: str, words: str = "", *, seconds: float = PATIENCE_SECONDS) -> WebElement:
        """The first visible element of this selector that has these words, as soon as there is one."""
        found: list[WebElement] = []

        def looked() -> bool:
            elements = self.driver.find_elements(By.CSS_SELECTOR, css)
            found[:] = [each for each in elements if each.is_displayed() and words in each.text]
            return bool(found)

        self.wait_for(looked, f"to see {css} with {words!r}", seconds)
        return found[0]

    def is_gone(self, css: str, words: str = "") -> None:
        """Wait until no such element is visible."""
        self.wait_for(
            lambda: (
                not any(each.is_displayed() and words in each.text for each in self.driver.find_elements(By.CSS_SELECTOR, css))
            ),
            f"{css} with {words!r} to be gone",
        )

    def field(self, name: str) -> WebElement:
        """The control of this name in the open dialog."""
        return self.see(f"dialog [name={name}]")

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Until the condition holds; elements that are drawn anew meanwhile are looked for again."""
        waiting = WebDriverWait(self.driver, seconds, 0.2, [StaleElementReferenceException])
        try:
            waiting.until(lambda _driver: condition())
        except TimeoutException:
            raise AssertionError(f"Waited for {what} at {self.driver.current_url}: {self.text()[:1500]}") from None

    def text(self) -> str:
        """Everything that is shown."""
        return self.driver.find_element(By.CSS_SELECTOR, "body").text

    def complaints(self) -> list[str]:
        """What the browser's console said of errors: scripts that failed, files that a policy kept out."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def picture(self, path: Path, *, width: int, height: int, dark: bool) -> None:
        """What it looks like at this size."""
        shown = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shown)
        theme = {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", theme)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))

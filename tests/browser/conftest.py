"""The real ``missionbook serve`` on a fresh data folder with the demonstration book, and Debian's Chromium."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS_MAX = 180
PHONE, DESKTOP = 390, 1280


@dataclass(frozen=True, slots=True)
class Bank:
    """A running bank: where it is, and how its people sign in, by the part of the email before the @."""

    address: str
    passwords: dict[str, tuple[str, str]]


@pytest.fixture(scope="session")
def bank() -> Iterator[Bank]:
    """Start the program as a newcomer would, and stop it by its signal."""
    with tempfile.TemporaryDirectory(prefix="missionbook-browser-") as folder:
        Path(folder).chmod(0o711)  # the database's own user passes through
        data, log = Path(folder) / "data", Path(folder) / "log"
        port = free_port()
        environment = {**os.environ, "MISSIONBOOK_DATA": str(data), "MISSIONBOOK_PORT": str(port)}
        with log.open("wb") as out:
            server = subprocess.Popen(
                [Path(sys.executable).with_name("missionbook"), "serve"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
            )
        try:
            wait_up(server, f"http://127.0.0.1:{port}", log)
            sign_ins = json.loads((data / "sign-ins.json").read_text(encoding="utf-8"))
            passwords = {one["email"].split("@")[0]: (one["email"], one["password"]) for one in sign_ins}
            yield Bank(f"http://127.0.0.1:{port}", passwords)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def wait_up(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-3000:]
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not come up: " + log.read_text(encoding="utf-8", errors="replace")[-3000:])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Person:
    """Somebody with a browser window: what goes wrong in its console, and what it asks of other houses, is kept."""

    def __init__(self, browser: Browser, bank: Bank, who: str, *, width: int, dark: bool, scripts: bool) -> None:
        self.bank, self.problems, self.requests = bank, [], []  # type: Bank, list[str], list[str]
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            java_script_enabled=scripts,
        )
        self.page: Page = context.new_page()
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda asked: self.requests.append(asked.url))
        self.page.goto(bank.address)
        email, password = bank.passwords[who]
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def _hear(self, kind: str, text: str) -> None:
        """Keep what the console calls an error, but for a form that was refused: that is what its page is for."""
        if kind == "error" and "status of 422" not in text:
            self.problems.append(text)

    def goto(self, path: str) -> Page:
        """Go to a page and see that it is whole: one heading, nothing wider than the window, three requests."""
        answer = self.page.goto(self.bank.address + path)
        assert answer is not None
        assert answer.ok, f"{path} answers {answer.status}"
        self.look()
        loaded = self.page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
        assert len(loaded) <= 2, f"{path} takes more than three requests: {loaded}"
        assert all(asked.startswith(self.bank.address) for asked in self.requests), self.requests
        return self.page

    def look(self) -> None:
        assert self.page.locator("h1").count() == 1
        assert not self.problems, self.problems
        box = self.page.locator("html").bounding_box()
        size = self.page.viewport_size
        assert box is not None
        assert size is not None
        assert box["width"] <= size["width"], f"{self.page.url} is {box['width']} wide"
        for wide in self.page.locator("main *").evaluate_all(
            "all => all.filter(one => !one.closest('thead')"
            " && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML)"
        ):
            raise AssertionError(f"{self.page.url}: this stands out of the window: {wide[:200]}")


@pytest.fixture(params=[(DESKTOP, False), (PHONE, True)], ids=["desktop, light", "phone, dark"])
def window(request: pytest.FixtureRequest) -> tuple[int, bool]:
    width, dark = request.param
    return width, dark

"""Real browsers for tests: Debian's Chromium with a fake camera and microphone, Chromium 87, Firefox ESR."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

CHROMIUM = "/usr/bin/chromium"
FIREFOX = "/usr/bin/firefox-esr"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FAKE_DEVICES = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
# A browser that asks shares nothing real: here it allows devices, and of what may be shared chooses the tab of a title.
SHARING = ["--use-fake-device-for-media-stream", "--auto-accept-camera-and-microphone-capture"]
# A page to which camera and microphone are denied.
DENIED = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };
"""
# What deploy/systemd/tongke-kiosk.service runs a display with.
KIOSK = "--autoplay-policy=no-user-gesture-required"

TABLET = {"width": 800, "height": 1280}
DESKTOP = {"width": 1440, "height": 900}
DISPLAY = {"width": 1920, "height": 1080}


@contextlib.contextmanager
def chromium(
    playwright: Playwright,
    *,
    camera: Path | None = None,
    microphone: Path | None = None,
    shares: str | None = None,
    flags: Sequence[str] = (),
) -> Iterator[Browser]:
    """Chromium whose camera shows a .y4m (or .mjpeg) file and whose microphone hears a .wav file, looped; by default
    the browser's own test picture and beep. `shares`: the title of the tab that is chosen where a screen is to be
    shared; without it that is a picture of the browser's own."""
    arguments = [*QUIET, *(FAKE_DEVICES if shares is None else SHARING), *flags]
    if shares is not None:
        arguments.append(f"--auto-select-tab-capture-source-by-title={shares}")
    if camera:
        arguments.append(f"--use-file-for-fake-video-capture={camera}")
    if microphone:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}")
    silent = [] if shares is None else ["--mute-audio"]  # of the driver's own arguments: the tab is to be heard
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, headless=True, args=arguments, ignore_default_args=silent
    )
    try:
        yield browser
    finally:
        browser.close()


def kill(browser: Browser) -> None:
    """As a power cut at its machine would: nothing is said to anyone."""
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    os.kill(next(one["id"] for one in told["processInfo"] if one["type"] == "browser"), signal.SIGKILL)


def page_of(browser: Browser, viewport: dict[str, int], locale: str = "en") -> tuple[BrowserContext, Page]:
    """A page in a profile of its own, as another person's machine would be."""
    context = browser.new_context(viewport=viewport, locale=locale, service_workers="block")  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    return context, context.new_page()

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Error, Page, Playwright, expect, sync_playwright

from tests.browser.people import PRESENT
from tests.processes import RUNNING

LINES, FRAMES, WIDE = 40, 12, 300
"""How much of a log, and of what a page was sent, is shown where a test fails."""


expect.set_options(timeout=20_000)  # as long as a page's own clicks wait, however busy the machine is


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What failed once in a hundred runs is understood by what the server said and what each page was sent."""
    report = yield
    if report.failed:
        for server in RUNNING:
            log = server.log.read_text(errors="replace").splitlines()[-LINES:] if server.log.exists() else []
            report.sections.append((f"log of {server.data.name}", "\n".join(log)))
        for person in PRESENT:
            if person.received and not person.page.is_closed():
                last = [frame[:WIDE] for frame in person.received if len(frame) > 1][-FRAMES:]  # one digit is a beat
                report.sections.append((f"last sent to {person.page.url}", "\n".join(last)))
                report.sections.append((f"to be read at {person.page.url}", _read(person.page)))
    return report


def _read(page: Page) -> str:
    try:
        return page.locator("body").inner_text(timeout=2000)
    except Error as error:
        return str(error)

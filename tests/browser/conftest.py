from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Error, Page, Playwright, expect, sync_playwright

from tests.browser.people import PRESENT
from tests.processes import RUNNING

LINES, FRAMES, WIDE = 40, 12, 300
"""How much of a log, and of what a page was sent, is shown where a test fails."""
PLAYED = """() => {
    const media = [...document.querySelectorAll('video, audio')].map((one) => {
        const {currentTime, readyState, seeking, paused, buffered} = one;
        const here = [...Array(buffered.length).keys()].map((i) => [buffered.start(i), buffered.end(i)]);
        return JSON.stringify({...one.dataset, currentTime, readyState, seeking, paused, here});
    });
    const asked = performance.getEntriesByType('resource').slice(-6);
    const told = asked.map(({name, startTime, duration}) => `${name.slice(-80)} ${startTime} + ${duration}`);
    return [...media, ...told, `now ${performance.now()}`];
}"""


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
                report.sections.append((f"played at {person.page.url}", _played(person.page)))
    return report


def _read(page: Page) -> str:
    try:
        return page.locator("body").inner_text(timeout=2000)
    except Error as error:
        return str(error)


def _played(page: Page) -> str:
    """Each medium of the page, a line, and which requests were answered last."""
    try:
        return "\n".join(page.evaluate(PLAYED))
    except Error as error:
        return str(error)

"""The audit of pages finds each kind of fault, and nothing where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.browsers import chromium
from tests.browser.shots import PHONE, Album, audited

pytestmark = pytest.mark.browser

FRAME = (
    '<!doctype html><html lang="en"><title>a page</title>'
    '<meta name="viewport" content="width=device-width"><style>body{{margin:0;font:40px sans-serif}}'
    "button,input{{min-height:64px;min-width:64px;font:inherit}}</style><main><h1>A page</h1>{}</main></html>"
)
BOX = "width:100px;height:50px;white-space:nowrap;"


@pytest.fixture(scope="module")
def page(playwright: Playwright) -> Iterator[Page]:
    with chromium(playwright) as browser:
        yield audited(browser, PHONE, "en")


def faults(page: Page, body: str, face: str = "join") -> list[str]:
    """What an album says about a page with this body."""
    page.goto("about:blank")
    page.set_content(FRAME.format(body))
    album = Album()
    album.look(page, face, "somewhere")
    return album.faults


@pytest.mark.parametrize(
    "body",
    [
        "<p>Some text with <a href='#'>a link</a> in it.</p><button>Do it</button>",
        f"<p style='{BOX}overflow:hidden;text-overflow:ellipsis'>a long, long name</p>",
        f"<div style='{BOX}overflow:auto' tabindex='0'>much to be scrolled through</div>",
        "<p style='visibility:hidden;width:20px;overflow:hidden'>not to be seen</p>",
        "<button data-testid='answer-A'>A</button>",
    ],
)
def test_nothing_where_nothing_is_wrong(page: Page, body: str) -> None:
    assert faults(page, body) == []


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("overflow", "<div style='width:900px;height:10px'></div>"),
        ("clipped", f"<p style='{BOX}overflow:hidden'>a long, long name</p>"),
        ("clipped", "<p style='height:30px;overflow:hidden'>two<br>lines</p>"),
        ("clipped", "<div style='position:fixed;left:0;top:700px'>two<br>lines</div>"),
        ("clipped", "<button style='position:fixed;left:340px;top:300px'>Do</button>"),
        ("target", "<button style='min-height:0;height:40px'>Do</button>"),
        ("target", "<button style='min-height:48px;height:60px' data-testid='answer-A'>A</button>"),
        ("covered", "<button>Do</button><div style='position:fixed;top:0;left:0;width:100%;height:100%'></div>"),
        ("axe label", "<input>"),
        ("axe color-contrast", "<p style='color:#aaa;background:#fff'>pale</p>"),
    ],
)
def test_each_fault_is_found(page: Page, rule: str, body: str) -> None:
    assert any(f": {rule}" in fault for fault in faults(page, body)), rule


def test_text_on_displays_has_a_least_height(page: Page) -> None:
    small = "<p style='font-size:20px'>a whisper</p>"
    assert any(": text:" in fault for fault in faults(page, small, "display"))
    assert not faults(page, small)


def test_what_moves_by_itself_is_found(page: Page) -> None:
    page.goto("about:blank")
    page.set_content(FRAME.format("<p id='late'></p><p>This moves down.</p>"))
    page.wait_for_timeout(300)
    page.evaluate("() => { document.getElementById('late').style.height = '300px' }")
    page.wait_for_timeout(300)
    album = Album()
    album.look(page, "join", "somewhere")
    assert any("layout shift" in fault for fault in album.faults)


def test_focus_must_be_seen_and_reach_everything(page: Page) -> None:
    for style, wanted in (("", 0), ("outline:none", 1)):
        page.goto("about:blank")
        page.set_content(FRAME.format(f"<button style='{style}'>Do</button><button>Undo</button>"))
        page.add_style_tag(content=":focus-visible{outline:3px solid blue}")
        album = Album()
        album.tab_through(page, "somewhere")
        assert len(album.faults) == wanted

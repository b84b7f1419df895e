"""A recording plays when its copy on the server's disk has gone: through the server, and straight from the storage."""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import administrator, poll, start_lesson
from tests.processes import Server
from tests.s3 import BUCKET, relayed, s3

# A whole lesson, and the server started twice: half a minute.
pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(180)]

PLAYED = "() => Math.max(0, ...[...document.querySelectorAll('video')].map((one) => one.currentTime))"


def test_a_recording_plays_from_object_storage(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("stored") / "data"
    with s3() as store, relayed(store.port) as relay, store.trusting():
        there = {"TONGKE_STORAGE": f"s3://{BUCKET}", "TONGKE_KEEP_LOCAL": "0", "TONGKE_STORAGE_REDIRECT": "true"}
        server = Server(data, environment=store.environment(relay.port) | there)
        with chromium(playwright, camera=camera(320, 180, 60), flags=[KIOSK]) as browser:
            server.start()
            try:
                poll(lambda: "/setup#" in server.log.read_text(), "first address")
                teacher = administrator(browser, server.base, server.setup_secret())
                page = teacher.page
                lesson, _ = start_lesson(teacher, "Stored 存储", recording=True)
                teacher.moving("self-video")
                page.wait_for_timeout(5000)
                poll(lambda: any(name.endswith("seg-1.m4s") for name in store.objects()), "segments while it goes on")
                teacher.touch("end-lesson")
                teacher.touch("end-lesson-confirm")
                folder = server.data / "recordings" / lesson
                poll(lambda: not list(folder.rglob("*.m4s")), "the local copy to go", 30)
                page.get_by_test_id("watch").click()
                page.wait_for_selector('[data-testid="play"]')

                def plays() -> None:
                    relay.asked.clear()
                    teacher.touch("play")
                    poll(lambda: page.evaluate(PLAYED) > 2, "the recording playing")

                plays()
                assert any("X-Amz-Signature" in path for _, path in relay.asked), "the browser asked the store itself"
                server.stop()
                server.environment["TONGKE_STORAGE_REDIRECT"] = "false"
                server.start()
                page.reload()
                page.wait_for_selector('[data-testid="play"]')
                plays()
                fetched = [path for method, path in relay.asked if method == "GET"]
                assert fetched
                assert not any("X-Amz-Signature" in path for path in fetched), "the server asked it"
            finally:
                server.stop()

"""The SFU with real browsers at its ends."""

import pytest

from media.api import PeerConnected, PeerGone, Speaking
from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.studio import Studio, encoder, wait_for
from web.server.demo import clip

pytestmark = [pytest.mark.browser, pytest.mark.alone]
SMALL = {"audio": True, "video": {"width": 640, "height": 360, "frameRate": 30}}


@pytest.fixture
def studio():
    one = Studio()
    yield one
    one.close()


def opened(browser, studio):
    page = browser.new_page()
    page.goto(studio.base)
    return page


def inbound(page, kind):
    found = page.evaluate("stats('viewer', 'inbound-rtp')")
    return next((one for one in found if one["kind"] == kind), {})


def watch(studio, page):
    page.evaluate("receive('viewer')")
    wait_for(page, lambda: len(studio.tracks()) == 2)
    studio.show("viewer")


def test_an_encoders_ultra_hd_plays_at_its_full_rate(playwright, studio):
    with encoder(studio.base, clip.ensure()), chromium(playwright, flags=[KIOSK]) as browser:
        page = opened(browser, studio)
        watch(studio, page)
        wait_for(page, lambda: inbound(page, "video").get("framesDecoded", 0) > 30)
        before = inbound(page, "video")
        page.wait_for_timeout(5_000)
        after = inbound(page, "video")
        assert (after["frameWidth"], after["frameHeight"]) == (3840, 2160)
        seconds = (after["timestamp"] - before["timestamp"]) / 1000
        assert (after["framesDecoded"] - before["framesDecoded"]) / seconds >= 25
        assert after["freezeCount"] == 0
        assert after["packetsLost"] == 0
        assert inbound(page, "audio")["totalAudioEnergy"] > 0
        assert "GCM" in page.evaluate("stats('viewer', 'transport')")[0]["srtpCipher"]


@pytest.mark.soak  # with whole pages, `make test` has the same wherever pictures move
def test_a_browsers_camera_and_microphone_arrive_in_another(playwright, studio):
    with chromium(playwright, flags=[KIOSK]) as browser:
        teacher, room = opened(browser, studio), opened(browser, studio)
        teacher.evaluate("constraints => publish('teacher', constraints)", SMALL)
        watch(studio, room)
        wait_for(room, lambda: inbound(room, "video").get("framesDecoded", 0) > 60)
        wait_for(room, lambda: inbound(room, "audio").get("totalAudioEnergy", 0) > 0)
        assert inbound(room, "video")["frameWidth"] == 640
        assert {event.peer for event in studio.heard if isinstance(event, PeerConnected)} == {"teacher", "viewer"}
        teacher.evaluate("peers.teacher.close()")
        wait_for(room, lambda: PeerGone("teacher", "closed") in studio.heard)
        assert studio.tracks() == []


@pytest.mark.soak  # with whole pages, `make test` has the same in test_staying_connected
def test_a_page_that_is_torn_away_is_gone_within_15_seconds(playwright, studio):
    with chromium(playwright, flags=[KIOSK]) as browser, chromium(playwright, flags=[KIOSK]) as other:
        teacher, room = opened(browser, studio), opened(other, studio)
        teacher.evaluate("constraints => publish('teacher', constraints)", SMALL)
        watch(studio, room)
        teacher.close()
        wait_for(room, lambda: not studio.tracks())
        wait_for(room, lambda: [one.peer for one in studio.heard if isinstance(one, PeerGone)] == ["teacher"])


def test_a_browser_publishes_ultra_hd(playwright, studio):
    with chromium(playwright, camera=camera(3840, 2160, 30), flags=[KIOSK]) as browser:
        teacher, display = opened(browser, studio), opened(browser, studio)
        full = {"audio": True, "video": {"width": 3840, "height": 2160, "frameRate": 30}}
        teacher.evaluate("constraints => publish('teacher', constraints)", full)
        watch(studio, display)
        wait_for(display, lambda: inbound(display, "video").get("frameWidth") == 3840)
        wait_for(display, lambda: inbound(display, "video").get("framesDecoded", 0) > 20)


@pytest.mark.soak
def test_simulcast_shows_the_largest_layer_and_falls_back(playwright, studio):
    layers = [{"rid": "h"}, {"rid": "m", "scaleResolutionDownBy": 2}, {"rid": "l", "scaleResolutionDownBy": 4}]
    with chromium(playwright, flags=[KIOSK]) as browser:
        teacher, room = opened(browser, studio), opened(browser, studio)
        video = {"audio": True, "video": {"width": 1280, "height": 720, "frameRate": 30}}
        teacher.evaluate("([constraints, layers]) => publish('teacher', constraints, layers)", [video, layers])
        watch(studio, room)
        wait_for(room, lambda: inbound(room, "video").get("frameWidth") == 1280)
        teacher.evaluate(
            """async () => {
              const sender = peers.teacher.getSenders().find((one) => one.track.kind === 'video');
              const parameters = sender.getParameters();
              parameters.encodings[0].active = false;
              await sender.setParameters(parameters);
            }"""
        )
        wait_for(room, lambda: inbound(room, "video").get("frameWidth") == 640)


@pytest.mark.soak  # `make test` has it without a browser in tests/unit/media
def test_an_ice_restart_keeps_the_connection(playwright, studio):
    with chromium(playwright, flags=[KIOSK]) as browser:
        teacher, room = opened(browser, studio), opened(browser, studio)
        teacher.evaluate("constraints => publish('teacher', constraints)", SMALL)
        watch(studio, room)
        wait_for(room, lambda: inbound(room, "video").get("framesDecoded", 0) > 10)
        connected = list(studio.heard)
        for page, offer in (
            (teacher, "offer('teacher', 'send', {0: 'camera', 1: 'mic'})"),
            (room, "offer('viewer', 'receive', {})"),
        ):
            name = "teacher" if page is teacher else "viewer"
            before = page.evaluate(f"peers.{name}.currentRemoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]")
            page.evaluate(f"peers.{name}.restartIce(); {offer}")
            wait_for(page, lambda p=page, n=name: p.evaluate(f"peers.{n}.iceConnectionState") == "connected")
            after = page.evaluate(f"peers.{name}.currentRemoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]")
            assert before != after
        frames = inbound(room, "video")["framesDecoded"]
        wait_for(room, lambda: inbound(room, "video")["framesDecoded"] > frames + 60)
        assert [one for one in studio.heard if one not in connected and not isinstance(one, Speaking)] == []

"""Groups that talk: two children of one hear each other, nobody else does, and who visits them is theirs alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.browsers import KIOSK, chromium
from tests.browser.camera import camera
from tests.browser.people import (
    KEEP_CONNECTIONS,
    Person,
    administrator,
    poll,
    sit_at_display,
    sit_at_tablet,
    start_lesson,
)
from tests.browser.sound import hears, tone
from tests.browser.test_on_stage import KEEP_DEVICES, KEEP_SOCKET, command
from tests.processes import serving

pytestmark = [pytest.mark.browser, pytest.mark.alone]

LEAD_HZ, RED_HZ, BLUE_HZ = 520, 880, 1320
# What has come to a page, or gone from it, of sound: packets and their bytes.
SOUND = """async (direction) => {
  const sum = {packets: 0, bytes: 0};
  for (const connection of connections) {
    if (connection.connectionState === 'closed') continue;
    for (const one of (await connection.getStats()).values()) {
      if (one.type !== direction || one.kind !== 'audio') continue;
      sum.packets += one.packetsReceived ?? one.packetsSent;
      sum.bytes += (one.bytesReceived ?? one.bytesSent) + (one.headerBytesReceived ?? one.headerBytesSent);
    }
  }
  return sum;
}"""


@dataclass
class Class:
    teacher: Person
    screen: Person
    ann: Person
    """At home, in the red group."""
    bo: Person
    """In a room with a display, in the red group."""
    cy: Person
    """At home, in the blue group."""


@pytest.fixture(scope="module")
def klass(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    folder = tmp_path_factory.mktemp("voices")
    picture, script = camera(320, 180, 30, fps=3), KEEP_CONNECTIONS + KEEP_DEVICES
    with (
        serving(folder / "data") as server,
        chromium(playwright, camera=picture, microphone=tone(folder / "lead.wav", LEAD_HZ), flags=[KIOSK]) as city,
        chromium(playwright, microphone=tone(folder / "red.wav", RED_HZ)) as red,
        chromium(playwright, camera=picture, microphone=tone(folder / "blue.wav", BLUE_HZ), flags=[KIOSK]) as blue,
    ):
        teacher = administrator(city, server.base, server.setup_secret(), script=KEEP_CONNECTIONS + KEEP_SOCKET)
        room = server.cli("room", "add", "Qingshan 青山村小", "Room 3")["id"]
        lesson, code = start_lesson(teacher, "Groups that talk", recording=True)
        screen = sit_at_display(blue, server.base, lesson, room, script=script)
        ann = sit_at_tablet(red, server.base, code, "Ann 安", None, script=script)
        bo = sit_at_tablet(red, server.base, code, "Bo 博", room, script=script)
        cy = sit_at_tablet(blue, server.base, code, "Cy 茜", None, script=script)
        groups = [
            {"group": "red", "name": "Red 红", "participants": [ann.id, bo.id]},
            {"group": "blue", "name": "Blue 蓝", "participants": [cy.id]},
        ]
        command(teacher, "groups.form", {"groups": groups})
        yield Class(teacher, screen, ann, bo, cy)


def voices(person: Person) -> set[str]:
    """Whose microphones a page plays."""
    played = person.page.locator("[data-testid=sound][data-source=mic]")
    return {str(one.get_attribute("data-participant")) for one in played.all()}


def goes(person: Person, direction: str, seconds: float = 2) -> tuple[float, float]:
    """Packets and kbit (with their RTP headers) of sound a second."""
    before = person.page.evaluate(SOUND, direction)
    person.page.wait_for_timeout(seconds * 1000)
    after = person.page.evaluate(SOUND, direction)
    packets, size = after["packets"] - before["packets"], after["bytes"] - before["bytes"]
    return packets / seconds, size * 8 / 1000 / seconds


@pytest.mark.soak  # four browsers' sound; whose voice goes to whom is in three files of tests/unit, test_voices.py
@pytest.mark.timeout(240)
def test_a_group_talks_and_is_visited(klass: Class) -> None:
    teacher, screen, ann, bo, cy = klass.teacher, klass.screen, klass.ann, klass.bo, klass.cy
    for child in (ann, bo, cy):
        child.see("voice-join")
        assert child.page.evaluate("captured.length") == 0, "no microphone is asked for by itself"
    unrecorded = "What is said here is not recorded."
    expect(bo.page.get_by_test_id("voice-hints")).to_have_text(
        f"Use earphones in the classroom, or it will howl. {unrecorded}"
    )
    expect(ann.page.get_by_test_id("voice-hints")).to_have_text(unrecorded)
    for child in (ann, bo, cy):
        child.touch("voice-join")
        expect(child.page.get_by_test_id("voice")).to_have_attribute("data-sending", "connected", timeout=20_000)
        expect(child.page.get_by_test_id("voice-hints")).to_have_text(unrecorded)
    assert ann.page.evaluate("captured.map(({kind}) => kind)") == ["audio"]
    expect(ann.page.get_by_test_id("voice-other")).to_have_text("Bo 博speaks", timeout=20_000)

    hears(ann.page.evaluate, RED_HZ, participant=bo.id)
    hears(bo.page.evaluate, RED_HZ, participant=ann.id)
    hears(bo.page.evaluate, LEAD_HZ, participant=teacher.id)
    hears(cy.page.evaluate, LEAD_HZ, participant=teacher.id)
    assert voices(ann) == {bo.id, teacher.id}
    assert voices(bo) == {ann.id, teacher.id}
    assert voices(cy) == voices(screen) == {teacher.id}
    assert not voices(teacher) & {ann.id, bo.id, cy.id}

    teacher.touch("tab-class")
    teacher.touch("groups-open")
    expect(teacher.page.locator("[data-testid=member][data-talks=true]")).to_have_count(3)
    teacher.touch("group-visit")
    expect(teacher.page.get_by_test_id("visiting")).to_contain_text("Only Red 红 hears you")
    expect(teacher.page.get_by_test_id("self-state")).to_have_text("Only Red 红 hears you")
    for child in (ann, bo):
        expect(child.page.get_by_test_id("voice-says")).to_have_text("Li Hua 李华 is with you")
        expect(child.page.get_by_test_id("voice-other")).to_have_count(2)
    expect(cy.page.get_by_test_id("lead-elsewhere")).to_have_text("Li Hua 李华 is with Red 红")
    hears(teacher.page.evaluate, RED_HZ, participant=ann.id)
    hears(ann.page.evaluate, LEAD_HZ, participant=teacher.id)
    hears(bo.page.evaluate, LEAD_HZ, participant=teacher.id)
    assert voices(cy) == voices(screen) == set()
    for someone in (cy, screen):
        assert goes(someone, "inbound-rtp") == (0, 0), "not a packet of what is said to the group"

    teacher.page.keyboard.press(",")
    expect(teacher.page.get_by_test_id("self-state")).to_have_text("They can hear you")
    hears(screen.page.evaluate, LEAD_HZ)
    hears(cy.page.evaluate, LEAD_HZ)
    poll(lambda: not voices(teacher) & {ann.id, bo.id}, "silence at the desk")


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_a_voice_is_muted_locked_and_closed(klass: Class) -> None:
    teacher, ann, bo = klass.teacher, klass.ann, klass.bo
    packets, kbit_s = goes(bo, "outbound-rtp", 5)
    bo.touch("voice-mute")
    expect(bo.page.get_by_test_id("voice-says")).to_have_text("Muted: nobody hears you")
    bo.page.wait_for_timeout(500)
    silent_packets, silent_kbit_s = goes(bo, "outbound-rtp", 5)
    print(f"a voice {kbit_s:.1f} kbit/s, {packets:.0f} packets/s; silent {silent_kbit_s:.1f}, {silent_packets:.0f}")
    assert silent_packets < packets / 4, "silence is not sent (DTX)"

    command(teacher, "student.lock", {"participant": bo.id, "locked": ["sound"]})
    expect(bo.page.get_by_test_id("voice-join")).to_have_text("Locked by your teacher")
    assert bo.page.evaluate("captured.map(({readyState}) => readyState)") == ["ended"]
    expect(bo.page.get_by_test_id("sound")).to_have_count(0)
    poll(lambda: voices(ann) == {teacher.id}, "silence of who was locked")
    command(teacher, "student.lock", {"participant": bo.id, "locked": []})
    bo.touch("voice-join")
    hears(ann.page.evaluate, RED_HZ, participant=bo.id)

    command(teacher, "groups.call", {"seconds": 2})
    for child in (ann, bo):
        expect(child.page.get_by_test_id("voice")).to_have_count(0, timeout=10_000)
        assert child.page.evaluate("captured.every(({readyState}) => readyState === 'ended')")
    hears(ann.page.evaluate, LEAD_HZ)
    assert voices(ann) == {teacher.id}

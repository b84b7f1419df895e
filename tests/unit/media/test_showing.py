"""Layers on a real plane: a publisher of three sends real SRTP, and what each receiver gets is looked at packet by
packet. Time is an argument."""

import os
import socket

import pytest

from media.api import TAP_HEADER, LayersWanted, Offer, Show, TrackEnded, TrackStarted
from media.forwarder import Forwarder
from media.layers import SILENT_S, STEADY_S, UNWATCHED_S
from media.plane import StreamStopped
from tests.unit.media.plane.wire import DELTA, GCM, KEY, KEY_BYTES, Camera, Wire, session
from tests.unit.media.test_answerer import recorded

PAYLOAD_TYPE = 102  # H.264, packetization-mode 1, in the recorded offers
MID, RID = 9, 10  # header extensions there
TICK, FRAME = 0.25, 1 / 32
PACKETS = {"h": 4, "m": 2, "l": 1}  # of each picture, of 400, 200 and 100 bytes


class Lesson:
    """Peers by name; `lead` sends the layers that are `on`. A keyframe only where one is asked for or named."""

    def __init__(self):
        self.wire = Wire()
        self.heard = []
        self.forwarder = Forwarder(self.wire.plane, [("127.0.0.1", 7100)], self.heard.append)
        self.ends, self.cameras, self.on = {}, {}, set()
        self.got = {}

    def connect(self, name):
        """As ICE and DTLS would."""
        plane, peer, end = self.wire.plane, self.forwarder._peers[name].plane, self.wire.end()
        up, down = os.urandom(KEY_BYTES[GCM]), os.urandom(KEY_BYTES[GCM])
        end.protect, end.unprotect = session(up, GCM, True), session(down, GCM, False)
        plane.set_path(peer, end.path)
        plane.set_keys(peer, session(up, GCM, False), session(down, GCM, True))
        self.ends[name] = end

    def publish(self, name="lead", offer="chromium_simulcast", rids="hml", layer=""):
        self.forwarder.answer(Offer(name, recorded(offer), "send", {"0": "camera"}, layer=layer), self.wire.now)
        self.connect(name)
        for rid in rids:
            elements = {MID: b"0", RID: rid.encode()}
            key = layer or rid
            self.cameras[key] = Camera(self.ends[name], ssrc=1000 + len(self.cameras) * 10, elements=elements)
            self.cameras[key].payload_type = PAYLOAD_TYPE
            self.on.add(key)

    def receive(self, name):
        self.forwarder.answer(Offer(name, recorded("chromium_receive"), "receive"), self.wire.now)
        self.connect(name)

    def show(self, name, ceiling, track=None, keep=False):
        track = track or self.track
        self.forwarder.assign(name, {"0": Show(track.id, ceiling, keep)}, self.wire.now)

    @property
    def track(self):
        return next(event.track for event in self.heard if isinstance(event, TrackStarted) and not event.track.layer)

    def wanted(self):
        return [event.rids for event in self.heard if isinstance(event, LayersWanted)]

    def send(self, seconds, keys=""):
        """Everyone sends and gets for so long, beginning with keyframes of `keys`; returns who got which layers."""
        got = {name: [] for name in self.ends}
        for number in range(round(seconds / FRAME)):
            for layer in sorted(self.on):
                camera, many = self.cameras[layer], PACKETS.get(layer, 1)
                start = KEY if number == 0 and layer in keys else DELTA
                for index in range(many):
                    body = (start if index == 0 else DELTA) + layer[0].encode() + bytes(100 * many)
                    camera.end.send(camera.next(body, marker=index == many - 1, step=3000 if index == many - 1 else 0))
            self.wire.pass_time(FRAME, FRAME)
            for event in self.wire.plane.events():
                self.forwarder.on_event(event, self.wire.now)
            for peer in self.forwarder._peers.values():
                peer.agent.heard_at = self.wire.now
            if (number + 1) % round(TICK / FRAME) == 0:
                self.forwarder.tick(self.wire.now)
            for name, end in self.ends.items():
                got[name] += [
                    chr(packet.payload[4]) for packet in end.packets() if packet.payload[:1] in (KEY[:1], DELTA[:1])
                ]
        return {name: "".join(dict.fromkeys(layers)) for name, layers in got.items()}

    def close(self):
        self.forwarder.close()
        self.wire.close()


@pytest.fixture
async def lesson():
    one = Lesson()
    one.publish()
    one.receive("display")
    one.receive("desk")
    one.send(1, keys="hml")
    yield one
    one.close()


async def test_nobody_gets_a_packet_of_a_layer_that_is_not_theirs(lesson):
    lesson.show("display", "high")
    lesson.show("desk", "low")
    lesson.send(TICK, keys="hml")
    got = lesson.send(2, keys="hml")
    assert (got["display"], got["desk"]) == ("h", "l")
    assert len([event for event in lesson.heard if isinstance(event, TrackStarted)]) == 1


async def test_another_ceiling_switches_one_slot_at_a_keyframe_and_the_picture_goes_on(lesson):
    for name in ("display", "desk"):
        lesson.show(name, "high")
    assert lesson.send(1, keys="hml")["display"] == "h"
    lesson.show("display", "low")
    assert lesson.send(1)["display"] == "h"
    got = lesson.send(1, keys="l")
    assert (got["display"][-1], got["desk"]) == ("l", "h")
    assert lesson.send(1)["display"] == "l"
    lesson.show("display", "middle")
    assert lesson.send(0.5)["display"] == "l"
    lesson.send(0.5, keys="m")
    assert lesson.send(0.5)["display"] == "m"


async def test_layers_that_nobody_watches_pause_and_come_back_at_once(lesson):
    lesson.show("desk", "low")
    lesson.send(UNWATCHED_S + 0.5, keys="l")
    assert lesson.wanted() == [("l",)]
    lesson.on = {"l"}
    assert lesson.send(4)["desk"] == "l"
    lesson.show("display", "high")
    assert lesson.wanted() == [("l",), ("h", "l")], "in the same moment"
    assert lesson.send(TICK, keys="l")["display"] == "l", "what is there, until it comes"
    lesson.on = {"h", "l"}
    got = lesson.send(1, keys="hl")
    assert (got["display"][-1], got["desk"]) == ("h", "l")
    assert lesson.send(2, keys="hl")["display"] == "h"
    assert lesson.wanted() == [("l",), ("h", "l")]


async def test_a_slot_keeps_what_it_shows_while_a_paused_layer_wakes(lesson):
    for name in ("display", "desk"):
        lesson.show(name, "low")
    lesson.send(UNWATCHED_S + 0.5, keys="l")
    lesson.on = {"l"}
    lesson.send(2)
    lesson.show("display", "high")
    assert lesson.send(1)["display"] == "l"
    lesson.on = {"h", "l"}
    assert lesson.send(0.5)["display"] == "l"
    lesson.send(0.5, keys="h")
    got = lesson.send(0.5)
    assert (got["display"], got["desk"]) == ("h", "l")


async def test_a_layer_that_the_line_drops_gives_way_and_comes_back(lesson):
    lesson.show("display", "high")
    lesson.send(3, keys="hml")
    lesson.on = {"m", "l"}
    lesson.send(SILENT_S + TICK)
    lesson.send(TICK, keys="m")
    assert lesson.send(1)["display"] == "m"
    lesson.on = {"h", "m", "l"}
    assert lesson.send(STEADY_S - TICK)["display"] == "m"
    lesson.send(1)
    lesson.send(TICK, keys="h")
    assert lesson.send(1)["display"] == "h"


async def test_a_goodbye_is_not_waited_out(lesson):
    lesson.show("display", "high")
    lesson.send(2, keys="hml")
    lesson.on = {"m", "l"}
    high = lesson.forwarder._peers["lead"].incoming["0"].streams[0]
    lesson.forwarder.on_event(StreamStopped(high), lesson.wire.now)
    assert lesson.send(FRAME, keys="m")["display"] == "m"


async def test_what_was_shown_is_gone_while_it_is_open_which_layer_of_another_is_low(lesson):
    lesson.show("desk", "high")
    lesson.send(TICK, keys="h")
    lesson.publish("lead2", rids="h", layer="low")
    lesson.send(FRAME)
    other = lesson.heard[-1].track
    lesson.show("desk", "low", other)
    assert lesson.send(TICK)["desk"] == ""


async def test_a_display_that_joins_an_hour_later_gets_its_layer_at_once(lesson):
    lesson.send(4)
    lesson.on = {"l"}
    lesson.send(1)
    lesson.show("desk", "low")
    assert lesson.send(TICK, keys="l")["desk"] == "l"


async def test_the_recorder_gets_the_highest_and_keeps_it_awake(lesson, tmp_path):
    path = str(tmp_path / "recorder")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        lesson.forwarder.tap(lesson.track.id, path, 5, lesson.wire.now)
        lesson.show("desk", "low")
        lesson.send(UNWATCHED_S + 1, keys="hl")
        assert lesson.wanted() == [("h", "l")]
        assert tapped(lesson) == {"h"}
        lesson.on = {"m", "l"}
        lesson.send(SILENT_S + TICK)
        tapped(lesson)
        lesson.send(1, keys="m")
        assert tapped(lesson) == {"m"}
        lesson.send(UNWATCHED_S, keys="m")
        assert lesson.wanted()[-1] == ("h", "m", "l"), "asked for again, and the highest all the time"
        lesson.on = {"h", "m", "l"}
        lesson.send(STEADY_S + 2 * TICK, keys="h")
        tapped(lesson)
        lesson.send(1)
        assert tapped(lesson) == {"h"}
        lesson.forwarder.tap(lesson.track.id, None, 5, lesson.wire.now)
        lesson.send(UNWATCHED_S + 0.5)
        assert lesson.wanted()[-1] == ("l",)
        assert tapped(lesson) == set()


async def test_a_recording_does_not_begin_with_the_layer_that_comes_first(tmp_path):
    """A publisher's low layer is there at once, its high one when the line has been found to bear it."""
    path = str(tmp_path / "recorder")
    lesson = Lesson()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        lesson.publish()
        lesson.on = {"l"}
        lesson.send(TICK, keys="l")
        lesson.forwarder.tap(lesson.track.id, path, 5, lesson.wire.now)
        lesson.send(0.2, keys="l")
        lesson.on = {"l", "h"}
        lesson.send(2, keys="hl")
        assert tapped(lesson) == {"h"}
    lesson.close()


def tapped(lesson):
    """The layers whose packets lie in the tap ring."""
    lesson.forwarder._tracks._pump._rest = b""
    data, layers = lesson.wire.plane.read_tap(), set()
    while data:
        size = TAP_HEADER.unpack_from(data)[0]
        frame, data = data[TAP_HEADER.size : TAP_HEADER.size + size], data[TAP_HEADER.size + size :]
        for layer in "hml":
            if DELTA + layer.encode() in frame or KEY + layer.encode() in frame:
                layers.add(layer)
    return layers


async def test_a_second_publication_is_a_track_of_its_own_and_takes_over_with_its_keyframe(lesson):
    lesson.publish("lead2", "chromium_simulcast", rids="l", layer="low")
    lesson.send(1.5, keys=("low",))
    small = next(event.track for event in lesson.heard if isinstance(event, TrackStarted) and event.track.layer)
    assert (small.peer, small.source, small.layer) == ("lead2", "camera", "low")
    lesson.show("desk", "high")
    lesson.send(TICK, keys="h")
    assert lesson.send(TICK)["desk"] == "h"
    lesson.show("desk", "low", small, keep=True)
    assert lesson.send(0.5)["desk"] == "h"
    lesson.send(TICK, keys=("low",))
    assert lesson.send(TICK)["desk"] == "l"
    lesson.forwarder.remove("lead2")
    assert TrackEnded(small) in lesson.heard
    assert lesson.forwarder.counters()["consumers"] == 0


async def test_a_receiver_that_leaves_watches_nothing_more(lesson):
    lesson.show("display", "high")
    lesson.send(UNWATCHED_S + 0.5, keys="hml")
    assert lesson.wanted() == [("h", "l")]
    lesson.forwarder.remove("display")
    del lesson.ends["display"]
    lesson.send(UNWATCHED_S + 0.5)
    assert lesson.wanted() == [("h", "l"), ("l",)]

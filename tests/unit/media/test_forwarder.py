"""The forwarder on a real plane, without a network; time is an argument."""

import math
import socket
import struct

import pytest
from aioice import stun

from media.api import Codec, Offer, PeerGone, Refusal, Show, Track, TrackEnded, TrackStarted
from media.forwarder import Forwarder
from media.plane import Datagram, Plane, StreamStarted, StreamStopped
from tests.unit.media.test_answerer import recorded


@pytest.fixture
async def forwarder():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        plane = Plane()
        plane.add_socket(sock)
        heard = []
        one = Forwarder(plane, [("127.0.0.1", 7100)], heard.append)
        one.heard = heard
        yield one
        one.close()
        plane.close()


def publish(forwarder, name="lead", sdp=None, **sources):
    return forwarder.answer(
        Offer(name, sdp or recorded("chromium_send"), "send", sources or {"0": "mic", "1": "camera"}), 0.0
    )


def receive(forwarder, name="room", sdp=None):
    return forwarder.answer(Offer(name, sdp or recorded("chromium_receive"), "receive"), 0.0)


def start(forwarder, payload_type, peer="lead", mid="1", now=1.0):
    """As the plane says it when the first packet comes."""
    incoming = forwarder._peers[peer].incoming[mid]
    forwarder.on_event(StreamStarted(incoming.streams[0], payload_type), now)
    return incoming.track


def assign(forwarder, tracks, peer="room", now=1.0):
    forwarder.assign(peer, {mid: Show(track) for mid, track in tracks.items()}, now)


def stop(forwarder, now=1.0):
    forwarder.on_event(StreamStopped(forwarder._peers["lead"].incoming["1"].streams[0]), now)


def test_a_track_starts_with_its_first_packet_in_the_codec_that_is_sent(forwarder):
    publish(forwarder)
    assert forwarder.heard == []
    track = start(forwarder, 108)
    assert forwarder.heard == [TrackStarted(track)]
    assert track == Track(track.id, "lead", "camera", "video", Codec.H264, track.format)
    assert "profile-level-id=42e01f" in track.format
    start(forwarder, 108)
    assert len(forwarder.heard) == 1


def test_another_codec_is_another_track(forwarder):
    publish(forwarder)
    receive(forwarder)
    first = start(forwarder, 108)
    assign(forwarder, {"0": first.id})
    second = start(forwarder, 98, now=2.0)
    assert second.codec is Codec.VP9
    assert forwarder.heard == [TrackStarted(first), TrackEnded(first), TrackStarted(second)]
    assert forwarder.counters()["consumers"] == 0


def test_bye_ends_a_track_and_the_next_packet_starts_another(forwarder):
    publish(forwarder)
    first = start(forwarder, 108)
    stop(forwarder)
    assert forwarder.heard[-1] == TrackEnded(first)
    assert start(forwarder, 108, now=2.0).id != first.id


@pytest.mark.parametrize("bye", [False, True])
def test_a_publisher_that_changes_all_the_time_starts_a_track_a_second(forwarder, bye):
    publish(forwarder)
    for n in range(400):
        now = 1.0 + n / 100
        if bye:
            stop(forwarder, now)
        start(forwarder, 108 if bye or n % 2 else 98, now=now)
    started = [event for event in forwarder.heard if isinstance(event, TrackStarted)]
    assert len(started) == 4
    assert len(forwarder.heard) - len(started) in (3, 4)


def test_a_change_that_came_too_soon_is_made_up_for(forwarder):
    def happened():
        return [type(event) for event in forwarder.heard if isinstance(event, TrackStarted | TrackEnded)]

    publish(forwarder)
    first = start(forwarder, 108)
    assert start(forwarder, 98, now=1.5) is first
    forwarder.tick(1.75)
    forwarder.tick(2.0)
    assert happened() == [TrackStarted, TrackEnded, TrackStarted]
    assert forwarder.heard[-1].track.codec is Codec.VP9
    start(forwarder, 108, now=2.5)
    start(forwarder, 98, now=2.6)
    forwarder.tick(3.0)
    assert len(happened()) == 3
    start(forwarder, 108, now=3.0)
    start(forwarder, 98, now=3.1)
    stop(forwarder, 3.2)
    forwarder.tick(4.0)
    assert happened()[3:] == [TrackEnded, TrackStarted, TrackEnded]


def test_a_receiver_that_lacks_the_codec_is_told_and_nothing_changes(forwarder):
    publish(forwarder)
    receive(forwarder, sdp=recorded("firefox_receive"))  # this one offers VP9 and AV1
    video, audio = start(forwarder, 108), start(forwarder, 111, mid="0")
    with pytest.raises(Refusal) as caught:
        assign(forwarder, {"1": audio.id, "0": video.id})
    assert caught.value.code == "codec_unsupported"
    assert forwarder.counters()["consumers"] == 0
    assign(forwarder, {"1": audio.id})
    assert forwarder.counters()["consumers"] == 1


def test_a_track_that_has_ended_leaves_its_slot_empty(forwarder):
    publish(forwarder)
    receive(forwarder)
    track = start(forwarder, 108)
    forwarder.remove("lead")
    assign(forwarder, {"0": track.id})
    assert forwarder.counters()["consumers"] == 0


@pytest.mark.parametrize(
    ("peer", "slots", "code"), [("nobody", {}, "peer_unknown"), ("room", {"7": None}, "offer_mismatch")]
)
def test_assignments_to_what_is_not_there(forwarder, peer, slots, code):
    receive(forwarder)
    with pytest.raises(Refusal) as caught:
        forwarder.assign(peer, slots, 1.0)
    assert caught.value.code == code


def test_a_peer_that_never_comes_is_silent_after_ten_seconds(forwarder):
    publish(forwarder)
    forwarder.tick(9.5)
    assert forwarder.heard == []
    forwarder.tick(10.0)
    assert forwarder.heard == [PeerGone("lead", "silent")]
    assert forwarder.counters()["peers"] == 0


def test_a_tick_is_due_while_there_are_tracks_and_when_a_peer_would_be_silent(forwarder):
    assert forwarder.due == math.inf
    publish(forwarder)
    assert forwarder.due == 10.0
    start(forwarder, 108, now=1.0)
    assert forwarder.due <= 1.0
    forwarder.tick(1.0)
    assert forwarder.due == 1.25
    stop(forwarder, 2.0)
    forwarder.tick(2.0)
    assert forwarder.due == 10.0
    forwarder.tick(10.0)
    assert forwarder.due == math.inf


def test_a_refused_offer_leaves_everything_as_it_was(forwarder):
    publish(forwarder)
    before = forwarder.counters()["peers"], forwarder._peers["lead"].settlement
    for bad in ("", recorded("chromium_data"), recorded("chromium_send").replace("a=fingerprint", "a=x")):
        with pytest.raises(Refusal):
            publish(forwarder, sdp=bad or "nonsense")
        with pytest.raises(Refusal):
            publish(forwarder, name="other", sdp=bad or "nonsense")
    assert (forwarder.counters()["peers"], forwarder._peers["lead"].settlement) == before


def ufrag(answer):
    return answer.sdp.split("a=ice-ufrag:")[1].split("\r\n")[0]


def test_the_same_offer_again_keeps_the_connection_and_an_ice_restart_renews_its_credentials(forwarder):
    first = publish(forwarder)
    again = publish(forwarder)
    assert ufrag(again) == ufrag(first)
    restarted = publish(forwarder, sdp=recorded("chromium_send").replace("a=ice-ufrag:+tOz", "a=ice-ufrag:next"))
    assert ufrag(restarted) != ufrag(first)
    assert forwarder.heard == []
    assert forwarder.counters()["peers"] == 1


def test_another_certificate_under_the_same_name_is_a_new_connection(forwarder):
    publish(forwarder)
    track = start(forwarder, 108)
    publish(forwarder, sdp=recorded("chromium_send").replace("a=fingerprint:sha-256 FB:", "a=fingerprint:sha-256 FC:"))
    assert forwarder.heard == [TrackStarted(track), TrackEnded(track), PeerGone("lead", "removed")]
    assert forwarder.counters()["peers"] == 1


def test_a_section_added_at_the_end_is_added_to_the_peer(forwarder):
    whole = recorded("chromium_send")
    audio_alone = whole.split("m=video")[0].replace("BUNDLE 0 1", "BUNDLE 0")
    publish(forwarder, sdp=audio_alone)
    track = start(forwarder, 111, mid="0")
    publish(forwarder, sdp=whole)
    assert forwarder.heard == [TrackStarted(track)]
    assert start(forwarder, 108).source == "camera"


def path(port):
    """As the plane writes it: socket, family, port, remote, local, scope."""
    loopback = bytes((127, 0, 0, 1))
    return struct.pack("=IH", 0, 4) + struct.pack("!H", port) + struct.pack("=16s16sI", loopback, loopback, 0)


def nominate(forwarder, name, way, now):
    """A check by the peer of that name comes on that path."""
    peer = forwarder._peers[name]
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{peer.credentials.ufrag}:{peer.settlement.remote.ufrag}"
    message.attributes["PRIORITY"] = 100
    message.attributes["ICE-CONTROLLING"] = 5
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(peer.credentials.pwd.encode())
    owner = next((one.plane for one in forwarder._peers.values() if one.agent.path == way), None)
    forwarder.on_datagram(Datagram(way, owner, bytes(message)), now)


async def test_who_loses_its_path_to_another_gets_it_back_with_its_next_check(forwarder):
    publish(forwarder)
    receive(forwarder)
    way = path(40000)
    nominate(forwarder, "lead", way, 1)
    assert forwarder._peers["lead"].agent.path == way
    nominate(forwarder, "room", way, 2)
    assert forwarder._peers["room"].agent.path == way
    assert forwarder._peers["lead"].agent.path is None
    nominate(forwarder, "lead", way, 3)
    assert forwarder._peers["lead"].agent.path == way
    assert forwarder._peers["room"].agent.path is None


async def test_the_plane_answers_for_whom_it_knows_until_an_ice_restart(forwarder):
    told = []
    forwarder._plane.set_consent = lambda *what: told.append(what)
    publish(forwarder)
    peer, way = forwarder._peers["lead"], path(40000)
    nominate(forwarder, "lead", way, 1)
    assert told == [(peer.plane, f"{peer.credentials.ufrag}:+tOz", peer.credentials.pwd, 100)]
    publish(forwarder, sdp=recorded("chromium_send").replace("a=ice-ufrag:+tOz", "a=ice-ufrag:next"))
    assert told[1:] == [(peer.plane, "", "", 0)]
    nominate(forwarder, "lead", way, 2)
    assert told[2:] == [(peer.plane, f"{peer.credentials.ufrag}:next", peer.credentials.pwd, 100)]


async def test_checks_of_strangers_are_counted_and_not_read(forwarder):
    publish(forwarder)
    for data in (b"\0\1" + bytes(18), b"\0\1\0\0\x21\x12\xa4\x42" + bytes(2000)):
        forwarder.on_datagram(Datagram(path(40000), None, data), 1)
    assert forwarder.counters()["ignored_stun_total"] == 2
    nominate(forwarder, "lead", path(40000), 2)
    assert forwarder.counters()["ignored_stun_total"] == 2

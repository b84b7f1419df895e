"""The whole SFU: a real worker process, real aiortc peers, real datagrams."""

import asyncio
import contextlib
import os
import signal
import socket
import sys

import pytest

from media.api import (
    TAP_HEADER,
    TAP_RTP,
    Codec,
    Offer,
    PeerConnected,
    PeerGone,
    Refusal,
    Show,
    Speaking,
    TrackEnded,
    TrackStarted,
)
from media.ice import CONSENT_S
from media.supervisor import PortInUse, Supervisor
from tests.unit.media.peers import Publisher, Subscriber, payloads, until
from tests.unit.media.test_answerer import recorded

pytestmark = pytest.mark.long


@pytest.fixture
async def service():
    supervisor = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1",))
    await supervisor.start()
    supervisor.heard = []
    supervisor.listen(supervisor.heard.append)
    yield supervisor
    await supervisor.close()


@pytest.fixture
async def publisher(service, small_clip):
    one = Publisher(service, "lead:a", small_clip)
    await one.start()
    await until(lambda: len(service.tracks()) == 2)
    yield one
    await one.close()


def track(service, kind):
    return next(one for one in service.tracks() if one.kind == kind)


def of(service, kind):
    return [event for event in service.heard if isinstance(event, kind)]


async def test_what_is_published_arrives_untouched(service, publisher):
    assert {event.track for event in of(service, TrackStarted)} == set(service.tracks())
    assert (track(service, "video").codec, track(service, "video").source) == (Codec.H264, "camera")
    assert (track(service, "audio").codec, track(service, "audio").source) == (Codec.OPUS, "mic")
    subscriber = Subscriber(service, "room:b")
    answer = await subscriber.start()
    try:
        assert [(slot.mid, slot.kind) for slot in answer.slots] == [("0", "video"), ("1", "audio")]
        await service.assign("room:b", {"0": Show(track(service, "video").id), "1": Show(track(service, "audio").id)})
        await until(lambda: len(payloads(subscriber.got, 101)) > 100 and len(payloads(subscriber.got, 96)) > 50)
    finally:
        await subscriber.close()
    for payload_type in (101, 96):
        sent = payloads(publisher.sent, payload_type)
        got = payloads(subscriber.got, payload_type)
        assert any(got == sent[first : first + len(got)] for first in range(len(sent)))
    assert {event.peer for event in of(service, PeerConnected)} == {"lead:a", "room:b"}
    assert all("GCM" in event.cipher for event in of(service, PeerConnected))
    counters = await service.counters()
    assert counters["packets_forwarded_total"] >= 150
    assert counters["publishers"] == 1


async def test_a_quiet_worker_keeps_its_peers_and_wakes_for_whoever_comes(service, small_clip):
    subscriber = Subscriber(service, "room:b")
    await subscriber.start()
    one = Publisher(service, "lead:a", small_clip)
    try:
        await asyncio.sleep(CONSENT_S + 2)
        assert (await service.counters())["consents_renewed_total"] >= 1  # in its sleep
        assert of(service, PeerGone) == []
        await one.start()
        await until(lambda: len(service.tracks()) == 2)
        await service.assign("room:b", {"0": Show(track(service, "video").id), "1": Show(track(service, "audio").id)})
        await until(lambda: len(payloads(subscriber.got, 101)) > 10 and len(payloads(subscriber.got, 96)) > 10)
    finally:
        await one.close()
        await subscriber.close()


async def test_a_publisher_that_is_removed_or_closes_is_gone_with_its_tracks(service, publisher, small_clip):
    await service.remove("lead:a")
    await until(lambda: of(service, PeerGone))
    assert of(service, PeerGone) == [PeerGone("lead:a", "removed")]
    assert len(of(service, TrackEnded)) == 2
    assert service.tracks() == []
    other = Publisher(service, "lead:b", small_clip)
    await other.start()
    await until(lambda: len(service.tracks()) == 2)
    await other.close()
    await until(lambda: len(of(service, PeerGone)) == 2)
    assert of(service, PeerGone)[1] == PeerGone("lead:b", "closed")
    assert (await service.counters())["peers"] == 0


async def test_a_peer_that_starts_anew_under_its_name_takes_its_own_place(service, publisher, small_clip):
    again = Publisher(service, "lead:a", small_clip)
    await again.start()
    try:
        await until(lambda: len(of(service, PeerGone)) == 1 and len(service.tracks()) == 2)
        assert (await service.counters())["peers"] == 1
    finally:
        await again.close()


async def test_a_peer_that_is_gone_as_soon_as_it_is_answered_leaves_nothing(service):
    worker = service._workers[0]
    for n in range(10):
        answering = asyncio.create_task(service.answer(Offer(f"a:{n}", recorded("chromium_receive"), "receive")))
        await asyncio.sleep(0)
        await worker.ask("remove", peer=f"a:{n}")
        await answering
    assert len(of(service, PeerGone)) == 10
    assert service._peers == {}


async def test_a_worker_that_dies_is_started_anew_on_its_port(service, publisher, small_clip):
    ports = service.ports
    os.kill(service._workers[0]._process.pid, signal.SIGKILL)
    await until(lambda: of(service, PeerGone))
    assert of(service, PeerGone) == [PeerGone("lead:a", "worker_lost")]
    assert service.tracks() == []
    again = Publisher(service, "lead:b", small_clip)
    try:
        for _ in range(100):
            with contextlib.suppress(Refusal):
                await again.start()
                break
            await asyncio.sleep(0.1)
        await until(lambda: len(service.tracks()) == 2)
        assert service.ports == ports
    finally:
        await again.close()


async def test_the_next_worker_is_born_before_it_is_needed(monkeypatch):
    monkeypatch.setattr("media.supervisor.SPARE_S", 0.0)
    supervisor = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1",))
    await supervisor.start()
    try:
        worker = supervisor._workers[0]
        await until(lambda: worker._spare is not None)
        first, second = worker._process, worker._spare
        os.kill(first.pid, signal.SIGKILL)
        await until(lambda: worker._process is second and worker._ready.is_set())
        await until(lambda: worker._spare is not None)
        os.kill(worker._spare.pid, signal.SIGKILL)  # and should that one die, another is
        await until(lambda: not worker._spare.alive)
        os.kill(second.pid, signal.SIGKILL)
        await until(lambda: not worker._ready.is_set())
        answer = await supervisor.answer(Offer("p", recorded("chromium_receive"), "receive"))  # waits, and is answered
        assert answer.slots
        assert worker._process.alive
    finally:
        await supervisor.close()
    assert not worker._process.alive
    assert worker._spare is None or not worker._spare.alive


async def test_refused_offers_leave_nothing_behind(service):
    for sdp in ("", "v=0\r\n", "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"):
        with pytest.raises(Refusal):
            await service.answer(Offer("p", sdp, "send", {"*": "camera"}))
    with pytest.raises(Refusal) as caught:
        await service.assign("p", {"0": None})
    assert caught.value.code == "peer_unknown"
    await service.remove("p")
    counters = await service.counters()
    assert (counters["peers"], counters["publishers"], counters["consumers"]) == (0, 0, 0)


async def test_garbage_on_the_port_is_counted_and_nothing_else(service, publisher):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for data in (b"", b"\x00", b"\x00\x01" + bytes(40), b"\x16" + bytes(60), b"\x80" * 90, b"\xff" * 1500, b"\x90"):
            stranger.sendto(data, ("127.0.0.1", service.ports[0]))
    before = len(publisher.sent)
    await until(lambda: len(publisher.sent) > before + 50)
    counters = await service.counters()
    assert sum(value for name, value in counters.items() if name.startswith(("dropped_", "ignored_"))) >= 4
    assert len(service.tracks()) == 2


async def test_a_tap_brings_the_recorder_the_packets_as_they_were_sent(service, publisher, tmp_path):
    received = bytearray()

    async def listen(reader, writer):
        while data := await reader.read(65536):
            received.extend(data)
        writer.close()

    recorder = await asyncio.start_unix_server(listen, tmp_path / "tap")
    await service.tap(track(service, "video").id, str(tmp_path / "tap"), 7)

    def frames():
        at, found = 0, []
        while at + TAP_HEADER.size <= len(received):
            length, kind, _, layer, tag, _ = TAP_HEADER.unpack_from(received, at)
            at += TAP_HEADER.size + length
            if at <= len(received):
                found.append((kind, layer, tag, bytes(received[at - length : at])))
        return found

    await until(lambda: len(frames()) > 100)
    await service.tap(track(service, "video").id, None)
    packets = [data for kind, _, _, data in frames() if kind == TAP_RTP]
    assert {tag for _, _, tag, _ in frames()} == {7}
    assert set(payloads(packets, 101)) <= set(payloads(publisher.sent, 101))
    recorder.close()
    await recorder.wait_closed()


async def test_an_occupied_port_is_named():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        supervisor = Supervisor(port=port, addresses=["127.0.0.1"], bind=("127.0.0.1",))
        with pytest.raises(PortInUse) as caught:
            await supervisor.start()
    assert caught.value.port == port


async def test_a_worker_ends_when_its_server_is_gone():
    ours, theirs = socket.socketpair()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        fds = [theirs.fileno(), sock.fileno()]
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "media.worker", str(fds[0]), pass_fds=fds)
        theirs.close()
        ours.sendall(b'{"sockets":[%d],"listeners":[],"addresses":[["127.0.0.1",1]]}\n' % fds[1])
        assert await asyncio.get_running_loop().run_in_executor(None, ours.recv, 100) == b'{"event":"Ready"}\n'
        ours.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_worker_that_does_not_answer_is_started_anew(service, monkeypatch):
    monkeypatch.setattr("media.supervisor.DEAF_S", 0.5)
    first = service._workers[0]._process.pid
    os.kill(first, signal.SIGSTOP)
    await until(lambda: service._workers[0]._process.pid != first and service._workers[0]._ready.is_set())
    assert (await service.counters())["peers"] == 0


async def test_peers_of_a_group_share_a_worker_and_groups_are_spread():
    supervisor = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1",), workers=2)
    await supervisor.start()
    try:
        places = {}
        for peer, group in (("a", "one"), ("b", "two"), ("c", "one"), ("d", "two")):
            answer = await supervisor.answer(Offer(peer, recorded("chromium_receive"), "receive", {}, group))
            places[peer] = next(port for port in supervisor.ports if f"127.0.0.1 {port} typ host" in answer.sdp)
        assert places["a"] == places["c"]
        assert places["b"] == places["d"]
        assert places["a"] != places["b"]
        assert (await supervisor.counters())["peers"] == 4
    finally:
        await supervisor.close()


def test_who_speaks_is_said_of_all_workers_together():
    service, heard = Supervisor(port=0, addresses=["127.0.0.1"], workers=2), []
    service.listen(heard.append)
    one, other = service._workers
    service._hear(one, Speaking(("a",)))
    service._hear(other, Speaking(("b", "c")))
    service._hear(one, None)
    service._hear(one, None)
    assert heard == [Speaking(("a",)), Speaking(("a", "b", "c")), Speaking(("b", "c"))]

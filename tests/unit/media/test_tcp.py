"""ICE over TCP (RFC 6544) as a client sees it: candidates in the answer, checks in frames, another connection after a
lost one."""

import asyncio
import re
import socket
import struct

import pytest
from aioice import stun

from media.api import Offer
from media.forwarder import Forwarder
from media.plane import PathLost, Plane
from media.supervisor import PortInUse, Supervisor
from tests.unit.media.test_answerer import recorded

REMOTE_UFRAG = "KtUy"  # of the recorded offer


def attribute(sdp, name):
    return re.search(f"a={name}:(.+)\r", sdp)[1]


def check(sdp, priority=100, nominate=True, pwd=None):
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{attribute(sdp, 'ice-ufrag')}:{REMOTE_UFRAG}"
    message.attributes["PRIORITY"] = priority
    message.attributes["ICE-CONTROLLING"] = 5
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity((pwd or attribute(sdp, "ice-pwd")).encode())
    data = bytes(message)
    return struct.pack("!H", len(data)) + data


def tcp_candidates(sdp):
    first = sdp.split("\r\nm=")[1]
    return re.findall(r"a=candidate:(\d+) 1 (\w+) (\d+) (\S+) (\d+) typ host(?: tcptype (\w+))?", first)


async def test_a_worker_answers_checks_by_tcp_on_its_udp_port_s_number():
    supervisor = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1",))
    await supervisor.start()
    try:
        answer = await supervisor.answer(Offer("p", recorded("chromium_receive"), "receive"))
        udp, tcp = tcp_candidates(answer.sdp)
        assert (udp[1], tcp[1], tcp[5]) == ("udp", "tcp", "passive")
        assert udp[3:5] == tcp[3:5] == ("127.0.0.1", str(supervisor.ports[0]))
        assert int(udp[2]) > int(tcp[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", supervisor.ports[0])
        writer.write(check(answer.sdp, pwd="wrong" * 8))
        data = check(answer.sdp)
        writer.write(data[:10])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(data[10:])
        async with asyncio.timeout(10):
            reply = stun.parse_message(await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big")))
        assert reply.transaction_id == data[10:22]
        assert reply.attributes["XOR-MAPPED-ADDRESS"] == writer.get_extra_info("sockname")
        counters = await supervisor.counters()
        assert (counters["tcp_connections"], counters["ignored_stun_total"]) == (1, 1)
        writer.close()
        await writer.wait_closed()
        reader, writer = await asyncio.open_connection("127.0.0.1", supervisor.ports[0])
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
        assert (await supervisor.counters())["tcp_connections"] == 0
    finally:
        await supervisor.close()


async def test_a_tcp_port_that_another_has_is_named_and_any_port_is_one_that_is_free():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"TCP port {port} is in use"):
            await Supervisor(port=port, addresses=["127.0.0.1"], bind=("127.0.0.1",)).start()
    several = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1", "127.0.0.2"), workers=2)
    try:
        for worker in several._workers:
            worker.open()
        assert len(set(several.ports)) == 2
    finally:
        await several.close()


class Line:
    """A plane that listens, its forwarder, and connections to it."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.plane = Plane()
        self.plane.add_listener(self.listener)
        self.forwarder = Forwarder(self.plane, [self.listener.getsockname()], lambda event: None)
        self.socks = []

    def connect(self):
        sock = socket.create_connection(self.listener.getsockname(), timeout=5)
        self.socks.append(sock)
        return sock

    def turn(self, now):
        self.plane.on_connections(now)
        for datagram in self.plane.datagrams():
            self.forwarder.on_datagram(datagram, now)
        for event in self.plane.events():
            self.forwarder.on_event(event, now)

    def close(self):
        self.forwarder.close()
        self.plane.close()
        for sock in (*self.socks, self.listener):
            sock.close()


@pytest.fixture
def line():
    one = Line()
    yield one
    one.close()


def path_of(line):
    return line.forwarder._peers["p"].agent.path


async def test_the_higher_nominated_pair_is_used_and_the_lower_as_soon_as_that_connection_is_lost(line):
    sdp = line.forwarder.answer(Offer("p", recorded("chromium_receive"), "receive"), 1.0).sdp
    good, spare = line.connect(), line.connect()
    line.turn(1.0)
    good.sendall(check(sdp, priority=200))
    line.turn(1.1)
    first = path_of(line)
    assert line.plane.remote(first) == good.getsockname()
    spare.sendall(check(sdp, priority=100))
    line.turn(1.2)
    assert path_of(line) == first
    good.close()
    line.turn(1.3)
    assert path_of(line) is None
    spare.sendall(check(sdp, priority=100))
    line.turn(1.4)
    assert line.plane.remote(path_of(line)) == spare.getsockname()


async def test_a_connection_that_is_lost_in_the_turn_in_which_another_is_nominated_takes_nothing_away(line):
    sdp = line.forwarder.answer(Offer("p", recorded("chromium_receive"), "receive"), 1.0).sdp
    first, second = line.connect(), line.connect()
    line.turn(1.0)
    first.sendall(check(sdp, priority=100))
    line.turn(1.1)
    first.close()
    second.sendall(check(sdp, priority=200))
    line.turn(1.2)
    assert line.plane.remote(path_of(line)) == second.getsockname()


async def test_a_check_whose_connection_is_gone_before_it_is_read_selects_nothing(line):
    sdp = line.forwarder.answer(Offer("p", recorded("chromium_receive"), "receive"), 1.0).sdp
    hasty = line.connect()
    line.turn(1.0)
    hasty.sendall(check(sdp) + b"\0\0")  # no such frame: closed
    line.plane.on_connections(1.1)
    (datagram,) = line.plane.datagrams()
    line.forwarder.on_datagram(datagram, 1.1)
    peer = line.forwarder._peers["p"]
    assert line.plane.events() == [PathLost(peer.plane)]
    line.forwarder.on_event(PathLost(peer.plane), 1.1)
    line.forwarder.on_event(PathLost(12345), 1.1)
    assert path_of(line) is None
    later = line.connect()
    line.turn(1.2)
    later.sendall(check(sdp))
    line.turn(1.3)
    assert line.plane.remote(path_of(line)) == later.getsockname()

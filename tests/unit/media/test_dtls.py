"""Our DTLS server against aiortc's own client, over a wire in memory."""

import asyncio

import pytest
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from media import dtls
from media.dtls import Certificate, Dtls
from tests.unit.media.peers import until

pytestmark = pytest.mark.timeout(20)


class Client:
    """The other end. `tampered` may change what it sends."""

    role, state = "controlling", "completed"

    def __init__(self, server_certificate, fingerprint=None, tampered=lambda data: [data]):
        self.waiting = asyncio.Queue()
        self.tampered = tampered
        certificate = RTCCertificate.generateCertificate()
        own = next(one.value for one in certificate.getFingerprints() if one.algorithm == "sha-256")
        self.keys, self.reasons = [], []
        self.server = Dtls(
            server_certificate,
            [("sha-256", fingerprint or own)],
            self.waiting.put_nowait,
            lambda *keys: self.keys.append(keys),
            self.reasons.append,
        )
        self.transport = RTCDtlsTransport(self, [certificate])
        self.transport._set_role("client")
        self.parameters = RTCDtlsParameters([RTCDtlsFingerprint("sha-256", server_certificate.fingerprint)], "server")

    async def _recv(self):
        return await self.waiting.get()

    async def _send(self, data):
        for one in self.tampered(data):
            self.server.receive(one)

    async def start(self):
        await self.transport.start(self.parameters)


@pytest.fixture(scope="module")
def certificate():
    return Certificate.generateCertificate()


async def test_both_ends_come_to_the_same_keys_by_gcm(certificate):
    client = Client(certificate)
    await client.start()
    await until(lambda: client.keys)
    receive, send, cipher = client.keys[0]
    assert "GCM" in cipher
    packet = b"\x80\x60" + bytes(10) + b"lesson"
    assert receive.unprotect(client.transport._tx_srtp.protect(packet)) == packet
    assert client.transport._rx_srtp.unprotect(send.protect(packet)) == packet
    await client.transport.stop()
    await until(lambda: client.reasons == ["closed"])


async def test_closing_tells_the_client(certificate):
    client = Client(certificate)
    await client.start()
    await until(lambda: client.keys)
    client.server.close()
    await until(lambda: client.transport.state == "closed")
    assert client.reasons == []


async def test_empty_and_foreign_datagrams_do_not_disturb_the_handshake(certificate):
    client = Client(certificate, tampered=lambda data: [b"", b"\x16" + bytes(20), data, b"\x17\xfe\xfd"])
    await client.start()
    await until(lambda: client.keys)
    await client.transport.stop()
    await until(lambda: client.reasons == ["closed"])


async def test_another_certificate_than_was_offered_fails(certificate):
    client = Client(certificate, fingerprint=":".join(["00"] * 32))
    await client.start()
    await until(lambda: client.reasons == ["failed"])
    assert client.keys == []
    await client.transport.stop()


async def test_a_client_that_says_nothing_fails_after_the_handshakes_time(certificate, monkeypatch):
    monkeypatch.setattr(dtls, "HANDSHAKE_S", 0.1)
    client = Client(certificate)
    await until(lambda: client.reasons == ["failed"])


async def test_what_a_flood_brings_beyond_the_queue_is_dropped(certificate):
    client = Client(certificate)
    for _ in range(10_000):
        client.server.receive(b"\x16" * 1200)
    assert client.server._pipe.waiting.qsize() == dtls.MAX_WAITING
    client.server.close()

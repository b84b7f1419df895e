"""Real aiortc peers for tests: one publishes a small clip without encoding, one receives without decoding. Both keep
the RTP packets that they sent or got."""

import asyncio
import contextlib

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtp import RtpPacket, is_rtcp

from media.api import Offer
from web.server.demo.publisher import AUDIO_CLOCK, VIDEO_CLOCK, Loop, Pace

NOWHERE = RTCConfiguration(iceServers=[])


class Publisher:
    def __init__(self, service, name, clip):
        self.service, self.name = service, name
        self.pc = RTCPeerConnection(NOWHERE)
        self.sent = []
        pace = Pace()
        self.pc.addTrack(Loop("video", clip.pictures, 1 / clip.fps, VIDEO_CLOCK, pace, lambda due: None))
        if clip.sounds:
            self.pc.addTrack(Loop("audio", clip.sounds, clip.sound_s, AUDIO_CLOCK, pace, lambda due: None))
        for transceiver in self.pc.getTransceivers():
            transceiver.direction = "sendonly"

    async def start(self):
        await self.pc.setLocalDescription(await self.pc.createOffer())
        offer = Offer(self.name, self.pc.localDescription.sdp, "send", {"0": "camera", "1": "mic"})
        transport = self.pc.getSenders()[0].transport
        send = transport._send_rtp

        async def keeping(data):
            if not is_rtcp(data):
                self.sent.append(bytes(data))
            await send(data)

        answer = await self.service.answer(offer)
        for sender in self.pc.getSenders():
            sender.transport._send_rtp = keeping
        await self.pc.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))

    async def close(self):
        await self.pc.close()


class Subscriber:
    def __init__(self, service, name, kinds=("video", "audio")):
        self.service, self.name, self.kinds = service, name, kinds
        self.pc = RTCPeerConnection(NOWHERE)
        self.got = []

    async def start(self):
        for kind in self.kinds:
            self.pc.addTransceiver(kind, direction="recvonly")
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await self.service.answer(Offer(self.name, self.pc.localDescription.sdp, "receive"))
        transport = self.pc.getTransceivers()[0].receiver.transport

        async def keep(data, arrival_time_ms):
            self.got.append(bytes(data))

        transport._handle_rtp_data = keep
        await self.pc.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        for transceiver in self.pc.getTransceivers():
            transceiver.receiver.transport._handle_rtp_data = keep
        return answer

    async def close(self):
        await self.pc.close()


def payloads(packets, payload_type):
    """Of RTP packets as bytes: {payload} of one type, padding left out."""
    parsed = (RtpPacket.parse(data) for data in packets)
    return [packet.payload for packet in parsed if packet.payload_type == payload_type]


async def until(condition, timeout=15.0):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            while not condition():
                await asyncio.sleep(0.02)
    assert condition()

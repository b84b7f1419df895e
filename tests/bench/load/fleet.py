"""The publisher and the subscribers of a load, over the engine: what Python still does while packets flow is consent,
answers to STUN, and what the publisher is asked for (keyframes, packets again)."""

from __future__ import annotations

import asyncio
import os
import struct
import threading
from collections.abc import Iterator
from typing import Any

from tests.bench.load import native, sdp
from tests.bench.load.client import Client
from tests.bench.load.dtls import PROFILES, Keys, session
from tests.bench.trace import Trace

ffi, lib = native.load("load", "engine.h", "engine.c", "publish.c", "drain.c", "figures.c")

CONSENT_S = 5.0  # RFC 7675 §5.1
KEYFRAME_S = 0.05  # an encoder's time from the request to the keyframe
KEYFRAME_EVERY_S = 0.3  # at most, as in libwebrtc
NICE = 10
VIDEO, AUDIO = 0, 1


class Fleet:
    """Must be made inside a running loop. Call `close`. `nice` is this thread's, so that the engine's goes first."""

    def __init__(self, nice: int = NICE) -> None:
        self._engine = ffi.gc(lib.load_new(*native.srtp_functions()), lib.load_free)
        self._thread = threading.Thread(target=lib.load_run, args=(self._engine,), daemon=True)
        self._thread.start()
        if nice:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(lib.load_event_fd(self._engine), self._control)
        self.clients: dict[int, Client] = {}
        self.publisher: Client | None = None
        self.keyframes_asked = 0
        self.resent = 0
        self._keyframe: asyncio.TimerHandle | None = None
        self._keyframe_at = 0.0
        self._consent = asyncio.create_task(self._keep_consent())

    def close(self) -> None:
        self._consent.cancel()
        self._loop.remove_reader(lib.load_event_fd(self._engine))
        lib.load_stop(self._engine)
        self._thread.join()
        for client in self.clients.values():
            client.close()
        self.clients.clear()

    def trace(self, trace: Trace) -> None:
        steps = ffi.new("struct load_step[]", [(s.due_us, s.frame_us, s.size, s.flags) for s in trace.steps])
        lib.load_trace(self._engine, steps, len(trace.steps), trace.period_us)

    # clients that are connected

    def publish(self, client: Client) -> None:
        assert client.keys is not None
        assert client.remote is not None
        sending = ffi.new("struct load_sending *")
        video, audio = client.remote.section("video"), client.remote.section("audio")
        assert video is not None
        assert audio is not None
        sending.ssrc = [client.own.ssrcs[0], client.own.ssrcs[2]]
        sending.payload_type = list(client.payload_types())
        ids = video.extensions()
        sending.mid_id, sending.abs_send_time_id = ids.get(sdp.MID, 0), ids.get(sdp.ABS_SEND_TIME, 0)
        sending.transport_cc_id = ids.get(sdp.TRANSPORT_CC, 0)
        sending.audio_level_id = audio.extensions().get(sdp.AUDIO_LEVEL, 0)
        sending.mid[VIDEO], sending.mid[AUDIO] = video.mid.encode(), audio.mid.encode()
        self._publish(client, client.keys, sending)

    def _publish(self, client: Client, keys: Keys, sending: Any) -> None:
        contexts = native.context(keys.receive), native.context(keys.send)
        client.number = lib.load_publish(self._engine, client.sock.fileno(), *contexts, sending)
        self.clients[client.number] = self.publisher = client

    def subscribe(self, client: Client, group: int = 0) -> None:
        assert client.keys is not None
        self._subscribe(client, client.keys, client.payload_types(), group)

    def _subscribe(self, client: Client, keys: Keys, payload_types: tuple[int, int], group: int) -> None:
        contexts = native.context(keys.receive), native.context(keys.send)
        ssrc = client.own.ssrcs[0]
        client.number = lib.load_subscribe(self._engine, client.sock.fileno(), *contexts, *payload_types, ssrc, group)
        if client.number < 0:
            raise ValueError("too many clients")
        self.clients[client.number] = client

    def sink(self, client: Client) -> None:
        """Reads what comes, and throws it away."""
        client.number = lib.load_subscribe(self._engine, client.sock.fileno(), 0, 0, 0, 0, 0, 0)
        self.clients[client.number] = client

    def forget(self, client: Client) -> None:
        lib.load_forget(self._engine, client.number)
        del self.clients[client.number]
        client.close()

    def direct(self, publisher: Client, subscriber: Client) -> None:
        """The same without a server: one sends to the other. Keys are made up, nothing was shaken."""
        profile, key, salt = PROFILES["SRTP_AEAD_AES_256_GCM"]
        publisher.sock.connect(subscriber.sock.getsockname())
        subscriber.sock.connect(publisher.sock.getsockname())
        one, other = os.urandom(key + salt), os.urandom(key + salt)
        sending = ffi.new("struct load_sending *")
        sending.ssrc, sending.payload_type = [1, 2], [sdp.VIDEO, sdp.AUDIO]
        sending.abs_send_time_id, sending.transport_cc_id = 2, 3
        publisher.keys = Keys(session(profile, other, False), session(profile, one, True), "")
        subscriber.keys = Keys(session(profile, one, False), session(profile, other, True), "")
        self._subscribe(subscriber, subscriber.keys, (sdp.VIDEO, sdp.AUDIO), 0)
        self._publish(publisher, publisher.keys, sending)

    # figures

    def open_window(self) -> None:
        lib.load_open_window(self._engine)

    def close_window(self) -> None:
        lib.load_close_window(self._engine)

    def totals(self) -> Any:
        into = ffi.new("struct load_totals *")
        lib.load_read_totals(self._engine, into)
        return into

    def figures(self, kind: int, group: int = 0) -> Any:
        into = ffi.new("struct load_figures *")
        lib.load_read_figures(self._engine, group, kind, into)
        return into

    def first_frame_ns(self, client: Client) -> int:
        return int(lib.load_first_frame_ns(self._engine, client.number))

    # what comes in meanwhile

    def _control(self) -> None:
        control = ffi.new("struct load_control *")
        while lib.load_next_control(self._engine, control):
            client = self.clients.get(control.client)
            data = bytes(ffi.buffer(control.data, control.length))
            if client is None:
                continue
            if data[0] < 4:
                client.on_stun(data)
            else:
                self._feedback(data)

    def _feedback(self, data: bytes) -> None:
        """RFC 4585 §6.2.1 (NACK), §6.3.1 (PLI); RFC 5104 §4.3.1 (FIR)."""
        for kind, count, body in compound(data):
            if kind == 206 and count in (1, 4):
                self.keyframes_asked += 1
                if self._keyframe is None:
                    at = max(self._loop.time() + KEYFRAME_S, self._keyframe_at + KEYFRAME_EVERY_S)
                    self._keyframe = self._loop.call_at(at, self._send_keyframe)
            elif kind == 205 and count == 1:
                (ssrc,) = struct.unpack_from("!I", body, 4)
                for at in range(8, len(body) - 3, 4):
                    first, others = struct.unpack_from("!HH", body, at)
                    for number in [first, *(first + bit + 1 for bit in range(16) if others & 1 << bit)]:
                        self.resent += 1
                        lib.load_resend(self._engine, ssrc, number & 0xFFFF)

    def _send_keyframe(self) -> None:
        self._keyframe, self._keyframe_at = None, self._loop.time()
        lib.load_keyframe(self._engine)

    async def _keep_consent(self) -> None:
        while True:
            connected = [one for one in self.clients.values() if one.remote is not None]
            for client in connected:
                client.check()
                await asyncio.sleep(CONSENT_S / len(connected))
            if not connected:
                await asyncio.sleep(0.1)


def compound(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Of a compound RTCP packet: type, count or format, what follows the first four bytes."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        end = at + 4 + 4 * words
        yield kind, first & 31, data[at + 4 : end]
        at = end

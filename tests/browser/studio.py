"""The SFU alone behind a small web page: browsers publish and receive without lessons, seats or tokens.

It runs in a thread with a loop of its own, since the browser's driver holds the test's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from media.api import MediaEvent, Offer, Refusal, Show, Track
from media.supervisor import Supervisor

T = TypeVar("T")

PAGE = """<!doctype html><title>studio</title><link rel="icon" href="data:,">
<video id="v" autoplay playsinline style="width: 640px"></video>
<script>
const peers = {};
async function connect(peer, direction, sources, prepare) {
  const pc = peers[peer] = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  await prepare(pc);
  await offer(peer, direction, sources);
}
async function offer(peer, direction, sources) {
  const pc = peers[peer];
  await pc.setLocalDescription();
  const body = JSON.stringify({peer, direction, sources, sdp: pc.localDescription.sdp});
  const response = await fetch('/offer', {method: 'POST', body});
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  await pc.setRemoteDescription({type: 'answer', sdp: text});
}
const receive = (peer) => connect(peer, 'receive', {}, (pc) => {
  const stream = new MediaStream();
  pc.ontrack = ({track}) => stream.addTrack(track);
  for (const kind of ['video', 'audio']) pc.addTransceiver(kind, {direction: 'recvonly'});
  document.getElementById('v').srcObject = stream;
});
const publish = (peer, constraints, sendEncodings) => connect(peer, 'send', {0: 'camera', 1: 'mic'}, async (pc) => {
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  for (const track of [...stream.getVideoTracks(), ...stream.getAudioTracks()]) {
    const encodings = track.kind === 'video' && sendEncodings ? {sendEncodings} : {};
    const {sender} = pc.addTransceiver(track, {direction: 'sendonly', streams: [stream], ...encodings});
    if (track.kind === 'video') {
      await sender.setParameters({...sender.getParameters(), degradationPreference: 'maintain-resolution'});
    }
  }
});
async function stats(peer, type) {
  return [...(await peers[peer].getStats()).values()].filter((one) => one.type === type);
}
</script>"""


class Studio:
    """`udp` False: as in a network that drops UDP, the browsers' datagrams go where nobody answers."""

    def __init__(self, *, udp: bool = True) -> None:
        self.heard: list[MediaEvent] = []
        self._nobody = None if udp else socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if self._nobody is not None:
            self._nobody.bind(("127.0.0.1", 0))
        self.base = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.media = self.call(self._start())

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def tracks(self) -> list[Track]:
        return [track for track in self.media.tracks() if not track.layer]

    def show(self, peer: str) -> None:
        """Puts the first video and audio track into a page's slots."""
        found = {track.kind: Show(track.id) for track in reversed(self.tracks())}
        self.call(self.media.assign(peer, {"0": found.get("video"), "1": found.get("audio")}))

    async def _start(self) -> Supervisor:
        media = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1",))
        media.listen(self.heard.append)
        await media.start()
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_post("/offer", self._offer)
        app.router.add_post("/whip/{lesson}", self._whip)
        app.router.add_delete("/whip/{peer}", self._hang_up)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return media

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def _offer(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.text())
        return await self._answer(Offer(asked["peer"], asked["sdp"], asked["direction"], asked["sources"]), 200)

    async def _whip(self, request: web.Request) -> web.Response:
        layer = request.query.get("layer", "")
        sources = {"0": "camera"} if layer else {"0": "camera", "1": "mic"}
        offer = Offer(f"encoder{layer}", await request.text(), "send", sources, layer=layer)
        return await self._answer(offer, 201)

    async def _answer(self, offer: Offer, status: int) -> web.Response:
        try:
            answer = await self.media.answer(offer)
        except Refusal as refusal:
            return web.Response(status=422, text=f"{refusal.code}: {refusal.message}")
        sdp = answer.sdp
        if self._nobody is not None:
            sdp = re.sub(r"( udp \d+ \S+) \d+", rf"\1 {self._nobody.getsockname()[1]}", sdp)
        return web.Response(status=status, text=sdp, headers={"Location": f"/whip/{offer.peer}"})

    async def _hang_up(self, request: web.Request) -> web.Response:
        await self.media.remove(request.match_info["peer"])
        return web.Response()

    def close(self) -> None:
        self.call(self._runner.cleanup())
        self.call(self.media.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._nobody is not None:
            self._nobody.close()


@contextlib.contextmanager
def encoder(base: str, clip: Path, *, lesson: str = "any", token: str = "token") -> Iterator[None]:
    """The demo's publisher, in a process of its own."""
    command = [sys.executable, "-m", "web.server.demo.publisher", "--base", base, "--lesson", lesson]
    process = subprocess.Popen([*command, "--clip", str(clip)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.write(f"{token}\n".encode())
    process.stdin.close()
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_for(page: Any, condition: Callable[[], object], timeout_s: float = 15) -> None:
    """Lets the page live while waiting."""
    for _ in range(int(timeout_s * 10)):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come about in time")

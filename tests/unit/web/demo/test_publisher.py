"""The demo's publisher as a process of its own, against the real SFU behind a WHIP endpoint."""

import asyncio
import json
import os
import signal
import sys

import pytest
from aiohttp import web

from media.api import Offer, PeerGone, Refusal
from media.supervisor import Supervisor
from web.server.demo import clip
from web.server.demo.publisher import Pace


@pytest.fixture
async def server():
    media = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1",))
    await media.start()
    seen = []

    async def whip(request):
        seen.append((request.query_string, request.headers["Authorization"], request.content_type))
        layer = request.query.get("layer", "")
        sources = {"0": "camera"} if layer else {"0": "camera", "1": "mic"}
        try:
            answer = await media.answer(Offer(f"lead{layer}", await request.text(), "send", sources, layer=layer))
        except Refusal as refusal:
            return web.Response(status=503, text=refusal.code)
        return web.Response(status=201, text=answer.sdp, headers={"Location": f"/whip/l/lead{layer}"})

    async def hang_up(request):
        seen.append("DELETE")
        await media.remove(request.match_info["peer"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/whip/{lesson}", whip)
    app.router.add_delete("/whip/l/{peer}", hang_up)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    media.seen, media.base = seen, f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield media
    await runner.cleanup()
    await media.close()


PUBLISHED = [("camera", ""), ("camera", "low"), ("mic", "")]


async def event(process, name):
    async with asyncio.timeout(30):
        while True:
            said = json.loads(await process.stdout.readline())
            if said["event"] == name:
                return said


async def test_it_publishes_comes_back_and_leaves(server, tmp_path):
    path = clip.ensure(tmp_path, width=320, height=180, seconds=2, rate_bps=300_000)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.server.demo.publisher"),
        *("--base", server.base, "--lesson", "l", "--clip", str(path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    process.stdin.write(b"secret\n")
    process.stdin.close()
    gone = []
    server.listen(lambda heard: gone.append(heard) if isinstance(heard, PeerGone) else None)
    try:
        await event(process, "connected")
        assert server.seen[:2] == [
            (query, "Bearer secret", "application/sdp") for query in ("source=camera", "source=camera&layer=low")
        ]
        turn = await event(process, "loop")
        assert (turn["fps"], turn["frames"]) == (30, 60)
        async with asyncio.timeout(10):
            while sorted((track.source, track.layer) for track in server.tracks()) != PUBLISHED:
                await asyncio.sleep(0.05)
        os.kill(server._workers[0]._process.pid, signal.SIGKILL)
        await event(process, "lost")
        await event(process, "connected")
        await event(process, "loop")
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
        assert server.seen[-2:] == ["DELETE", "DELETE"]
        assert [one.reason for one in gone] == ["worker_lost", "worker_lost", "removed", "removed"]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_what_was_missed_is_not_sent_in_a_burst():
    pace = Pace()
    assert pace.due(0.0, now=100.0) == 100.0
    assert pace.due(0.5, now=100.2) == 100.5
    assert pace.due(1.0, now=102.4) == 101.0  # a little late: caught up with
    assert pace.due(1.5, now=110.0) == 110.0  # a long way behind: goes on from here
    assert pace.due(2.0, now=110.1) == 110.5


def test_the_small_one_goes_along_with_the_large_one():
    large = Pace()
    small = Pace(beside=large)
    large.due(0.0, now=100.0)
    assert small.due(0.0, now=100.4) == 100.0
    assert small.due(5.0, now=102.0) == large.due(5.0, now=102.0) == 105.0
    first = Pace(beside=Pace())
    assert first.due(0.0, now=100.0) == 100.0

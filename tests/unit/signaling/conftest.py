"""A real server, a real journal on SQLite, real Socket.IO clients; only the SFU just records what it is asked."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer

from classroom.events import Command, Event, Json, Role, Seat
from classroom.journal import Journal
from classroom.rules import fold
from classroom.store import Store
from media.api import Answer, Codec, MediaEvent, Offer, PeerGone, Refusal, Show, Slot, Track, TrackEnded, TrackStarted
from signaling.gateway import Gateway
from signaling.tokens import Claims, Tokens
from tests.unit.classroom.lessons import whole
from web.server.app import _add
from web.server.parts import PARTS, Live, Parts
from web.server.problems import problems
from web.server.routes import snapshots
from web.server.settings import Settings

NAMESPACE = "/lesson"


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.epoch = time.time()

    def monotonic(self) -> float:
        return self.now

    def epoch_ms(self) -> int:
        return round(self.epoch * 1000)

    def move(self, seconds: float) -> None:
        self.now += seconds
        self.epoch += seconds


class Recorder:
    """`MediaService` that answers every offer and writes down what it is asked. `offers` slots: see `slots_of`."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.slots_of: dict[str, tuple[Slot, ...]] = {}
        self.refuse: Refusal | None = None
        self.refuse_tracks: set[str] = set()
        self.peers: set[str] = set()
        self.live: list[Track] = []
        self.listeners: list[Callable[[MediaEvent], None]] = []
        self.showing: dict[tuple[str, str], str] = {}
        self.shows: dict[tuple[str, str], Show] = {}

    async def answer(self, offer: Offer) -> Answer:
        self.asked.append(("answer", offer))
        await asyncio.sleep(0)
        if self.refuse:
            raise self.refuse
        self.peers.add(offer.peer)
        slots = self.slots_of.get(offer.peer, ()) if offer.direction == "receive" else ()
        return Answer(f"answer to {offer.sdp}", slots)

    async def remove(self, peer: str) -> None:
        self.asked.append(("remove", peer))
        if peer in self.peers:
            self.peers.discard(peer)
            for track in [t for t in self.live if t.peer == peer]:
                self.stop(track)
            self.tell(PeerGone(peer, "removed"))

    async def assign(self, peer: str, slots: Mapping[str, Show | None]) -> None:
        if peer not in self.peers:
            raise Refusal("peer_unknown", "no")
        if self.refuse_tracks & {show.track for show in slots.values() if show is not None}:
            raise Refusal("codec_unsupported", "no")
        for mid, show in slots.items():
            self.asked.append(("assign", peer, mid, show))
            if show is None:
                self.showing.pop((peer, mid), None)
                self.shows.pop((peer, mid), None)
            else:
                self.showing[peer, mid] = show.track
                self.shows[peer, mid] = show

    async def tap(self, track: str, socket_path: str | None, tag: int = 0) -> None: ...

    async def request_keyframe(self, track: str) -> None: ...

    def tracks(self) -> Sequence[Track]:
        return list(self.live)

    def listen(self, listener: Callable[[MediaEvent], None]) -> None:
        self.listeners.append(listener)

    async def counters(self) -> Mapping[str, float]:
        return {}

    @property
    def ports(self) -> Sequence[int]:
        return (7100,)

    def tell(self, event: MediaEvent) -> None:
        for listener in self.listeners:
            listener(event)

    def start(
        self,
        peer: str,
        source: str,
        codec: Codec = Codec.H264,
        id_: str | None = None,
        layer: str = "",
        layered: bool = False,
    ) -> Track:
        codec = Codec.OPUS if source == "mic" else codec
        kind = "audio" if codec == Codec.OPUS else "video"
        track = Track(id_ or f"{peer}/{source}", peer, source, kind, codec, layer=layer, layered=layered)
        self.live.append(track)
        self.tell(TrackStarted(track))
        return track

    def stop(self, track: Track) -> None:
        self.live.remove(track)
        self.tell(TrackEnded(track))


class Page:
    """A client, as simple as one can be: keeps what it received in order; a snapshot that it fetches, in its place."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.got: list[tuple[str, Any]] = []
        self.news = asyncio.Event()
        self.sio = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        for name in ("snapshot", "events", "signal"):
            self.sio.on(name, self._keep(name), namespace=NAMESPACE)
        self.fetched: list[str] = []
        self.refusal: Any = None
        self.sio.on("connect_error", self._refused, namespace=NAMESPACE)

    def _keep(self, name: str) -> Callable[[Any], Any]:
        async def keep(data: Any) -> None:
            message = (name, data)
            self.got.append(message)
            if name == "snapshot" and data["state"] is None:
                place = len(self.got) - 1
                self.got[place] = ("fetching", data)
                self.got[place] = (name, await self._fetch(data["seq"]))
            self.news.set()

        return keep

    async def _fetch(self, seq: int) -> Any:
        lesson = self.signals("welcome")[-1]["data"]["lesson"]
        status, text = await self.fetch(lesson)
        assert status == 200, text
        self.fetched.append(text)
        answer = json.loads(text)
        state = fold([Event(**event) for event in answer["events"]], whole(answer["state"], answer["own"]))
        assert answer["seq"] >= seq
        return {"seq": answer["seq"], "at": answer["at"], "state": {**state, "seq": answer["seq"]}}

    async def fetch(self, lesson: str) -> tuple[int, str]:
        address, headers = f"{self.url}api/v1/lessons/{lesson}/snapshot", {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession() as http, http.get(address, headers=headers) as response:
            return response.status, await response.text()

    def _refused(self, data: Any) -> None:
        self.refusal = data

    async def connect(self, since: int | None = None, **extra: Any) -> Page:
        auth = {"token": self.token, **({} if since is None else {"since": since}), **extra}
        await self.sio.connect(self.url, auth=auth, namespaces=[NAMESPACE], transports=["websocket"], wait_timeout=10)
        await self.until(lambda: {"snapshot", "events"} & self._names() and "fetching" not in self._names())
        return self

    def _names(self) -> set[str]:
        return {name for name, _ in self.got}

    async def until(self, true: Callable[[], Any]) -> Any:
        async with asyncio.timeout(10):
            while not (result := true()):
                self.news.clear()
                await self.news.wait()
        return result

    async def ask(self, kind: str, data: Any, id_: str | None = None) -> Any:
        return await self.send("command", {"id": id_ or str(uuid4()), "kind": kind, "data": data})

    async def send(self, name: str, message: Any) -> Any:
        return await self.sio.call(name, message, namespace=NAMESPACE, timeout=10)

    def events(self, kind: str | None = None) -> list[Any]:
        every = [event for name, batch in self.got if name == "events" for event in batch]
        return [event for event in every if kind in (None, event["kind"])]

    def signals(self, kind: str) -> list[Any]:
        """What came together counts one by one."""
        told = (said if isinstance(said, list) else [said] for name, said in self.got if name == "signal")
        return [signal for said in told for signal in said if signal["kind"] == kind]

    @property
    def snapshot(self) -> Any:
        return next(data for name, data in self.got if name == "snapshot")

    @property
    def bytes(self) -> str:
        return json.dumps([self.got, self.fetched], ensure_ascii=False)

    async def close(self) -> None:
        await self.sio.disconnect()


class World:
    def __init__(self, store: Store, journal: Journal, media: Recorder, clock: HandClock) -> None:
        self.store, self.journal, self.media, self.clock = store, journal, media, clock
        self.tokens = Tokens(b"s" * 32)
        self.gateway = Gateway(journal, self.tokens, media, clock, self.ice_servers)
        self.lesson = ""
        self.server: TestServer | None = None
        self.pages: list[Page] = []

    @property
    def url(self) -> str:
        assert self.server
        return str(self.server.make_url("/"))

    async def serve(self, port: int | None = None) -> None:
        app = web.Application(middlewares=[problems])
        live = Live(self.media, self.gateway, recordings=None, converter=None, renderer=None)  # type: ignore[arg-type]
        app[PARTS] = Parts(Settings(_env_file=None), self.store, self.journal, self.tokens, live, self.clock)
        _add(app, snapshots.ROUTES, operator_asks=False)
        self.gateway.attach(app)
        self.server = TestServer(app, port=port)
        await self.server.start_server()

    async def stop(self) -> None:
        assert self.server
        await self.server.close()
        await self.journal.close()

    async def restart(self) -> None:
        """The server dies and is started again on the same port and the same database."""
        assert self.server
        port = self.server.port
        await self.stop()
        self.journal = Journal(self.store, self.clock)
        self.gateway = Gateway(self.journal, self.tokens, self.media, self.clock, self.ice_servers)
        await self.serve(port)

    def ice_servers(self, participant: str, now_s: float) -> tuple[Json, ...]:
        return ({"urls": ["turn:relay.example"], "username": f"{participant} at {round(now_s - self.clock.epoch)}"},)

    def claims(self, role: Role, participant: str | None = None, **more: Any) -> Claims:
        more.setdefault("name", f"name of {participant or role.value}")
        return Claims(more.pop("lesson", self.lesson), participant or role.value, role, **more)

    def token(self, claims: Claims, ttl_s: int = 3600) -> str:
        return self.tokens.issue(claims, ttl_s, self.clock.epoch)

    def page(self, role: Role, participant: str | None = None, **more: Any) -> Page:
        page = Page(self.url, self.token(self.claims(role, participant, **more)))
        self.pages.append(page)
        return page

    async def join(self, role: Role, participant: str | None = None, **more: Any) -> Page:
        return await self.page(role, participant, **more).connect()

    async def do(self, seat: Seat, kind: str, data: Any) -> int:
        return await self.journal.submit(self.lesson, seat, Command(str(uuid4()), kind, data))

    async def events(self) -> list[Event]:
        return await self.journal.events(self.lesson)


LEAD = Seat("lead_teacher", Role.LEAD_TEACHER)


@pytest.fixture(params=["in the socket", "fetched"])
def snapshots_come(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which a client gets a snapshot, however small it is."""
    if request.param == "fetched":
        monkeypatch.setattr("signaling.fanout.LARGE", 0)
    return str(request.param)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    clock = HandClock()
    store = await Store.open(database_url)
    journal = Journal(store, clock)
    world = World(store, journal, Recorder(), clock)
    world.lesson = (await store.lessons.add("Fractions", clock.epoch_ms())).id
    await world.serve()
    yield world
    for page in world.pages:
        await page.close()
    await world.stop()
    await store.close()


@pytest.fixture
async def live(world: World) -> World:
    """A lesson that has begun, nobody in it."""
    await world.do(LEAD, "lesson.open", {})
    await world.do(LEAD, "lesson.start", {})
    return world

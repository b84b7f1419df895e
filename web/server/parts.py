"""What the application is made of. Routes reach everything through one `Parts`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from classroom.clock import Clock, SystemClock
from classroom.journal import Journal
from classroom.store import Store
from media.api import MediaService
from recordings.keeping import Files
from recordings.mirroring import Mirroring
from recordings.service import Recordings
from recordings.storage import Storage
from signaling.gateway import Gateway
from signaling.tokens import Tokens
from web.server.banking import Reader
from web.server.captioning import Captioner
from web.server.counting import Counter
from web.server.courseware.converter import Converter
from web.server.courseware.photos import Photos
from web.server.courseware.sending import Sending
from web.server.courseware.shelf import Shelf
from web.server.courseware.works import Works
from web.server.displays import Places
from web.server.limits import Bucket, LockOut, Turns
from web.server.live.broadcast import Broadcasts
from web.server.live.doors import Doors
from web.server.live.watchers import Watchers
from web.server.openings import Openings
from web.server.passwords import Passwords
from web.server.printing.process import Printer
from web.server.renderer import Renderer
from web.server.reporter import Reporter
from web.server.sample.playing import Playing
from web.server.settings import Settings
from web.server.sharing import Sharing
from web.server.vocabularies import Vocabularies
from web.server.vocabularies import load as load_vocabularies
from web.server.xapi.telling import Telling


@dataclass(slots=True)
class Live:
    """What only a running server has; the command line on a stopped installation does without."""

    media: MediaService
    gateway: Gateway
    recordings: Recordings
    converter: Converter
    renderer: Renderer
    mirroring: Mirroring | None = None


@dataclass(slots=True)
class Parts:
    settings: Settings
    store: Store
    journal: Journal
    tokens: Tokens
    live: Live | None = None
    clock: Clock = field(default_factory=SystemClock)
    passwords: Passwords = field(default_factory=Passwords)
    lock_out: LockOut = field(default_factory=LockOut)
    sign_in_turns: Turns = field(default_factory=Turns)  # by login
    sign_ins: Bucket = field(default_factory=lambda: Bucket(60, 1.0))
    code_misses: Bucket = field(default_factory=lambda: Bucket(20, 3.0))
    pairing_misses: Bucket = field(default_factory=lambda: Bucket(10, 60.0))
    roster_looks: Bucket = field(default_factory=lambda: Bucket(200, 1.0))  # a whole school joins by one address
    newcomers: Bucket = field(default_factory=lambda: Bucket(2000, 0.05))  # a school may come by one address
    questioning: Bucket = field(default_factory=lambda: Bucket(60, 2.0))  # by session: each is an event for ever
    seatings: Bucket = field(default_factory=lambda: Bucket(20, 3.0))  # by session: each makes a participant
    snapshots: Bucket = field(default_factory=lambda: Bucket(20, 2.0))  # by participant, as its sockets are
    places: Places = field(default_factory=Places)
    searches: Bucket = field(default_factory=lambda: Bucket(20, 0.5))  # by account: each reads a shelf's texts
    photo_rolls: Bucket = field(default_factory=lambda: Bucket(10, 3.0))  # by participant
    reader: Reader = field(default_factory=Reader)
    files: Files = field(init=False)
    sample: Playing = field(default_factory=Playing)
    watchers: Watchers = field(default_factory=Watchers)
    watch_misses: Bucket = field(default_factory=lambda: Bucket(20, 3.0))
    shelf: Shelf = field(init=False)
    broadcasts: Broadcasts = field(init=False)
    doors: Doors = field(init=False)
    reporter: Reporter = field(init=False)
    printer: Printer = field(init=False)
    photos: Photos = field(init=False)
    works: Works = field(init=False)
    captioner: Captioner = field(init=False)
    vocabularies: Vocabularies = field(init=False)
    counter: Counter = field(init=False)
    telling: Telling | None = None
    """Where there is a learning record store."""
    sharing: Sharing = field(init=False)
    removing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something more is being removed."""
    openings: Openings = field(init=False)
    plays: Bucket = field(default_factory=lambda: Bucket(60, 1.0))  # by account
    lookings: Bucket = field(default_factory=lambda: Bucket(60, 1.0))  # by link and address: each reads a whole lesson
    finds: Bucket = field(default_factory=lambda: Bucket(60, 0.2))  # by account: who types sends several a second

    def __post_init__(self) -> None:
        storage = Storage(self.settings.storage) if self.settings.storage else None
        self.files = Files(self.settings.data / "recordings", storage)
        self.vocabularies = load_vocabularies(self.settings.vocabularies)
        self.shelf = Shelf(self.store, self.settings.data / "courseware")
        self.reporter = Reporter(self.settings.database_url)
        self.printer = Printer(self.shelf.directory)
        self.captioner = Captioner(self.store, self.clock, self.settings.captions_hook, self.settings.captions_secret)
        self.counter = Counter(self.store, self.clock, self.settings.openings_days)
        self.sharing = Sharing(self.store, self.passwords, self.clock.epoch_ms)
        self.openings = Openings(self.store)
        self.broadcasts = Broadcasts(self.settings.data / "recordings", self.journal)
        self.doors = Doors(self.store, self.clock)
        sending = Sending(self.shelf)
        self.photos = Photos(self.shelf, self.store, sending)
        self.works = Works(self.shelf, self.store, sending)

    @property
    def now_ms(self) -> int:
        return self.clock.epoch_ms()

    @property
    def now_s(self) -> float:
        return self.clock.epoch_ms() / 1000


PARTS = web.AppKey("parts", Parts)

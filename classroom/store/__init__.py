"""The one place with SQL: small repositories over SQLite or PostgreSQL."""

from __future__ import annotations

from classroom.errors import ClientFault, OperatorFault
from classroom.store.access import Access
from classroom.store.captions import AllCaptions
from classroom.store.collections import Collections
from classroom.store.courseware import Shelves
from classroom.store.database import Database
from classroom.store.devices import Devices
from classroom.store.edits import Edits, Renders
from classroom.store.erasing import Erasing
from classroom.store.finding import Finding
from classroom.store.harvest import Harvest
from classroom.store.index import Index
from classroom.store.joined import Joins
from classroom.store.journal import JournalStore
from classroom.store.keeping import Holds, Rules
from classroom.store.lessons import Lessons, Participants, Seats
from classroom.store.library import Resources, Settings
from classroom.store.openings import Openings
from classroom.store.owners import Owners
from classroom.store.people import Accounts, Links, Sessions
from classroom.store.photos import Photos
from classroom.store.places import Rosters, Schools
from classroom.store.practising import Practising
from classroom.store.questions import Questions
from classroom.store.ratings import Ratings
from classroom.store.remarks import Remarks
from classroom.store.removals import Removals
from classroom.store.reviews import Reviews
from classroom.store.tries import Tries
from classroom.store.using import Using
from classroom.store.watching import Watching
from classroom.store.works import Works

__all__ = ["Store"]


class Store:
    """An installation's data. All methods of repositories may raise ClientFault `storage_full` and `storage_failed`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.accounts = Accounts(database)
        self.sessions = Sessions(database)
        self.links = Links(database)
        self.schools = Schools(database)
        self.rosters = Rosters(database)
        self.devices = Devices(database)
        self.lessons = Lessons(database)
        self.participants = Participants(database)
        self.seats = Seats(database)
        self.journal = JournalStore(database)
        self.owners = Owners(database)
        self.resources = Resources(database)
        self.reviews = Reviews(database)
        self.harvest = Harvest(database)
        self.access = Access(database)
        self.openings = Openings(database)
        self.practising = Practising(database)
        self.collections = Collections(database)
        self.captions = AllCaptions(database)
        self.remarks = Remarks(database)
        self.ratings = Ratings(database)
        self.tries = Tries(database)
        self.edits = Edits(database)
        self.joins = Joins(database)
        self.renders = Renders(database)
        self.shelves = Shelves(database)
        self.photos = Photos(database)
        self.works = Works(database)
        self.questions = Questions(database)
        self.watching = Watching(database)
        self.settings = Settings(database)
        self.using = Using(database)
        self.finding = Finding(database)
        self.index = Index(database)
        self.rules = Rules(database)
        self.holds = Holds(database)
        self.removals = Removals(database)
        self.erasing = Erasing(database)

    @staticmethod
    async def open(url: str) -> Store:
        """Opens the database and migrates it: `sqlite:///FILE` or `postgresql://…`. Raises OperatorFault."""
        store = Store(await Database.open(url))
        try:
            await store.index.prepare()
        except ClientFault as fault:
            await store.close()
            raise OperatorFault(f"The database cannot be opened: {fault.message}") from fault
        except BaseException:
            await store.close()
            raise
        return store

    @staticmethod
    def beside(url: str) -> Store:
        """For another process than that which opened it: nothing is migrated. Connects when it is first used."""
        return Store(Database.beside(url))

    async def close(self) -> None:
        await self._database.close()

"""The engine: SQLite in WAL mode or PostgreSQL, one way to read, one way to write, and whose fault a failure is."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from classroom.errors import ClientFault, OperatorFault, Status

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
BUSY_TIMEOUT_MS = 10_000
BRIEFLY_MS = 200
SCANNED_BYTES = 1 << 22
WAL_RETRY_MS = 20
CLOSE_S = 5.0
MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATION_LOCK = 0x746F6E676B65  # "tongke": two servers that start at once migrate one after the other
MAPPED_BYTES, CACHED_KB = 1 << 30, 32 << 10
"""Of the index, for each who looks through it."""
BY_INDEX = text("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
"""For one transaction."""
WRITING = "tongke_writing"
T = TypeVar("T")
FULL_SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
FULL_POSTGRES = frozenset({"53100", "53200"})  # disk_full, out_of_memory


def storage_fault(error: BaseException) -> ClientFault:
    """`storage_full` where there is no room, else `storage_failed`; both 503, for neither is the caller's doing."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    full = (
        getattr(cause, "sqlite_errorcode", None) in FULL_SQLITE
        or getattr(cause, "sqlstate", None) in FULL_POSTGRES
        or (isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT))
    )
    if full:
        return ClientFault("storage_full", "The server's disk is full.", Status.UNAVAILABLE, retry_after_s=5)
    return ClientFault("storage_failed", "The server could not store this.", Status.UNAVAILABLE, retry_after_s=5)


class Database:
    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine, self._writer = _engine(url), _writer(url)
        self._finder, self._indexer = _finder(url, self._engine), _indexer(url)
        self._thread = ThreadPoolExecutor(1, "database")
        self._indexing = ThreadPoolExecutor(1, "indexing")
        self.written = asyncio.Event()
        """Set by every transaction that this process wrote; who waits for one clears it."""
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()

    @staticmethod
    async def open(url: str) -> Database:
        """Connects and migrates. Raises OperatorFault with one line that says what is wrong."""
        database = Database(_url(url))
        try:
            async with database._engine.execution_options(**{WRITING: True}).begin() as connection:
                if connection.dialect.name == "postgresql":
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
                await connection.run_sync(_migrate)
        except (DBAPIError, OSError) as error:
            await database.close()
            cause = error.orig if isinstance(error, DBAPIError) else error
            line = " ".join(str(cause).split())
            raise OperatorFault(f"The database cannot be opened: {line}") from error
        except BaseException:
            await database.close()
            raise
        return database

    @staticmethod
    def beside(url: str) -> Database:
        """Of another process that has it open. Raises OperatorFault."""
        return Database(_url(url))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        with self._used():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end. Raises ClientFault `storage_full` or `storage_failed`; a broken
        constraint comes through as IntegrityError."""
        with self._used():
            async with self._engine.execution_options(**{WRITING: True}).begin() as connection:
                yield connection
        self.written.set()

    async def write(self, work: Callable[[Connection], None]) -> None:
        """As `writing`, for what is written many times a second: the whole transaction happens in a thread of its own.
        In `writing` each statement comes back to the event loop several times, and waits for its turn there."""

        def transaction() -> None:
            with self._writer.begin() as connection:
                work(connection)

        with self._used():
            await asyncio.get_running_loop().run_in_executor(self._thread, transaction)
        self.written.set()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """As `reading`, for what is read many times a second, in the thread that `write` has."""

        def transaction() -> T:
            with self._writer.connect().execution_options(**{WRITING: False}) as connection:
                return work(connection)

        with self._used():
            return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)

    @property
    def is_postgresql(self) -> bool:
        return self._engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def finding(self, words: str = "") -> AsyncIterator[AsyncConnection]:
        """To read all there is and, as the schema `search`, the index (`index_file`); `words`: whether any are looked
        for. PostgreSQL takes reading every resource's words for cheap, and for dear what then need not be compiled."""
        with self._used():
            async with self._finder.connect() as connection:
                if words and self.is_postgresql:
                    await connection.execute(BY_INDEX)
                yield connection

    async def index(self, work: Callable[[Connection], T]) -> T:
        """A transaction that writes to the index, in a thread of its own. With SQLite it sees nothing else: who writes
        a long text to the index keeps no journal waiting."""

        def transaction() -> T:
            with self._indexer.begin() as connection:
                return work(connection)

        with self._used():
            return await asyncio.get_running_loop().run_in_executor(self._indexing, transaction)

    async def checkpoint(self) -> bool:
        """Empties SQLite's write-ahead logs into their databases, where what was deleted is overwritten. False where
        somebody reads an older state, or writes, for longer than a moment."""

        def emptied(engine: Engine) -> bool:
            with _raw(engine) as raw:
                raw.execute(f"PRAGMA busy_timeout = {BRIEFLY_MS}")
                try:
                    busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                except sqlite3.OperationalError:
                    return False
                return not busy

        with self._used():
            done = await asyncio.to_thread(emptied, _writer(self._url))
            return await asyncio.to_thread(emptied, _indexer(self._url)) and done

    async def vacuum(self, tables: Collection[str]) -> None:
        """Of SQLite, writes the whole database anew, with nothing in it but what is there: it moves rows from page to
        page, and leaves where they were as it was. Who writes meanwhile waits. Of PostgreSQL, frees what dead rows of
        these tables held, and nobody waits."""
        names = ", ".join(f'"{one}"' for one in sorted(tables)) if self.is_postgresql else ""

        def rewritten() -> None:
            with _raw(_writer(self._url)) as raw:
                if self.is_postgresql:
                    raw.autocommit = True
                raw.execute(f"VACUUM {names}")

        with self._used():
            await asyncio.to_thread(rewritten)

    async def scan(self, words: Collection[bytes]) -> bool:
        """Whether any of these bytes are in the files of an SQLite database and its index."""
        if self.is_postgresql or not words:
            return False
        one_of = re.compile(b"|".join(re.escape(word) for word in words))
        longest = max(len(word) for word in words)
        files = [Path(str(engine.url.database)) for engine in (self._writer, self._indexer)]
        all_ = [file.with_name(file.name + suffix) for file in files for suffix in ("", "-wal")]
        return await asyncio.to_thread(lambda: any(_holds(file, one_of, longest) for file in all_))

    async def without_index(self) -> None:
        """Takes the file of the index away, of which all can be made again."""
        if self.is_postgresql:
            return
        file = Path(str(self._indexer.url.database))
        self._indexer.dispose()
        for suffix in ("", "-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)

    async def close(self) -> None:
        """Waits for those who use it, within reason: a connection that comes back later would be closed by nobody."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._unused.wait()
        await asyncio.to_thread(self._thread.shutdown)
        await asyncio.to_thread(self._indexing.shutdown)
        self._writer.dispose()
        self._indexer.dispose()
        await self._finder.dispose()
        await self._engine.dispose()

    @contextmanager
    def _used(self) -> Iterator[None]:
        self._users += 1
        self._unused.clear()
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise storage_fault(error) from error
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()


@contextmanager
def _raw(engine: Engine) -> Iterator[Any]:
    """A connection of its own, outside of any transaction, which is closed at the end."""
    try:
        connection = engine.raw_connection()
        try:
            yield connection.driver_connection
        finally:
            connection.close()
    finally:
        engine.dispose()


def _holds(file: Path, wanted: re.Pattern[bytes], longest: int) -> bool:
    before = b""
    with contextlib.suppress(FileNotFoundError), file.open("rb") as open_:
        while data := open_.read(SCANNED_BYTES):
            if wanted.search(before + data):
                return True
            before = data[-longest:]
    return False


def _url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise OperatorFault("The database's address is not one: sqlite:///FILE or postgresql://…") from None
    driver = DRIVERS.get(parsed.drivername.partition("+")[0])
    if driver is None:
        raise OperatorFault(f"Databases of the kind {parsed.drivername} are not supported: sqlite or postgresql.")
    if driver == DRIVERS["sqlite"] and parsed.database and not Path(parsed.database).parent.is_dir():
        raise OperatorFault(f"The database cannot be opened: {Path(parsed.database).parent} is not a directory.")
    return parsed.set(drivername=driver)


def _engine(url: URL) -> AsyncEngine:
    # Parameters are names, words and answers: no error, and so no log, shows them.
    if url.drivername != DRIVERS["sqlite"]:
        return create_async_engine(url, pool_size=5, max_overflow=5, pool_pre_ping=True, hide_parameters=True)
    engine = create_async_engine(url, pool_size=4, max_overflow=4, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.run_async(_write_ahead)

    _sqlite(engine.sync_engine)
    return engine


def _writer(url: URL) -> Engine:
    """One connection, which is opened when the database was migrated."""
    if url.drivername != DRIVERS["sqlite"]:
        return create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url.set(drivername="sqlite"), pool_size=1, max_overflow=0, hide_parameters=True)
    _sqlite(engine)
    return engine.execution_options(**{WRITING: True})


def index_file(database: str) -> str:
    """Beside an SQLite database: what is looked through, all of it made of what is in the database."""
    return f"{database}.index"


def _finder(url: URL, engine: AsyncEngine) -> AsyncEngine:
    """Apart from that which writes: SQLite locks whatever a connection that begins to write has attached."""
    if url.drivername != DRIVERS["sqlite"]:
        return engine
    made = create_async_engine(url, pool_size=2, max_overflow=2, hide_parameters=True)
    _sqlite(made.sync_engine)

    @event.listens_for(made.sync_engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("ATTACH DATABASE ? AS search", (index_file(str(url.database)),))
        cursor.execute(f"PRAGMA search.mmap_size = {MAPPED_BYTES}")
        cursor.execute(f"PRAGMA search.cache_size = -{CACHED_KB}")
        cursor.close()

    return made


def _indexer(url: URL) -> Engine:
    if url.drivername != DRIVERS["sqlite"]:
        return create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
    of = url.set(drivername="sqlite", database=index_file(str(url.database)))
    engine = create_engine(of, pool_size=1, max_overflow=0, hide_parameters=True)
    _sqlite(engine)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    return engine.execution_options(**{WRITING: True})


def _sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, see `_begin`
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # what is erased is gone from the file
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that reads and then writes fails at once when another wrote between; this one waits.
        writing = connection.get_execution_options().get(WRITING)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


async def _write_ahead(connection: aiosqlite.Connection) -> None:
    """Journal mode WAL. SQLite does not wait by its busy timeout here: of two that turn a new file to WAL at once, both
    hold it for reading, and one is refused in the same instant. So the one refused asks again."""
    for _ in range(BUSY_TIMEOUT_MS // WAL_RETRY_MS):
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        await asyncio.sleep(WAL_RETRY_MS / 1000)
    await connection.execute("PRAGMA journal_mode = WAL")


def _migrate(connection: Connection) -> None:
    # Not at the top: a process beside the server never migrates, and this takes a fifth of a second to load.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

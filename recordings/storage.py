"""Object storage: an S3, Azure or Google bucket, or a directory (`file://`), by its address. Everything here blocks.

Credentials come from the environment (`AWS_*`, `AZURE_*`, `GOOGLE_*`), never from the address, and no text of a fault
repeats what the store answered but its status and code: answers to a wrong signature hold keys.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import from_url

SCHEMES = ("s3", "gs", "az", "file")
NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)  # of a file; nothing that begins with a dot
PIECE_BYTES = 8 << 20  # what goes in one request; a larger file goes in several
SEND_S = 120.0  # a piece by half a megabit a second
READ_S = 10.0
CONNECT_S = 5.0
TRIES = 2
TRIAL = "trial"

MISSING_BUCKET = {"NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"}
NO_KEYS = ("169.254.169.254", "metadata.google", "Account must be specified")  # where it looks without any
ENDPOINTS = {"s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"), "az": ("AZURE_ENDPOINT",)}
WORDS = {
    "denied": "it refuses the credentials",
    "no_credentials": "no credentials are given: set them in the environment (AWS_ACCESS_KEY_ID, …)",
    "no_bucket": "there is no such bucket",
    "silent": "it does not answer in time",
    "unreachable": "it cannot be reached",
    "failing": "it fails",
    "wrong": "what it gives is not what was stored",
}


class StorageFault(Exception):
    """Something between us and the store, or the store itself. `code` is one of WORDS."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(WORDS[code] + (f" ({detail})" if detail else ""))
        self.code = code


@dataclass(frozen=True, slots=True)
class Stored:
    """`modified_s` since 1970."""

    bytes: int
    etag: str
    modified_s: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """Of what the store has been seen to have. `md5` is the content's, in hex."""

    bytes: int
    md5: str
    etag: str


def md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def unpaced(_: int) -> None:
    """As fast as it goes."""


class Storage:
    """Names are relative to the address. All methods may raise StorageFault."""

    def __init__(self, url: str, request_s: float = READ_S) -> None:
        self.url = url
        self._request_s = request_s
        parts = urlsplit(url)
        self._root = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._made: Any = None

    @property
    def identity(self) -> str:
        """Another one is another store, which has nothing of what this one has."""
        return " at ".join([self.url.rstrip("/"), *list(self._endpoints().values())[:1]])

    def _endpoints(self) -> dict[str, str]:
        names = ENDPOINTS.get(urlsplit(self.url).scheme, ())
        return {name: os.environ[name] for name in names if name in os.environ}

    def put(self, name: str, source: BinaryIO, pace: Callable[[int], None] = unpaced) -> Receipt:
        """Returns when the store has shown that it has it: its ETag is the content's, or it was read back. `pace` is
        called with a number of bytes before they go."""
        whole = hashlib.md5(usedforsecurity=False)
        digests: list[bytes] = []

        def pieces() -> Iterator[bytes]:
            while data := source.read(PIECE_BYTES):
                whole.update(data)
                digests.append(hashlib.md5(data, usedforsecurity=False).digest())
                pace(len(data))
                yield data

        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        with _faults():
            if size <= PIECE_BYTES:
                done = self._store.put(name, next(pieces(), b""), use_multipart=False)
            else:
                done = self._store.put(name, pieces(), use_multipart=True, chunk_size=PIECE_BYTES, max_concurrency=1)
        if self._root is not None:
            _sync(self._root / name)
        etag = done["e_tag"] or ""
        parted = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
        if etag.strip('"') not in (whole.hexdigest(), f"{parted}-{len(digests)}") and not self.holds(
            name, whole.hexdigest()
        ):
            raise StorageFault("wrong", f"{name} came back changed")
        return Receipt(size, whole.hexdigest(), etag)

    def look(self, name: str) -> Stored | None:
        with _faults():
            try:
                return _stored(self._store.head(name))
            except FileNotFoundError as error:
                self._missing(error)
                return None

    def read(self, name: str, start: int, end: int, etag: str | None = None) -> bytes:
        """Those bytes, and no fewer. `wrong` where it is not that version."""
        options: dict[str, Any] = {"range": (start, end)}
        if etag:
            options["if_match"] = etag
        with _faults():
            data = bytes(self._store.get(name, options=options).bytes())
        if len(data) != end - start:
            raise StorageFault("wrong", f"{len(data)} bytes instead of {end - start}")
        return data

    def holds(self, name: str, md5: str) -> bool:
        """Whether what it gives of that name has that content."""
        found = hashlib.md5(usedforsecurity=False)
        with _faults():
            for data in self._store.get(name).stream(min_chunk_size=1 << 20):
                found.update(data)
        return found.hexdigest() == md5

    def list(self, folder: str) -> dict[str, Stored]:
        """Everything below that folder, by its name."""
        with _faults():
            return {one["path"]: _stored(one) for batch in self._store.list(folder) for one in batch}

    def remove(self, names: Sequence[str]) -> None:
        """What is not there is removed already."""
        with _faults():
            if self._root is None:
                for begin in range(0, len(names), 1000):
                    self._store.delete(list(names[begin : begin + 1000]))
                return
            for name in names:
                (self._root / name).unlink(missing_ok=True)
            for folder in {(self._root / name).parent for name in names}:
                _tidy(folder, self._root)

    def address(self, name: str, lives_s: int) -> str | None:
        """Where anyone can get it for so long. None where a store has no such addresses."""
        if self._root is not None:
            return None
        with _faults():
            return str(obstore.sign(self._store, "GET", name, timedelta(seconds=lives_s)))

    def reach(self) -> None:
        """Whether it is there and knows us."""
        self.list(TRIAL)

    def trial(self) -> None:
        """Whether it takes, lists, gives back and removes."""
        name = f"{TRIAL}/{uuid.uuid4().hex}"
        with _faults():
            self._store.put(name, b"Tongke", use_multipart=False)
        try:
            if name not in self.list(TRIAL) or self.read(name, 0, 6) != b"Tongke":
                raise StorageFault("wrong")
        finally:
            self.remove([name])

    @property
    def _store(self) -> Any:
        if self._root is not None and not self._root.is_dir():
            raise StorageFault("no_bucket", f"{self._root} is not there")
        if self._made is None:
            if self._root is not None:
                self._made = from_url(self.url)
            else:
                for name, value in self._endpoints().items():
                    if urlsplit(value).scheme not in ("http", "https"):
                        raise StorageFault("unreachable", f"{name} is no address like https://host")
                request, connect = timedelta(seconds=self._request_s), timedelta(seconds=CONNECT_S)
                self._made = from_url(
                    self.url,
                    # By plain HTTP only where the endpoint says so.
                    client_options={"allow_http": True, "timeout": request, "connect_timeout": connect},
                    retry_config={"max_retries": TRIES - 1, "retry_timeout": request},
                )
        return self._made

    def _missing(self, error: FileNotFoundError) -> None:
        """A missing file may be a missing bucket, of which a HEAD does not tell."""
        if self._root is None and "HEAD" in str(error):
            self.reach()


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """Turns what obstore raises into StorageFault; a file that is not there stays FileNotFoundError."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        fault = _fault(error)
        if fault is None:
            raise
        raise fault from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of the library's own, which is no Exception
            raise StorageFault("failing", "obstore panicked") from None
        raise


def _fault(error: Exception) -> StorageFault | None:
    text = str(error)
    status = next(iter(re.findall(r"status code: (\d{3})", text)), "")
    code = next(iter(re.findall(r"<Code>(\w{1,60})</Code>", text)), "")
    detail = " ".join(filter(None, (status, code)))
    if code in MISSING_BUCKET:
        return StorageFault("no_bucket", detail)
    if isinstance(error, FileNotFoundError):
        return None
    if isinstance(error, PreconditionError):
        return StorageFault("wrong", "it was changed")
    if any(sign in text for sign in NO_KEYS):
        return StorageFault("no_credentials")
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or status in ("401", "403"):
        return StorageFault("denied", detail)
    if status:
        return StorageFault("failing", detail)
    if "Timeout" in text or "TimedOut" in text or "timed out" in text:
        return StorageFault("silent")
    if "kind: Connect" in text:
        return StorageFault("unreachable")
    return StorageFault("failing", os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "")


def _stored(meta: Any) -> Stored:
    return Stored(meta["size"], meta["e_tag"] or "", meta["last_modified"].timestamp())


def _sync(path: Path) -> None:
    """What a directory store has just written survives a power cut too."""
    for one in (path, path.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _tidy(folder: Path, root: Path) -> None:
    """Folders that are empty go; an object store has none."""
    while folder != root:
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent

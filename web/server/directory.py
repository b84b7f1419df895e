"""The data directory: that it can be written, that one server has it."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classroom.errors import OperatorFault

KEY, KEY_HEADER = "control.key", "X-Control-Key"
LONGEST_SOCKET = 100  # bytes; sun_path holds 108


def prepare(data: Path) -> None:
    """Makes the directory. Raises OperatorFault when it cannot be made or written."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as fault:
        raise OperatorFault(f"the data directory {data} cannot be written: {fault.strerror}") from None


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Holds the directory for one process. Raises OperatorFault when another has it; a dead one's lock is free."""
    handle = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OperatorFault(f"the data directory {data} is used by another Tongke that is running") from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


@contextmanager
def control_socket(data: Path) -> Iterator[str]:
    """The path of the control socket, also where the directory's own path is too long for a socket address."""
    path = str((data / "control.sock").resolve())
    if len(path.encode()) <= LONGEST_SOCKET:
        yield path
        return
    handle = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}/control.sock"
    finally:
        os.close(handle)


def new_key(control_socket: str) -> str:
    """What a caller of the control socket shows, made anew at each start. It lies beside the socket, for files can be
    kept from a process that a socket's path is open to: Landlock does not govern `connect`."""
    key, place = secrets.token_urlsafe(32), Path(control_socket).with_name(KEY)
    place.unlink(missing_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
        file.write(key)
    return key


def key_of(control_socket: str) -> str:
    """Empty where there is none that may be read."""
    try:
        return Path(control_socket).with_name(KEY).read_text().strip()
    except (OSError, ValueError):
        return ""

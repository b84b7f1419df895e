"""The data directory: that it can be written, that one server has it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classroom.errors import OperatorFault

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

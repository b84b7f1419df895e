"""A whole installation in one tar: the database as of one moment, recordings, courseware, and the local authority."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from classroom.errors import OperatorFault
from classroom.store.database import index_file
from web.server.settings import Settings

MANIFEST = "tongke.json"
FORMAT = 1
SQLITE = "tongke.sqlite"
POSTGRES = "tongke.pgdump"
FOLDERS = ("recordings", "courseware", "tls")
LEFT_OUT = Path("courseware/work")  # what is being made of what is there


def sqlite_file(settings: Settings) -> Path | None:
    scheme, _, path = settings.database_url.partition(":///")
    return Path(path) if scheme.partition("+")[0] == "sqlite" else None


def write(settings: Settings, into: IO[bytes], version: str) -> None:
    """Writes the tar, forwards only. Blocks; runs beside a server that works. Raises OperatorFault, OSError.

    What grows while it is read is taken as long as it was when its turn came: recordings only grow.
    """
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.data) as scratch, _tar(into) as tar:
        dump = _dump(settings, Path(scratch))
        manifest = json.dumps({"format": FORMAT, "version": version, "database": dump.name}).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(manifest)
        info.mode = 0o600
        with tempfile.SpooledTemporaryFile() as file:
            file.write(manifest)
            file.seek(0)
            tar.addfile(info, file)
        tar.add(dump, dump.name)
        for folder in FOLDERS:
            for path in sorted((settings.data / folder).rglob("*")):
                with contextlib.suppress(FileNotFoundError):  # a temporary name that is gone by now
                    if path.is_file() and not path.is_symlink() and not path.is_relative_to(settings.data / LEFT_OUT):
                        tar.add(path, str(path.relative_to(settings.data)), recursive=False)


@contextlib.contextmanager
def _tar(into: IO[bytes]) -> Iterator[tarfile.TarFile]:
    with tarfile.open(fileobj=into, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        yield tar


def _dump(settings: Settings, scratch: Path) -> Path:
    source = sqlite_file(settings)
    if source is not None:
        target = scratch / SQLITE
        with contextlib.closing(sqlite3.connect(source)) as live, contextlib.closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
        return target
    target = scratch / POSTGRES
    _postgres("pg_dump", settings, ["--format=custom", "--exclude-schema=search", f"--file={target}"])
    return target


def _postgres(program: str, settings: Settings, arguments: list[str]) -> None:
    if shutil.which(program) is None:
        raise OperatorFault(f"{program} is needed for a PostgreSQL installation, and is not installed")
    parts = urlsplit(settings.database_url)
    named = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }
    # By environment: arguments are seen by everyone on the machine.
    environment = os.environ | {key: value for key, value in named.items() if value}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OperatorFault(f"{program} failed: {' '.join(done.stderr.split())[:300]}")


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    """Files only, and only below the folder. (Python before 3.11.4 has no filter for `extractall`.)"""
    for member in tar:
        path = (folder / member.name).resolve()
        content = tar.extractfile(member) if member.isreg() else None
        if content is None or not path.is_relative_to(folder):
            raise tarfile.TarError(f"{member.name} is not of a backup")
        path.parent.mkdir(parents=True, exist_ok=True)
        with content, path.open("wb") as file:
            shutil.copyfileobj(content, file)
        path.chmod(member.mode & 0o755)


def restore(settings: Settings, file: Path, *, replace: bool) -> None:
    """Puts an installation back that is not running. Nothing is changed unless the whole file is sound.

    Raises OperatorFault: no backup of ours, or of a newer format, or there is an installation and not `replace`.
    """
    target = sqlite_file(settings)
    if not replace and (target is None or target.exists()):
        place = settings.data if target else "the database"
        raise OperatorFault(f"{place} may hold an installation already: --replace puts the backup in its place")
    with tempfile.TemporaryDirectory(prefix="restore-", dir=settings.data) as scratch_name:
        scratch = Path(scratch_name)
        try:
            with tarfile.open(file, "r:") as tar:
                _unpack(tar, scratch.resolve())
            manifest = json.loads((scratch / MANIFEST).read_bytes())
            database = scratch / str(manifest["database"])
            sound = manifest["format"] == FORMAT and database.parent == scratch and database.is_file()
        except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as fault:
            raise OperatorFault(f"{file} is no backup of Tongke, or is broken: {fault}") from None
        if not sound or database.name != (SQLITE if target is not None else POSTGRES):
            raise OperatorFault(f"{file} was made from another kind of database or a newer Tongke")
        if target is None:
            into = f"--dbname={urlsplit(settings.database_url).path.lstrip('/')}"
            options = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
            _postgres("pg_restore", settings, [*options, into, str(database)])
            _postgres("psql", settings, [into, "--quiet", "--command=DROP SCHEMA IF EXISTS search CASCADE"])
        else:
            index = index_file(target.name)
            for name in (f"{target.name}-wal", f"{target.name}-shm", index, f"{index}-wal", f"{index}-shm"):
                target.with_name(name).unlink(missing_ok=True)
            shutil.move(database, target)
        for folder in FOLDERS:
            if (scratch / folder).is_dir():
                shutil.rmtree(settings.data / folder, ignore_errors=True)
                shutil.move(scratch / folder, settings.data / folder)

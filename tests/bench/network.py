"""Where server and load meet: two network namespaces joined by a veth pair where that is allowed, else loopback."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNET = 0x40000000
HOSTS = ("10.213.0.1", "10.213.0.2")


@dataclass(frozen=True, slots=True)
class Network:
    """Inside `joined`, this thread and what it starts are the server's; `load_prefix` starts commands at the load."""

    name: str
    server: str
    load: str
    load_prefix: Sequence[str] = ()


LOOPBACK = Network("loopback", "127.0.0.1", "127.0.0.1")


@contextlib.contextmanager
def joined() -> Iterator[Network]:
    names = [f"tongke-bench-{side}-{os.getpid()}" for side in "sl"]
    if os.geteuid() != 0 or shutil.which("ip") is None or not _made(names):
        yield LOOPBACK
        return
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(Path(f"/run/netns/{names[0]}"))
        yield Network("veth", *HOSTS, ("ip", "netns", "exec", names[1]))
    finally:
        _set(home)
        os.close(home)
        _remove(names)


def _made(names: Sequence[str]) -> bool:
    ends = [f"tkb{side}{os.getpid() % 100000}" for side in "sl"]
    commands = [["netns", "add", name] for name in names]
    commands.append(["link", "add", ends[0], "netns", names[0], "type", "veth", "peer", ends[1], "netns", names[1]])
    for name, end, host in zip(names, ends, HOSTS, strict=True):
        commands.append(["-n", name, "address", "add", f"{host}/30", "dev", end])
        commands += [["-n", name, "link", "set", device, "up"] for device in ("lo", end)]
    for command in commands:
        if subprocess.run(["ip", *command], capture_output=True, check=False).returncode:
            _remove(names)
            return False
    return True


def _remove(names: Sequence[str]) -> None:
    for name in names:  # with the pair, when the first goes
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def _enter(namespace: Path) -> None:
    handle = os.open(namespace, os.O_RDONLY)
    try:
        _set(handle)
    finally:
        os.close(handle)


def _set(handle: int) -> None:
    """setns(2), of this thread alone; Python has it from 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

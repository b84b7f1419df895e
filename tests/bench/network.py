"""Where server and load meet: two network namespaces joined by a veth pair where that is allowed, else loopback.

What arrives is taken in by the core of whom it arrives at, as on two machines; else the sender's core would do the
receiver's work too, within its own system call.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import cores

CLONE_NEWNET = 0x40000000
LOOPBACK_HOST = "127.0.0.1"
NAMESPACES = Path("/run/netns")
HOSTS = ("10.213.0.1", "10.213.0.2")


@dataclass(frozen=True, slots=True)
class Network:
    """Inside `joined`, this thread and what it starts are the server's; `load_prefix` starts commands at the load, and
    inside `at_load` this thread is there."""

    name: str
    server: str
    load: str
    load_prefix: Sequence[str] = ()
    load_namespace: Path | None = None

    @contextlib.contextmanager
    def at_load(self) -> Iterator[None]:
        if self.load_namespace is None:
            yield
            return
        with _inside(self.load_namespace):
            yield


def serving_at(host: str, *, tls: bool = False) -> list[str]:
    """Options of `tongke serve` at the server's address."""
    if host == LOOPBACK_HOST and not tls:
        return []
    return ["--host", "0.0.0.0", "--tls", "auto" if tls else "off", "--public-ip", host]


LOOPBACK = Network("loopback", LOOPBACK_HOST, LOOPBACK_HOST)


@contextlib.contextmanager
def joined() -> Iterator[Network]:
    names = [f"tongke-bench-{side}-{os.getpid()}" for side in "sl"]
    if os.geteuid() != 0 or shutil.which("ip") is None or not _made(names):
        yield LOOPBACK
        return
    try:
        with _inside(NAMESPACES / names[0]):
            yield Network("veth", *HOSTS, ("ip", "netns", "exec", names[1]), NAMESPACES / names[1])
    finally:
        _remove(names)


def _made(names: Sequence[str]) -> bool:
    ends = [f"tkb{side}{os.getpid() % 100000}" for side in "sl"]
    commands = [["netns", "add", name] for name in names]
    commands.append(["link", "add", ends[0], "netns", names[0], "type", "veth", "peer", ends[1], "netns", names[1]])
    for name, end, host in zip(names, ends, HOSTS, strict=True):
        commands.append(["-n", name, "address", "add", f"{host}/30", "dev", end])
        commands += [["-n", name, "link", "set", device, "up"] for device in ("lo", end)]
    for name, end, core in zip(names, ends, (cores.SERVER, cores.load()), strict=True):
        steer = f"echo {1 << core:x} > /sys/class/net/{end}/queues/rx-0/rps_cpus"  # Linux: networking/scaling.rst, RPS
        commands.append(["netns", "exec", name, "sh", "-c", steer])
    for command in commands:
        if subprocess.run(["ip", *command], capture_output=True, check=False).returncode:
            _remove(names)
            return False
    return True


def _remove(names: Sequence[str]) -> None:
    for name in names:  # with the pair, when the first goes
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


@contextlib.contextmanager
def _inside(namespace: Path) -> Iterator[None]:
    home, there = (os.open(path, os.O_RDONLY) for path in ("/proc/thread-self/ns/net", namespace))
    try:
        _set(there)
        yield
    finally:
        _set(home)
        os.close(home)
        os.close(there)


def _set(handle: int) -> None:
    """setns(2), of this thread alone; Python has it from 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

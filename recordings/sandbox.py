"""Where files of strangers are opened: a process of little memory, time and rights, without a network.

`confine` is called in the child before it looks at anything; `Sandbox` is the server's end.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recordings import landlock

UID = 64_217
"""Nobody's: where the server is root, the sandbox is this one, above what systems give and below `nobody`."""
NICE = 10
LONGEST_LINE = 64 * 1024

CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
APART = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38


@dataclass(frozen=True, slots=True)
class Limits:
    """`idle_s`: without a line of progress for so long, it hangs. `wall_s`: all in all."""

    memory_bytes: int = 2 << 30
    cpu_s: int = 900
    file_bytes: int = 512 << 20
    idle_s: float = 90.0
    wall_s: float = 1800.0


@dataclass(frozen=True, slots=True)
class Confined:
    """What this system allows: a user of its own, a network and processes of its own, no files but its own."""

    own_user: bool
    apart: bool
    fenced: bool


def confine(limits: Limits, reads: Sequence[str] = (), sockets: Sequence[str] = ()) -> Confined:
    """From here on this process can do little. What it needs must be imported before; what programs that it starts need
    to read is in `reads`, and where they make sockets in `sockets`. It writes in its working folder. In namespaces of
    its own it is their first process, so all that it starts ends with it."""
    libc = ctypes.CDLL(None, use_errno=True)
    os.nice(NICE)
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        resource.setrlimit(kind, (most, most))
    root = os.geteuid() == 0
    apart = root and libc.unshare(APART) == 0
    own_user = root and _leave_root()
    if not apart:
        apart = libc.unshare(CLONE_NEWUSER | APART) == 0
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a server that was killed leaves nothing behind
    if apart and (child := os.fork()):
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return Confined(own_user, apart, landlock.fence(reads, sockets))


def _leave_root() -> bool:
    try:
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
    except OSError:  # in a container that maps few users
        return False
    return True


class Exhausted(Exception):
    """It took more time or memory than it may have, and has been killed, or died of it."""


class Sandbox:
    """One process in a folder of its own, and what it says, line by line."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder, self._limits = folder, limits
        self._process: asyncio.subprocess.Process | None = None

    async def lines(self, arguments: Sequence[str], given: int) -> AsyncGenerator[bytes]:
        """Runs a module with `given`, a file that is open, as its standard input. Raises Exhausted, OSError."""
        if os.geteuid() == 0:
            with contextlib.suppress(OSError):
                os.chown(self._folder, UID, UID)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            cwd=self._folder,
            stdin=given,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,  # so that it can be killed with what it starts
            limit=LONGEST_LINE,
        )
        said = self._process.stdout
        if said is None:
            raise OSError("the sandbox has no voice")
        until = asyncio.get_running_loop().time() + self._limits.wall_s
        try:
            while True:
                left_s = until - asyncio.get_running_loop().time()
                async with asyncio.timeout(max(0.0, min(self._limits.idle_s, left_s))):
                    line = await said.readline()
                if not line:
                    break
                yield line
            async with asyncio.timeout_at(until):  # for it may have closed its mouth and go on
                code = await self._process.wait()
            if code not in (0, 1):  # not by its own will: readers of files die where memory ends
                raise Exhausted
        except TimeoutError:
            raise Exhausted from None
        except ValueError:  # a line without end: not what our child says
            raise OSError("the sandbox cannot be understood") from None
        finally:
            await self.kill()

    async def kill(self) -> None:
        self.stop()
        if self._process is not None:
            await self._process.wait()

    def stop(self) -> None:
        """Kills it, and does not wait for its end."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Nothing of the server's: its environment holds secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV") if name in os.environ}
    return {
        **kept,
        "HOME": "/proc/self/cwd",
        "TMPDIR": "/proc/self/cwd",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


def lacks() -> str:
    """What this system does not allow, in words for its operator. Confines the process that asks."""
    root, made = os.geteuid() == 0, confine(Limits())
    missing = [] if made.apart else ["without namespaces: it could reach the network"]
    if root and not made.own_user:
        missing.append("as root")
    elif not made.own_user and not made.fenced:
        missing.append("as the server's own user, without Landlock: it could read what the server keeps")
    return "; ".join(missing)


if __name__ == "__main__":
    print(lacks())  # noqa: T201 - `tongke doctor` reads it

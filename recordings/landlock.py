"""Landlock: a process gives up all files but some, for itself and what it starts, needing no rights to do so.

https://docs.kernel.org/userspace-api/landlock.html; Linux 5.13 has it, where it was built in and is switched on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Sequence

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
ASK_VERSION, PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
READ = EXECUTE | READ_FILE | READ_DIR
MAKE_SOCK = 1 << 9
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # truncating, ioctl: what a rule of a file may name
BY_VERSION = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights over files there are from which version on. Those that a kernel does not know, it would refuse."""
TCP_FROM, SCOPES_FROM = 4, 6
BIND_AND_CONNECT, SOCKETS_AND_SIGNALS = 0b11, 0b11


class Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Of what this kernel offers; 0 where that is nothing."""
    return max(0, _call(CREATE_RULESET, None, 0, ASK_VERSION))


def fence(reads: Sequence[str], sockets: Sequence[str] = ()) -> bool:
    """From here on this process reads nothing but what `reads` leads to, writes and makes nothing but in its working
    folder (and sockets in `sockets`), and reaches neither TCP nor processes outside, where the kernel knows that. What
    a rule cannot be made for is not opened to it. False where it cannot be confined at all."""
    offered = version()
    if offered == 0:
        return False
    all_rights = (1 << max(many for least, many in BY_VERSION.items() if least <= offered)) - 1
    net = BIND_AND_CONNECT if offered >= TCP_FROM else 0
    scoped = SOCKETS_AND_SIGNALS if offered >= SCOPES_FROM else 0
    handled = Ruleset(all_rights, net, scoped)
    rules = _call(CREATE_RULESET, ctypes.byref(handled), _known(offered), 0)
    if rules < 0:
        return False
    try:
        # By no path from the root: the folders above may be another's by now.
        allowed = [(os.curdir, all_rights), *((path, READ & all_rights) for path in reads)]
        allowed += [(path, MAKE_SOCK) for path in sockets]
        allowed.append((os.devnull, (READ_FILE | WRITE_FILE) & all_rights))
        for path, rights in allowed:
            _allow(rules, path, rights)
        return _call(RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _known(offered: int) -> int:
    """How much of `Ruleset` this kernel knows, in bytes."""
    return 8 if offered < TCP_FROM else 16 if offered < SCOPES_FROM else 24


def _allow(rules: int, path: str, rights: int) -> None:
    """What is not there needs no right."""
    with contextlib.suppress(OSError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = Beneath(rights if os.path.isdir(path) else rights & OF_FILES, place)  # noqa: PTH112
            _call(ADD_RULE, rules, PATH_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(place)


def _call(*arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return int(libc.syscall(*(ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)))

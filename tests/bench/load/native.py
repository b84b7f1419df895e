"""Compiles the load's C and loads it. libsrtp is pylibsrtp's: its functions are called by their addresses."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from cffi import FFI
from pylibsrtp import Session, _binding

FOLDER = Path(__file__).parent
OUT = FOLDER.parent.parent.parent / "build" / "bench"
_SRTP = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")


def compiled(name: str, *sources: str) -> Path:
    """A shared library of these sources, compiled anew where one is younger. Raises CalledProcessError."""
    files = [FOLDER / source for source in sources]
    newest = max(path.stat().st_mtime for path in FOLDER.glob("*.[ch]"))
    out = OUT / f"lib{name}.so"
    if not out.exists() or out.stat().st_mtime < newest:
        OUT.mkdir(parents=True, exist_ok=True)
        beside = out.with_suffix(f".{os.getpid()}")  # two may build it at once
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", beside, *files, "-lpthread"], check=True)
        beside.replace(out)
    return out


def load(name: str, header: str, *sources: str) -> tuple[Any, Any]:
    """cffi's `ffi` and the library."""
    ffi: Any = FFI()
    ffi.cdef((FOLDER / header).read_text())
    return ffi, ffi.dlopen(str(compiled(name, *sources)))


def _address(of: Any) -> int:
    return int(_binding.ffi.cast("uintptr_t", of))


def srtp_functions() -> list[int]:
    """Addresses of protect, unprotect, and the same for RTCP."""
    return [_address(_binding.ffi.addressof(_binding.lib, name)) for name in _SRTP]


def context(session: Session) -> int:
    """The address of libsrtp's context, which lives as long as the session."""
    return _address(session._srtp[0])

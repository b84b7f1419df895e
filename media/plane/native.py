"""Loads the native module and says how its answers become exceptions; `plane.h` is the interface."""

import importlib.util
import socket
from ipaddress import IPv6Address
from pathlib import Path as File
from typing import Any

from cffi import FFI
from pylibsrtp import Session, _binding

ffi: Any = FFI()
ffi.cdef(File(__file__).with_name("plane.h").read_text())


def _load() -> Any:
    spec = importlib.util.find_spec("media.plane._plane")
    if spec is None or spec.origin is None:
        raise ImportError("the forwarding plane is not built: run `make setup`")
    return ffi.dlopen(spec.origin)


lib = _load()
LONGEST_LABEL = 16  # mid and rid, in bytes: what a one-byte header extension holds (RFC 8285 §4.2)
_SRTP = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")


def _address(of: Any) -> int:
    return int(_binding.ffi.cast("uintptr_t", of))


def new_plane() -> Any:
    functions = [_address(_binding.ffi.addressof(_binding.lib, name)) for name in _SRTP]
    plane = lib.plane_new(*functions)
    if plane == ffi.NULL:
        raise MemoryError
    return ffi.gc(plane, lib.plane_free)


def context(session: Session) -> int:
    """The address of libsrtp's context, which lives as long as the session."""
    return _address(session._srtp[0])


def label(text: str) -> bytes:
    data = text.encode()
    if len(data) > LONGEST_LABEL or b"\0" in data:
        raise ValueError(f"a mid or rid has at most {LONGEST_LABEL} bytes")
    return data


def found(answer: int, thing: int) -> int:
    """The answer of a native call about `thing`, as an exception where it is one."""
    if answer == lib.PLANE_NOT_FOUND:
        raise KeyError(thing)
    if answer == lib.PLANE_IN_USE:
        raise ValueError("an SSRC serves one slot of a peer, once")
    if answer == lib.PLANE_NO_PATH:
        raise ValueError("the path is of a socket that the plane does not have")
    if answer == lib.PLANE_TOO_MANY:
        raise ValueError(
            "a section has at most 32 formats, a peer 4096 outgoing SSRCs in its life, its password 64 bytes"
        )
    if answer < 0:
        raise MemoryError
    return answer


def native_path(path: bytes) -> Any:
    if len(path) != ffi.sizeof("struct plane_path"):
        raise ValueError("not a path of this plane")
    return ffi.from_buffer("struct plane_path *", path)


def remote(path: bytes) -> tuple[str, int]:
    native = native_path(path)
    address = bytes(native.remote)
    port = socket.ntohs(native.port)
    if native.family == 4:
        return socket.inet_ntop(socket.AF_INET, address[:4]), port
    ip = IPv6Address(address)
    return str(ip.ipv4_mapped or ip), port

"""Where this machine can be reached, and which names it may be asked by."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import ifaddr

from web.server.settings import Settings, is_loopback


def of_machine() -> list[str]:
    """Addresses of this machine that others can reach it by: IPv4 first, neither loopback nor link-local."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            address = ipaddress.ip_address(text.partition("%")[0])
            if not (address.is_loopback or address.is_link_local) and str(address) not in found:
                found.append(str(address))
    return sorted(found, key=lambda text: ":" in text)


def candidates(settings: Settings) -> Sequence[str]:
    """The addresses offered for media: what was given, else what the server listens on."""
    if settings.public_ip:
        return settings.public_ip
    if settings.loopback and not settings.proxied:
        return ("127.0.0.1",)
    return tuple(of_machine()) or ("127.0.0.1",)


def names(settings: Settings) -> list[str]:
    """Names and addresses that the server is asked by; what its certificate is made for."""
    host = socket.gethostname().lower()
    known = ["localhost", "127.0.0.1", "::1", host]
    if "." not in host:
        known.append(f"{host}.local")
    known += settings.public_ip
    if settings.public_url:
        known.append(urlsplit(settings.public_url).hostname or "")
    if settings.host not in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared with, not bound to
        known.append(settings.host)
    if not settings.loopback:
        known += of_machine()
    return list(dict.fromkeys(name for name in known if name))


def may_be_asked_as(host: str, settings: Settings, known: Sequence[str]) -> bool:
    """Whether a Host header names us. Addresses always do: only a name can be rebound to us by someone else's DNS."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name in known or is_loopback(name):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return not settings.loopback or bool(settings.public_url)


def in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def trust(settings: Settings, base: str) -> dict[str, str]:
    """What a process must have in its environment to believe this server."""
    if base.startswith("https:") and settings.tls == "auto":
        return {"SSL_CERT_FILE": str(settings.data / "tls" / "ca.crt")}
    return {}


def base_url(settings: Settings, port: int | None = None) -> str:
    """The address to print for people: a name or address that reaches the server, with the port it listens on."""
    if settings.public_url:
        return settings.public_url
    scheme = "https" if settings.with_tls else "http"
    if settings.loopback:
        host = settings.host
    elif settings.host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared with, not bound to
        host = (*settings.public_ip, *of_machine(), "localhost")[0]
    else:
        host = settings.host
    return f"{scheme}://{in_url(host)}:{port or settings.port}"

"""Random ids and secrets. Nothing pure imports this: the rules get their randomness as an argument."""

from __future__ import annotations

import hashlib
import secrets

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 of them, so that each is as likely as the others where a byte chooses."""


def new_id() -> str:
    """100 random bits in 20 lower-case letters and digits, none of which can be taken for another."""
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in secrets.token_bytes(20))


def new_code() -> str:
    """A join code: 8 digits, the first not 0. Whether it is free, only the store knows."""
    return str(10_000_000 + secrets.randbelow(90_000_000))


def new_pairing_code() -> str:
    """40 random bits in 8 lower-case letters and digits: no digits alone, so that nobody takes it for a join code."""
    while (code := "".join(secrets.choice(ALPHABET) for _ in range(8))).isdigit():
        pass
    return code


def new_secret() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What the store keeps of a secret that `new_secret` made (SHA-256; 256 random bits cannot be guessed). Any text
    has one, also what a header's stray bytes are read as."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()

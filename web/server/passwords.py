"""Passwords as argon2id, hashed in threads: one takes tens of milliseconds, which the event loop does not have."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from classroom.errors import ClientFault

SHORTEST = 8
LONGEST = 200


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        # Two at a time: each takes 64 MB, and lessons go on beside them.
        self._turns = asyncio.Semaphore(2)
        self._nobody = ""

    async def hashed(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise ClientFault("password_length", f"A password has {SHORTEST} to {LONGEST} characters.")
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether this is the password. None stands for an account that is not there, and takes as long."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, password, stored)

    def _verify(self, password: str, stored: str | None) -> bool:
        self._nobody = self._nobody or self._hasher.hash("nobody")
        try:
            return self._hasher.verify(stored or self._nobody, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

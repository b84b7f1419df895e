"""How many sockets and files this process may have open."""

from __future__ import annotations

import resource

ENOUGH = 16_384  # the largest lesson's tablets, with room for a flood that is being refused


def allow_enough() -> None:
    """As many as the largest lesson needs, or as the system permits: a shell's usual 1,024 are too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

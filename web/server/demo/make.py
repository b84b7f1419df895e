"""`python -m web.server.demo.make`: makes the clip in a process that can be stopped. Prints 0 to 1, then the path."""

from __future__ import annotations

import sys

from web.server.demo import clip


def main() -> None:
    say(str(clip.ensure(progress=lambda done: say(f"{done:.3f}"))))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""The load as a process: `python -m tests.bench.load CORE`; one JSON object a line in, one out.

    {"do": "open", "system": NAME, "access": {…}, "host": ADDRESS, "profiles": [NAME…], "pids": [PID…]}
    {"do": "publish"}   {"do": "subscribe", "count": N}   {"do": "leave", "count": N}
    {"do": "measure", "pacing": "paced" | "burst", "seconds": N}   {"do": "idle", "seconds": N}
    {"do": "direct", …}   {"do": "join", "clients": N}   {"do": "sink", "count": N}

An answer is {"error": "…"} where it failed. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from tests.bench.load.work import Work


async def main() -> None:
    if len(sys.argv) > 1:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    work = Work()
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        message: dict[str, Any] = json.loads(line)
        try:
            answer = await getattr(work, "do_" + message.pop("do"))(**message)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer or {}), flush=True)
    await work.close()


if __name__ == "__main__":
    asyncio.run(main())

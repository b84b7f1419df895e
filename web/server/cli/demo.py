"""`tongke demo`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from web.server import logs
from web.server.cli.common import DataOption, JsonOption, err, out
from web.server.cli.serving import LogOption, MediaPortOption, PortOption, PublicIpOption, TlsOption, run
from web.server.settings import Settings, load

WORDS = {
    "teach": "the lead teacher's desk",
    "display": "a remote room's big screen",
    "join": "a student's tablet",
    "library": "recordings",
    "staff": "staff and administration",
}


def demo_directory() -> Path:
    """Beside other programs' data (freedesktop.org base directories), never in an installation's."""
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "tongke" / "demo"


def demo(
    lan: Annotated[bool, typer.Option("--lan", help="For other devices too, over TLS.")] = False,
    port: PortOption = None,
    data: DataOption = None,
    media_port: MediaPortOption = None,
    public_ip: PublicIpOption = None,
    tls: TlsOption = None,
    log: LogOption = None,
    sample: Annotated[
        bool, typer.Option(help="Play a sample lesson into the library, the first time.", show_default=False)
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """A server with a demo school, and a simulated lead classroom that sends Ultra HD video."""
    settings = load(
        host="0.0.0.0" if lan else "127.0.0.1",  # noqa: S104
        port=port,
        data=data or demo_directory(),
        database="",
        storage="",
        media_port=media_port,
        public_ip=public_ip or None,
        public_url="",
        tls=tls,
        log=log,
    )
    logs.configure(settings.log)
    run(_demo(settings, sample, as_json))


async def _demo(settings: Settings, sample: bool, as_json: bool) -> None:
    import segno
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from web.server.demo.run import Shown, demonstrated
    from web.server.serve import stop_signal

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )

    def show(shown: Shown) -> None:
        if as_json:
            print(json.dumps(shown.json()), flush=True)
            return
        for name, path in shown.demo.pages.items():
            out.print(f"{WORDS[name]:28} {shown.base}{path}", markup=False, highlight=False, soft_wrap=True)
        for name in ("join", "display"):
            out.print(f"\n{WORDS[name]}:", markup=False)
            segno.make(shown.base + shown.demo.pages[name], micro=False).terminal(compact=True)
        if settings.with_tls:
            out.print(f"Other devices must trust this server first: {shown.base}/trust", markup=False, soft_wrap=True)
        out.print("Stop with Ctrl-C.")

    def bar() -> Progress:
        return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)

    def task(of: Progress, words: str) -> Callable[[float], None]:
        number = of.add_task(words, total=1.0, visible=False)
        return lambda done: of.update(number, completed=done, visible=done < 1.0)

    async def work() -> None:
        before, after, over = bar(), bar(), asyncio.Event()
        clip = task(before, "Making the demo clip")
        played = task(after, "Playing a sample lesson into the library")

        def playing(done: float) -> None:
            played(done)
            if done == 1.0:
                over.set()

        context = demonstrated(settings, clip, playing if sample else None)
        with before:
            shown = await context.__aenter__()
        try:
            show(shown)
            if sample:
                with after:
                    await over.wait()
            await asyncio.Event().wait()
        finally:
            await context.__aexit__(None, None, None)

    told = asyncio.create_task(stop_signal().wait())
    working = asyncio.create_task(work())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait({working})
    if not working.cancelled():
        working.result()

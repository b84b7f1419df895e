"""`tongke serve`."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Annotated, Any

import typer

from web.server import logs
from web.server.cli.common import DatabaseOption, DataOption, err
from web.server.settings import Settings, load

HostOption = Annotated[str | None, typer.Option(help="The address to listen on; 0.0.0.0 for all.")]
PortOption = Annotated[int | None, typer.Option(help="TCP port of pages and API; 0 for any free one.")]
MediaPortOption = Annotated[
    int | None, typer.Option(help="Port of media, UDP and TCP; worker n has this plus n. 0: any.")
]
WorkersOption = Annotated[int | None, typer.Option(help="Processes that forward media.")]
PlacesOption = Annotated[
    int | None,
    typer.Option(
        help="Participants that one of them sends to before students at home and observers watch by HLS. 0: any number."
    ),
]
PublicIpOption = Annotated[
    list[str] | None, typer.Option("--public-ip", help="Address that media are offered at; may be given again.")
]
PublicUrlOption = Annotated[
    str | None, typer.Option(help="Where people reach the server, when a proxy stands before it.")
]
RedisOption = Annotated[
    str | None,
    typer.Option(help="Where the nodes of an installation meet; only for more than one.", metavar="redis://HOST"),
]
StorageOption = Annotated[
    str | None,
    typer.Option(
        help="Where recordings go as they are made; its credentials stand in the environment (AWS_ACCESS_KEY_ID, …).",
        metavar="s3://BUCKET|gs://…|az://…|file:///DIR",
    ),
]
StorageMbitOption = Annotated[
    float | None, typer.Option(help="Mbit/s at most that recordings go there with while a lesson is live.")
]
StorageRedirectOption = Annotated[
    bool | None,
    typer.Option(
        "--storage-redirect/--no-storage-redirect", help="Send players to the storage itself, by signed addresses."
    ),
]
KeepLocalOption = Annotated[
    float | None, typer.Option(help="Days that a recording stays on this disk too after all of it is in the storage.")
]
NodeUrlOption = Annotated[
    str | None, typer.Option("--node-url", help="Where media clients reach this node of several.", metavar="URL")
]
TurnOption = Annotated[
    str | None,
    typer.Option(
        help="A relay for networks that let neither through, and the secret it shares; better set as TONGKE_TURN.",
        metavar="URL,SECRET",
    ),
]
TlsOption = Annotated[str | None, typer.Option(help="Encryption.", metavar="auto|off|CERT,KEY|acme:DOMAIN")]
LiveOriginsOption = Annotated[
    str | None,
    typer.Option(
        help="Sites whose players may fetch running lessons by HLS, with commas; * for all.", metavar="ORIGIN,…"
    ),
]
CaptionsHookOption = Annotated[
    str | None,
    typer.Option(help="A service that is asked for captions of every recording (docs/captions.md).", metavar="URL"),
]
CaptionsSecretOption = Annotated[
    str | None, typer.Option(help="What that service knows our requests by; better set as TONGKE_CAPTIONS_SECRET.")
]
LrsOption = Annotated[
    str | None,
    typer.Option(help="A learning record store that is told what is watched (docs/exchange.md).", metavar="URL"),
]
LrsAuthOption = Annotated[
    str | None,
    typer.Option(help="What that store knows us by; better set as TONGKE_LRS_AUTH.", metavar="KEY:SECRET"),
]
LrsNamesOption = Annotated[
    bool | None,
    typer.Option("--lrs-names", help="Tell it the names of those who watch, too.", show_default=False),
]
VocabulariesOption = Annotated[
    Path | None,
    typer.Option(help="A district's own lists of subjects, grades, … (docs/vocabularies.md).", metavar="DIR"),
]
HarvestOption = Annotated[
    bool | None,
    typer.Option("--harvest/--no-harvest", help="Tell anyone of what is published for all, by /oai and /feed."),
]
ContactOption = Annotated[
    str | None, typer.Option(help="Whom harvesters write to; else the postmaster.", metavar="E-MAIL")
]
OpeningsOption = Annotated[
    int | None, typer.Option(help="For so many days it is kept who opened which recording (365).", metavar="DAYS")
]
UploadsOption = Annotated[
    float | None, typer.Option(help="So much may be in the library of what one teacher brought in (20).", metavar="GB")
]
LogOption = Annotated[str | None, typer.Option(help="Style of the log.", metavar="auto|json|console")]


def run(main: Any) -> Any:
    """asyncio.run on uvloop where there is one."""
    gc.disable()  # until it serves: what is imported stays, and looking for garbage in it takes a sixth of a start
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


def serve(
    host: HostOption = None,
    port: PortOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    redis: RedisOption = None,
    storage: StorageOption = None,
    storage_mbit: StorageMbitOption = None,
    storage_redirect: StorageRedirectOption = None,
    keep_local: KeepLocalOption = None,
    node_url: NodeUrlOption = None,
    media_port: MediaPortOption = None,
    media_workers: WorkersOption = None,
    media_places: PlacesOption = None,
    public_ip: PublicIpOption = None,
    public_url: PublicUrlOption = None,
    turn: TurnOption = None,
    tls: TlsOption = None,
    live_origins: LiveOriginsOption = None,
    captions_hook: CaptionsHookOption = None,
    captions_secret: CaptionsSecretOption = None,
    lrs: LrsOption = None,
    lrs_auth: LrsAuthOption = None,
    lrs_names: LrsNamesOption = None,
    vocabularies: VocabulariesOption = None,
    harvest: HarvestOption = None,
    contact: ContactOption = None,
    openings_days: OpeningsOption = None,
    uploads_gb: UploadsOption = None,
    log: LogOption = None,
) -> None:
    """The server."""
    settings = load(
        host=host,
        port=port,
        data=data,
        database=database,
        redis=redis,
        storage=storage,
        storage_mbit=storage_mbit,
        storage_redirect=storage_redirect,
        keep_local=keep_local,
        node_url=node_url,
        media_port=media_port,
        media_workers=media_workers,
        media_places=media_places,
        public_ip=public_ip or None,
        public_url=public_url,
        turn=turn,
        tls=tls,
        live_origins=live_origins,
        captions_hook=captions_hook,
        lrs=lrs,
        lrs_auth=lrs_auth,
        lrs_names=lrs_names,
        captions_secret=captions_secret,
        vocabularies=vocabularies,
        harvest=harvest,
        contact=contact,
        openings_days=openings_days,
        uploads_gb=uploads_gb,
        log=log,
    )
    logs.configure(settings.log)
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from web.server.serve import running, setup_secret, stop_signal

    told = stop_signal()
    async with running(settings) as server:
        secret = await setup_secret(server.parts)
        if secret is not None:
            err.print(f"Make the first administrator: {server.base}/setup#{secret}", markup=False, soft_wrap=True)
        else:
            err.print(f"Tongke is at {server.base}", markup=False, soft_wrap=True)
        await told.wait()

"""What an operator can set: command line over environment (TONGKE_*) over `.env` over these defaults."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from classroom.errors import OperatorFault
from recordings.storage import SCHEMES
from web.server.turn import Turn

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TONGKE_", env_file=".env", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: Port = 8443
    data: Path = Path("data")
    database: str = ""
    redis: str = ""
    storage: str = ""
    storage_mbit: Annotated[float, Field(gt=0, le=100_000)] = 20.0
    storage_redirect: bool = False
    keep_local: Annotated[float, Field(ge=0, le=36_500)] = 7.0
    node_url: str = ""
    media_port: Port = 7100
    media_workers: Annotated[int, Field(ge=1, le=64)] = 1
    media_places: Annotated[int, Field(ge=0, le=100_000)] = 1000
    public_ip: Annotated[tuple[str, ...], NoDecode] = ()
    public_url: str = ""
    live_origins: Annotated[tuple[str, ...], NoDecode] = ()
    turn: Annotated[Turn | None, NoDecode] = None
    tls: str = "auto"
    metrics_token: str = ""
    captions_hook: str = ""
    captions_secret: str = ""
    lrs: str = ""
    lrs_auth: str = ""
    lrs_names: bool = False
    vocabularies: Path | None = None
    harvest: bool = False
    openings_days: Annotated[int, Field(ge=1, le=3650)] = 365
    uploads_gb: Annotated[float, Field(gt=0, le=100_000)] = 20.0
    contact: str = ""
    log: Literal["auto", "json", "console"] = "auto"

    @field_validator("public_ip", "live_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        return tuple(value)

    @field_validator("public_ip")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_address(part)) for part in value)

    @field_validator("live_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            split = urlsplit(origin)
            if origin != "*" and (split.scheme not in {"http", "https"} or not split.netloc or split.path):
                raise ValueError("origins like https://portal.example, or *")
        return value

    @field_validator("public_url", "node_url", "captions_hook", "lrs")
    @classmethod
    def _url(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
            raise ValueError("an address like https://school.example")
        return value.rstrip("/")

    @field_validator("lrs_auth")
    @classmethod
    def _key(cls, value: str) -> str:
        if value and not all(value.partition(":")):
            raise ValueError("KEY:SECRET")
        return value

    @field_validator("redis")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("an address like redis://host:6379/0")
        return value

    @field_validator("storage")
    @classmethod
    def _storage(cls, value: str) -> str:
        parts = urlsplit(value)
        if "@" in parts.netloc or parts.query:
            raise ValueError("credentials and options of a storage stand in the environment (AWS_ACCESS_KEY_ID, …)")
        known = parts.scheme in SCHEMES and (parts.path if parts.scheme == "file" else parts.netloc)
        if value and not known:
            raise ValueError("an address like s3://bucket/folder, gs://…, az://… or file:///directory")
        return value.rstrip("/")

    @field_validator("turn", mode="before")
    @classmethod
    def _turn(cls, value: Any) -> Any:
        return (Turn.read(value) if value else None) if isinstance(value, str) else value

    @field_validator("tls")
    @classmethod
    def _tls(cls, value: str) -> str:
        if value in {"auto", "off"} or value.startswith("acme:") or value.count(",") == 1:
            return value
        raise ValueError("auto, off, CERT,KEY or acme:DOMAIN")

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.data / 'tongke.sqlite').resolve()}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def proxied(self) -> bool:
        """Whether pages come by a proxy on this machine; media, which no proxy passes on, still come from anywhere."""
        return self.loopback and bool(self.public_url)

    @property
    def with_tls(self) -> bool:
        return self.tls != "off" and not (self.tls == "auto" and self.loopback)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def load(**given: Any) -> Settings:
    """Settings from everywhere; `given` are the command line's, None for an option that was not used.

    Raises OperatorFault with one line that names the option.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as fault:
        first = fault.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else "settings"
        reason = first["msg"].removeprefix("Value error, ")
        secret = option in ("--turn", "--storage", "--captions-hook", "--lrs-auth", "--lrs")
        given_instead = "" if secret else f", not {first['input']!r}"
        raise OperatorFault(f"{option}: {reason}{given_instead}") from None

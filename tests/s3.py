"""A real S3 for the tests: moto's server, which checks signatures, and a relay before it that can be bad."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import boto3
from botocore.config import Config

from tests.processes import free_port

START_S = 20.0
BUCKET = "school"
SET_UP = 4  # calls that need no key: those that make the user, its key and its rights, and the bucket


class S3:
    """One bucket, and a user with a key who may do anything in it. `environment` is what a server needs to use it."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            env=os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(SET_UP)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + START_S
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("moto does not start")
            time.sleep(0.05)
        nobody = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        iam = self._client("iam", **nobody)
        iam.create_user(UserName="tongke")
        key = iam.create_access_key(UserName="tongke")["AccessKey"]
        allow = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
        iam.put_user_policy(UserName="tongke", PolicyName="all", PolicyDocument=allow)
        self.key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        self.client = self._client("s3", aws_access_key_id=self.key, aws_secret_access_key=self.secret)
        self.client.create_bucket(Bucket=BUCKET)

    def environment(self, port: int | None = None) -> dict[str, str]:
        """To reach it at that port of loopback, a relay's."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}",
            "AWS_REGION": "us-east-1",
        }

    @contextlib.contextmanager
    def trusting(self) -> Iterator[None]:
        """It checks no signatures: moto knows none that stand in an address."""
        self._free(1 << 30)
        yield
        self._free(0)

    def _free(self, calls: int) -> None:
        address = f"http://127.0.0.1:{self.port}/moto-api/reset-auth"
        request = urllib.request.Request(address, str(calls).encode(), {"Content-Type": "text/plain"})
        urllib.request.urlopen(request).close()

    def objects(self, prefix: str = "") -> dict[str, int]:
        """Name → size."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {one["Key"]: one["Size"] for page in pages for one in page.get("Contents", [])}

    def content(self, name: str) -> bytes:
        return bytes(self.client.get_object(Bucket=BUCKET, Key=name)["Body"].read())

    def empty(self) -> None:
        for name in self.objects():
            self.client.delete_object(Bucket=BUCKET, Key=name)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _client(self, what: Any, **key: str) -> Any:
        path_style = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0})
        address = f"http://127.0.0.1:{self.port}"
        return boto3.client(what, endpoint_url=address, region_name="us-east-1", config=path_style, **key)


Mood = Literal["good", "slow", "silent", "failing", "denied", "truncated", "short", "forged", "spoilt", "shut"]


class Relay:
    """Passes everything on to the store, as its `mood` is: `slow` gives a megabyte a second, `silent` answers nothing,
    `failing` with 500, `denied` with 403, `truncated` ends bodies half way, `short` does so and says that it is all,
    `forged` gives other bytes, `spoilt` passes on other bytes than it was sent, `shut` hangs up. `for_us_alone`: no
    page may read it (moto lets all)."""

    def __init__(self, port: int) -> None:
        self.mood: Mood = "good"
        self.for_us_alone = False
        self.asked: list[tuple[str, str]] = []
        self.given_bytes = 0
        self._to = port
        self._awake = threading.Event()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with contextlib.suppress(ConnectionError):
                    super().handle_one_request()

            def any(self) -> None:
                relay.pass_on(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = any

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def pass_on(self, asked: BaseHTTPRequestHandler) -> None:
        mood = self.mood
        self.asked.append((asked.command, asked.path))
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        if mood == "shut":
            asked.close_connection = True
            return
        if mood == "silent":
            self._awake.wait()
            asked.close_connection = True
            return
        if mood in ("failing", "denied"):
            status, code = (500, "InternalError") if mood == "failing" else (403, "SignatureDoesNotMatch")
            self._answer(asked, status, {}, f"<Error><Code>{code}</Code><Key>SECRET</Key></Error>".encode())
            return
        if mood == "spoilt" and asked.command == "PUT" and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        connection = http.client.HTTPConnection("127.0.0.1", self._to)
        connection.request(asked.command, asked.path, body or None, dict(asked.headers))
        answer = connection.getresponse()
        content = answer.read()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in ("connection", "date")}
        connection.close()
        if self.for_us_alone:
            headers = {name: value for name, value in headers.items() if not name.startswith("Access-Control-")}
        if mood == "forged" and asked.command == "GET" and content and "list-type" not in asked.path:
            content = content[:-1] + bytes([content[-1] ^ 1])
        if mood == "short" and asked.command == "GET" and "list-type" not in asked.path:
            content = content[: len(content) // 2]
            headers["Content-Length"] = str(len(content))
        self.given_bytes += len(content)
        self._answer(asked, answer.status, headers, content, mood)

    def close(self) -> None:
        self._awake.set()
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def _answer(
        asked: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes, mood: Mood = "good"
    ) -> None:
        asked.send_response_only(status)
        headers.setdefault("Content-Length", str(len(content)))
        for name, value in headers.items():
            asked.send_header(name, value)
        asked.end_headers()
        if asked.command == "HEAD":
            return
        if mood == "truncated" and asked.command == "GET":
            content, asked.close_connection = content[: len(content) // 2], True
        step = 100_000 if mood == "slow" else 1 << 20
        for begin in range(0, len(content), step):
            asked.wfile.write(content[begin : begin + step])
            if mood == "slow":
                time.sleep(step / 1e6)


@contextlib.contextmanager
def s3() -> Iterator[S3]:
    store = S3()
    try:
        yield store
    finally:
        store.stop()


@contextlib.contextmanager
def relayed(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()

"""Object storage and what it may do wrong: a real S3 behind a relay, and a directory."""

from __future__ import annotations

import hashlib
import io
import os
import urllib.request
from pathlib import Path

import pytest

from recordings.storage import PIECE_BYTES, Storage, StorageFault
from tests.s3 import BUCKET, S3, Relay

DATA = os.urandom(300_000)


@pytest.fixture
def storage(relay: Relay) -> Storage:
    return Storage(f"s3://{BUCKET}/recordings", request_s=3.0)


@pytest.fixture(params=["s3", "file"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "s3":
        return request.getfixturevalue("storage")  # type: ignore[no-any-return]
    (tmp_path / "far away").mkdir()
    return Storage(f"file://{tmp_path}/far%20away")


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def test_what_goes_in_is_listed_comes_back_and_goes_away(either: Storage) -> None:
    either.trial()
    receipt = either.put("l1/t1/seg-1.m4s", io.BytesIO(DATA))
    either.put("l1/empty.json", io.BytesIO(b""))
    assert (receipt.bytes, receipt.md5) == (len(DATA), md5(DATA))
    stored = either.look("l1/t1/seg-1.m4s")
    assert stored is not None
    assert (stored.bytes, stored.etag) == (len(DATA), receipt.etag)
    assert either.read("l1/t1/seg-1.m4s", 10, 20, stored.etag) == DATA[10:20]
    assert {name: one.etag for name, one in either.list("l1").items()} == {
        "l1/t1/seg-1.m4s": receipt.etag,
        "l1/empty.json": either.list("l1")["l1/empty.json"].etag,
    }
    assert either.look("l1/t1/none.m4s") is None
    either.remove(["l1/t1/seg-1.m4s", "l1/empty.json", "l1/none"])
    assert either.list("") == {}


def test_another_version_is_not_given_for_the_one_that_was_looked_at(either: Storage) -> None:
    old = either.put("index.m3u8", io.BytesIO(b"old")).etag
    either.put("index.m3u8", io.BytesIO(b"new one"))
    with pytest.raises(StorageFault) as fault:
        either.read("index.m3u8", 0, 3, old)
    assert fault.value.code == "wrong"


def test_a_large_file_goes_in_pieces_and_at_its_pace(either: Storage) -> None:
    data = os.urandom(2 * PIECE_BYTES + 1)
    paced: list[int] = []
    receipt = either.put("render.mp4", io.BytesIO(data), paced.append)
    assert paced == [PIECE_BYTES, PIECE_BYTES, 1]
    assert receipt.md5 == md5(data)
    assert either.holds("render.mp4", md5(data))


def test_an_etag_that_is_the_contents_saves_reading_it_back(storage: Storage, relay: Relay) -> None:
    storage.put("a", io.BytesIO(DATA))
    storage.put("b", io.BytesIO(bytes(PIECE_BYTES + 1)))
    assert "GET" not in {method for method, _ in relay.asked}


def test_what_was_spoilt_on_its_way_is_no_success(storage: Storage, relay: Relay) -> None:
    relay.mood = "spoilt"
    with pytest.raises(StorageFault) as fault:
        storage.put("a", io.BytesIO(DATA))
    assert fault.value.code in ("wrong", "failing"), "refused by the store, or seen by us"


@pytest.mark.parametrize(
    ("mood", "code"),
    [("silent", "silent"), ("failing", "failing"), ("denied", "denied"), ("shut", "failing")],
)
def test_what_it_does_wrong_has_a_name_and_tells_no_secret(
    storage: Storage, relay: Relay, mood: str, code: str
) -> None:
    relay.mood = mood  # type: ignore[assignment]
    with pytest.raises(StorageFault) as fault:
        storage.put("a", io.BytesIO(b"x"))
    assert fault.value.code == code
    assert "SECRET" not in str(fault.value)
    assert os.environ["AWS_ACCESS_KEY_ID"] not in str(fault.value)


def test_half_a_body_is_no_body(storage: Storage, relay: Relay) -> None:
    storage.put("a", io.BytesIO(DATA))
    for mood in ("truncated", "short"):
        relay.mood = mood  # type: ignore[assignment]
        with pytest.raises(StorageFault):
            storage.read("a", 0, len(DATA))
    relay.mood = "forged"
    assert not storage.holds("a", md5(DATA))


def test_wrong_keys_a_missing_bucket_and_nobody_there_are_told_apart(
    bucket: S3, storage: Storage, relay: Relay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def code(url: str) -> str:
        with pytest.raises(StorageFault) as fault:
            Storage(url, request_s=2).trial()
        return fault.value.code

    assert code("s3://nowhere/x") == "no_bucket"
    with pytest.raises(StorageFault) as fault:
        Storage("s3://nowhere/x").look("a")
    assert fault.value.code == "no_bucket", "not: there is no such file"
    assert code(f"file://{tmp_path}/unmounted") == "no_bucket"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert code(f"s3://{BUCKET}/x") == "denied"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert code(f"s3://{BUCKET}/x") == "unreachable"
    for endpoint in ("minio:9000", ""):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with pytest.raises(StorageFault, match="AWS_ENDPOINT_URL is no address"):
            Storage(f"s3://{BUCKET}/x").trial()
    assert code("az://container/x") == "no_credentials"


def test_a_signed_address_is_good_for_anyone_and_a_directory_has_none(
    bucket: S3, storage: Storage, tmp_path: Path
) -> None:
    storage.put("a", io.BytesIO(DATA))
    address = storage.address("a", 60)
    assert address is not None
    with bucket.trusting(), urllib.request.urlopen(address) as answer:
        assert answer.read() == DATA
    assert Storage(f"file://{tmp_path}").address("a", 60) is None

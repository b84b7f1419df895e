"""What tests of several folders need: an object store, and the line to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.s3 import S3, Relay, relayed, s3


@pytest.fixture(scope="module")
def bucket() -> Iterator[S3]:
    with s3() as made:
        yield made


@pytest.fixture
def relay(bucket: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """To an empty bucket, which is what the environment names."""
    bucket.empty()
    with relayed(bucket.port) as made:
        for name, value in bucket.environment(made.port).items():
            monkeypatch.setenv(name, value)
        yield made

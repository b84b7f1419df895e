from collections.abc import Iterator

import pytest

from tests.unit.media.plane.wire import Wire


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()

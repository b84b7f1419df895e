import pytest

from web.server.demo import clip
from web.server.demo.publisher import Clip


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory):
    path = clip.ensure(tmp_path_factory.mktemp("clip"), width=640, height=360, seconds=2, rate_bps=1_000_000)
    return Clip.load(path)

import pytest

from media.api import Codec
from media.codecs import Carried, h264_rank, raised, receiving_format


def h264(number, profile_level_id):
    return Carried(number, Codec.H264, f"packetization-mode=1;profile-level-id={profile_level_id}", ())


CHROMIUM = [h264(102, "42001f"), h264(108, "42e01f"), h264(116, "4d001f"), Carried(98, Codec.VP9, "profile-id=0", ())]
FIREFOX = [h264(126, "42e01f"), Carried(121, Codec.VP9, "max-fs=12288", ())]


@pytest.mark.parametrize(
    ("sent", "offered", "number"),
    [
        (h264(97, "42e034"), CHROMIUM, 108),
        (h264(97, "42001f"), CHROMIUM, 102),
        (h264(97, "42001f"), FIREFOX, 126),  # baseline as encoders make it
        (h264(97, "4d0033"), CHROMIUM, 116),
        (h264(97, "4d0033"), FIREFOX, None),
        (h264(97, "640033"), CHROMIUM, None),
        (h264(97, "42e01f"), [h264(5, "64001f"), h264(6, "4d001f")], 6),  # the nearest that can
        (Carried(1, Codec.VP9, "", ()), CHROMIUM, 98),
        (Carried(1, Codec.VP9, "profile-id=2", ()), CHROMIUM, None),
        (Carried(1, Codec.VP9, "profile-id=0", ()), FIREFOX, 121),
        (Carried(1, Codec.AV1, "", ()), CHROMIUM, None),
        (Carried(111, Codec.OPUS, "stereo=1", ()), [Carried(109, Codec.OPUS, "", ())], 109),
    ],
)
def test_a_stream_goes_where_it_can_be_decoded(sent, offered, number):
    taken = receiving_format(sent, offered)
    assert (taken and taken.payload_type) == number


def test_profiles_are_ranked():
    profiles = ["42e01f", "42001f", "4d001f", "640c1f", "64001f", "f4001f", "nonsense"]
    assert [h264_rank(f"profile-level-id={profile}") for profile in profiles] == [0, 0, 1, 2, 2, 3, 0]


def test_the_level_is_raised_only_where_levels_may_differ():
    apart = Carried(1, Codec.H264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4D001F", ())
    assert raised(apart) == "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d0034"
    together = h264(1, "42e01f")
    assert raised(together) == together.fmtp

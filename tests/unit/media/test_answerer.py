"""Offers as browsers and aiortc make them (tests/unit/media/offers, recorded), and what they must never lead to."""

import itertools
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.answerer import Idle, Local, Receiving, Sending, settle, write
from media.api import Codec, Offer, Refusal

OFFERS = Path(__file__).parent / "offers"
LOCAL = Local("serverufrag", "p" * 32, ":".join(["AB"] * 32), (("192.0.2.1", 7100), ("2001:db8::1", 7100)))


def recorded(name):
    return (OFFERS / f"{name}.sdp").read_bytes().decode()


def sending(name="chromium_send", **sources):
    return Offer("p", recorded(name), "send", sources or {"0": "mic", "1": "camera"})


def receiving(name="chromium_receive"):
    return Offer("p", recorded(name), "receive")


def settled(offer, previous=None):
    return settle(offer, previous, itertools.count(1000).__next__)


def answered(offer):
    settlement = settled(offer)
    return settlement, write(settlement, LOCAL, 7, 1)


def sections(sdp):
    return [f"m={part}\r\n" for part in sdp.removesuffix("\r\n").split("\r\nm=")[1:]]


def test_chromium_sends_audio_and_video():
    settlement, sdp = answered(sending())
    audio, video = settlement.sections
    assert isinstance(audio, Sending)
    assert isinstance(video, Sending)
    assert (audio.source, audio.formats[0].codec) == ("mic", Codec.OPUS)
    assert (video.source, video.formats[0].codec, video.rids) == ("camera", Codec.H264, ())
    assert (video.ssrc, video.rtx_ssrc) == (1200858447, 3020066933)
    assert (video.extensions.mid, video.extensions.transport_cc) == (4, 3)
    assert {"a=ice-lite", "a=group:BUNDLE 0 1"} <= set(sdp.split("\r\n"))
    first, second = sections(sdp)
    for section in (first, second):
        assert "a=setup:passive\r\n" in section
        assert "a=recvonly\r\n" in section
        assert "a=rtcp-mux\r\n" in section
        assert "a=candidate:1 1 udp 2130706431 192.0.2.1 7100 typ host" in section
        assert "a=candidate:2 1 udp 2130706175 2001:db8::1 7100 typ host" in section
    assert "a=fmtp:111 minptime=10;useinbandfec=1\r\n" in first
    assert "b=AS:50000\r\n" in second
    assert "VP8" not in sdp
    assert "red/48000" not in sdp


def test_h264_is_answered_first_in_every_mode_1_profile_and_at_the_level_of_uhd():
    _, sdp = answered(sending())
    numbers = sections(sdp)[1].split("\r\n")[0].split(" ")[3:]
    assert numbers[0] == "108"  # 42e0, constrained baseline
    assert {"102", "108", "116", "45", "98", "100"} <= set(numbers)
    assert not {"104", "114", "39", "96"} & set(numbers)  # packetization-mode 0, VP8
    assert (
        "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034;"
        "x-google-start-bitrate=4000\r\n" in sdp
    )
    assert "a=rtpmap:109 rtx/90000\r\na=fmtp:109 apt=108\r\n" in sdp
    for feedback in ("transport-cc", "ccm fir", "nack", "nack pli"):
        assert f"a=rtcp-fb:108 {feedback}\r\n" in sdp
    assert "goog-remb" not in sdp


def test_an_order_that_a_page_chose_is_kept():
    offer = (
        recorded("chromium_send").replace(" 96 97 102 103", " 98 99 96 97 102 103", 1).replace(" 46 98 99 ", " 46 ", 1)
    )
    settlement = settled(Offer("p", offer, "send", {"1": "courseware"}))
    assert settlement.sections[1].formats[0].codec is Codec.VP9


@pytest.mark.parametrize("name", ["chromium_simulcast", "firefox_simulcast"])
def test_simulcast_layers_are_taken(name):
    settlement, sdp = answered(sending(name, **{"0": "camera"}))
    (video,) = settlement.sections
    assert video.rids == ("h", "m", "l")
    assert video.ssrc is None
    assert "a=simulcast:recv h;m;l\r\n" in sdp
    assert "a=rid:m recv\r\n" in sdp


def test_firefox_and_aiortc_send():
    settlement, sdp = answered(sending("firefox_send"))
    assert [type(one) for one in settlement.sections] == [Sending, Sending]
    assert "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\n" in sdp
    settlement, sdp = answered(sending("aiortc_send"))
    assert settlement.sections[1].formats[0].payload_type == 101
    parsed = SessionDescription.parse(sdp)  # aiortc itself reads it
    assert [media.direction for media in parsed.media] == ["recvonly", "recvonly"]


def test_firefox_restarts_ice_and_its_slots_stay():
    """Its second offer lists the codecs in the order of the first answer, so that must be the order of the first."""
    first, answer = answered(receiving("firefox_slots"))
    assert "a=group:BUNDLE 0 1 2 3\r\n" in answer
    assert [slot.mid for slot in first.slots()] == ["0", "1", "2", "3"]
    assert first.slots()[2].codecs == (Codec.VP9, Codec.AV1)
    video = sections(answer)[2]
    assert video.startswith("m=video 9 UDP/TLS/RTP/SAVPF 121 99 125 100\r\n")
    for line in (
        "a=mid:2", "a=sendonly", "a=setup:passive", "a=msid:slot-2 video-2", "a=ssrc-group:FID 1002 1003",
        "a=ssrc:1002 cname:tongke", "a=ssrc:1003 cname:tongke", "a=rtpmap:125 rtx/90000", "a=fmtp:125 apt=121",
        "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid",
    ):  # fmt: skip
        assert f"{line}\r\n" in video
    second = settled(receiving("firefox_slots_restarted"), first)
    assert second.remote.ufrag != first.remote.ufrag
    assert second.remote.fingerprints == first.remote.fingerprints
    assert second.sections == first.sections


def test_sections_to_receive_become_slots_that_keep_their_ssrcs():
    settlement, sdp = answered(receiving())
    video, audio = settlement.sections
    assert isinstance(video, Receiving)
    assert (video.ssrc, video.rtx_ssrc, audio.ssrc) == (1000, 1001, 1002)
    assert [slot.kind for slot in settlement.slots()] == ["video", "audio"]
    assert set(settlement.slots()[0].codecs) == {Codec.H264, Codec.VP9, Codec.AV1}
    first, second = sections(sdp)
    assert "a=sendonly\r\n" in first
    assert "a=ssrc-group:FID 1000 1001\r\n" in first
    assert "a=msid:slot-0 video-0\r\n" in first
    assert "b=AS" not in sdp
    assert "ssrc-group" not in second
    assert settled(receiving(), settlement).sections == settlement.sections


def test_a_section_without_a_source_is_refused_and_a_star_stands_for_all():
    settlement, sdp = answered(sending("chromium_send", **{"1": "camera"}))
    assert isinstance(settlement.sections[0], Idle)
    assert sections(sdp)[0].startswith("m=audio 0 ")
    assert "a=group:BUNDLE 1\r\n" in sdp
    everything = settled(sending("chromium_send", **{"*": "camera", "0": "mic"}))
    assert [one.source for one in everything.sections] == ["mic", "camera"]


def with_data(sdp):
    return (
        sdp.replace("BUNDLE 0 1", "BUNDLE 0 1 d")
        + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=sctp-port:5000\r\n"
    )


def test_a_data_channel_beside_media_is_refused_alone():
    settlement, sdp = answered(Offer("p", with_data(recorded("chromium_send")), "send", {"0": "mic", "1": "camera"}))
    assert isinstance(settlement.sections[2], Idle)
    assert sections(sdp)[2].startswith("m=application 0 UDP/DTLS/SCTP webrtc-datachannel")


def only_vp8(sdp):
    head, video = sdp.split("m=video", 1)
    keep = [line for line in video.split("\r\n") if not line.startswith(("a=rtpmap", "a=fmtp", "a=rtcp-fb"))]
    keep[0] = " 9 UDP/TLS/RTP/SAVPF 96"
    return head + "m=video" + "\r\n".join(keep[:-1]) + "\r\na=rtpmap:96 VP8/90000\r\n"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda sdp: "", "sdp_malformed"),
        (lambda sdp: "hello", "sdp_malformed"),
        (lambda sdp: recorded("chromium_data"), "data_channel_refused"),
        (only_vp8, "codec_unsupported"),
        (lambda sdp: sdp.replace("a=ice-ufrag:", "a=x-ufrag:"), "sdp_malformed"),
        (lambda sdp: sdp.replace("a=ice-pwd:", "a=x-pwd:"), "sdp_malformed"),
        (lambda sdp: sdp.replace("a=fingerprint:", "a=x-fingerprint:"), "sdp_malformed"),
        (lambda sdp: sdp.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 AB:"), "sdp_malformed"),
        (lambda sdp: sdp.replace("a=setup:actpass", "a=setup:passive"), "sdp_malformed"),
        (lambda sdp: sdp.replace("a=rtcp-mux", "a=x"), "sdp_malformed"),
        (lambda sdp: sdp.replace("a=mid:1", "a=mid:0"), "sdp_malformed"),
        (lambda sdp: sdp.replace("a=mid:1", "a=mid:" + "x" * 17), "sdp_malformed"),
        (lambda sdp: sdp.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"), "sdp_malformed"),
        (lambda sdp: sdp.replace("m=video 9 ", "m=video nine "), "sdp_malformed"),
        (lambda sdp: sdp + "a" * (1 << 20), "sdp_malformed"),
    ],
)
def test_offers_that_are_refused_say_why(change, code):
    with pytest.raises(Refusal) as caught:
        settled(Offer("p", change(recorded("chromium_send")), "send", {"0": "mic", "1": "camera"}))
    assert caught.value.code == code


def test_an_offer_that_takes_sections_away_is_a_mismatch():
    first = settled(sending())
    shorter = recorded("chromium_send").split("m=video")[0]
    with pytest.raises(Refusal, match="keeps the sections"):
        settled(Offer("p", shorter, "send", {"0": "mic"}), first)


def test_a_section_put_to_rest_stays_alive():
    first = settled(sending())
    resting = recorded("chromium_send")
    head, tail = resting.split("m=video")
    offer = Offer("p", head + "m=video" + tail.replace("a=sendonly", "a=inactive"), "send", {"0": "mic", "1": "camera"})
    second = settled(offer, first)
    assert second.sections[1] == Idle("1")
    assert "m=video 9 " in write(second, LOCAL, 7, 2)


LINES = sorted({line for path in OFFERS.glob("*.sdp") for line in path.read_bytes().decode().split("\r\n")})


@given(
    st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=40), st.builds("a={}:{}".format, st.text(), st.text())))
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_but_a_refusal_comes_of_garbage(lines):
    for direction in ("send", "receive"):
        try:
            settlement = settled(Offer("p", "v=0\r\n" + "\r\n".join(lines), direction, {"*": "camera"}))
        except Refusal:
            continue
        assert write(settlement, LOCAL, 7, 1)


@given(st.sampled_from(sorted(OFFERS.glob("*.sdp"))), st.data())
@settings(max_examples=200, deadline=None)
def test_nothing_but_a_refusal_comes_of_a_damaged_offer(path, data):
    text = path.read_bytes().decode()
    at = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 60))
    text = text[:at] + data.draw(st.text(max_size=10)) + text[at + length :]
    for direction in ("send", "receive"):
        try:
            settlement = settled(Offer("p", text, direction, {"*": "camera"}))
        except Refusal:
            continue
        assert write(settlement, LOCAL, 7, 1).isprintable() is False


@pytest.mark.parametrize("head", ["", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:9\r\n"])
def test_an_offer_of_very_many_attributes_is_refused_before_they_are_read(head):
    session, _, rest = recorded("chromium_receive").partition("m=")
    offer = session + head + "a=setup:actpass\r\n" * 1001 + "m=" + rest
    with pytest.raises(Refusal) as refusal:
        settled(Offer("p", offer, "receive"))
    assert refusal.value.code == "sdp_malformed"


def test_what_every_section_inherits_is_little():
    session, _, rest = recorded("chromium_receive").partition("m=")
    with pytest.raises(Refusal) as refusal:
        settled(Offer("p", session + "a=setup:actpass\r\n" * 33 + "m=" + rest, "receive"))
    assert refusal.value.code == "sdp_malformed"


def test_a_format_of_absurd_length_is_none():
    offer = recorded("chromium_receive").replace(
        "m=video 9 UDP/TLS/RTP/SAVPF ", f"m=video 9 UDP/TLS/RTP/SAVPF {'9' * 5000} "
    )
    assert settled(Offer("p", offer, "receive")).sections == settled(receiving()).sections

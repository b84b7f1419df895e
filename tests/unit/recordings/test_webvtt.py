"""Captions are read as real tools write them, refused by the line, and written so that they are read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.webvtt import MOST_CUES, MOST_LINE, Cue, NotCaptions, form_of, plain, read, tidied, write

OF_TOOLS = """\ufeffWEBVTT - made by a tool\r
Kind: captions\r
Language: zh\r
\r
STYLE\r
::cue { color: red }\r
\r
NOTE by hand,\r
over two lines\r
\r
intro\r
00:01.000 --> 00:04.500 align:start position:0% madeup:7\r
<v Li Hua 李华>同学们好！ <b>Good</b> morning &amp; welcome</v>\r
\r
00:00:03.000-->00:00:05.000\r
<v.loud A>one</v> <v B>two</v> three\r
\r
1:00:00.000 --> 1:00:01.000\r
if a < b and c > d &lt;b&gt;\r
second <00:00:01.500><c.yellow>line</c>\r
\r
00:02.000 --> 00:02.500\r
<ruby>秋<rt>qiū</rt></ruby>\r
"""


def test_what_tools_write_is_read_in_the_order_of_time() -> None:
    greeting = "同学们好！ Good morning & welcome"
    assert read(OF_TOOLS, "vtt") == [
        Cue(1000, 4500, greeting, "Li Hua 李华", "align:start position:0%"),
        Cue(2000, 2500, "秋(qiū)"),
        Cue(3000, 5000, "one", "A"),
        Cue(3000, 5000, "two", "B"),
        Cue(3000, 5000, "three"),
        Cue(3_600_000, 3_601_000, "if a < b and c > d <b>\nsecond line"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "header"),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\na", 1, "header"),
        ("1\n00:00:01,000 --> 00:00:02,000\na", 1, "header"),
        ("<html>", 1, "header"),
        ("WEBVTT\n\n00:01 --> 00:02\na", 3, "time"),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\na", 3, "time"),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\na", 3, "time"),
        ("WEBVTT\n\nname\n00:01.000 --> soon\na", 4, "time"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\n00:03.000 --> 00:04.000\nb", 5, "time"),
        ("WEBVTT\n\n00:03.000 --> 00:02.000\na", 3, "backwards"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\n\nand more", 6, "stray"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n" + "a" * (MOST_LINE + 1), 4, "long"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n" + ("a" * MOST_LINE + "\n") * 2, 3, "long"),
        ("WEBVTT\n" + "\n00:01.000 --> 00:02.000\na\n" * (MOST_CUES + 1), 3 * MOST_CUES + 3, "many"),
    ],
)
def test_what_is_not_webvtt_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(NotCaptions) as refused:
        read(text, "vtt")
    assert (refused.value.line, refused.value.reason) == (line, reason)
    assert str(refused.value).startswith(f"Line {line}: ")


def test_a_webvtt_without_cues_is_one() -> None:
    assert read("WEBVTT", "vtt") == []
    assert read("WEBVTT\n\n00:01.000 --> 00:02.000\n\n", "vtt") == []  # what says nothing is no cue


def test_subrip_is_read_with_empty_lines_and_without_numbers() -> None:
    text = (
        "1\r\n00:00:01,000 --> 00:00:02,5\r\n<font color=red>One</font>\r\n\r\n{\\an8}42\r\n\r\n2\r\n"
        "00:00:03.000 --> 00:00:04.000 X1:0\r\nTwo\r\n00:00:05,000 --> 00:00:06,000\r\n7\r\n"
    )
    assert form_of(text) == "srt"
    assert read(text, "srt") == [Cue(1000, 2500, "One\n42"), Cue(3000, 4000, "Two"), Cue(5000, 6000, "7")]
    for wrong, line, reason in (
        ("Once upon a time\n00:00:01,000 --> 00:00:02,000\na", 1, "stray"),
        ("1\n00:00:01 --> 00:00:02\na", 2, "time"),
        ("1\n00:00:03,000 --> 00:00:02,000\na", 2, "backwards"),
        ("nothing\n", 1, "stray"),
        ("\n\n", 1, "nothing"),
    ):
        with pytest.raises(NotCaptions) as refused:
            read(wrong, "srt")
        assert (refused.value.line, refused.value.reason) == (line, reason)


def test_by_its_first_lines_a_file_is_one_or_the_other() -> None:
    assert form_of(OF_TOOLS) == "vtt"
    assert form_of("WEBVTT\n00:00:01.000 --> 00:00:02.000\na") == "vtt"
    assert form_of("\ufeff\n\n00:00:01,000 --> 00:00:02,000\na") == "srt"
    assert form_of("hello") == "vtt"


words = st.text(st.characters(codec="utf-8"), max_size=40).map(tidied)
cues = st.lists(
    st.builds(
        lambda start, long, text, speaker: Cue(start, start + long, text, speaker),
        st.integers(0, 3_599_980_000),
        st.integers(0, 10_000),
        words.filter(bool),
        st.sampled_from(["", "Li Hua 李华", "A & B <c>", "x"]),
    ),
    max_size=8,
)


@given(cues)
def test_what_is_written_is_read_again(made: list[Cue]) -> None:
    assert read(write(made), "vtt") == sorted(made, key=lambda cue: cue.start_ms)


@given(st.text(alphabet=st.sampled_from(list("WEBVT \n\r:.0123->ab<>&;/v\ufeff"))) | st.text())
def test_nothing_that_is_sent_raises_anything_else(text: str) -> None:
    for form in ("vtt", "srt"):
        try:
            assert all(cue.text for cue in read(f"WEBVTT\n\n{text}", form))  # type: ignore[arg-type]
        except NotCaptions:
            continue


def test_markup_takes_no_longer_than_its_length() -> None:
    """Of 9,000 characters each, in a file of a megabyte: more than in step with it would not be over in time."""
    for nasty in ("<" * 9000, "<c" + "." * 9000, "<v " + " " * 9000, "&" * 9000, "00:01.000 --> " + "0" * 9000):
        cue = "00:01.000 --> 00:02.000\n" + nasty.replace("-->", "") + "\n\n"
        assert len(read("WEBVTT\n\n" + cue * 100, "vtt")) <= 100


def test_a_transcript_names_who_begins_to_speak() -> None:
    said = [Cue(0, 1, "one\ntwo", "A"), Cue(1, 2, "three", "A"), Cue(2, 3, "four"), Cue(3, 4, "five", "B")]
    assert plain(said) == "A:\none two\nthree\nfour\nB:\nfive\n"

"""What the player does with words, run by node as it stands: editing cues, finding words, and where they are found."""

from __future__ import annotations

import random
import unicodedata
from typing import Any

import pytest

from classroom.finding import places, ways
from recordings.webvtt import Cue, read
from tests.unit.web.node import evaluate

CUES, FINDING, SOURCES = (f"pages/library/words/{name}.ts" for name in ("cues", "finding", "sources"))


def cue(key: int, start_ms: int, end_ms: int, text: str, speaker: str = "", settings: str = "") -> dict[str, Any]:
    return {
        "key": key,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "text": text,
        "speaker": speaker,
        "settings": settings,
    }


LIST = [cue(1, 0, 2000, "Good morning", "Li"), cue(2, 2000, 4000, "同学们好"), cue(3, 4000, 9000, "Autumn")]


def times(cues: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    return [(one["start_ms"], one["end_ms"], one["text"]) for one in cues]


def test_a_cue_is_split_where_the_caret_is_and_merged_again() -> None:
    halves = evaluate(CUES, "m.split(given, 1, 4)", LIST)
    assert times(halves)[:2] == [(0, 727, "Good"), (727, 2000, "morning")]
    assert (halves[0]["key"], halves[1]["key"], halves[1]["speaker"]) == (1, 4, "Li")
    assert times(evaluate(CUES, "m.merged(given, 1)", halves)) == times(LIST)
    for caret in (0, 12):
        assert evaluate(CUES, f"m.split(given, 1, {caret})", LIST) == LIST
    chinese = evaluate(CUES, "m.merged(given, 2)", [LIST[1], cue(5, 3000, 3500, "今天")])
    assert times(chinese) == [(2000, 4000, "同学们好今天")]
    assert evaluate(CUES, "m.merged(given, 3)", LIST) == LIST


def test_a_cue_is_added_where_one_is_and_ends_before_the_next() -> None:
    made = evaluate(CUES, "m.added(given, 1500)", LIST)
    assert made["key"] == 4
    assert [(one["key"], one["end_ms"]) for one in made["cues"]][:2] == [(1, 2000), (4, 2000)]
    assert made["cues"][1]["speaker"] == "Li"
    assert evaluate(CUES, "m.added([], 10).cues[0].end_ms") == 3010


def test_the_order_is_that_of_time_whatever_is_changed() -> None:
    moved = evaluate(CUES, "m.changed(given, 3, {start_ms: 1000})", LIST)
    assert [one["key"] for one in moved] == [1, 3, 2]
    backwards = evaluate(CUES, "m.changed(given, 1, {start_ms: 3000})", LIST)
    assert next(one for one in backwards if one["key"] == 1)["end_ms"] == 3000
    assert [one["key"] for one in evaluate(CUES, "m.removed(given, 2)", LIST)] == [1, 3]


def test_find_and_replace_counts_what_it_changes() -> None:
    done = evaluate(CUES, "m.replaced(given, 'o', '0')", LIST)
    assert (done["count"], done["cues"][0]["text"]) == (3, "G00d m0rning")
    assert evaluate(CUES, "m.replaced(given, '', 'x')", LIST) == {"cues": LIST, "count": 0}
    assert evaluate(CUES, "m.replaced(given, '(', 'x')", LIST)["count"] == 0


def test_overlapping_cues_are_all_shown() -> None:
    overlapping = [cue(1, 0, 5000, "long"), cue(2, 1000, 2000, "short"), cue(3, 1500, 3000, "other")]
    moments = [-1, 0, 1600, 2500, 5000]
    shown = evaluate(CUES, "given[1].map((at) => m.shownAt(given[0], at).map(({key}) => key))", [overlapping, moments])
    assert shown == [[], [1], [1, 2, 3], [1, 3], []]
    assert evaluate(CUES, "given[1].map((at) => m.lastAt(given[0], at))", [overlapping, moments]) == [-1, 0, 2, 2, 2]


def test_what_the_page_writes_the_server_reads_to_the_same_cues() -> None:
    chance = random.Random(7)
    letters = "ab <>&;-\n秋天é--><v x>00:01.000 &amp;"
    cues = [
        cue(n, n * 1000, n * 1000 + chance.randrange(3_600_000), text, chance.choice(["", "Li Hua", "A & <b>"]))
        for n in range(60)
        if (text := "".join(chance.choice(letters) for _ in range(20)).strip())
    ]
    expected = [
        Cue(
            one["start_ms"],
            one["end_ms"],
            "\n".join(filter(None, map(str.strip, one["text"].split("\n")))),
            one["speaker"],
        )
        for one in cues
    ]
    assert read(evaluate(CUES, "m.written(given)", cues), "vtt") == expected
    assert evaluate(CUES, "m.written(given)", [cue(1, 0, 1, " ")]) == "WEBVTT\n"
    literal = evaluate(CUES, "m.written(given)", [cue(1, 0, 1, "R&amp;D <v x>")])
    assert read(literal, "vtt") == [Cue(0, 1, "R&amp;D <v x>")]
    placed = evaluate(CUES, "m.written(given)", [cue(1, 0, 1, "x", settings="line:0")])
    assert read(placed, "vtt") == [Cue(0, 1, "x", "", "line:0")]


def test_a_time_is_written_in_many_ways() -> None:
    good = {"1:02:34.25": 3_754_250, "2:34": 154_000, "154.5": 154_500, " 0：01 ": 1000, "00:00:01,007": 1007}
    wrong = ["", "x", "1:60", "61:00:00.", "-1", "1.2345", "1:2:3:4"]
    assert evaluate(CUES, "given.map(m.millis)", [*good, *wrong]) == [*good.values(), *[None] * len(wrong)]
    assert evaluate(CUES, "[3754250, 0, 359999999].map(m.clock)") == ["01:02:34.250", "00:00:00.000", "99:59:59.999"]


def found(text: str, query: str) -> list[str]:
    """What is marked of a text."""
    expression = "m.has(m.fold(given[0]), m.wordsOf(given[1])) ? m.marks(given[0], m.wordsOf(given[1])) : []"
    return [text[a:b] for a, b in evaluate(FINDING, expression, [text, query])]


def test_words_are_found_in_any_language_and_form() -> None:
    assert found("我们今天学习秋天的诗。", "秋天") == ["秋天"]
    assert found("Café CRÈME", "creme cafe") == ["Café", "CRÈME"]
    assert found("Cafe\u0301 noir", "café") == ["Cafe\u0301"[:4]]  # the accent that follows is not marked
    assert found("ＡＢＣ１２３ ﬁne", "abc123 fine") == ["ＡＢＣ１２３", "ﬁne"]
    assert found("秋天\n的 诗", "秋天的诗") == ["秋天\n的 诗"]
    assert found("two\n words", "twowords") == []
    assert found("が", "か") == ["が"]  # as in German ä is found by a
    assert found("nothing", "else") == []
    assert found("one two", "one three") == []
    assert found("aaa", "a aa") == ["aaa"]


MARKED = """((words) => m.has(m.fold(given[0]), words) ? m.marks(given[0], words) : [])
    (m.wordsFor(given[1], given.slice(0, 1).map(m.fold)))"""
"""What of a text is marked for a query, where it has all of that."""


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("静夜思李白", ["静夜思", "李白"]),
        ("李白的静夜思", ["静夜思", "李白"]),
        ("静夜思poem 李白", ["静夜思", "李白", "Poem"]),
        ("唐静夜", ["静夜", "唐"]),
        ("月光", ["月光"]),
        ("光月", []),
        ("静夜思杜甫", []),
        ('"静夜思李白"', []),
        ("静夜思-李白 none", []),
        ("a-poem", []),
    ],
)
def test_words_written_without_spaces_are_found_apart_as_in_the_library(query: str, marked: list[str]) -> None:
    text = "《静夜思》，李白。Poem，唐：月光"
    assert [text[a:b] for a, b in evaluate(FINDING, MARKED, [text, query])] == marked
    assert all(places(text, clause) for clause in ways(query)[-1]) == bool(marked)
    both = "m.wordsFor(given[0], ['静夜思李白', '李白静夜思'])"
    assert evaluate(FINDING, both, ["静夜思李白"]) == ["静夜思李白"]


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ('"光合作用"', ["光合作用"]),
        ("“静夜思”", ["静夜思"]),
        ('"light  reaction', ["Light\nreaction"]),
        ('"reaction light"', []),
        ("＂光合作用＂ 李白静夜思", ["光合作用", "静夜思", "李白"]),
        ("“作用光合” 李白静夜思", []),
        ("プログラム光合作用", ["光合作用", "プログラム"]),
        ("ログプラム光合作用", []),
        ("학교선생님", ["선생님", "학교"]),
        ("교학선생님", []),
        ("님선생학", []),
    ],
)
def test_between_quotation_marks_and_in_any_script_it_is_as_in_the_library(query: str, marked: list[str]) -> None:
    text = "A Light\nreaction of 光合作用；静夜思，李白；プログラム；선생님, 학교에"
    assert [text[a:b] for a, b in evaluate(FINDING, MARKED, [text, query])] == marked
    assert any(all(places(text, clause) for clause in way) for way in ways(query)) == bool(marked)
    apart = unicodedata.normalize("NFD", text)  # as some systems write it
    assert bool(evaluate(FINDING, MARKED, [apart, query])) == bool(marked)


def test_an_excerpt_has_the_first_of_the_words_in_it() -> None:
    text = "x" * 100 + " the autumn leaves " + "y" * 200
    pieces = evaluate(FINDING, "m.excerpt(given, ['autumn', 'leaves'])", text)
    assert [one["text"] for one in pieces if one["marked"]] == ["autumn", "leaves"]
    assert (pieces[0]["text"], pieces[-1]["text"]) == ("…", "…")
    assert sum(len(one["text"]) for one in pieces) < 160
    assert evaluate(FINDING, "m.excerpt('short', ['s'])") == [
        {"text": "s", "marked": True},
        {"text": "hort", "marked": False},
    ]


def event(at: int, kind: str, **data: Any) -> dict[str, Any]:
    return {"at": at, "kind": kind, "data": data, "seq": at, "actor": "a", "cause": None, "v": 1}


EVENTS = [
    event(1, "page.added", page="p1", paper={"kind": "blank"}),
    event(2, "page.added", page="p2", paper={"courseware": "c", "slide": 2}),
    event(3, "page.shown", page="p1"),
    event(4, "object.added", page="p1", object={"object": "o1", "type": "text", "text": "秋 is autumn"}),
    event(5, "page.shown", page="p2"),
    event(6, "chat.said", message="m1", text="Is it autumn?", name="Anna"),
    event(7, "chat.said", message="m2", text="autumn, rude", name="Ben"),
    event(8, "chat.hidden", message="m2"),
    event(9, "chat.said", message="m3"),
    event(10, "activity.opened", activity="x", prompt="Which is autumn?", options=["春", "秋"]),
    event(11, "object.changed", page="p1", changes=[{"object": "o1", "text": "秋天"}, {"object": "o2"}]),
    event(12, "page.changed", page="p2", paper={"courseware": "c", "slide": 1}),
]


def test_everything_with_words_is_found_at_its_moment() -> None:
    found = evaluate(SOURCES, "m.fromEvents(given).map(({kind, at, text, who}) => [kind, at, text, who])", EVENTS)
    assert found == [
        ["board", 4, "秋 is autumn", ""],
        ["chat", 6, "Is it autumn?", "Anna"],
        ["activities", 10, "Which is autumn? · 春 · 秋", ""],
        ["board", 11, "秋天", ""],
    ]
    texts = [{"courseware": "c", "texts": ["Autumn one", "Autumn two"]}]
    slides = evaluate(
        SOURCES, "m.fromSlides(m.shows(given[0]), given[1]).map(({at, text}) => [at, text])", [EVENTS, texts]
    )
    assert slides == [[5, "Autumn two"], [12, "Autumn one"]]
    asked = {"by_id": {"q": {"at": 3, "moment": 8, "text": "Why?", "name": "Li"}, "r": {"at": 4, "moment": None}}}
    assert evaluate(SOURCES, "m.fromQuestions(given).map(({at, who}) => [at, who])", asked) == [[8, "Li"]]


def test_what_is_found_stands_by_kind_and_time() -> None:
    expression = """m.search([...m.fromTranscript(given[1], 100), ...m.fromEvents(given[0])], given[2])
        .map(({kind, found}) => [kind, found.map(({at}) => at)])"""
    cues = [cue(1, 50, 60, "autumn again", "Li"), cue(2, 10, 20, "the autumn", "Li")]
    assert evaluate(SOURCES, expression, [EVENTS, cues, ["autumn"]]) == [
        ["transcript", [110, 150]],
        ["board", [4]],
        ["chat", [6]],
        ["activities", [10]],
    ]
    assert evaluate(SOURCES, expression, [EVENTS, cues, ["anna"]]) == [["chat", [6]]]
    assert evaluate(SOURCES, expression, [EVENTS, cues, []]) == []

"""Somebody is erased from a lesson's events as an imported recording has them: their order stays, nothing of theirs."""

from __future__ import annotations

import json

from classroom.carried_erasing import addresses, came, erased, files_of
from classroom.erasing import ERASED
from classroom.events import Event

THEIRS = ("Ottoline", "Zephyranthes", "Quokkaville", "Ptarmigan", "Wobbegong")
NAME, SAID, ANSWERED, ASKED, PLACED = THEIRS
LINE = [10.0, 20.0, 0.5, 0.0, 300.0, 420.0, 0.5, 80.0]
EVENTS = [
    Event(1, 0, "t", "participant.joined", {"participant": "t", "role": "lead_teacher", "name": "Li Hua"}),
    Event(2, 0, "p", "participant.joined", {"participant": "p", "role": "student", "name": NAME}),
    Event(3, 0, "q", "participant.joined", {"participant": "q", "role": "student", "name": "Wang Ming"}),
    Event(4, 1, "p", "chat.said", {"message": "m1", "text": SAID, "name": NAME}),
    Event(5, 2, "q", "chat.said", {"message": "m2", "text": "well done", "name": "Wang Ming"}),
    Event(6, 3, "p", "question.asked", {"question": "a", "text": ASKED}),
    Event(7, 4, "p", "stroke.added", {"stroke": "s", "points": LINE}),
    Event(8, 5, "p", "object.added", {"object": {"object": "o", "type": "text", "text": PLACED}}),
    Event(9, 6, "t", "activity.shown", {"works": [
        {"participant": "p", "name": NAME, "text": ANSWERED, "file": "w1"},
        {"participant": "q", "name": "Wang Ming", "text": "a leaf", "file": "w2"},
    ]}),
    Event(10, 7, "t", "pick.made", {"participants": ["p", "q"], "names": {"p": NAME, "q": "Wang Ming"}}),
    Event(11, 8, "t", "page.filled", {"of": [], "objects": [{"by": "p", "points": LINE}, {"by": "q", "points": LINE}]}),
    Event(12, 9, "t", "chat.said", {"message": "m3", "text": "thank you", "name": "Li Hua"}),
]  # fmt: skip


def test_words_names_and_ink_are_gone_and_what_others_did_is_as_it_was() -> None:
    told = erased(EVENTS, {"p"})
    written = json.dumps([event.json() for event in told], ensure_ascii=False)
    assert not any(one in written for one in THEIRS)
    assert [(e.seq, e.at, e.actor, e.kind) for e in told] == [(e.seq, e.at, e.actor, e.kind) for e in EVENTS]
    by_seq = {event.seq: event.data for event in told}
    for seq in (1, 3, 5, 12):
        assert by_seq[seq] == EVENTS[seq - 1].data
    assert (by_seq[2]["name"], by_seq[4]["text"], by_seq[10]["names"]["p"]) == (ERASED, "", ERASED)
    assert by_seq[7]["points"] == LINE[:4] * 2
    assert by_seq[9]["works"][1] == EVENTS[8].data["works"][1]
    assert [one["points"] for one in by_seq[11]["objects"]] == [LINE[:4] * 2, LINE]
    assert erased(told, {"p"}) == told, "again, it changes nothing"
    assert erased(EVENTS, {"x"}) == EVENTS


def test_what_they_handed_in_is_found_by_its_addresses() -> None:
    assert files_of(EVENTS, {"p"}) == {"w1"}
    known = ["/events", "/works/w1", "/works/w1/320", "/works/w10", "/works/w2"]
    assert list(addresses({"w1"}, known)) == ["/works/w1", "/works/w1/320"]


def test_who_is_in_it_is_told_by_id_or_by_name() -> None:
    who = came([event.json() for event in EVENTS])
    assert (who.of({"p"}), who.of({"x"})) == (True, False)
    assert (who.called([NAME.upper()]), who.called(["Ottolin"])) == (True, False)

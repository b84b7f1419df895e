"""What learners ask, before, in and after the lesson: questions with up-votes that teachers sift, merge and answer.

The words are in the side table. Teachers know who asks; others only where it was asked with a name (`named`, as the
lesson's rule was then). What waits for a teacher (`held`), is `hidden` or was `merged` is its asker's and the
teachers' alone, and begins anew when it comes out: without votes and without an answer. A merger that is taken back
leaves both as they would be without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import StringConstraints

from classroom.events import Draft, Event, Json, Phase, Role, Seat
from classroom.payload import Id, Millis, Payload, Words
from classroom.reducer import Applier, Ask, AskedQuestion, Decider, Questions, State, denied, missing, refused

MAX_QUESTIONS = 500  # a lesson
MAX_OF_ONE = 20
UNSEEN = ("held", "hidden", "merged")
UNSIGNED = frozenset({"question.asked", "question.voted"})
"""Events that do not tell who acted where they do not tell whose they are."""


class QuestionAsk(Payload):
    """`participant`: a child without a tablet, whose local teacher writes for it."""

    question: Id
    text: Annotated[Words, StringConstraints(max_length=500)]
    participant: Id | None = None


class QuestionVote(Payload):
    """One vote each, which may be taken back; none for one's own."""

    question: Id
    on: bool


class QuestionMark(Payload):
    """Local teachers let out and hide what their room asks."""

    question: Id
    state: Literal["open", "next", "later", "answered", "hidden"]


class QuestionReply(Payload):
    """Answers in writing, or corrects what was written."""

    question: Id
    text: Words


class QuestionMerge(Payload):
    """Whoever asked the one, or voted for it, has voted for the other."""

    question: Id
    into: Id


class QuestionPart(Payload):
    """Takes a merger back."""

    question: Id


class QuestionShow(Payload):
    """Brings one large to the displays, or takes it away (none)."""

    question: Id | None = None


class QuestionRule(Payload):
    """How it is asked from now on. `held`: a teacher lets each out; `named`: all see who asks."""

    held: bool
    named: bool


class QuestionAsked(Payload):
    question: Id
    participant: Id | None = None
    named: bool
    state: Literal["held", "open"]
    text: str | None = None
    name: str | None = None


class QuestionVoted(Payload):
    question: Id
    participant: Id | None = None
    on: bool


class QuestionMarked(Payload):
    """`moment`: when the answer began that was given aloud in the lesson. What comes out is told whole: `asked_at`,
    `named`. `forget`: to those for whom it is no more."""

    question: Id
    participant: Id | None = None
    state: Literal["open", "next", "later", "answered", "hidden"]
    moment: Millis | None = None
    asked_at: Millis | None = None
    named: bool | None = None
    text: str | None = None
    name: str | None = None
    forget: bool = False


class QuestionReplied(Payload):
    question: Id
    reply: str | None = None


class QuestionMerged(Payload):
    """`votes`: how many the other has now."""

    question: Id
    participant: Id | None = None
    into: Id
    votes: int
    forget: bool = False


class QuestionParted(Payload):
    """The question is in this `state` again, with so many votes (`had`); `votes`: how many the other has left. `gave`:
    who had voted for that by the merger alone; of these and the `voters` everyone but teachers is told of themselves.
    `forget`: to those for whom the question is none."""

    question: Id
    participant: Id | None = None
    into: Id
    votes: int
    gave: list[Id]
    voters: list[Id] | None = None
    state: str | None = None
    asked_at: Millis | None = None
    named: bool | None = None
    had: int | None = None
    moment: Millis | None = None
    replied: bool | None = None
    text: str | None = None
    name: str | None = None
    reply: str | None = None
    forget: bool = False


class QuestionShown(Payload):
    question: Id | None = None


class QuestionRuled(Payload):
    held: bool
    named: bool


def words_key(question: str) -> str:
    return f"question:{question}"


def reply_key(question: str) -> str:
    return f"reply:{question}"


def asked_by(events: Iterable[Event]) -> dict[str, str]:
    """Whose the words are: a child's also where its local teacher wrote them."""
    asked = (event.data for event in events if event.kind == "question.asked")
    return {words_key(data["question"]): data["participant"] for data in asked}


def ask(state: State, command: QuestionAsk, ask: Ask) -> list[Draft]:
    whose, asked = ask.seat.participant, state["questions"]
    if command.participant is not None:
        whose, child = command.participant, state["participants"].get(command.participant)
        if child is None or child["role"] != Role.STUDENT:
            raise missing("student")
        if ask.seat.role != Role.LOCAL_TEACHER or child["room"] != ask.seat.room or child["tablet"]:
            raise denied("Only for a child of your room that has no tablet.")
    elif ask.seat.role != Role.STUDENT:
        raise denied("Say which child asks.")
    if command.question in asked["by_id"]:
        raise refused("exists", "There is a question of that id.")
    mine = sum(one.get("participant") == whose for one in asked["by_id"].values())
    if mine >= MAX_OF_ONE or len(asked["by_id"]) >= MAX_QUESTIONS:
        raise refused("too_many", f"One asks at most {MAX_OF_ONE} questions, and a lesson has {MAX_QUESTIONS}.")
    told = {"question": command.question, "participant": whose, "named": asked["named"]}
    now = "held" if asked["held"] and ask.seat.role == Role.STUDENT else "open"
    return [Draft("question.asked", {**told, "state": now}, {words_key(command.question): command.text})]


def vote(state: State, command: QuestionVote, ask: Ask) -> list[Draft]:
    me, one = ask.seat.participant, _seen(state, command.question)
    if one.get("participant") == me:
        raise denied("This is your own question.")
    if (me in one["voters"]) == command.on:
        return []
    return [Draft("question.voted", {"question": command.question, "participant": me, "on": command.on})]


def mark(state: State, command: QuestionMark, ask: Ask) -> list[Draft]:
    one = _known(state, command.question)
    whose, before = one["participant"], one["state"]
    if ask.seat.role != Role.LEAD_TEACHER:
        if state["participants"][whose]["room"] != ask.seat.room:
            raise denied("This was not asked in your room.")
        if command.state not in ("open", "hidden"):
            raise denied("The lead teacher says when it is answered.")
        if command.state == "open" and before not in UNSEEN:
            raise denied("The lead teacher says when it is asked again.")
    if before == "merged":
        raise refused("merged", "This question was merged into another.")
    if before == command.state:
        return []
    data: Json = {"question": command.question, "participant": whose, "state": command.state}
    if command.state == "answered" and state["phase"] == Phase.LIVE:
        now = state["questions"]["now"]
        data["moment"] = now["at"] if now and now["question"] == command.question else ask.now
    if before in UNSEEN and command.state not in UNSEEN:
        data |= {"asked_at": one["at"], "named": one["named"]}
    return [Draft("question.marked", data)]


def reply(state: State, command: QuestionReply, _: Ask) -> list[Draft]:
    _seen(state, command.question)
    return [Draft("question.replied", {"question": command.question}, {reply_key(command.question): command.text})]


def merge(state: State, command: QuestionMerge, _: Ask) -> list[Draft]:
    one, into = _known(state, command.question), _seen(state, command.into)
    if one is into or one["state"] == "merged":
        raise refused("merged", "A question is merged once, into another.")
    votes = len(_voters(one, into, one["participant"]))
    told = {"question": command.question, "participant": one["participant"], "into": command.into, "votes": votes}
    return [Draft("question.merged", told)]


def part(state: State, command: QuestionPart, _: Ask) -> list[Draft]:
    one = _known(state, command.question)
    if one["state"] != "merged" or one["into"] is None:
        raise refused("not_merged", "This question stands by itself.")
    into = _known(state, one["into"])
    if into["state"] == "merged":
        raise refused("merged", "The other was merged into another since: take that back first.")
    left = [who for who in into["voters"] if who in one["gave"]]
    told: Json = {"question": command.question, "participant": one["participant"], "into": one["into"]}
    told |= {"votes": into["votes"] - len(left), "gave": left, "state": one["was"], "had": one["votes"]}
    told |= {"asked_at": one["at"], **{field: one[field] for field in ("named", "voters", "moment", "replied")}}
    return [Draft("question.parted", {field: value for field, value in told.items() if value is not None})]


def show(state: State, command: QuestionShow, _: Ask) -> list[Draft]:
    now = state["questions"]["now"]
    if command.question is not None:
        _seen(state, command.question)
    if command.question == (now and now["question"]):
        return []
    return [Draft("question.shown", command.model_dump(exclude_none=True))]


def rule(state: State, command: QuestionRule, _: Ask) -> list[Draft]:
    asked, rules = state["questions"], command.model_dump()
    return [Draft("question.ruled", rules)] if rules != {"held": asked["held"], "named": asked["named"]} else []


def _known(state: State, question: str) -> AskedQuestion:
    one = state["questions"]["by_id"].get(question)
    if one is None:
        raise missing("question")
    return one


def _seen(state: State, question: str) -> AskedQuestion:
    """The question, which everybody may see."""
    one = _known(state, question)
    if one["state"] in UNSEEN:
        raise missing("question")
    return one


def _voters(one: AskedQuestion, into: AskedQuestion, asker: str | None) -> list[str]:
    """Who has voted for the other when the one, of this asker, is merged into it."""
    both = dict.fromkeys([*into["voters"], *one["voters"], *([] if asker is None else [asker])])
    return [who for who in both if who != into.get("participant")]


def asked(state: State, event: Event) -> State:
    data = event.data
    return _put(state, data["question"], _new(data, event.at))


def voted(state: State, event: Event) -> State:
    """Whoever says for themselves what they think of a question, has a vote for it that no merger gave."""
    data, by_id = event.data, state["questions"]["by_id"]
    one, whose = by_id.get(data["question"]), data.get("participant")
    if one is None:
        return state
    voters = [who for who in one["voters"] if who != whose]
    if data["on"] and whose is not None:
        voters.append(whose)
    for name, other in by_id.items():
        if other["into"] == data["question"] and whose in (gave := other.get("gave", [])):
            state = _put(state, name, {**other, "gave": [who for who in gave if who != whose]})
    after: AskedQuestion = {**one, "votes": one["votes"] + (1 if data["on"] else -1), "voters": voters}
    return _put(state, data["question"], after)


def marked(state: State, event: Event) -> State:
    data = event.data
    if data.get("forget"):
        return _put(state, data["question"], None)
    one = state["questions"]["by_id"].get(data["question"])
    if "asked_at" in data:  # it comes out
        one = _new(data, data["asked_at"])
    elif one is None:
        return state
    if data["state"] == "hidden":
        one = {**one, "votes": 0, "voters": [], "moment": None, "replied": False}
        one.pop("reply", None)
    after: AskedQuestion = {**one, "state": data["state"], "moment": data.get("moment", one["moment"])}
    return _put(state, data["question"], after)


def replied(state: State, event: Event) -> State:
    one = state["questions"]["by_id"].get(event.data["question"])
    if one is None:
        return state
    after: AskedQuestion = {**one, "state": "answered", "replied": True}
    if "reply" in event.data:
        after["reply"] = event.data["reply"]
    return _put(state, event.data["question"], after)


def merged(state: State, event: Event) -> State:
    data, by_id = event.data, state["questions"]["by_id"]
    one, into = by_id.get(data["question"]), by_id.get(data["into"])
    gave: list[str] = []
    if into is not None:
        voters = _voters(one, into, data.get("participant")) if one is not None else into["voters"]
        gave = [who for who in voters if who not in into["voters"]]
        state = _put(state, data["into"], {**into, "votes": data["votes"], "voters": voters})
    if one is None or data.get("forget"):
        return _put(state, data["question"], None)
    after: AskedQuestion = {**one, "state": "merged", "into": data["into"], "was": one["state"], "gave": gave}
    return _put(state, data["question"], after)


def parted(state: State, event: Event) -> State:
    data = event.data
    into = state["questions"]["by_id"].get(data["into"])
    if into is not None:
        voters = [who for who in into["voters"] if who not in data["gave"]]
        state = _put(state, data["into"], {**into, "votes": data["votes"], "voters": voters})
    if data.get("forget"):
        return _put(state, data["question"], None)
    one = _new(data, data["asked_at"])
    one |= {"votes": data["had"], "voters": data["voters"], "replied": data["replied"], "moment": data.get("moment")}
    if "reply" in data:
        one["reply"] = data["reply"]
    return _put(state, data["question"], one)


def shown(state: State, event: Event) -> State:
    question = event.data.get("question")
    now = {"question": question, "at": event.at} if question is not None else None
    return {**state, "questions": {**state["questions"], "now": now}}  # type: ignore[typeddict-item]


def ruled(state: State, event: Event) -> State:
    return {**state, "questions": {**state["questions"], **event.data}}  # type: ignore[typeddict-item]


def _new(data: Json, at: int) -> AskedQuestion:
    one: AskedQuestion = {
        "named": data["named"], "at": at, "state": data["state"], "votes": 0, "voters": [], "moment": None,
        "replied": False, "into": None,
    }  # fmt: skip
    for field in ("participant", "text", "name"):
        if field in data:
            one[field] = data[field]
    return one


def _put(state: State, question: str, one: AskedQuestion | None) -> State:
    """What is over now, or no more to be seen, leaves the displays; what was over when it was shown, stays."""
    asked = state["questions"]
    before = asked["by_id"].get(question)
    by_id = {**asked["by_id"], question: one} if one else {k: v for k, v in asked["by_id"].items() if k != question}
    changed = one is None or before is None or one["state"] != before["state"]
    over = changed and (one is None or one["state"] in (*UNSEEN, "answered", "later"))
    now = None if over and asked["now"] and asked["now"]["question"] == question else asked["now"]
    return {**state, "questions": {**asked, "by_id": by_id, "now": now}}


def reduced(event: Event, viewer: Seat) -> Json | None:
    """What others than teachers are told of somebody else's `question.asked` or `.marked`, or of a vote, a merger and
    its end."""
    data, me = event.data, viewer.participant
    if event.kind == "question.parted":
        data = {**data, **{field: [who for who in data[field] if who == me] for field in ("voters", "gave")}}
        if data.get("participant") == me:
            return data
        return _away(data) if data["state"] in UNSEEN else _nameless(data)
    if event.kind == "question.merged" or data.get("state") == "hidden":
        return {**_nameless(data), "forget": True}
    return None if data.get("state") == "held" else _nameless(data)


def _nameless(data: Json) -> Json:
    """Without whose it is, unless all may know."""
    return data if data.get("named") else {key: value for key, value in data.items() if key != "participant"}


def _away(data: Json) -> Json:
    """What is told of a `question.parted` to whom the question is none: how the other stands."""
    return {**{field: data[field] for field in ("question", "into", "votes", "gave")}, "forget": True}


def seen(questions: Questions, me: str) -> Questions:
    """The view of one who does not teach."""
    by_id: dict[str, AskedQuestion] = {}
    for name, one in questions["by_id"].items():
        mine = one.get("participant") == me
        if mine or one["state"] not in UNSEEN:
            told = one if mine else _nameless(dict(one))
            known = {field: [who for who in one[field] if who == me] for field in ("voters", "gave") if field in one}
            by_id[name] = {**told, **known}  # type: ignore[typeddict-item]
    return {**questions, "by_id": by_id}


def own(questions: Questions, rest: Questions) -> Questions:
    """A view without those that are in `rest` as they are here: a child's own are few, where a class asks much."""
    others = rest["by_id"]
    by_id = {name: one for name, one in questions["by_id"].items() if one != others.get(name)}
    return {**questions, "by_id": by_id}


def unseen(questions: Questions) -> frozenset[str]:
    """Those that are not everybody's, as they are now."""
    return frozenset(name for name, one in questions["by_id"].items() if one["state"] in UNSEEN)


def without(event: Event, questions: Collection[str]) -> Event | None:
    """The event for whom these were never there; a merger and its end stay, for the other has its votes by them."""
    if not event.kind.startswith("question.") or event.data.get("question") not in questions:
        return event
    match event.kind:
        case "question.merged":
            return event
        case "question.parted":
            return replace(event, data=_away(event.data))
        case "question.shown":
            return replace(event, data={})
    return None


COMMANDS: dict[str, type[Payload]] = {
    "question.ask": QuestionAsk,
    "question.vote": QuestionVote,
    "question.mark": QuestionMark,
    "question.reply": QuestionReply,
    "question.merge": QuestionMerge,
    "question.part": QuestionPart,
    "question.show": QuestionShow,
    "question.rule": QuestionRule,
}
EVENTS: dict[str, type[Payload]] = {
    "question.asked": QuestionAsked,
    "question.voted": QuestionVoted,
    "question.marked": QuestionMarked,
    "question.replied": QuestionReplied,
    "question.merged": QuestionMerged,
    "question.parted": QuestionParted,
    "question.shown": QuestionShown,
    "question.ruled": QuestionRuled,
}
DECIDE: dict[str, Decider] = {
    "question.ask": ask,
    "question.vote": vote,
    "question.mark": mark,
    "question.reply": reply,
    "question.merge": merge,
    "question.part": part,
    "question.show": show,
    "question.rule": rule,
}
APPLY: dict[str, Applier] = {
    "question.asked": asked,
    "question.voted": voted,
    "question.marked": marked,
    "question.replied": replied,
    "question.merged": merged,
    "question.parted": parted,
    "question.shown": shown,
    "question.ruled": ruled,
}

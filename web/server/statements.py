"""A report as xAPI statements (IEEE 9274.1.1): who answered what, and how far each got in the whole test.

An actor is an account of this installation by the participant's random id, and names nobody unless that is asked for.
What was answered without names makes no statement.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from classroom.activities.question import Asked
from classroom.activities.types import type_of
from classroom.analysis.results import MAX_MARK
from classroom.events import Json
from web.server.exporting import said
from web.server.reporting import Told

VERBS = "http://adlnet.gov/expapi/verbs/"
ACTIVITIES = "http://adlnet.gov/expapi/activities/"
TONGUE = "und"
"""Whatever language the words are in: nobody has said."""
INTERACTIONS = {
    "choice": "choice",
    "vote": "choice",
    "multiple": "choice",
    "truefalse": "true-false",
    "rating": "likert",
    "number": "numeric",
    "text": "fill-in",
    "gaps": "fill-in",
    "cloud": "fill-in",
    "essay": "long-fill-in",
    "order": "sequencing",
    "match": "matching",
}


def statements(told: Told, base: str, *, with_names: bool) -> list[Json]:
    """One an answer, then one a child that made an attempt, each under an id that is the same every time."""
    results, lesson = told.report.results, told.lesson
    whole = f"{base}/api/v1/lessons/{lesson.id}"

    def actor(who: str) -> Json:
        return agent(base, who, told.name(who) if with_names else None)

    def statement(who: str, verb: str, about: Json, result: Json, at_ms: int) -> Json:
        return {
            "id": str(uuid5(NAMESPACE_URL, f"{about['id']}#{verb}:{who}")),
            "actor": actor(who),
            "verb": {"id": f"{VERBS}{verb}", "display": {"en": verb}},
            "object": about,
            "result": result,
            "timestamp": time_of((lesson.started_at or lesson.created_at) + at_ms),
        }

    made = []
    for asked in results.asked:
        about = _question(asked, f"{whole}/activities/{asked['activity']}")
        for who, given in results.given.items():
            if asked["activity"] not in given:
                continue
            result: Json = {"response": response(asked, given[asked["activity"]])}
            if (mark := results.marks[who].get(asked["activity"])) is not None:
                result |= {"score": _score(mark, MAX_MARK), "success": mark >= MAX_MARK}
            if (ms := results.times[who].get(asked["activity"])) is not None:
                result["duration"] = f"PT{ms / 1000:.2f}S"
            one = statement(who, "answered", about, result, results.at[who][asked["activity"]])
            made.append({**one, "context": {"contextActivities": {"parent": [{"id": whole}]}}})
    most = MAX_MARK * len(results.items)
    test = {"id": whole, "definition": {"type": f"{ACTIVITIES}assessment", "name": {TONGUE: lesson.title}}}
    for child in told.report.children:
        if child.result is not None:
            reached = sum(mark or 0 for mark in child.marks)
            last = max(results.at[child.participant].values())
            made.append(statement(child.participant, "attempted", test, {"score": _score(reached, most)}, last))
    return made


def agent(base: str, who: str, name: str | None = None) -> Json:
    """An account of this installation; named only where that is asked for."""
    account = {"objectType": "Agent", "account": {"homePage": base, "name": who}}
    return {**account, "name": name} if name else account


def response(asked: Asked, value: Any) -> str:
    """An answer as its kind of interaction writes it."""
    match INTERACTIONS.get(asked["type"]):
        case "true-false":
            return ("true", "false")[value]
        case "choice" | "sequencing" | "likert":
            return "[,]".join(map(str, value if isinstance(value, list) else [value]))
        case "matching":
            return "[,]".join(f"{one}[.]{other}" for one, other in enumerate(value) if other is not None)
        case "fill-in":
            return value if isinstance(value, str) else "[,]".join(value)
    return str(said(asked, value))


def _question(asked: Asked, iri: str) -> Json:
    kind = INTERACTIONS.get(asked["type"], "other")
    definition: Json = {
        "type": f"{ACTIVITIES}cmi.interaction",
        "description": {TONGUE: asked["prompt"]},
        "interactionType": kind,
    }
    definition |= _parts(asked, kind)
    if "answer" in asked:
        definition["correctResponsesPattern"] = _right(asked, kind)
    return {"id": iri, "definition": definition}


def _parts(asked: Asked, kind: str) -> Json:
    match kind:
        case "choice" | "sequencing":
            return {"choices": _described(asked["options"])}
        case "likert":
            return {"scale": _described([str(step + 1) for step in range(asked["steps"])])}
        case "matching":
            return {"source": _described(asked["options"]), "target": _described(asked["targets"])}
    return {}


def _described(words: list[str]) -> list[Json]:
    return [{"id": str(place), "description": {TONGUE: one}} for place, one in enumerate(words)]


def _right(asked: Asked, kind: str) -> list[str]:
    answer = asked["answer"]
    match kind:
        case "numeric":
            off = asked.get("tolerance", 0)
            return [f"{answer - off:.15g}[:]{answer + off:.15g}"]
        case "fill-in" if type_of(asked).field == "text":
            return list(answer)
        case "fill-in":  # one of each gap's is enough; all ways to combine them would be too many to write
            return ["[,]".join(accepted[0] for accepted in answer)]
    return [response(asked, answer)]


def _score(raw: float, most: float) -> Json:
    return {"scaled": round(raw / most, 4), "raw": round(raw, 4), "min": 0, "max": most}


def time_of(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""What the catalogue says of resources, its vocabularies, and new entries that point elsewhere."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import StringConstraints

from classroom.errors import ClientFault, Status
from classroom.ids import new_id
from classroom.review import Action
from classroom.store.questions import Search as QuestionSearch
from classroom.store.records import Details, Resource
from web.server.api import Needs, Route
from web.server.bodies import View
from web.server.cataloguing import DetailsBody, Version, detailed, seen, taken
from web.server.routes.resources import RESOURCE, Contributor, ResourceView, editable, views
from web.server.seats import not_found
from web.server.sessions import Call
from web.server.vocabularies import Vocabulary

MOST_ADDRESS = 2_000


class VocabulariesView(View):
    """By the field of a resource. `same_as` are codes of other classifications that mean the same."""

    subject: Vocabulary
    grade: Vocabulary
    edition: Vocabulary
    type: Vocabulary
    licence: Vocabulary
    audience: Vocabulary


class DetailsView(View):
    title: str
    description: str
    subject: str
    grade: str
    edition: str
    type: str
    language: str
    licence: str
    audience: str
    reach: str
    points: list[str]
    contributors: list[Contributor]


class DetailsChange(DetailsBody):
    """`version` is the one that was seen; where there is a newer one, 409 `changed_meanwhile`."""

    version: Version | None = None


class Changed(View):
    """`state`: of the change, where the resource is published and stays as it is meanwhile."""

    version: int
    state: str
    details: DetailsView


class NewResource(DetailsBody):
    """`target`: a courseware of mine, a folder of my bank ("" is what is in none), or an address (https)."""

    kind: Literal["courseware", "bank", "link"]
    target: Annotated[str, StringConstraints(max_length=MOST_ADDRESS, pattern=r"^[^\x00-\x1f\x7f]*$")]


async def vocabularies(call: Call) -> VocabulariesView:
    return VocabulariesView(**call.parts.vocabularies.of)


async def details(call: Call) -> Changed:
    """As they are to be: those of the change, where a published resource has one."""
    return await _as_it_stands(call, await editable(call))


async def changed(call: Call, body: DetailsChange) -> Changed:
    resource = await editable(call)
    amendment = await call.parts.store.reviews.amendment(resource.id)
    seen(resource, body.version)
    was = amendment.details if amendment is not None else resource.details
    now = detailed(call, was, body)
    if now != was:
        resource = await taken(call, resource, amendment, Action.CHANGE, details=now)
    return await _as_it_stands(call, resource)


async def _as_it_stands(call: Call, resource: Resource) -> Changed:
    amendment = await call.parts.store.reviews.amendment(resource.id)
    said, state = (amendment.details, amendment.state) if amendment is not None else (resource.details, resource.state)
    return Changed(version=resource.version, state=state, details=DetailsView.model_validate(said))


async def added(call: Call, body: NewResource) -> ResourceView:
    """A draft of mine."""
    me, now = call.signed_in, call.parts.now_ms
    title, duration_ms = await _pointed(call, body)
    said = detailed(call, Details(body.title or title[:200]), body)
    row = Resource(new_id(), None, said.title, body.kind, "ready", now, duration_ms, "", [])
    row = Resource(
        **{name: getattr(row, name) for name in Resource.__dataclass_fields__}
        | {name: getattr(said, name) for name in Details.__dataclass_fields__}
        | {"owner": me.id, "school": me.school, "state_at": now, "changed_at": now, "target": body.target}
    )
    await call.parts.store.resources.put(row)
    [view] = await views(call, [row])
    return view


async def _pointed(call: Call, body: NewResource) -> tuple[str, int | None]:
    """What it points to is called, and how long it lasts. Raises 404, and ClientFault `not_an_address` (422)."""
    me, store = call.signed_in, call.parts.store
    if body.kind == "courseware":
        row = (await store.shelves.mine(me.id, [body.target])).get(body.target)
        if row is None:
            raise not_found("courseware")
        return row.name, row.duration_ms
    if body.kind == "bank":
        _, many = await store.questions.list(me, QuestionSearch(folder=body.target, mine=True), limit=1)
        if not many:
            raise not_found("bank")
        return body.target or "—", None
    try:
        parts = urlsplit(body.target)
        fine = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        fine = False
    if not fine or " " in body.target:
        raise ClientFault("not_an_address", "A link is an address that begins with https://.", Status.REFUSED)
    return body.target, None


CODES = ("not_found", "not_allowed")
ROUTES = (
    Route("GET", "/api/v1/vocabularies", vocabularies, "The catalogue's lists of codes", Needs.ACCOUNT),
    Route(
        "POST",
        "/api/v1/resources",
        added,
        "Put courseware, a bank or a link into the catalogue",
        Needs.ACCOUNT,
        201,
        codes=("malformed", "not_found", "unknown_code", "not_an_address"),
    ),
    Route("GET", f"{RESOURCE}/details", details, "What is to be said of it", Needs.ACCOUNT, codes=CODES),
    Route(
        "PATCH",
        f"{RESOURCE}/details",
        changed,
        "Change what is said of it; of what is published, as a change to be reviewed",
        Needs.ACCOUNT,
        codes=(*CODES, "malformed", "unknown_code", "wrong_state", "changed_meanwhile", "too_many_steps"),
    ),
)

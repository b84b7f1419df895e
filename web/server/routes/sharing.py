"""Who is let in to a resource: people, schools and roles by a grant; whoever has its secret, by a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from classroom.access import Deed, LinkState, deeds, standings, state_of
from classroom.errors import ClientFault, Status
from classroom.ids import digest, new_id, new_secret
from classroom.store.joined import KIND
from classroom.store.records import AccountRole, Grant, Resource, SharedLink
from web.server.api import Needs, Route
from web.server.bodies import Body, Id, Secret, View, Words
from web.server.routes.lessons import join_base
from web.server.routes.resources import RESOURCE, editable, viewer_of
from web.server.seats import not_found
from web.server.sessions import Call

DAY_MS = 24 * 3600 * 1000
MOST_FOUND = 10


class GrantView(View):
    """All that is named must fit. `name` and `school_name` are what they are called now."""

    id: str
    account: str | None
    school: str | None
    role: AccountRole | None
    name: str
    school_name: str
    created_at: int


class LinkView(View):
    """`password`: whether it has one. `watch_only`: no files to keep."""

    id: str
    label: str
    password: bool
    watch_only: bool
    created_at: int
    expires_at: int
    state: LinkState


class LinkMade(LinkView):
    """`url` has the secret, which is told only here."""

    url: str


class AccessView(View):
    """Beside its reach. The newest link first, revoked ones too."""

    grants: list[GrantView]
    links: list[LinkView]


class NewGrant(Body):
    """At least one of them."""

    account: Id | None = None
    school: Id | None = None
    role: AccountRole | None = None


class NewLink(Body):
    """Good for so many `days`."""

    label: Words
    days: Annotated[int, Field(ge=1, le=366)] = 14
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    watch_only: bool = False


class PeopleSearch(Body):
    words: Words


class PersonView(View):
    id: str
    name: str
    school: str | None
    school_name: str


class Entering(Body):
    secret: Secret
    password: Annotated[str, StringConstraints(max_length=200)] | None = None


class Entered(View):
    """The answer's cookies are good for this resource, and while the link is."""

    resource: str
    title: str
    watch_only: bool


async def shown(call: Call) -> AccessView:
    resource = await editable(call)
    return AccessView(
        grants=await _grants(call, await call.parts.store.access.grants(resource.id)),
        links=[_link(call, row) for row in await call.parts.store.access.links(resource.id)],
    )


async def granted(call: Call, body: NewGrant) -> GrantView:
    resource = await editable(call)
    if body == NewGrant():
        raise ClientFault("malformed", "Say whom: an account, a school or a role.", Status.MALFORMED)
    by = call.account.id if call.account is not None else None
    row = Grant(new_id(), resource.id, body.account, body.school, body.role, by, call.parts.now_ms)
    [view] = await _grants(call, [await call.parts.store.access.grant(row)])
    return view


async def taken_back(call: Call) -> None:
    """Also from who is watching just now."""
    resource = await editable(call)
    if not await call.parts.store.access.take_back(resource.id, call.path("grant")):
        raise not_found("grant")


async def linked(call: Call, body: NewLink) -> LinkMade:
    resource, parts = await editable(call), call.parts
    for one in await parts.store.joins.parts(resource.id) if resource.kind == KIND else ():
        if not _may_share(call, one):
            raise ClientFault("not_allowed", f"“{one.title}” in it is not yours to share.", Status.FORBIDDEN)
    secret, now = new_secret(), parts.now_ms
    row = SharedLink(
        id=new_id(),
        resource=resource.id,
        secret_hash=digest(secret),
        password_hash=await parts.passwords.hashed(body.password) if body.password else None,
        watch_only=body.watch_only,
        label=body.label,
        maker=call.account.id if call.account is not None else None,
        created_at=now,
        expires_at=now + body.days * DAY_MS,
    )
    await parts.store.access.add_link(row)
    return LinkMade(**_link(call, row).model_dump(), url=f"{join_base(call)}/shared#{secret}")


async def revoked(call: Call) -> None:
    """Who watches by it does so no longer."""
    resource = await editable(call)
    if not await call.parts.store.access.revoke(resource.id, call.path("link"), call.parts.now_ms):
        raise not_found("link")


async def people(call: Call, query: PeopleSearch) -> list[PersonView]:
    """Accounts whose name has these words, for who has something to share with them."""
    await editable(call)
    if not call.operator:
        call.parts.finds.take(call.signed_in.id, call.parts.now_s)
    schools = await _schools(call)
    found = await call.parts.store.accounts.called(query.words, MOST_FOUND)
    return [
        PersonView(id=one.id, name=one.name, school=one.school, school_name=schools.get(one.school or "", ""))
        for one in found
    ]


async def entered(call: Call, body: Entering) -> Entered:
    sharing = call.parts.sharing
    link = await sharing.enter(call.address, body.secret, body.password)
    resource = await call.parts.store.resources.get(link.resource)
    if resource is None:
        raise not_found("resource")
    call.set_passes = await sharing.passes(link)
    return Entered(resource=resource.id, title=resource.title, watch_only=link.watch_only)


def _may_share(call: Call, resource: Resource) -> bool:
    return Deed.SHARE in deeds(standings(viewer_of(call), resource, ()), resource.state)


async def _grants(call: Call, rows: Sequence[Grant]) -> list[GrantView]:
    names = await call.parts.store.accounts.names({row.account for row in rows if row.account is not None})
    schools = await _schools(call)
    return [
        GrantView(
            **{name: getattr(row, name) for name in ("id", "account", "school", "role", "created_at")},
            name=names.get(row.account or "", ""),
            school_name=schools.get(row.school or "", ""),
        )
        for row in rows
    ]


async def _schools(call: Call) -> dict[str, str]:
    return {school.id: school.name for school in await call.parts.store.schools.list()}


def _link(call: Call, row: SharedLink) -> LinkView:
    return LinkView(
        **{name: getattr(row, name) for name in ("id", "label", "watch_only", "created_at", "expires_at")},
        password=row.password_hash is not None,
        state=state_of(row, call.parts.now_ms),
    )


GRANTS, LINKS = f"{RESOURCE}/grants", f"{RESOURCE}/links"
_MINE = ("not_found", "not_allowed")
ROUTES = (
    Route("GET", f"{RESOURCE}/access", shown, "Who is let in to it, and by which links", Needs.ACCOUNT, codes=_MINE),
    Route(
        "POST",
        GRANTS,
        granted,
        "Let somebody in: a person, a school, a role",
        Needs.ACCOUNT,
        201,
        codes=(*_MINE, "malformed", "too_many_shares"),
    ),
    Route("DELETE", f"{GRANTS}/{{grant}}", taken_back, "Take that back", Needs.ACCOUNT, 204, codes=_MINE),
    Route(
        "POST",
        LINKS,
        linked,
        "Make a link to it",
        Needs.ACCOUNT,
        201,
        codes=(*_MINE, "malformed", "password_length", "too_many_shares"),
    ),
    Route("DELETE", f"{LINKS}/{{link}}", revoked, "Revoke a link", Needs.ACCOUNT, 204, codes=_MINE),
    Route(
        "GET",
        f"{RESOURCE}/people",
        people,
        "People by name, to share it with",
        Needs.ACCOUNT,
        codes=(*_MINE, "malformed", "too_often"),
    ),
    Route(
        "POST",
        "/api/v1/shared",
        entered,
        "Exchange a link's secret, and its password, for a cookie that opens its resource",
        codes=(
            "malformed",
            "link_invalid",
            "link_expired",
            "password_needed",
            "password_wrong",
            "too_often",
            "locked_out",
        ),
    ),
)

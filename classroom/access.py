"""Who may do what with a resource of the library, as one table: standing × stage → deeds. Pure.

What somebody is to a resource (`standings`) comes of who they are, of its reach, of what was granted to them, and of a
link. A person may be let in before anybody reviewed it, for that is one's word to one's colleague; a school or a role
only once it is published, or review would be walked around. What is withdrawn is its owner's and the staff's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from classroom.review import State
from classroom.store.records import Account, Grant, Resource, SharedLink


class Deed(StrEnum):
    """`SEE` what is said of it, `PLAY` what is in it, `DOWNLOAD` a file of it; `EDIT` and `SHARE` it."""

    SEE = "see"
    PLAY = "play"
    DOWNLOAD = "download"
    EDIT = "edit"
    SHARE = "share"


class Standing(StrEnum):
    STAFF = "staff"
    OWNER = "owner"
    PERSON = "person"  # granted to this account
    GROUP = "group"  # granted to its school or role
    REACHED = "reached"
    LINK = "link"
    WATCH_ONLY = "watch_only"  # by a link that gives no files


class Stage(StrEnum):
    UNPUBLISHED = "unpublished"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STAGES: Mapping[State, Stage] = {
    State.DRAFT: Stage.UNPUBLISHED,
    State.SELF_REVIEWED: Stage.UNPUBLISHED,
    State.SUBMITTED: Stage.UNPUBLISHED,
    State.PUBLISHED: Stage.PUBLISHED,
    State.WITHDRAWN: Stage.WITHDRAWN,
}

Deeds = frozenset[Deed]
ALL, NONE = frozenset(Deed), Deeds()
WATCH = frozenset({Deed.SEE, Deed.PLAY})
TAKE = WATCH | {Deed.DOWNLOAD}
_COLUMNS = (Stage.UNPUBLISHED, Stage.PUBLISHED, Stage.WITHDRAWN)
_ROWS: Mapping[Standing, tuple[Deeds, Deeds, Deeds]] = {
    Standing.STAFF: (ALL, ALL, ALL),
    Standing.OWNER: (ALL, ALL, ALL),
    Standing.PERSON: (TAKE, TAKE, NONE),
    Standing.GROUP: (NONE, TAKE, NONE),
    Standing.REACHED: (NONE, TAKE, NONE),
    Standing.LINK: (TAKE, TAKE, NONE),
    Standing.WATCH_ONLY: (WATCH, WATCH, NONE),
}
MAY: Mapping[tuple[Standing, Stage], Deeds] = {
    (standing, stage): deeds for standing, row in _ROWS.items() for stage, deeds in zip(_COLUMNS, row, strict=True)
}


class LinkState(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"


def state_of(link: SharedLink, now_ms: int) -> LinkState:
    if link.revoked_at is not None:
        return LinkState.REVOKED
    return LinkState.OPEN if now_ms < link.expires_at else LinkState.EXPIRED


def standings(viewer: Account | None, resource: Resource, grants: Iterable[Grant]) -> frozenset[Standing]:
    """What an account is to a resource; None is the installation's operator."""
    if viewer is None:
        return frozenset({Standing.STAFF})
    found = set[Standing]()
    if viewer.role in ("staff", "admin"):
        found.add(Standing.STAFF)
    if resource.owner == viewer.id:
        found.add(Standing.OWNER)
    if resource.reach == "all" or (viewer.school is not None and resource.school == viewer.school):
        found.add(Standing.REACHED)
    for grant in grants:
        if meets(grant, viewer):
            found.add(Standing.PERSON if grant.account is not None else Standing.GROUP)
    return frozenset(found)


def meets(grant: Grant, viewer: Account) -> bool:
    """A grant is to whom all that it names fits; one that names nothing is to nobody."""
    named = [(grant.account, viewer.id), (grant.school, viewer.school), (grant.role, viewer.role)]
    said = [(wanted, has) for wanted, has in named if wanted is not None]
    return bool(said) and all(wanted == has for wanted, has in said)


def by_link(link: SharedLink, now_ms: int) -> frozenset[Standing]:
    if state_of(link, now_ms) is not LinkState.OPEN:
        return frozenset()
    return frozenset({Standing.WATCH_ONLY if link.watch_only else Standing.LINK})


def deeds(mine: Iterable[Standing], state: str) -> Deeds:
    return NONE.union(*(MAY[one, STAGES[State(state)]] for one in mine))


def knows_names(viewer: Account | None, resource: Resource) -> bool:
    """Whether somebody who may play it is told what the children in it are called: its owner, the staff, and who is of
    its school. `viewer` None is the operator; who comes by a link never is."""
    if viewer is None or viewer.role in ("staff", "admin") or resource.owner == viewer.id:
        return True
    return resource.school is not None and resource.school == viewer.school

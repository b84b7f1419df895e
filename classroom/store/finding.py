"""Looking through the library: what a viewer may see and wants, in which order, and how much of each kind there is.

Who may see what is a condition of every query, as is all else that is wanted: what is counted, and what a page is cut
from, has nothing in it that the viewer may not know of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Double,
    Select,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
    table,
    union_all,
)
from sqlalchemy.sql.expression import FromClause

from classroom.finding import Excerpt, Phrase, Said, excerpt, nearest, phrases, ways
from classroom.store.access import seen_by
from classroom.store.catalogue import Search, wanted
from classroom.store.database import Database
from classroom.store.index import FIELDS, WEIGHTS, Texts, decoded, document, passages
from classroom.store.paging import Place, behind, place_of
from classroom.store.records import Account, Resource
from classroom.store.tables import favourite, resource, resource_point, unindexed, use, watched

FACETS = ("kind", "subject", "grade", "edition", "type", "language", "licence", "audience", "school", "state", "point")
MOST_CODES = 40
"""Of one facet; those that most have."""
MOST_HITS = 3
"""Of one resource in a list."""
MOST_SUGGESTIONS = 8
WORDS = table("words", schema="search")


@dataclass(frozen=True, slots=True)
class Hit:
    """Where words were found, and `at` which moment (ms of the lesson's clock) of a recording."""

    field: str
    at: int | None
    found: Excerpt


@dataclass(frozen=True, slots=True)
class Found:
    """`place`: in the order that was asked for, to go on from there."""

    resource: Resource
    views: int
    favourite: bool
    place: str
    hits: Sequence[Hit] = ()


@dataclass(frozen=True, slots=True)
class Facets:
    """How many there are in all, and of each code; of each facet as if nothing of it were chosen."""

    total: int
    counts: dict[str, list[tuple[str, int]]]


class Finding:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, viewer: Account | None, me: str | None, search: Search, after: str = "", limit: int = 100
    ) -> list[Found]:
        """`me`: whose favourites and history are meant. `after`: the place of the one before. Raises ClientFault
        `malformed` (400) where that is none of this list."""
        order = _order(search)
        place = place_of(after, order) if after else None
        page: Sequence[Any] = []
        said: Said = ()
        async with self._database.finding(search.words) as connection:
            for said in ways(search.words):
                query = self._matching(viewer, me, search, said)
                page = (await connection.execute(self._page(query, order, said, place, limit))).all()
                if page or (place and (await connection.execute(self._page(query, order, said, None, 1))).first()):
                    break
            ids = [row.id for row in page]
            rows = {row["id"]: row for row in (await connection.execute(_shown(ids, me))).mappings()}
            stored: dict[str, str] = {}
            if said:
                texts = select(document.c.resource, document.c.texts).where(document.c.resource.in_(ids))
                stored = {row[0]: row[1] for row in await connection.execute(texts)}
        found = [
            _found(dict(rows[row.id]), Place(order, row.first, row.at, row.id).code) for row in page if row.id in rows
        ]
        return await asyncio.to_thread(_with_hits, found, stored, said) if stored else found

    async def moments(self, resources: Collection[str], words: str) -> dict[str, int]:
        """By resource, a moment (ms of the lesson's clock) at which all of the words stand."""
        if not resources:
            return {}
        withheld = exists().where(unindexed.c.resource == document.c.resource, unindexed.c.withheld)
        texts = select(document.c.resource, document.c.texts).where(document.c.resource.in_(resources), ~withheld)
        async with self._database.finding(words) as connection:
            stored = (await connection.execute(texts)).all()
        found = {one: await asyncio.to_thread(_moment, said, words) for one, said in stored}
        return {one: at for one, at in found.items() if at is not None}

    def _page(self, query: Select[Any], order: str, said: Said, after: Place | None, limit: int) -> Select[Any]:
        """Ids alone: all that matches is sorted, and no more than that is carried along."""
        first: ColumnElement[Any] = literal(0)
        match order:
            case "used":
                query = query.outerjoin(use, use.c.resource == resource.c.id)
                first = -func.coalesce(use.c.views, 0)
            case "title":
                first = func.lower(resource.c.title)
            case "relevance":
                first = self._rank(said)
            case "favourites":
                first = -favourite.c.at
            case "history":
                first = -watched.c.at
        columns = (resource.c.id, first.label("first"), resource.c.created_at.label("at"), *self._words(said))
        every = query.with_only_columns(*columns).subquery("every_one")
        page = select(every)
        if after is not None:
            start: float | str | ColumnElement[Any] = after.first
            if order == "relevance":  # what else comes into the index moves all ranks a little
                now = select(every.c.first).where(every.c.id == after.id).scalar_subquery()
                start = func.coalesce(now, after.first)
            keys = (every.c.first, -every.c.at, every.c.id)
            page = page.where(behind(keys, (start, -after.at, after.id)))
        return self._said(_ordered(page, every), said, ordered=True).limit(limit)

    async def facets(self, viewer: Account | None, me: str | None, search: Search) -> Facets:
        chosen = {name: getattr(search, name) for name in FACETS if getattr(search, name)}
        open_search = replace(search, **dict.fromkeys(chosen, ""))
        total, rows = 0, list[Any]()
        async with self._database.finding(search.words) as connection:
            for said in ways(search.words):
                query = self._counts(self._matching(viewer, me, open_search, said), said, chosen)
                rows = list(await connection.execute(query))
                if total := next(count for name, _, count in rows if not name):
                    break
        counts: dict[str, list[tuple[str, int]]] = {name: [] for name in FACETS}
        for name, code, count in rows:
            if name and code:
                counts[name].append((code, count))
        for of in counts.values():
            of.sort(key=lambda one: (-one[1], one[0]))
            del of[MOST_CODES:]
        return Facets(total, counts)

    def _counts(self, query: Select[Any], said: Said, chosen: dict[str, str]) -> CompoundSelect[Any]:
        columns = [resource.c[name] for name in ("id", *FACETS[:-1])]
        every = self._said(query.with_only_columns(*columns, *self._words(said)), said).cte("every_one")
        total = select(literal(""), literal(""), func.count()).select_from(every).where(*_chosen(every, chosen))
        counted = [
            _counted(every, name, {other: code for other, code in chosen.items() if other != name}) for name in FACETS
        ]
        return union_all(total, *counted)

    async def suggestions(self, viewer: Account | None, search: str) -> list[str]:
        """Titles and knowledge points that have these words."""
        like = literal(search).concat("%")
        of_point = select(resource_point.c.point.label("said"), func.count().label("n"))
        of_point = of_point.join(resource, resource.c.id == resource_point.c.resource)
        of_point = of_point.where(*seen_by(viewer), resource_point.c.point.icontains(search, autoescape=True))
        of_title = select(resource.c.title.label("said"), func.count().label("n"))
        of_title = of_title.where(*seen_by(viewer), resource.c.title.icontains(search, autoescape=True))
        both = union_all(of_point.group_by(resource_point.c.point), of_title.group_by(resource.c.title)).subquery()
        first = case((both.c.said.ilike(like), 0), else_=1)
        query = select(both.c.said).group_by(both.c.said).order_by(func.min(first), func.max(both.c.n).desc())
        async with self._database.reading() as connection:
            return list((await connection.execute(query.limit(MOST_SUGGESTIONS))).scalars())

    async def like(self, viewer: Account | None, of: Resource, most: int = 6) -> list[Resource]:
        """Others with the same knowledge points, or words of its title: the more, and the rarer these are, the
        earlier."""
        said = [phrase for one in (*of.points, of.title) for phrase in phrases(f'"{one}"')]
        words = [Phrase((token,), open=False) for phrase in phrases(of.title) for token in phrase.tokens]
        any_of = (tuple(dict.fromkeys([*said, *words])),)
        if not any_of[0]:
            return []
        query = self._joined(select(resource), any_of).where(*seen_by(viewer))
        query = query.where(resource.c.id != of.id).order_by(self._rank(any_of), resource.c.id)
        async with self._database.finding(of.title) as connection:
            rows = (await connection.execute(query.limit(most))).mappings()
            return [Resource(**row) for row in rows]

    def _matching(self, viewer: Account | None, me: str | None, search: Search, said: Said) -> Select[Any]:
        query = select(resource.c.id).where(*seen_by(viewer), *wanted(search))
        for name, mine in (("favourites", favourite), ("history", watched)):
            if search.mine == name:
                query = query.join(mine, (mine.c.resource == resource.c.id) & (mine.c.account == me))
        return self._joined(query, said) if said else query

    def _joined(self, query: Select[Any], said: Said) -> Select[Any]:
        """With what of the index has the words. What was taken out of a resource is not found from the same moment on.
        PostgreSQL finds them first, by their index (nothing goes into a query with `OFFSET 0`): else, where many have
        them, it comes to each by its resource, and reads all its words. What has them one after the other `_said` finds
        out."""
        if self._database.is_postgresql:
            columns = (document.c.resource, *map(literal_column, ("search.document.about", "search.document.words")))
            found = select(*columns).where(columns[-1].op("@@")(_tsquery(_apart(said)))).offset(0).subquery("found")
            query = query.join(found, found.c.resource == resource.c.id)
        else:
            query = query.join(document, document.c.resource == resource.c.id)
            query = query.join(WORDS, literal_column("words.rowid") == document.c.number)
            query = query.where(literal_column("words").op("MATCH")(_fts5(said)))
        return query.where(~exists().where(unindexed.c.resource == resource.c.id, unindexed.c.withheld))

    def _said(self, query: Select[Any], said: Said, *, ordered: bool = False) -> Select[Any]:
        """Those of them that have each phrase as it stands. PostgreSQL reads all words of a resource for that: it is to
        do so last (no condition goes behind `OFFSET 0`), in their order, and so for a page of little more than that."""
        if not self._words(said):
            return query
        of = query.offset(0).subquery("having_words")
        columns = [one for one in of.c if one.name != "words"]
        having = select(*columns).where(of.c.words.op("@@")(_tsquery(said)))
        return _ordered(having, of) if ordered else having

    def _words(self, said: Said) -> list[ColumnElement[Any]]:
        """What `_said` looks at, where it has to: where they lie goes along, and they are read there."""
        spread = self._database.is_postgresql and any(len(one.tokens) > 1 for one in chain(*said))
        return [literal_column("found.words").label("words")] if spread else []

    def _rank(self, said: Said) -> ColumnElement[Any]:
        """The least is the best."""
        if self._database.is_postgresql:
            weights: ColumnElement[Any] = literal_column("'{0.1, 0.3, 0.6, 1.0}'::real[]")
            wanted = _tsquery((_tokens(chain(*said)),))
            return -cast(func.ts_rank(weights, literal_column("found.about"), wanted, 1), Double)
        return literal_column(f"bm25(words, {', '.join(map(str, WEIGHTS))})")


def _order(search: Search) -> str:
    """Where none is asked for, what was found by words comes by its rank, and one's own ways with the latest first."""
    unsaid = "relevance" if search.words else search.mine or "newest"
    order = search.sort or unsaid
    return "newest" if order == "relevance" and not search.words else order


def _ordered(query: Select[Any], of: FromClause) -> Select[Any]:
    return query.order_by(of.c.first, of.c.at.desc(), of.c.id)


def _apart(said: Said) -> Said:
    """With the tokens of a phrase wherever each stands."""
    every = ([(one,) for one in _tokens(clause)] if len(clause) == 1 else [clause] for clause in said)
    return tuple(dict.fromkeys(chain.from_iterable(every)))


def _tokens(of: Iterable[Phrase]) -> tuple[Phrase, ...]:
    every = (Phrase((token,), open=one.open and token == one.tokens[-1]) for one in of for token in one.tokens)
    return tuple(dict.fromkeys(every))


def _shown(ids: Sequence[str], me: str | None) -> Select[Any]:
    views = func.coalesce(use.c.views, 0).label("n_views")
    liked = favourite.alias()
    mine = exists().where(liked.c.resource == resource.c.id, liked.c.account == me).label("is_mine")
    return select(resource, views, mine).outerjoin(use, use.c.resource == resource.c.id).where(resource.c.id.in_(ids))


def _found(row: dict[str, Any], place: str) -> Found:
    return Found(views=row.pop("n_views"), favourite=row.pop("is_mine"), place=place, resource=Resource(**row))


def _counted(every: FromClause, name: str, chosen: dict[str, str]) -> Select[Any]:
    if name == "point":
        query = select(literal(name), resource_point.c.point, func.count())
        query = query.join_from(every, resource_point, resource_point.c.resource == every.c.id)
        return query.where(*_chosen(every, chosen)).group_by(resource_point.c.point)
    column = every.c[name]
    return select(literal(name), column, func.count()).where(*_chosen(every, chosen)).group_by(column)


def _chosen(every: FromClause, chosen: dict[str, str]) -> Iterable[ColumnElement[bool]]:
    for name, code in chosen.items():
        if name == "point":
            has = exists().where(resource_point.c.resource == every.c.id, resource_point.c.point == code)
            yield has
        else:
            yield every.c[name] == code


def _fts5(said: Said) -> str:
    """Tokens are letters and digits alone, so between quotation marks nothing of them is an operator."""

    def one(phrase: Phrase) -> str:
        return f'"{" ".join(phrase.tokens)}"{" *" if phrase.open else ""}'

    return " AND ".join(f"({' OR '.join(map(one, clause))})" for clause in said)


def _tsquery(said: Said) -> ColumnElement[Any]:
    def one(phrase: Phrase) -> str:
        *first, last = (f"'{token}'" for token in phrase.tokens)
        return f"({' <-> '.join([*first, f'{last}:*' if phrase.open else last])})"

    every = " & ".join(f"({' | '.join(map(one, clause))})" for clause in said)
    return literal(every).op("::")(literal_column("tsquery"))


def _with_hits(found: Sequence[Found], stored: dict[str, str], said: Said) -> list[Found]:
    looked_for = tuple(dict.fromkeys(chain(*said)))
    return [
        replace(one, hits=hits(decoded(stored[one.resource.id]), looked_for)) if one.resource.id in stored else one
        for one in found
    ]


@lru_cache(32)
def _moment(stored: str, words: str) -> int | None:
    """In the first of the fields. A class is given the same."""
    looked_for, texts = phrases(words), decoded(stored)
    for field in FIELDS:
        for one, _ in nearest(passages(texts, field), looked_for, MOST_HITS):
            if one.at is not None and all(excerpt(one.text, (phrase,)) for phrase in looked_for):
                return one.at
    return None


def hits(texts: Texts, looked_for: Sequence[Phrase], most: int = MOST_HITS) -> list[Hit]:
    """The title's is always among them; then those of the first fields that have some. Facets each page tells in its
    own language."""
    found: list[Hit] = []
    for field in FIELDS:
        if field == "facets":
            continue
        left = most - sum(one.field != "title" for one in found)
        if left <= 0:
            break
        found += (Hit(field, one.at, said) for one, said in nearest(passages(texts, field), looked_for, left))
    return found

"""The library's index, on SQLite and on PostgreSQL: what is found, by whom, in which order, and what no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from classroom.errors import ClientFault
from classroom.finding import (
    MOST_FORMS,
    MOST_IN_TOKEN,
    MOST_LETTERS,
    MOST_PARTED,
    Phrase,
    excerpt,
    phrases,
    places,
    tokens,
    ways,
    words,
)
from classroom.review import Outcome
from classroom.store import Store
from classroom.store.catalogue import Search
from classroom.store.finding import Found
from classroom.store.index import Texts
from classroom.store.paging import Place
from classroom.store.records import Account, Banked, Captions, Edit, Resource
from classroom.store.tables import resource, unindexed
from classroom.store.using import Watching
from tests.decided import decided

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("光合作用", ["光合", "合作", "作用", "用"]),
        ("後來 頭髮", ["后来", "来", "头发", "发"]),
        ("3D打印机", ["3d", "打印", "印机", "机"]),
        ("ＡＢＣ Café studies", ["abc", "cafe", "studi"]),
        ("—。😀\x00*\"'\ud800", []),
        ("x" * 3000 + " é" + "\ufdf2" * 3000, ["x" * MOST_IN_TOKEN, ("e" + "الله" * 16)[:MOST_IN_TOKEN]]),
    ],
)
def test_a_text_is_cut_into_pairs_and_stems(said: str, kept: list[str]) -> None:
    assert words(said) == kept == [token.text for token in tokens(said)]


def test_what_is_looked_for_is_cut_likewise() -> None:
    assert phrases("合作用 光") == (Phrase(("合作", "作用"), open=False), Phrase(("光",), open=True))
    assert phrases('"running fast" photo') == (Phrase(("run", "fast"), open=False), Phrase(("photo",), open=True))
    assert phrases("打印3D") == (Phrase(("打印", "印", "3d"), open=False),)
    assert phrases('😀 " \x00 * \ud800') == ()
    assert len(phrases(" ".join(f"w{n}" for n in range(99)))) == 12


def test_an_excerpt_marks_words_where_a_page_counts_them() -> None:
    found = excerpt("😀 Plants do PHOTOSYNTHESIS，也叫光合作用。", phrases("光合 photosynth"))
    assert found is not None
    units = found.text.encode("utf-16-le")
    marked = [units[2 * one : 2 * two].decode("utf-16-le") for one, two in found.marks]
    assert marked == ["PHOTOSYNTHESIS", "光合"]
    assert excerpt("nothing of it", phrases("光合")) is None


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_is_found_by_itself(said: str) -> None:
    assert words(said) == [token.text for token in tokens(said)]
    assert all(0 <= token.start < token.end <= len(said) for token in tokens(said))
    for phrase in phrases(said.replace('"', " ")):
        assert phrase.tokens
    if looked_for := phrases(f'"{said}"'):
        assert excerpt(said, looked_for) is not None or '"' in said or "“" in said or "”" in said or "＂" in said


def stands(text: str, search: str) -> bool:
    """Whether a search that is parted has its words there."""
    return all(places(text, clause) for clause in ways(search)[-1])


WORDS = st.lists(st.text("静夜思李白秋天的", min_size=2, max_size=4), min_size=1, max_size=5)


@given(WORDS.filter(lambda said: set("".join(said)) != {"的"}))  # that alone joins words, and is none to be looked for
@settings(max_examples=150, deadline=None)
def test_words_written_without_spaces_are_found_wherever_each_of_them_stands(said: list[str]) -> None:
    assert stands("。".join(reversed(said)), "".join(said))


def test_where_words_part_is_not_guessed_and_both_of_them_have_to_be_there() -> None:
    for search in ("静夜思李白", "李白静夜思", "李白的静夜思", "李白和静夜思", "白静夜", "静夜思poem李白", "3年李白"):
        assert stands("第3年：《静夜思》，李白。Poems", search), search
    for search in (
        "静夜",
        "杜甫静夜思",
        "静夜思杜甫",
        "静思夜白",
        "夜白",
        '"静夜思李白"',
        "静夜思poetry李白",
        "静夜思李白 杜甫",
    ):
        assert not stands("静，夜，思：《静夜思》，李白。Poems" if search != "静夜" else "静，夜", search), search
    assert ways("") == [()]
    assert ways('😀 "') == []
    for whole in ("光合", '"光合作用" plants', "TCP/IP", "光 water"):
        assert len(ways(whole)) == 1, whole
    assert len(ways("".join(map(chr, range(0x4E00, 0x4E00 + MOST_LETTERS))))[1]) == MOST_PARTED


def test_a_number_that_counts_is_looked_for_in_figures_and_in_characters() -> None:
    def finds(search: str, there: str) -> bool:
        return all(places(there, clause) for clause in ways(search)[0])

    for there in ("3年级", "三年级", "３年级", "三年级第10课", "3年级第十课"):
        assert all(finds(search, there) for search in ("3年级", "三年级", "３年级", there)), there
    for search, there in (("3年级二班", "三年级2班"), ("第20课", "第二十课"), ("第十二课", "第12课"), ("八年", "8年")):
        assert finds(search, there), search
    for search, there in (("13年级", "三年级"), ("2021年", "一年"), ("21年", "二十一年"), ("3角", "三角")):
        assert not finds(search, there), search
    assert not finds('"3年级"', "三年级")
    assert phrases("3年级") == (Phrase(("3", "年级"), open=False),)
    assert len(ways("3年级4班第5课6题")[0][0]) == MOST_FORMS


@pytest.fixture
async def library(store: Store) -> Store:
    await store.index.prepare()
    return store


async def put(store: Store, title: str, texts: Texts | None = None, **of: Any) -> Resource:
    row = replace(Resource(of.pop("id", title)[:60], None, title, "link", "ready", NOW, None, "", []), **of)
    await store.resources.put(row)
    await indexed(store, {row.id: {"title": [(None, title)], **(texts or {})}})
    return row


async def indexed(store: Store, texts: dict[str, Texts]) -> None:
    for wait in await store.index.waiting(100):
        await store.index.put(wait, texts.get(wait.resource))


async def ids(store: Store, said: str, viewer: Account | None = None, **of: Any) -> list[str]:
    found = await store.finding.find(viewer, viewer.id if viewer else None, Search(said, **of))
    return [one.resource.id for one in found]


async def test_words_are_found_in_every_field_and_titles_come_first(library: Store) -> None:
    spoken: Texts = {"transcript": [(1000, "今天我们学习光合作用"), (9000, "植物的叶子")]}
    await put(library, "Leaves", spoken, id="b")
    await put(library, "光合作用的过程", id="a")
    await put(library, "分数的加法", {"slides": [(5, "通分")], "board": [(7, "Fractions add up")]}, id="c")
    for said, found in {
        "光合作用": ["a", "b"],
        "作用": ["a", "b"],
        "光": ["a", "b"],
        "叶子 學習": ["b"],
        "fraction": ["c"],
        "Fract": ["c"],
        "通分 加法": ["c"],
        "合用": [],
        "用植": [],
        "光合 通分": [],
    }.items():
        assert (said, await ids(library, said)) == (said, found)
    (one,) = (await library.finding.find(None, None, Search("叶子")))[:1]
    assert [(hit.field, hit.at, hit.found.text) for hit in one.hits] == [("transcript", 9000, "植物的叶子")]


async def test_words_apart_are_no_phrase_in_the_list_nor_in_the_counts(library: Store) -> None:
    for n in range(40):
        await put(library, f"合作 {n}", {"transcript": [(0, "作用")]}, id=f"apart{n}", created_at=NOW + n)
    await put(library, "光合作用", id="whole", subject="science")
    await put(library, "past lesson", {"transcript": [(0, "in the past tense")]}, id="tense")
    await put(library, "tense past", id="other")
    for said, found in {"合作用": ["whole"], '"past tense"': ["tense"], "合作用 光": ["whole"]}.items():
        assert (said, await ids(library, said), await ids(library, said, sort="newest")) == (said, found, found)
        assert (await library.finding.facets(None, None, Search(said))).total == 1
    assert (await library.finding.facets(None, None, Search("合作用"))).counts["subject"] == [("science", 1)]
    assert len(await ids(library, "合作 作用")) == 41


async def test_a_grade_is_found_in_figures_and_in_characters(library: Store) -> None:
    await put(library, "三年级语文", id="said")
    await put(library, "3年级数学", id="figures")
    await put(library, "13年级", id="other")
    for search in ("3年级", "三年级"):
        assert set(await ids(library, search)) == {"said", "figures"}
    assert await ids(library, "3年级语文") == ["said"]


async def test_a_run_of_words_is_parted_where_it_finds_nothing_as_it_stands(library: Store) -> None:
    mine = await library.accounts.add("li", "Li", "teacher", "x", NOW)
    other = await library.accounts.add("wu", "Wu", "teacher", "x", NOW)
    of = {"owner": mine.id, "state": "published", "reach": "all"}
    await put(
        library, "《静夜思》李白", {"transcript": [(0, "床前明月光"), (9, "李白举头")]}, id="poem", grade="g3", **of
    )
    await put(library, "静夜思", id="half", **of)
    await put(library, "静夜思李白", id="hidden", owner=mine.id)
    for said in ("静夜思李白", "李白静夜思", "李白的静夜思"):
        (one,) = await library.finding.find(other, other.id, Search(said))
        marked = [(hit.field, hit.found.text[a:b]) for hit in one.hits for a, b in hit.found.marks]
        assert (one.resource.id, marked) == ("poem", [("title", "静夜思"), ("title", "李白"), ("transcript", "李白")])
        facets = await library.finding.facets(other, other.id, Search(said, grade="g3"))
        assert (facets.total, facets.counts["grade"]) == (1, [("g3", 1)])
        assert await library.finding.find(other, other.id, Search(said), after=one.place) == []
    assert await ids(library, '"静夜思李白"', other) == await ids(library, "静夜思杜甫", other) == []
    (one,) = await library.finding.find(mine, mine.id, Search("静夜思李白"), limit=1)
    assert one.resource.id == "hidden"
    assert await library.finding.find(mine, mine.id, Search("静夜思李白"), after=one.place) == []
    assert (await library.finding.facets(mine, mine.id, Search("静夜思李白"))).total == 1


async def test_pages_of_a_run_that_is_parted_go_on(library: Store) -> None:
    for number in range(5):
        await put(library, f"李白 {number} 静夜思", created_at=NOW + number)
    every = await ids(library, "静夜思李白", sort="newest")
    found = await library.finding.find(None, None, Search("静夜思李白", sort="newest"), limit=3)
    rest = await library.finding.find(None, None, Search("静夜思李白", sort="newest"), found[-1].place, limit=3)
    assert [one.resource.id for one in (*found, *rest)] == every
    assert len(every) == 5


ODD = (
    *(
        '"',
        '""',
        "*",
        "NEAR(a b)",
        "a AND",
        "OR",
        "NOT x",
        "-a",
        "a:b",
        "title:光",
        "'",
        "';--",
        "\x00",
        "\ud800",
        "😀",
    ),
    *(
        "(",
        "^a",
        "& | !",
        "<->",
        "光*",
        "\\",
        "光" * 500,
        "%",
        "_",
        "{title}: x",
        "+x",
        "\ufdf2" * 256,
        '"' + "\ufdfa" * 399,
    ),
)


async def test_odd_searches_find_nothing_and_break_nothing(library: Store) -> None:
    await put(library, "plain")
    for said in ODD:
        assert await ids(library, said) == []
        assert (await library.finding.facets(None, None, Search(said))).total == 0


async def test_what_is_too_long_for_an_index_is_cut_and_the_rest_is_found(library: Store) -> None:
    numbers = " ".join(f"{number:016}" for number in range(60_000))
    texts: Texts = {"description": [(None, "x" * 3000), (None, "\ufdf2" * 3000)], "transcript": [(0, numbers)]}
    await put(library, "秋天", texts, id="r")
    assert await library.index.waiting(9) == []
    for said in ("秋天", "x" * 300, "\ufdf2" * 256, f"{9:016}"):
        assert await ids(library, said) == ["r"], said


async def test_nobody_finds_or_counts_what_they_may_not_see(library: Store) -> None:
    mine = await library.accounts.add("li", "Li", "teacher", "x", NOW)
    other = await library.accounts.add("wu", "Wu", "teacher", "x", NOW)
    staff = await library.accounts.add("chen", "Chen", "staff", "x", NOW)
    await put(library, "秋天一", id="draft", owner=mine.id, subject="chinese")
    await put(library, "秋天二", id="published", owner=mine.id, subject="chinese", state="published", reach="all")
    assert await ids(library, "秋天", other) == ["published"]
    for who, total in ((mine, 2), (other, 1), (staff, 2)):
        facets = await library.finding.facets(who, who.id, Search("秋天"))
        assert (facets.total, facets.counts["subject"]) == (total, [("chinese", total)])
    assert await library.finding.suggestions(other, "秋天") == ["秋天二"]
    assert [one.id for one in await library.finding.like(other, replace(await the(library, "draft"), id="x"))] == [
        "published"
    ]


async def the(store: Store, one: str) -> Resource:
    found = await store.resources.get(one)
    assert found is not None
    return found


async def test_a_facet_counts_as_if_nothing_of_it_were_chosen(library: Store) -> None:
    await put(library, "秋一", id="1", subject="chinese", grade="g1", points=["落叶"])
    await put(library, "秋二", id="2", subject="maths", grade="g1", points=["落叶", "加法"])
    await put(library, "秋三", id="3", subject="maths", grade="g2")
    facets = await library.finding.facets(None, None, Search("秋", subject="maths"))
    assert facets.total == 2
    assert facets.counts["subject"] == [("maths", 2), ("chinese", 1)]
    assert facets.counts["grade"] == [("g1", 1), ("g2", 1)]
    assert sorted(facets.counts["point"]) == [("加法", 1), ("落叶", 1)]
    assert (await library.finding.facets(None, None, Search(point="加法", grade="g1"))).total == 1


async def test_what_was_taken_out_is_not_found_from_the_same_moment_on(library: Store) -> None:
    row = await put(library, "secret lesson", {"transcript": [(0, "the hidden word")]}, id="r")
    assert await ids(library, "hidden") == ["r"]
    await decided(library, Edit(row.id, 1, None, NOW, "cut", {"from_ms": 0, "to_ms": 10}))
    assert await ids(library, "hidden") == await ids(library, "lesson") == []
    await indexed(library, {"r": {"title": [(None, "secret lesson")]}})
    assert (await ids(library, "hidden"), await ids(library, "lesson")) == ([], ["r"])
    await library.resources.remove("r")
    assert await ids(library, "lesson") == []
    await indexed(library, {})
    async with library._database.finding() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM search.document"))).scalar() == 0


async def withheld(store: Store) -> dict[str, bool]:
    async with store._database.reading() as connection:
        rows = await connection.execute(select(unindexed.c.resource, unindexed.c.withheld))
        return {row[0]: row[1] for row in rows}


async def test_what_is_said_otherwise_is_withheld_until_it_is_indexed_anew(library: Store) -> None:
    row = await put(library, "secret", id="r", points=["hidden"])
    async with library._database.writing() as connection:
        await connection.execute(update(resource).values(published_edits=1))
    assert await withheld(library) == {"r": False}
    before, row = row, replace(row, version=row.version + 1, state="self_reviewed")
    await library.reviews.put(before, Outcome(row, None, None))
    assert await withheld(library) == {"r": False}
    assert await ids(library, "secret") == ["r"]
    others: list[dict[str, Any]] = [{"title": "open"}, {"description": "x"}, {"points": []}]
    for new in (*others, {"contributors": [{"name": "Li"}]}):
        await indexed(library, {"r": {"title": [(None, "secret")]}})
        before, row = row, replace(row, version=row.version + 1, **new)
        await library.reviews.put(before, Outcome(row, None, None))
        assert await ids(library, "secret") == [], new
    first, second = (Captions("r", "zh-CN", revision, "file", 0, NOW) for revision in ("1", "2"))
    await library.captions.put(first, "[]", None)
    await indexed(library, {"r": {"title": [(None, "secret")]}})
    assert await ids(library, "secret") == ["r"]
    await library.captions.put(second, "[]", "1")
    assert await ids(library, "secret") == []


async def test_a_question_that_moves_is_not_found_in_the_bank_it_came_from(library: Store) -> None:
    owner = (await library.accounts.add("li", "Li", "teacher", "x", NOW)).id
    said = {"type": "choice", "prompt": "Which tree?"}
    asked = Banked("q", owner, None, "old", 0, "", "", [], said, NOW, NOW)
    await library.questions.add(owner, [asked], 10)
    for folder in ("old", "new", "other"):
        await put(library, folder, id=folder, kind="bank", owner=owner, target=folder)
    assert await library.questions.change(replace(asked, folder="new"))
    assert await withheld(library) == {"old": True, "new": True}


async def test_a_change_during_indexing_is_indexed_again(library: Store) -> None:
    await library.resources.put(Resource("r", None, "first", "link", "ready", NOW, None, "", []))
    (wait,) = await library.index.waiting(10)
    await decided(library, Edit("r", 1, None, NOW, "cut", {"from_ms": 0, "to_ms": 10}))
    await library.index.put(wait, {"title": [(None, "first")]})
    assert [one.resource for one in await library.index.waiting(10)] == ["r"]
    assert await ids(library, "first") == []


async def test_an_index_that_is_gone_is_made_of_everything_again(library: Store) -> None:
    await put(library, "秋天", id="r")
    assert await library.index.waiting(9) == []
    await library.index.prepare()
    assert await library.index.waiting(9) == []
    await library.index.prepare(anew=True)
    assert len(await library.index.waiting(9)) == 1
    await indexed(library, {"r": {"title": [(None, "秋天")]}})
    assert await ids(library, "秋天") == ["r"]


async def test_an_index_of_an_older_version_is_made_anew(library: Store) -> None:
    await put(library, "秋天", id="r")
    older = "COMMENT ON TABLE search.document IS 'version 3.1'"
    older = older if library._database.is_postgresql else "PRAGMA user_version = 3"
    await library._database.index(lambda to: to.exec_driver_sql(older) and None)
    await library.index.prepare()
    assert [one.resource for one in await library.index.waiting(9)] == ["r"]


async def test_sorts_and_pages(library: Store) -> None:
    for number, title in enumerate(("b", "a", "c")):
        await put(library, title, id=str(number), created_at=NOW + number)
    assert await ids(library, "") == ["2", "1", "0"]
    assert await ids(library, "", sort="title") == ["1", "0", "2"]


@pytest.mark.parametrize("asked", [{}, {"sort": "title"}, {"sort": "used"}, {"words": "光"}, {"mine": "history"}])
async def test_pages_go_on_where_they_were_while_others_come_and_go(library: Store, asked: dict[str, str]) -> None:
    me = await library.accounts.add("li", "Li", "staff", "x", NOW)
    for number in range(5):
        spoken: Texts = {"transcript": [(0, "光 " * (number % 3))]}
        one = await put(library, f"光 {number}", spoken, created_at=NOW + number // 2)
        await library.using.add({one.id: Watching({me.id: 1 + number % 2})}, NOW + number // 2)

    async def page(after: str = "", limit: int = 2) -> list[Found]:
        return await library.finding.find(me, me.id, Search(**asked), after, limit)

    every = [one.resource.id for one in await page(limit=9)]
    first = await page()
    new = await put(library, "光", {"points": [(None, "光")]}, created_at=NOW + 9, id="new")
    await library.using.add({new.id: Watching({me.id: 9})}, NOW + 99)
    await library.resources.remove(first[0].resource.id)
    second = await page(first[-1].place)
    await library.resources.remove(second[-1].resource.id)
    third = await page(second[-1].place)
    assert [one.resource.id for one in (*first, *second, *third)] == every
    for forged in ("x", "eyJh", Place("title", 1, 1, "a").code, Place("newest", 1, 1, "\0").code):
        with pytest.raises(ClientFault, match="place"):
            await page(forged)

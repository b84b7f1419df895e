"""Types of questions as they are written at the desk and answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.browser.people import Person
from tests.browser.questions.room import Class, Does, Types, asked_of_all, begin, keys, ready, seen_by_all


@dataclass(frozen=True)
class Story:
    """What is written into which field of the form, marked as right there, answered by touch and by keys; which share
    of these answers is right (empty: that is chance's), and what every chart then counts. `prepares`: what else is done
    in the form. `button`: by which it is asked at once, without one, in words of its own."""

    type: str
    writes: dict[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    touches: Does = lambda person: None
    types: Types = lambda page: None
    right: tuple[str | None, str | None] = (None, None)
    votes: tuple[int, ...] = ()
    prepares: Does = lambda person: None
    button: str = ""
    says: str = ""

    @property
    def prompt(self) -> str:
        return self.says or f"{self.type}?"


def options(*texts: str) -> dict[str, str]:
    return {f"vote-option-{letter}": text for letter, text in zip("ABCD", texts, strict=False)}


def targets(*texts: str) -> dict[str, str]:
    return {f"vote-target-{letter}": text for letter, text in zip("ABCD", texts, strict=False)}


def touch(*testids: str) -> Does:
    return lambda person: [person.touch(one) for one in testids] and None


def write(testid: str, *texts: str) -> Does:
    def do(person: Person) -> None:
        for at, text in enumerate(texts):
            person.page.get_by_test_id(testid).nth(at).fill(text)
        person.touch("answer-send")

    return do


def in_right_order(person: Person) -> None:
    """By touch: whatever lies too high goes down, until all is in order."""
    page = person.page
    for _ in range(10):
        texts = [one.strip() for one in page.get_by_test_id("answer-order").locator(".option").all_inner_texts()]
        wrong = next((at for at in range(len(texts) - 1) if texts[at] > texts[at + 1]), None)
        if wrong is None:
            break
        page.get_by_test_id("answer-down").nth(wrong).click()
    person.touch("answer-send")


def paired(person: Person) -> None:
    for at, target in enumerate(("animal", "plant")):
        person.page.get_by_test_id("answer-pair").nth(at).select_option(label=target)
    person.touch("answer-send")


STORIES = (
    Story(
        "choice", options("spring", "autumn"), ("B",),
        touch("answer-B"), keys("answer-A", "Enter"), ("1", "0"), (1, 1),
    ),
    Story(
        "multiple", options("2", "3", "4"), ("A", "B"), touch("answer-A", "answer-B", "answer-send"),
        keys("answer-A", "Space", "Tab", "Tab", "Space", "Tab", "Enter"), ("1", "0"), (2, 1, 1),
    ),
    Story("truefalse", {}, ("A",), touch("answer-A"), keys("answer-B", "Space"), ("1", "0"), (1, 1)),
    Story(
        "rating", {"compose-least": "little", "compose-most": "much"}, (),
        touch("answer-E"), keys("answer-D", "Enter"), (None, None), (0, 0, 0, 1, 1),
    ),
    Story(
        "number", {"compose-answer": "9,81", "compose-tolerance": "0.05", "compose-unit": "m/s²"}, (),
        write("answer-number", "9.8"), keys("answer-number", "10", "Enter"), ("1", "0"), (1, 1),
    ),
    Story(
        "text", {"compose-answer": "dog / hound"}, (),
        write("answer-text", " DOG"), keys("answer-text", "cat", "Enter"), ("1", "0"), (1, 1),
    ),
    Story(
        "gaps", {"compose-answer": "The {dog/hound} likes {cats}."}, (), write("answer-gap", "hound", "cats"),
        keys("answer-gap", "dog", "Tab", "mice", "Tab", "Enter"), ("1", "0.5"), (1, 1, 1, 1),
    ),
    Story(
        "order", options("a one", "b two", "c three"), (),
        in_right_order, keys("answer-send", "Enter"), ("1", ""), (),
    ),
    Story(
        "match", options("cat", "rose") | targets("animal", "plant"), (), paired,
        keys("answer-pair", "animal", "Tab", "animal", "Tab", "Enter"), ("1", "0.5"), (2, 1),
    ),
    Story(
        "cloud", {}, (), write("answer-text", "秋", "leaf"), keys("answer-text", "leaf", "Enter"), (None, None), (2, 1),
    ),
    Story(
        "essay", {}, (), write("answer-text", "A day in autumn.\nIt rains."),
        keys("answer-text", "It is cold.", "Tab", "Enter"), (None, None), (),
    ),
)  # fmt: skip


def composed(teacher: Person, story: Story) -> None:
    """The story's question is written, and may be opened."""
    begin(teacher, story.type, story.prompt)
    for testid, text in story.writes.items():
        teacher.write(testid, text)
    for letter in story.marks:
        teacher.touch(f"vote-right-{letter}")
    story.prepares(teacher)


def opened(room: Class, story: Story) -> None:
    """It is asked, and those who answer see it."""
    if story.button:
        ready(room.teacher)
        room.teacher.touch(story.button)
        seen_by_all(room, story.prompt)
        return
    composed(room.teacher, story)
    asked_of_all(room, story.prompt)

"""Formulas on paper: set as on pages, in the line. What cannot be set stands as it was written, and harms nothing."""

from __future__ import annotations

import pytest
from pypdfium2.raw import FPDF_PAGEOBJ_PATH

from tests.unit.web.test_printed_pictures import Lesson, held, opened, text_of  # noqa: F401
from web.server.printing import formulas
from web.server.printing.formulas import LONGEST, MOST, TALLEST, WIDEST, Formulas
from web.server.printing.sheet import BOX, FONT, LACKED, LEADING, NORMAL, Sheets

SCHOOL = r"""
\frac{1}{2}+\dfrac34   \sqrt{2}+\sqrt[3]{x+1}   x^{2}+y_1^2   \alpha\beta\pi\theta\Delta\Omega\varphi
a\times b\div c\pm d
x\leq y\geq z\neq w   a<b>c   \angle ABC=30^\circ   \triangle ABC\cong\triangle DEF   \vec{a}\cdot\vec{b}
\overline{AB}
\overrightarrow{AB}   \begin{pmatrix}1&2\\3&4\end{pmatrix}   \begin{vmatrix}a&b\\c&d\end{vmatrix}
\lim_{x\to0}\frac{\sin x}{x}
\begin{cases}x+y=1\\x-y=3\end{cases}   \left\{\begin{array}{l}x=1\\y=3\end{array}\right.   \sum_{i=1}^n i
\int_0^1 x^2\,\mathrm{d}x
\text{speed}=\frac{\text{distance}}{\text{time}}   \text{速度}=\frac{\text{路程}}{\text{时间}}   \log_2 8=3
AB\parallel CD\perp EF
x\approx3.14\cdots   \left|\frac{x}{2}\right|   \begin{aligned}x&=1\\y&=2\end{aligned}   \mathbb{R}\cap\emptyset   50\%
x_{1,2}=\frac{-b\pm\sqrt{b^2-4ac}}{2a}   \cfrac{1}{1+\cfrac{1}{1+\cfrac12}}   \because a>b\therefore b<a
\boxed{x}\cancel{y}
"""
MALFORMED = (
    *(
        r"\frac{1}",
        r"\foo",
        r"x^",
        r"{x",
        r"x}",
        r"\left(x",
        r"\begin{foo}x\end{foo}",
        r"\begin{matrix}x",
        r"a&b",
        "\\",
    ),
    *(
        r"x\tag{1}",
        r"\not=",
        r"\text{a<b}",
        r"\text{a<mi>x</mi>}",
        r"\text{&lt;}",
        r"\begin{array}{c|c}1&2\end{array}",
        "\U000f0000",
        "\ud800",
    ),
)
HOSTILE = {
    "long": "x" * (1 << 20),
    "braces": "{" * 10_000 + "}" * 10_000,
    "fractions": r"\frac{1}{" * 12 + "x" + "}" * 12,
    "roots": r"\sqrt{" * 12 + "x" + "}" * 12,
    "roots-without-braces": r"\sqrt" * 79 + "x",
    "brackets": r"\left(" * 25 + "x" + r"\right)" * 25,
    "matrices": r"\begin{pmatrix}" * 12 + "x" + r"\end{pmatrix}" * 12,
    "doubling": r"\def\a{xx}\def\b{\a\a}\def\c{\b\b}\c",
    "itself": r"\newcommand{\a}{\a\a}\a",
    "empty-words": r"\text{}",
    "wide": r"x\hspace{99999999em}x",
    "high": r"\rule{1em}{9999em}",
    "a-file": r"\text{<mglyph src='/etc/passwd'/>}",
}


@pytest.fixture(scope="module")
def setter() -> Formulas:
    return Formulas(FONT)


@pytest.mark.parametrize("tex", [one for one in SCHOOL.replace("\n", "   ").split("   ") if one])
def test_what_schools_write_is_set(setter: Formulas, tex: str) -> None:
    for display in (False, True):
        drawing = setter.drawn(tex, display)
        assert drawing is not None
        assert 0 < drawing.wide < 20
        assert 0 < drawing.above + drawing.below < 5
        assert set(drawing.operators) <= set("0123456789.- \nmlchfSwreWncm")


@pytest.mark.parametrize("tex", MALFORMED)
def test_what_cannot_be_set_as_on_pages_is_none(setter: Formulas, tex: str) -> None:
    assert setter.drawn(tex, False) is None


def test_what_is_deep_or_large_is_given_up_and_leaves_nothing_behind(setter: Formulas) -> None:
    after = Formulas(FONT)
    for name, tex in HOSTILE.items():
        assert after.drawn(tex, True) is None, name
        other = rf"\frac{{f'_1}}{{b}}\text{{ {name}}}"
        assert after.drawn(other, False) == setter.drawn(other, False) is not None, name


def test_formulas_of_a_print_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    setter = Formulas(FONT)
    drawn = [setter.drawn("x" + " " * (LONGEST - 1), False) for _ in range(MOST // LONGEST + 1)]
    assert drawn[-3] is drawn[0] is not None
    assert drawn[-1] is None
    monkeypatch.setattr(formulas, "MOST", 500)
    setter = Formulas(FONT)
    drawn = [setter.drawn(rf"\frac{{{n}}}{{2}}", False) for n in range(40)]
    assert drawn[0] is not None
    assert drawn[-1] is None, "what is drawn anew counts by what it is made of"


def test_a_drawing_keeps_to_its_box(setter: Formulas) -> None:
    drawing = setter.drawn(r"x\hspace{-30em}x\hspace{30em}", False)
    assert drawing is not None
    left, foot, wide, high = map(float, drawing.operators.split(" re W n")[0].split())
    assert (left, left + wide) == (-formulas.EDGE, pytest.approx(drawing.wide + formulas.EDGE, abs=0.01))
    assert (-foot, high) == (pytest.approx(drawing.below + 0.3, abs=0.01), pytest.approx(high))
    assert drawing.wide <= WIDEST
    assert high <= TALLEST


def test_lines_are_broken_around_formulas() -> None:
    pdf = Sheets("Lines", "en", "")
    for words in (
        r"If \(x^2=4\), then (for \(x>0\)) it is \(x=\sqrt{4}\).",
        r"已知\(\triangle ABC\)中，\(\angle A=60^\circ\)，求\(\overline{BC}\)的长。",
    ):
        for width in range(70, 400, 7):
            lines = pdf.lines(words, width, None)
            assert all(pdf.get_string_width(line) <= width - 2 * pdf.c_margin + 0.01 for line in lines)
            assert len(BOX.findall("".join(lines))) == 3
            assert not any(line[0] in ",.)，。" for line in lines)
            written = BOX.sub("F", "".join("".join(lines).split()))
            assert written in ("IfF,then(forF)itisF.", "已知F中，F，求F的长。")
    assert [BOX.sub("F", line) for line in pdf.lines(r"So $$\frac12$$ is it", 300, None)] == ["So", "F", "is it"]
    assert [BOX.sub("F", line) for line in pdf.lines(r"$$a$$", 300, None)] == ["F"]
    assert [BOX.sub("F", line) for line in pdf.lines(r"\(a\) and \(b\) and \(c\) or \(d\)", 60, 2)] == [
        "F and F and",
        "F or F",
    ]
    pdf.output()


def test_what_is_wider_than_its_column_is_smaller_and_stands_as_written_before_it_cannot_be_read() -> None:
    pdf = Sheets("Wide", "en", "")
    tex = "+".join("abcdefghijklm")
    wide = pdf.get_string_width(*pdf.lines(rf"\({tex}\)", 500, None))
    for width in (wide, wide * 0.6):
        [line] = pdf.lines(rf"\({tex}\)", width, None)
        assert BOX.fullmatch(line)
        assert pdf.get_string_width(line) == pytest.approx(width - 2 * pdf.c_margin)
    assert "".join(pdf.lines(rf"\({tex}\)", wide * 0.3, None)) == rf"\({tex}\)"
    pdf.output()


def test_a_line_is_as_high_as_its_formulas() -> None:
    pdf = Sheets("High", "en", "")
    took = []
    for words in ("plain", r"\(x\)", r"\(\begin{matrix}1\\2\\3\end{matrix}\)"):
        y = pdf.get_y()
        pdf.say(words, after=0)
        took.append(pdf.get_y() - y)
    assert took[:2] == [pytest.approx(NORMAL * LEADING)] * 2
    assert took[2] > 2.5 * NORMAL
    y = pdf.get_y()
    pdf.table(["", ""], [[r"\(\begin{matrix}1\\2\\3\end{matrix}\)", r"\(\frac12\)"]], [1, 1])
    assert pdf.get_y() - y > 2.5 * 8
    pdf.set_y(pdf.h - 80)
    pdf.say(r"\(\begin{matrix}1\\2\\3\end{matrix}\)")
    assert pdf.page_no() == 2, "it has no room at the foot"
    pdf.output()


def test_characters_that_stand_for_formulas_are_nobody_elses() -> None:
    pdf = Sheets("Private", "en", "foot \U000f0000")
    pdf.say("\\(x\\) said \U000f0000 and \U000f0007")
    pdf.label(100, 100, pdf.fitting("label \U000f0000", 90), "L", 90)
    text = text_of(bytes(pdf.output()))
    assert f"said {LACKED} and {LACKED}" in text
    assert f"label {LACKED}" in text
    assert f"foot {LACKED}" in text


def paths(made: bytes) -> int:
    with opened(made) as document:
        return sum(len(list(page.get_objects(filter=[FPDF_PAGEOBJ_PATH]))) for page in document)


async def test_a_report_has_its_formulas_set(held: Lesson) -> None:  # noqa: F811
    await held.asked("plain", {"choice": 0}, type="choice", prompt="P?", options=["a", "b"], answer=1, explanation="E.")
    plain = paths(await held.printed())
    options = [r"\(x=\frac{1}{2}\)", r"\(x=\sqrt{2}\)"]
    told = {"prompt": r"解 \(2x=1\)！", "explanation": r"For \(\frac{2x}{2}=\frac12\), $$x=\frac12$$"}
    await held.asked("set", {"choice": 0}, type="choice", options=options, answer=0, **told)
    for language in ("en", "zh-CN"):
        made = await held.printed(language)
        assert not any(sign in text_of(made) for sign in ("\\", "$", "frac"))
        assert paths(made) > plain + 30
    bad = {"prompt": r"Is \(\frac{1}\) bad?", "explanation": " ".join(rf"\({one[:140]}\)" for one in HOSTILE.values())}
    await held.asked("bad", {"choice": 0}, type="choice", options=["a", r"\(\foo\)"], answer=0, **bad)
    text = text_of(await held.printed())
    assert r"Is \(\frac{1}\) bad?" in text
    assert r"\(\foo\)" in text
    assert r"\def\a{xx}" in text

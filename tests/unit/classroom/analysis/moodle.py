"""What Moodle publishes as right: marks, and the figures that its authors computed from them in a spreadsheet.

From github.com/moodle/moodle, mod/quiz/report/statistics/tests. `WALKTHROUGH` is fixtures/results00.csv, with
fixtures/qstats00.csv and check_quiz_stats_for_quiz_00 of stats_from_steps_walkthrough_test.php; `GENERATED` is
fixtures/mdl_question_states.csv, with test_qstats of statistics_test.php.
"""

from __future__ import annotations

from dataclasses import dataclass

from classroom.analysis.marks import Item, Marks


@dataclass(frozen=True)
class Published:
    """A row a participant, a column an item."""

    max_marks: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]

    @property
    def items(self) -> list[Item]:
        return [Item(f"q{place}", mark) for place, mark in enumerate(self.max_marks, 1)]

    @property
    def marks(self) -> Marks:
        return {f"s{s}": {f"q{q}": mark for q, mark in enumerate(row, 1)} for s, row in enumerate(self.rows, 1)}


def _rows(text: str) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, line.split())) for line in text.strip().splitlines())


WALKTHROUGH = Published(
    (1,) * 7,
    _rows("""
        1 1 1 1 1 0 1
        1 1 1 1 .5 1 0
        1 1 1 1 .5 0 1
        0 0 1 1 1 0 0
        1 0 1 0 0 1 .5
        1 1 1 1 .5 0 .5
        0 1 1 1 .5 1 .5
        1 1 1 0 .5 1 .5
        1 0 1 1 1 1 1
        0 1 1 0 .5 1 .5
        .8 0 1 1 .5 1 .5
        1 1 1 0 .5 1 1
        1 0 1 1 .5 1 .5
        1 0 1 1 1 0 .5
        0 0 1 1 0 1 1
        1 0 1 0 .5 1 1
        .8 0 1 1 .5 0 1
        1 0 1 1 0 1 .5
        1 0 1 1 .5 0 .5
        0 1 1 0 .5 1 0
        1 1 .3333333 1 .5 0 .5
        1 1 1 0 .5 0 .5
        1 1 1 1 0 1 .5
        0 0 1 0 .5 1 1
        0 0 1 1 1 1 1
    """),
)

QUIZ = {
    "mean": 4.617333332,
    "median": 4.5,
    "sd": 0.8117265554,
    "skewness": -0.092502502,
    "kurtosis": -0.7073968557,
    "consistency": -87.2230935542,
    "error_ratio": 136.8294900795,
    "standard_error": 1.1106813066,
}

# facility, standard deviation, effective weight, discrimination index, discriminative efficiency
QUESTIONS = _rows("""
    .704 .4513682901 21.2922742344 -7.0650767526 -9.4550536967
    .48 .5099019514 18.8979800309 -28.8982125772 -36.7834118938
    .973333332 .13333334 4.443012573 -9.1230674268 -21.6545012165
    .68 .4760952286 18.9347251357 -22.6306444113 -31.4411395613
    .52 .3055050463 11.1450138688 -17.6997047674 -21.1794802584
    .64 .4898979486 9.8081339177 -45.3785178421 -56.9365974439
    .62 .331662479 15.4788602394 -5.6543166602 -6.5043742058
""")

GENERATED = Published(
    (1, 1, 1, 1, 0, 0, 0, 8, *(1,) * 12),
    tuple(
        (0,) * 7 + row
        for row in _rows("""
            5.5 .3 .9 1 .3  1 0 0 1 1 0 0 1
            1 .9 .9 .3 .3   1 0 0 1 0 1 0 1
            2.5 1 .9 .3 1   0 0 1 1 1 1 1 1
            4 .3 .9 1 .3    0 0 0 0 1 0 0 1
            3 .9 .3 .9 1    0 1 0 0 1 1 1 0
            4.5 .9 1 1 .9   0 1 1 1 0 0 0 0
            3 .3 .3 .3 .3   1 0 1 1 1 1 1 1
            6 .9 .9 1 .3    0 1 1 1 1 0 0 1
            .5 .9 1 .9 .3   0 1 1 0 1 1 0 1
            5.5 .9 1 .9 .3  1 1 0 0 1 0 0 0
            2.5 .9 1 1 .9   0 1 0 0 1 0 0 1
            4 .9 .3 .9 1    0 1 1 1 1 1 0 1
            4 .9 .3 .3 1    1 1 1 0 0 1 1 0
            3 1 1 .3 1      0 1 0 1 1 1 1 0
            1 1 .9 .3 .3    1 0 1 0 0 0 0 0
            1 .3 .3 .3 .9   0 0 0 1 0 0 0 1
            1.5 1 .3 .9 1   1 1 0 1 1 0 0 0
            4 .9 1 .9 1     0 1 1 1 0 1 0 0
            2 .9 .9 .3 .9   0 1 0 0 0 0 0 0
            1 1 .3 .3 .3    0 1 1 0 1 0 0 0
            6 .9 1 1 .9     0 0 0 1 0 0 1 1
            7 .9 .3 .3 .3   1 0 1 1 1 1 0 0
        """)
    ),
)

TOTALS = (
    *(12, 7.4, 11.7, 8.5, 10.1, 11.3, 11.2, 14.1, 8.6, 11.6, 9.3),
    *(13.1, 11.5, 11.3, 5.5, 4.8, 8.7, 11.8, 6, 5.9, 12.8, 13.8),
)

# of items 8 to 20: facility in per cent, standard deviation in thousandths of a mark, and the others as above
GENERATED_QUESTIONS = _rows("""
    41.19318182 1912.733589 26.58464457 25.88327077 27.23492723
    81.36363636 251.2738111 3.368456046 1.170256965 1.382386552
    71.36363636 322.6312277 3.253955259 -4.207816809 -4.691171307
    65.45454545 333.4199022 7.584083694 28.16930644 31.12404354
    65.90909091 337.5811591 3.79658376 -2.513606859 -2.877487579
    36.36363636 492.3659639 3.183278505 -12.99017581 -17.5074184
    59.09090909 503.2362797 4.532356904 -8.900638238 -10.27568922
    50 511.7663157 7.78856243 8.670004606 10.86956522
    59.09090909 503.2362797 10.08351572 29.63337745 34.58997279
    63.63636364 492.3659639 8.381139345 15.18945843 17.4790556
    45.45454545 509.6471914 8.727645713 16.21079629 20.14359793
    27.27272727 455.8423058 7.946277111 15.52451404 22.06477733
    50 511.7663157 4.769500946 -8.396734802 -10
""")

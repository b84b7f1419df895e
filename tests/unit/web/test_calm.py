"""How often a page draws what many say at once: pure, with the clock as an argument."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.unit.web.node import evaluate

# Runs `steps`: at a time, a state. To draw takes `cost`. Answers when what was drawn.
PLAY = """(({cost, steps}) => {
  let at = 0;
  let due = null;
  const drawn = [];
  const asked = (votes, state = 'open') => ({now: null, by_id: {a: {state, votes}}});
  const base = {seq: 0, phase: 'live', activities: {order: ['q'], by_id: {q: {phase: 'open'}}}, questions: asked(0)};
  const tell = (state) => {
    drawn.push([at, state.seq]);
    at += cost;
  };
  const calm = new m.Calm(base, tell, () => at, (then, ms) => { due = [at + ms, then]; });
  const run = (until) => {
    while (due && due[0] <= Math.max(until, at)) {
      const [when, then] = due;
      due = null;
      at = Math.max(at, when);
      then();
    }
    at = Math.max(at, until);
  };
  let state = base;
  steps.forEach(([when, what, atOnce], n) => {
    run(when);
    const activity = {phase: what === 'closed' ? 'closed' : 'open', answers: {[n]: {}}};
    const activities = {order: ['q'], by_id: {q: activity}};
    const questions = asked(n + 1, what === 'later' ? 'later' : state.questions.by_id.a.state);
    const fresh = {other: {phase: 'other'}, vote: {questions}, later: {questions}}[what] ?? {activities};
    state = {...state, ...fresh, seq: n + 1};
    calm.take(state, atOnce);
  });
  run(10000);
  return drawn;
})(given)"""


def drawn(*steps: tuple[Any, ...], cost: int = 0) -> list[list[int]]:
    return list(evaluate("net/calm.ts", PLAY, {"cost": cost, "steps": steps}))


@pytest.mark.parametrize("what", ["answer", "vote"])
def test_answers_and_votes_are_drawn_ten_times_a_second_at_most_and_the_last_one_always(what: str) -> None:
    storm = [(1000 + at, what) for at in range(1000)]
    seen = drawn((0, what), *storm)
    times = [at for at, _ in seen]
    assert all(later - before >= 100 for before, later in pairwise(times))
    assert len(seen) <= 13
    assert seen[-1][1] == len(storm) + 1
    assert seen[-1][0] <= 1999 + 100


def test_a_slow_page_draws_no_more_than_a_third_of_the_time() -> None:
    seen = drawn((0, "answer"), *((1000 + at, "answer") for at in range(3000)), cost=200)
    assert len(seen) <= 2 + 3000 / 600 + 1
    assert seen[-1][1] == 3001


def test_what_is_no_answer_is_drawn_at_once() -> None:
    assert drawn((0, "answer"), (10, "answer"), (20, "other")) == [[0, 1], [20, 3]]
    assert drawn((0, "answer"), (10, "answer"), (20, "closed")) == [[0, 1], [20, 3]]
    assert drawn((0, "vote"), (10, "vote"), (20, "later")) == [[0, 1], [20, 3]]


def test_ones_own_answer_is_drawn_at_once() -> None:
    assert drawn((0, "answer"), (10, "answer", True)) == [[0, 1], [10, 2]]
    assert drawn((0, "answer"), (10, "answer")) == [[0, 1], [100, 2]]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.layers import GONE_S, SILENT_S, STEADY_S, UNWATCHED_S, WAKING_S, Layers, Seen, pick

LOW, MIDDLE, HIGH = 3, 2, 1  # ids of streams say nothing
USUAL = {HIGH: 2_000_000, MIDDLE: 600_000, LOW: 150_000}
TICK = 0.25


class Publisher:
    """Sends layers at these rates, bit/s, a quarter of a second a step; 0 is silence."""

    def __init__(self, rates=USUAL, now=100.0):
        self.layers, self.now = Layers(list(rates)), now
        self.rates = dict(rates)
        self.seen = {stream: Seen(0, 0.0) for stream in rates}

    def send(self, seconds, **rates):
        """Goes on for so long, with other rates for some layers from now on."""
        for name, rate in rates.items():
            self.rates[{"low": LOW, "middle": MIDDLE, "high": HIGH}[name]] = rate
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            for stream, rate in self.rates.items():
                if rate:
                    before = self.seen[stream]
                    if not before.last_at:
                        self.layers.heard(stream, self.now)
                    self.seen[stream] = Seen(before.bytes + round(rate * TICK / 8), self.now)
            self.layers.update(self.seen, self.now)
        return self

    def choose(self, ceiling, current=None):
        return self.layers.choose(ceiling, current, self.now)

    def ahead(self, ceiling, current):
        return self.layers.choose(ceiling, current, self.now, ahead=True)

    def watch(self, *ceilings, shown=()):
        return self.layers.watch(ceilings, shown, self.now)


@pytest.mark.parametrize(("layers", "low", "middle", "high"), [([5], 5, 5, 5), ([5, 9], 5, 9, 9), ([5, 7, 9], 5, 7, 9)])
def test_low_middle_and_high_of_so_many(layers, low, middle, high):
    assert [pick(layers, ceiling) for ceiling in ("low", "middle", "high")] == [low, middle, high]


def test_each_ceiling_gets_its_layer_whatever_their_order_is_in_the_offer():
    publisher = Publisher().send(2)
    assert [publisher.choose(ceiling) for ceiling in ("low", "middle", "high")] == [LOW, MIDDLE, HIGH]
    assert [publisher.choose("low", one) for one in USUAL] == [LOW, LOW, LOW]
    assert Publisher({LOW: 150_000, HIGH: 2_000_000}).send(2).choose("middle") == HIGH


def test_a_single_layer_is_every_ceilings():
    layers = Layers([7])
    assert layers.choose("low", None, 0) == 7
    assert layers.watch([], [], 100) is None


def test_the_low_ceiling_waits_until_it_is_known_which_layer_is_low_and_the_high_one_does_not():
    publisher = Publisher()
    publisher.layers.heard(HIGH, publisher.now)
    assert publisher.choose("low") is None
    assert publisher.choose("high") == HIGH
    publisher.send(0.75)
    assert publisher.choose("low") == LOW
    late = Publisher().send(0.5, low=0, middle=0)
    assert late.choose("low") is None
    assert late.send(0.75).choose("low") == HIGH


def test_a_layer_that_falls_silent_gives_way_to_the_next_and_is_believed_again_when_it_is_steady():
    publisher = Publisher().send(3)
    publisher.send(SILENT_S + TICK, high=0)
    assert publisher.choose("high", HIGH) == MIDDLE
    publisher.send(1, high=2_000_000)
    assert publisher.choose("high", MIDDLE) == MIDDLE
    publisher.send(STEADY_S)
    assert publisher.choose("high", MIDDLE) == HIGH


def test_the_lowest_that_is_left_is_better_than_nothing():
    publisher = Publisher().send(3).send(SILENT_S + TICK, low=0)
    assert publisher.choose("low", LOW) == MIDDLE
    publisher.send(SILENT_S + TICK, middle=0, high=0)
    assert publisher.choose("low", MIDDLE) == MIDDLE


def test_a_goodbye_counts_at_once():
    publisher = Publisher().send(3)
    publisher.layers.ended(HIGH, publisher.now + 0.01)
    assert publisher.layers.choose("high", HIGH, publisher.now + 0.01) == MIDDLE


def test_layers_of_similar_rates_do_not_change_places():
    publisher = Publisher().send(3)
    for _ in range(10):
        publisher.send(0.5, middle=2_400_000).send(0.5, middle=600_000)
        assert publisher.choose("high") == HIGH
    assert publisher.send(10, middle=9_000_000).choose("high") == MIDDLE


def test_a_short_burst_changes_nothing():
    publisher = Publisher().send(5)
    assert publisher.send(TICK, low=4_000_000).send(TICK, low=150_000).choose("low", LOW) == LOW


def test_what_nobody_watches_pauses_after_a_while_and_the_lowest_never():
    publisher = Publisher().send(2)
    assert publisher.watch("low", shown=[LOW]) is None
    publisher.send(UNWATCHED_S - 1)
    assert publisher.watch("low", shown=[LOW]) == (LOW,)
    publisher.send(2, high=0, middle=0)
    assert publisher.watch() is None
    assert publisher.choose("low") == LOW


def paused():
    """Only the lowest is watched, and the others have stopped."""
    publisher = Publisher().send(UNWATCHED_S + 1)
    assert publisher.watch("low", shown=[LOW]) == (LOW,)
    return publisher.send(2, high=0, middle=0)


def test_a_paused_layer_is_asked_for_at_once_and_what_is_shown_stays_meanwhile():
    publisher = paused()
    assert publisher.choose("high", LOW) == LOW
    assert publisher.ahead("high", LOW) == publisher.ahead("high", HIGH) == HIGH
    assert publisher.ahead("high", None) == LOW
    assert publisher.watch("low", "high", shown=[LOW]) == (HIGH, LOW)
    publisher.send(1)
    assert publisher.choose("high", LOW) == LOW
    publisher.send(TICK, high=300_000)
    assert publisher.choose("high", LOW) == HIGH


def test_a_layer_that_does_not_come_when_asked_for_is_done_without_and_stays_asked_for():
    publisher = paused().send(1, middle=600_000)
    publisher.watch("high", shown=[LOW])
    assert publisher.choose("high", LOW) == LOW
    assert publisher.ahead("high", HIGH) == HIGH
    publisher.send(WAKING_S)
    assert publisher.ahead("high", HIGH) == MIDDLE
    for _ in range(round(2 * GONE_S)):
        assert publisher.send(1).watch("high", shown=[MIDDLE]) in (None, (MIDDLE, LOW), (HIGH, MIDDLE, LOW))
    assert publisher.choose("high", LOW) == MIDDLE
    assert WAKING_S < GONE_S
    publisher.send(STEADY_S + 2 * TICK, high=2_000_000)
    assert publisher.choose("high", MIDDLE) == HIGH


def test_who_waits_for_a_layer_and_sees_nothing_yet_gets_another_that_comes_first():
    publisher = Publisher({LOW: 150_000, HIGH: 2_000_000}).send(2).send(UNWATCHED_S + 1, low=0, high=0)
    publisher.watch()
    assert publisher.choose("high") == HIGH
    publisher.watch("high", shown=[HIGH])
    publisher.send(1, low=150_000)
    assert publisher.choose("high", HIGH) == LOW
    assert publisher.ahead("high", HIGH) == HIGH


def test_a_layer_that_wakes_slowly_keeps_its_rank():
    publisher = paused()
    publisher.watch("high", "middle", shown=[LOW])
    publisher.send(1, high=50_000, middle=400_000)
    assert (publisher.choose("high", LOW), publisher.choose("middle", LOW)) == (HIGH, MIDDLE)
    publisher.send(1, high=2_000_000)
    assert (publisher.choose("high", LOW), publisher.choose("middle", LOW)) == (HIGH, MIDDLE)


def test_a_layer_that_never_came_back_no_longer_counts_for_the_middle():
    publisher = Publisher().send(3)
    assert publisher.send(5, middle=0).choose("middle", MIDDLE) == LOW
    assert publisher.send(GONE_S, middle=0).choose("middle", LOW) == HIGH


def test_a_layer_that_a_poor_line_drops_is_not_paused_and_asked_for_in_turns():
    publisher = Publisher().send(3).send(1, high=0)
    for _ in range(100):
        assert publisher.send(0.5).watch("high", shown=[MIDDLE]) is None


def test_the_recorders_ceiling_keeps_the_highest():
    publisher = Publisher().send(10)
    assert publisher.watch("low", "high", shown=[LOW, HIGH]) == (HIGH, LOW)


CEILINGS = st.sampled_from(["low", "middle", "high"])
STEP = st.tuples(
    st.fixed_dictionaries(
        {name: st.sampled_from([0, 100_000, 700_000, 3_000_000]) for name in ("low", "middle", "high")}
    ),
    st.lists(CEILINGS, max_size=3),
)


@given(st.lists(STEP, max_size=25))
def test_whatever_a_publisher_does_slots_show_what_sends_and_what_they_show_is_wanted(steps):
    publisher = Publisher(dict.fromkeys(USUAL, 0))
    slots = {}
    wanted = set(USUAL)
    for rates, ceilings in steps:
        publisher.send(1, **rates)
        sending = {stream for stream in USUAL if publisher.rates[stream]}
        slots = {n: publisher.choose(ceiling, slots.get(n)) for n, ceiling in enumerate(ceilings)}
        told = publisher.watch(*ceilings, shown=[one for one in slots.values() if one])
        wanted = wanted if told is None else set(told)
        for ceiling, shown in zip(ceilings, slots.values(), strict=True):
            assert shown is None or shown in wanted
            assert (
                not sending or shown is None or shown in sending or publisher.now - publisher.seen[shown].last_at <= 1
            )
            assert shown is not None or ceiling != "high" or not sending
        ranked = publisher.layers._ranked
        assert not ranked or ranked[0] in wanted

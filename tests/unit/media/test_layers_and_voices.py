from media.layers import best
from media.voices import Voices

HIGH, MIDDLE, LOW = 1, 2, 3


def test_the_layer_that_carries_most_is_shown():
    rates = {HIGH: 2_000_000, MIDDLE: 600_000, LOW: 150_000}
    assert best(None, rates, dict.fromkeys(rates, 9.9), now=10) == HIGH
    assert best(LOW, rates, dict.fromkeys(rates, 9.9), now=10) == HIGH


def test_a_layer_that_falls_silent_gives_way_to_the_next():
    rates = {HIGH: 0, MIDDLE: 600_000, LOW: 150_000}
    assert best(HIGH, rates, {HIGH: 9.5, MIDDLE: 9.9, LOW: 9.9}, now=10) == MIDDLE
    assert best(HIGH, rates, {HIGH: 8.9, MIDDLE: 9.9, LOW: 9.9}, now=10) == MIDDLE
    just_stopped = {HIGH: 2_000_000, MIDDLE: 600_000}
    assert best(HIGH, just_stopped, {HIGH: 8.9, MIDDLE: 9.9}, now=10) == MIDDLE


def test_layers_of_similar_rates_do_not_alternate():
    rates = {HIGH: 600_000, MIDDLE: 700_000}
    assert best(HIGH, rates, dict.fromkeys(rates, 9.9), now=10) == HIGH


def test_nothing_changes_while_all_are_silent():
    assert best(HIGH, {HIGH: 0, LOW: 0}, {HIGH: 1, LOW: 0}, now=10) == HIGH
    assert best(None, {HIGH: 0, LOW: 0}, {HIGH: 0, LOW: 0}, now=0.5) is None


def test_voices_are_told_when_they_change_loudest_first():
    voices = Voices()
    assert voices.update({"a": 127, "b": 127}, 0) is None
    assert voices.update({"a": 30, "b": 127}, 1) == ("a",)
    assert voices.update({"a": 31, "b": 127}, 1.2) is None
    assert voices.update({"a": 31, "b": 20}, 1.4) == ("b", "a")


def test_a_pause_between_words_is_not_silence():
    voices = Voices()
    assert voices.update({"a": 30}, 0) == ("a",)
    assert voices.update({"a": 127}, 0.9) is None
    assert voices.update({"a": 127}, 1.1) == ()


def test_a_voice_goes_on_at_a_level_that_would_not_start_it():
    voices = Voices()
    assert voices.update({"a": 50}, 0) is None
    assert voices.update({"a": 40}, 1) == ("a",)
    assert voices.update({"a": 50}, 1.9) is None
    assert voices.update({"a": 50}, 2.8) is None
    assert voices.update({"a": 60}, 3.9) == ()


def test_a_track_that_ends_speaks_no_more():
    voices = Voices()
    assert voices.update({"a": 30}, 0) == ("a",)
    assert voices.update({}, 0.1) == ()

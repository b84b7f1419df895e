from media.voices import Voices


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


def test_a_voice_overtakes_another_only_when_it_is_clearly_louder():
    voices = Voices()
    assert voices.update({"a": 30, "b": 35, "c": 40}, 0) == ("a", "b", "c")
    assert voices.update({"a": 35, "b": 30, "c": 38}, 0.2) is None
    assert voices.update({"a": 38, "b": 30, "c": 24}, 0.4) == ("c", "b", "a")
    assert voices.update({"b": 30, "c": 24, "d": 29}, 0.6) == ("c", "b", "d")
    assert voices.update({"b": 30, "c": 24, "d": 24}, 0.8) == ("c", "d", "b")

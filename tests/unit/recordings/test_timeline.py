"""Placing streams on our clock: clocks that run fast, networks that jitter, senders whose clocks are set."""

from __future__ import annotations

import random

import pytest

from recordings.timeline import Publisher, Timeline

HOUR_US = 3_600_000_000
NTP_BASE_US = 3_900_000_000_000_000


class Wire:
    """A sender whose clocks run `ppm` fast, `delay_us` plus jitter away. True time is ours."""

    def __init__(self, rate: int, ppm: float = 0, delay_us: int = 20_000, jitter_us: int = 0, seed: int = 1) -> None:
        self.rate, self.ppm, self.delay_us, self.jitter_us = rate, ppm, delay_us, jitter_us
        self.rng = random.Random(seed)
        self.ntp_us, self.rtp = NTP_BASE_US, 4_000_000_000

    def arrival(self, true_us: int) -> int:
        return true_us + self.delay_us + round(self.rng.expovariate(1) * self.jitter_us)

    def timestamp(self, true_us: int) -> int:
        return (self.rtp + round(true_us * (1 + self.ppm / 1e6)) * self.rate // 1_000_000) & 0xFFFFFFFF

    def ntp(self, true_us: int) -> int:
        return ((self.ntp_us + round(true_us * (1 + self.ppm / 1e6))) << 32) // 1_000_000


@pytest.mark.parametrize("ppm", [-100, 0, 100])
def test_a_skewed_clock_stays_within_bounds_for_two_hours(ppm: int) -> None:
    wire, timeline = Wire(90_000, ppm, jitter_us=10_000), None
    publisher = Publisher()
    timeline = Timeline(publisher, 90_000)
    last = None
    for true_us in range(0, 2 * HOUR_US, 200_000):
        if true_us % 2_000_000 == 0:
            timeline.report(wire.ntp(true_us), wire.timestamp(true_us), wire.arrival(true_us))
        placed = timeline.place(wire.timestamp(true_us), wire.arrival(true_us))
        if true_us > 120_000_000:
            assert abs(placed - true_us - 20_000) < 12_000
        if last is not None and true_us > 5_000_000:
            # The stream's own clock, pulled by 500 ppm at most.
            assert placed - last == pytest.approx(200_000 * (1 + ppm / 1e6), abs=200_000 * 500e-6 + 30)
        last = placed


def test_sound_and_picture_are_placed_by_one_clock() -> None:
    publisher = Publisher()
    sound, picture = Timeline(publisher, 48_000), Timeline(publisher, 90_000)
    mic, camera = Wire(48_000, 100, jitter_us=5_000), Wire(90_000, 100, delay_us=250_000, jitter_us=20_000, seed=2)
    camera.rtp = 17
    for true_us in range(0, HOUR_US, 100_000):
        if true_us % 5_000_000 == 0:
            for wire, timeline in ((mic, sound), (camera, picture)):
                timeline.report(wire.ntp(true_us), wire.timestamp(true_us), wire.arrival(true_us))
        heard = sound.place(mic.timestamp(true_us), mic.arrival(true_us))
        seen = picture.place(camera.timestamp(true_us), camera.arrival(true_us))
        if true_us > 10_000_000:
            assert abs(heard - seen) < 2_000


def test_before_the_first_report_arrival_counts_and_jitter_does_not_show() -> None:
    wire, timeline = Wire(90_000, jitter_us=20_000), Timeline(Publisher(), 90_000)
    for true_us in range(0, 1_000_000, 33_333):
        timeline.arrived(wire.timestamp(true_us), wire.arrival(true_us))
    placed = [timeline.place(wire.timestamp(t), wire.arrival(t)) - t for t in range(1_000_000, 9_000_000, 33_333)]
    assert max(placed) - min(placed) < 5_000
    assert placed[0] == pytest.approx(20_000, abs=5_000)


def test_the_first_report_moves_what_runs_only_slowly() -> None:
    wire, timeline = Wire(90_000), Timeline(Publisher(), 90_000)
    last = 0
    for true_us in range(0, 60_000_000, 100_000):
        late = wire.arrival(true_us) + 30_000  # this stream's frames take longer than its reports
        if true_us == 5_000_000:
            timeline.report(wire.ntp(true_us), wire.timestamp(true_us), wire.arrival(true_us))
        placed = timeline.place(wire.timestamp(true_us), late)
        assert not last or placed - last == pytest.approx(100_000, abs=100_000 * 500e-6 + 30)
        last = placed


@pytest.mark.parametrize("step_us", [-3_600_000_000, -400_000, 400_000, 3_600_000_000])
def test_a_sender_that_sets_its_clock_moves_nothing(step_us: int) -> None:
    publisher = Publisher()
    first, second = Timeline(publisher, 90_000), Timeline(publisher, 48_000)
    wires = Wire(90_000), Wire(48_000)
    for true_us in range(0, 120_000_000, 100_000):
        if true_us == 30_000_000:
            for wire in wires:
                wire.ntp_us += step_us
        for n, (wire, timeline) in enumerate(zip(wires, (first, second), strict=True)):
            if true_us % 2_000_000 == n * 300_000:
                timeline.report(wire.ntp(true_us), wire.timestamp(true_us), wire.arrival(true_us))
            if true_us > 2_000_000:
                assert timeline.place(wire.timestamp(true_us), wire.arrival(true_us)) == pytest.approx(
                    true_us + 20_000, abs=1_000
                )


@pytest.mark.parametrize("jump_us", [-7_000_000_000, -1_000_000, 1_000_000, 7_000_000_000])
def test_timestamps_that_jump_are_put_right_by_the_next_report(jump_us: int) -> None:
    wire, timeline = Wire(90_000), Timeline(Publisher(), 90_000)
    for true_us in range(0, 120_000_000, 100_000):
        if true_us == 30_050_000 - 50_000:
            wire.rtp += jump_us * 90_000 // 1_000_000
        if true_us % 2_000_000 == 0:
            timeline.report(wire.ntp(true_us), wire.timestamp(true_us), wire.arrival(true_us))
        placed = timeline.place(wire.timestamp(true_us), wire.arrival(true_us))
        if not 30_000_000 <= true_us < 38_000_000:
            assert placed == pytest.approx(true_us + 20_000, abs=1_000)


def test_a_busy_sender_s_late_reports_move_nothing() -> None:
    wire, timeline, rng = Wire(90_000), Timeline(Publisher(), 90_000), random.Random(1)
    last = 0
    for true_us in range(0, 600_000_000, 100_000):
        timeline.arrived(wire.timestamp(true_us), wire.arrival(true_us))
        if true_us % 1_000_000 == 0:
            late_us = rng.choice((0, 0, 0, 30_000, rng.randrange(300_000)))
            timeline.report(wire.ntp(true_us + late_us), wire.timestamp(true_us), wire.arrival(true_us + late_us))
        if true_us < 5_000_000:
            continue
        placed = timeline.place(wire.timestamp(true_us), wire.arrival(true_us))
        assert placed == pytest.approx(true_us + 20_000, abs=3_000)
        assert not last or placed - last == pytest.approx(100_000, abs=100)
        last = placed


def test_a_report_without_a_wall_clock_says_nothing() -> None:
    timeline = Timeline(Publisher(), 90_000)
    timeline.report(0, 5, 1_000)
    assert not timeline.reported


class Teacher:
    """One page with camera and microphone over two hours: its computer's clock runs 100 ppm fast, its sound card
    another 100 ppm, the camera's frames are stamped by the computer; the picture takes 60 ms to encode, packets take
    15 ms and more, and now and then the line holds them up for up to half a second. Reports are sent as libwebrtc sends
    them: of sound about every 5 s, of the picture about every second, each time a random half more or less, and late
    where the computer was busy."""

    def __init__(self, seed: int, computer_ppm: float, card_ppm: float) -> None:
        self.rng = random.Random(seed)
        self.publisher = Publisher()
        self.streams = {
            "picture": (Timeline(self.publisher, 90_000), Wire(90_000, computer_ppm), 60_000, 1_000_000),
            "voice": (Timeline(self.publisher, 48_000), Wire(48_000, computer_ppm + card_ppm, seed=2), 0, 5_000_000),
        }
        for _, wire, _, _ in self.streams.values():
            wire.rtp = self.rng.randrange(1 << 32)
        self.computer_ppm = computer_ppm
        self.due = dict.fromkeys(self.streams, 0)

    def arrival(self, true_us: int) -> int:
        held_us = self.rng.randrange(500_000) if self.rng.random() < 0.01 else 0
        return true_us + 15_000 + round(self.rng.expovariate(1) * 8_000) + held_us

    def placed(self, name: str, true_us: int) -> int:
        timeline, wire, encoding_us, every_us = self.streams[name]
        if true_us >= self.due[name]:
            self.due[name] = true_us + round(every_us * self.rng.uniform(0.5, 1.5))
            late_us = self.rng.randrange(20_000) if self.rng.random() < 0.2 else 0
            clock = (wire.ntp_us + round((true_us + late_us) * (1 + self.computer_ppm / 1e6))) << 32
            timeline.report(clock // 1_000_000, wire.timestamp(true_us), self.arrival(true_us + late_us))
        arrival_us = self.arrival(true_us + encoding_us)
        timeline.arrived(wire.timestamp(true_us), arrival_us)
        return timeline.place(wire.timestamp(true_us), arrival_us)


@pytest.mark.parametrize(("computer_ppm", "card_ppm"), [(100, 100), (-100, 100), (100, -100), (-100, -100)])
def test_over_two_hours_lips_stay_with_the_voice_and_ink_with_the_picture(computer_ppm: int, card_ppm: int) -> None:
    """Ink is on the lesson's clock, which is ours: it lies off the picture by as much as the picture is misplaced."""
    teacher = Teacher(computer_ppm + 3 * card_ppm, computer_ppm, card_ppm)
    lips: list[int] = []
    ink: list[int] = []
    for true_us in range(0, 2 * HOUR_US, 200_000):
        picture, voice = teacher.placed("picture", true_us), teacher.placed("voice", true_us)
        if true_us >= 2_000_000:
            lips.append(abs(picture - voice))
            ink.append(abs(picture - true_us))
    assert max(lips) <= 40_000
    assert max(ink) <= 100_000
    tenth = len(lips) // 10
    assert max(lips[-tenth:]) <= max(lips[:tenth]) + 1_000
    assert max(ink[-tenth:]) <= max(ink[:tenth]) + 1_000

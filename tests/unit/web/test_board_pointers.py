"""Whose pointer does what on the glass (web/client/src/board/pointers.ts): told in events, read in what was written."""

from __future__ import annotations

from typing import Any

from tests.unit.web.node import evaluate

WHOLE = {"x": 0, "y": 0, "width": 1600}
SCRIPT = """(() => {
    const told = []
    let view = {x: 0, y: 0, width: 1600}
    const pointers = new m.Pointers({
        down: (spot, {eraser}) => told.push(['down', spot.x, spot.pressure, eraser]) && given.tool,
        move: (spots, ahead) => told.push(["move", spots.map(({x}) => x), ahead && ahead.map(({x}) => x)]),
        up: () => told.push(['up']),
        cancel: () => told.push(['cancel']),
        view: () => view,
        look: (next) => told.push(['look', (view = next)]),
    })
    const rect = {left: 100, top: 0, width: 1000, height: 562.5}
    const taken = given.events.map(({what, t = 0, x = 0, y = 0, finer, ahead, pan, ...rest}) => {
        const at = (x) => ({pointerId: 1, pointerType: 'pen', button: 0, buttons: 1, pressure: 0.25, clientX: 100 + x,
                            clientY: y, timeStamp: t, ...rest})
        const event = {...at(x), getCoalescedEvents: () => (finer ?? []).map(at),
                       ...(ahead && {getPredictedEvents: () => ahead.map(at)})}
        return pointers[what](event, rect, pan)
    })
    return {told, taken, doing: pointers.doing, view}
})()"""


def told(*events: dict[str, Any], tool: bool = True) -> dict[str, Any]:
    return dict(evaluate("board/pointers.ts", SCRIPT, {"events": list(events), "tool": tool}))


def event(what: str, t: int, x: float, y: float = 0, **more: Any) -> dict[str, Any]:
    return {"what": what, "t": t, "x": x, "y": y, **more}


def finger(what: str, t: int, x: float, y: float = 0, pointer: int = 1, **more: Any) -> dict[str, Any]:
    return event(what, t, x, y, pointerId=pointer, pointerType="touch", pressure=0, **more)


def test_a_pen_is_read_at_its_full_rate_with_what_is_expected_of_it() -> None:
    found = told(event("down", 0, 100), event("move", 9, 130, finer=[110, 120, 130], ahead=[140]), event("up", 12, 130))
    assert found["told"] == [["down", 0.1, 0.25, False], ["move", [0.11, 0.12, 0.13], [0.14]], ["up"]]
    assert found["doing"] == "idle"


def test_without_coalesced_or_predicted_events_the_event_itself_is_read() -> None:
    found = told(event("down", 0, 0, pointerType="mouse"), event("move", 9, 50, pointerType="mouse"))
    assert found["told"] == [["down", 0, 0.5, False], ["move", [0.05], []]]


def test_a_pen_upside_down_is_the_eraser_and_other_buttons_do_not_write() -> None:
    assert told(event("down", 0, 0, button=5, buttons=32))["told"] == [["down", 0, 0.25, True]]
    assert told(event("down", 0, 0, button=2, buttons=2))["told"] == []


def test_a_palm_beside_the_pen_does_nothing() -> None:
    found = told(
        event("move", 100, 0, buttons=0),  # the pen is near the glass
        finger("down", 600, 500, pointer=7),
        finger("move", 650, 520, pointer=7),
        finger("up", 700, 520, pointer=7),
        finger("down", 1200, 500, pointer=8),
    )
    assert found["told"] == [["down", 0.5, 0.5, False]]
    assert found["taken"][1] is False


def test_a_palm_that_came_before_the_pen_is_taken_back() -> None:
    found = told(finger("down", 0, 500, pointer=7), finger("move", 9, 600, pointer=7), event("down", 20, 100))
    assert [one[0] for one in found["told"]] == ["down", "move", "cancel", "down"]
    assert found["doing"] == "writing"


def test_two_fingers_at_once_move_the_page_and_write_nothing() -> None:
    found = told(
        finger("down", 0, 400, 281), finger("down", 50, 600, 281, pointer=2),
        finger("move", 60, 300, 281), finger("move", 60, 700, 281, pointer=2),
        finger("up", 80, 300), finger("move", 90, 100, pointer=2), finger("up", 99, 100, pointer=2),
        finger("down", 200, 300),
    )  # fmt: skip
    kinds = [one[0] for one in found["told"]]
    assert kinds == ["down", "cancel", "look", "look", "down"]
    assert found["view"]["width"] == 800


def test_a_second_finger_in_mid_stroke_is_a_palm() -> None:
    found = told(
        finger("down", 0, 400), finger("move", 100, 500), finger("down", 120, 900, pointer=2),
        finger("move", 130, 510), finger("up", 140, 510), finger("up", 150, 900, pointer=2), finger("down", 160, 0),
    )  # fmt: skip
    assert [one[0] for one in found["told"]] == ["down", "move", "move", "up", "down"]


def test_where_there_is_no_tool_a_finger_moves_a_page_that_is_close() -> None:
    closer = [finger("down", 0, 400, 281), finger("down", 5, 600, 281, pointer=2), finger("move", 9, 300, 281),
              finger("move", 9, 700, 281, pointer=2), finger("up", 20, 0), finger("up", 20, 0, pointer=2)]  # fmt: skip
    found = told(*closer, finger("down", 50, 500, 200), finger("move", 60, 600, 200), tool=False)
    assert found["doing"] == "panning"
    assert found["view"] == {"x": 320, "y": 224.8, "width": 800}


def test_what_the_system_takes_from_a_finger_was_not_meant_and_from_a_pen_it_was() -> None:
    assert told(finger("down", 0, 0), finger("lost", 5, 0))["told"][-1] == ["cancel"]
    assert told(event("down", 0, 0), event("lost", 5, 0))["told"][-1] == ["up"]


def test_a_hand_on_the_middle_button_moves_the_page() -> None:
    mouse = {"pointerType": "mouse"}
    found = told(event("down", 0, 0, button=1, **mouse), event("move", 5, 10, **mouse), event("up", 9, 10, **mouse))
    assert [one[0] for one in found["told"]] == ["look"]
    assert found["doing"] == "idle"

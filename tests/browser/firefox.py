"""Firefox ESR, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/): it has no driver of its own in
Debian."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

FIREFOX = "/usr/bin/firefox-esr"
FIREFOX_HZ = 1000  # what its fake microphone hears
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    # Loopback is used only when told to, and by pages that may use a camera; others get the default route's address,
    # and fake cameras need no leave.
    "media.peerconnection.ice.loopback": True,
    "permissions.default.camera": 1,
    "permissions.default.microphone": 1,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.gmp-manager.updateEnabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}

# The middle of an element, brought into view: [x, y].
MIDDLE = Template("""(() => {
    const one = document.querySelector($selector);
    one.scrollIntoView({block: 'center'});
    const box = one.getBoundingClientRect();
    return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)];
})()""")


class Firefox:
    """One window. `evaluate` runs an expression, awaits its promise, and returns its JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self._socket = connection
        self._ids = itertools.count(1)
        self._call("session.new", capabilities={})
        self._window = self._call("browsingContext.getTree")["contexts"][0]["context"]

    def _call(self, method: str, **parameters: Any) -> Any:
        identity = next(self._ids)
        self._socket.send(json.dumps({"id": identity, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=30))
            if answer.get("id") == identity:
                assert answer["type"] == "success", answer
                return answer["result"]

    def size(self, width: int, height: int) -> None:
        self._call("browsingContext.setViewport", context=self._window, viewport={"width": width, "height": height})

    def goto(self, url: str) -> None:
        self._call("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def script(self, code: str) -> None:
        """Runs in every document from now on, before its own scripts."""
        self._call("script.addPreloadScript", functionDeclaration=f"() => {{{code}}}")

    def evaluate(self, expression: str) -> Any:
        result = self._call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._window},
            awaitPromise=True,
        )
        assert result["type"] == "success", result
        return json.loads(result["result"]["value"]) if "value" in result["result"] else None

    def fill(self, selector: str, text: str) -> None:
        """Types into a field."""
        self.click(selector)
        keys = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self._perform({"type": "key", "id": "keyboard", "actions": keys})

    def click(self, selector: str) -> None:
        """Presses the middle of an element with the mouse."""
        x, y = self.evaluate(MIDDLE.substitute(selector=json.dumps(selector)))
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        move = {"type": "pointerMove", "x": x, "y": y}
        self._perform({"type": "pointer", "id": "mouse", "actions": [move, *press]})

    def _perform(self, actions: dict[str, Any]) -> None:
        self._call("input.performActions", context=self._window, actions=[actions])

    def close(self) -> None:
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            self._call("browser.close")


@contextlib.contextmanager
def firefox() -> Iterator[Firefox]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items())
        (Path(profile) / "user.js").write_text("\n".join(lines))
        process = subprocess.Popen(
            [FIREFOX, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        rest = threading.Thread(target=process.stderr.read)
        try:
            for line in process.stderr:
                if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                    break
            else:
                raise AssertionError("Firefox ended before it listened")
            rest.start()
            with connect(found[1] + "/session", max_size=1 << 26) as connection:
                browser = Firefox(connection)
                watchdog.cancel()
                yield browser
                browser.close()
        finally:
            watchdog.cancel()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            if process.poll() is None:
                process.kill()
                process.wait()
            if rest.ident:
                rest.join()
            process.stderr.close()

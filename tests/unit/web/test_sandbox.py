"""What a file that takes its sandbox over can do, and what is believed of what it leaves there: little."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from classroom.errors import OperatorFault
from recordings import landlock
from recordings.files import DiskShort, Floor
from recordings.sandbox import Exhausted, Limits, Sandbox
from tests.unit.web.limits import HASTY, Tight
from tests.unit.web.papers import picture
from web.server import directory
from web.server.app import create_control
from web.server.control import connected
from web.server.courseware import collecting, running
from web.server.courseware.collecting import Untrue, collect
from web.server.courseware.forms import MIMES, Form
from web.server.courseware.making import BOXES, SIMULATION, SPOKEN, Made, slide_file
from web.server.parts import Parts


async def test_the_sandbox_can_do_little(tmp_path: Path) -> None:
    """What a file that took the process over would find."""
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import json, os, resource, socket, sys\n"
        "from recordings.sandbox import Limits, confine\n"
        "made = confine(Limits(memory_bytes=1 << 30, file_bytes=1000))\n"
        "found = {'uid': os.getuid(), 'nice': os.nice(0), 'pid': os.getpid()}\n"
        "found |= {'apart': made.apart, 'own': made.own_user, 'fenced': made.fenced}\n"
        "try: socket.socket().connect(('127.0.0.1', int(sys.argv[1]))); found['network'] = True\n"
        "except OSError: found['network'] = False\n"
        "try: bytearray(2 << 30); found['memory'] = True\n"
        "except MemoryError: found['memory'] = False\n"
        "try: open(sys.argv[2]).read(); found['secret'] = True\n"
        "except OSError: found['secret'] = False\n"
        "open('large', 'wb', 0).write(bytes(2000))\n"
        "found['file'] = os.path.getsize('large') > 1000\n"
        "print(json.dumps(found))\n"
    )
    secret = tmp_path / "secret"
    secret.write_text("that everyone may read")
    folder = tmp_path / "folder"
    folder.mkdir()
    for open_to_all in (tmp_path, *tmp_path.parents[:2]):
        open_to_all.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, 64_217)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        done = await asyncio.create_subprocess_exec(
            sys.executable, str(probe), str(port), str(secret), cwd=folder, stdout=subprocess.PIPE
        )
        out, _ = await done.communicate()
    found = json.loads(out)
    assert found["fenced"] == (landlock.version() > 0)
    assert found["secret"] == (not found["fenced"])
    assert found["nice"] >= 10
    assert not found["memory"]
    assert not found["file"]
    if os.geteuid() == 0:
        assert found["own"]
        assert found["uid"] == 64_217
    if not found["apart"]:
        pytest.skip("this system allows no namespaces")
    assert not found["network"]
    assert found["pid"] == 1


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
def test_the_fence_stands_without_root_and_namespaces(tmp_path: Path) -> None:
    """As in most containers. What is tried is what a file would that took the process over."""
    (tmp_path / "secret").write_text("of the server")
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "font").write_text("a font")
    (tmp_path / "sockets").mkdir()
    (tmp_path / "sockets" / "tap").write_text("of the recorder")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    outside = tmp_path / "secret"
    tries = {
        "read": f"open({str(outside)!r})",
        "by a link": "open('link')",
        "list": f"os.listdir({str(tmp_path)!r})",
        "write": f"open({str(outside)!r}, 'a')",
        "cut": f"os.truncate({str(outside)!r}, 0)",
        "make": f"os.mkdir({str(tmp_path / 'new')!r})",
        "remove": f"os.remove({str(outside)!r})",
        "move in": f"os.rename({str(outside)!r}, 'mine')",
        "write a font": f"open({str(tmp_path / 'fonts' / 'font')!r}, 'w')",
        "look into the server": f"open('/proc/{os.getpid()}/environ')",
        "remove a socket": f"os.remove({str(tmp_path / 'sockets' / 'tap')!r})",
        "make a socket": f"socket.socket(socket.AF_UNIX).bind({str(tmp_path / 'sockets' / 'own')!r})",
        "read a font": f"open({str(tmp_path / 'fonts' / 'font')!r})",
        "its own": "open('own', 'w').write('x'); open('own').read(); os.rename('own', 'other'); os.remove('other')",
    }
    if landlock.version() >= landlock.TCP_FROM:
        tries["bind"] = "socket.socket().bind(('127.0.0.1', 0))"
    if landlock.version() >= landlock.SCOPES_FROM:
        tries["a signal"] = f"os.kill({os.getpid()}, 0)"
    program = (
        "import os, socket\nfrom recordings import landlock\n"
        "pipe = f'/proc/self/fd/{os.pipe()[0]}'  # which no rule can be made for\n"
        f"print(landlock.fence([pipe, {str(tmp_path / 'fonts')!r}, '/nowhere'], [{str(tmp_path / 'sockets')!r}]))\n"
        f"for name, what in {tries!r}.items():\n"
        "    try: exec(what); print(name)\n"
        "    except PermissionError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True", "make a socket", "read a font", "its own"]


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
@pytest.mark.parametrize("within", ["landlock.fence([])", "sandbox.confine(sandbox.Limits())"])
async def test_who_reaches_the_control_socket_from_within_is_no_operator(parts: Parts, within: str) -> None:
    """Landlock does not govern `connect`: what tells the operator is a file."""
    data = parts.settings.data
    with directory.control_socket(data) as path:
        runner = web.AppRunner(create_control(parts, directory.new_key(path)))
        await runner.setup()
        await web.UnixSite(runner, path).start()
    folder = data / "courseware"
    folder.mkdir()
    program = (
        f"import socket\nfrom recordings import landlock, sandbox\n{within}\n"
        "def found(what):\n"
        "    try: return what()\n"
        "    except PermissionError: return 'denied'\n"
        "def asked():\n"
        "    with socket.socket(socket.AF_UNIX) as operator:\n"
        f"        operator.connect({path!r})\n"
        "        operator.sendall(b'POST /control/backup HTTP/1.1\\r\\nHost: control\\r\\n\\r\\n')\n"
        "        return operator.recv(12).decode()\n"
        f"print(found(lambda: open({str(data / directory.KEY)!r}).read()), found(asked), sep=', ')\n"
    )
    done = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=folder, stdout=subprocess.PIPE)
    out, _ = await done.communicate()
    assert out.decode().strip() in {"denied, HTTP/1.1 401", "denied, denied"}

    assert (data / directory.KEY).stat().st_mode & 0o777 == 0o600
    async with connected(parts.settings) as control:
        assert await control.ask("GET", "/api/v1/accounts") == []
    (data / directory.KEY).write_text("of before")
    with pytest.raises(OperatorFault, match=directory.KEY):
        async with connected(parts.settings):
            pass
    assert len({directory.new_key(path) for _ in range(2)}) == 2
    await runner.cleanup()


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
async def test_a_conversion_without_a_fence_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process can be fenced in sixteen times; another fence is refused, as by a kernel that has none."""
    (tmp_path / "thick.py").write_text(
        "from recordings import landlock\nfrom web.server.courseware import convert\n"
        "for _ in range(16): assert landlock.fence(['/'])\n"
        "convert.main()\n"
    )
    (tmp_path / "picture").write_bytes(picture("PNG", 40, 30))
    monkeypatch.syspath_prepend(str(tmp_path))
    for module, told in (("web.server.courseware.convert", []), ("thick", ["courseware_unfenced"])):
        folder = tmp_path / module
        folder.mkdir()
        monkeypatch.setattr(running, "MODULE", module)
        with capture_logs() as logs:
            made = await running.run(tmp_path / "picture", Form.PNG, folder, HASTY, Floor())
        assert made == Made(kind="slides", slides=1, boxes=[320])
        assert [line["event"] for line in logs] == told


async def test_what_says_no_more_and_goes_on_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mute.py").write_text("import os, time\nos.close(1)\ntime.sleep(600)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Exhausted):
        async for _ in Sandbox(tmp_path, Limits(wall_s=2.0)).lines(["mute"], 0):
            pass


def test_what_lies_in_the_sandbox_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, folder, keep = tmp_path / "secret", tmp_path / "folder", tmp_path / "keep"
    secret.write_bytes(b"RIFF secret")
    made = Made(kind="slides", slides=1, boxes=[320])
    monkeypatch.chdir(tmp_path)
    for lie in ("symlink", "hardlink", "fifo", "socket", "folder", "other", "nothing"):
        folder.mkdir()
        keep.mkdir()
        place = folder / "1-320.webp"
        match lie:
            case "symlink":
                place.symlink_to(secret)
            case "hardlink":
                os.link(secret, place)
            case "fifo":
                os.mkfifo(place)
            case "socket":
                with socket.socket(socket.AF_UNIX) as listener:
                    listener.bind("folder/1-320.webp")
            case "folder":
                place.mkdir()
            case "other":
                place.write_bytes(b"<html>")
        with pytest.raises(FileNotFoundError if lie == "nothing" else Untrue):
            collect(made, Form.PDF, folder, keep, Floor())
        assert not (keep / "made.json").exists()
        shutil.rmtree(folder)
        shutil.rmtree(keep)


@pytest.mark.parametrize(("form", "mime"), [(Form.MP4, "text/html"), (Form.PDF, "video/mp4"), (Form.OGG, "audio/mpeg")])
def test_what_something_is_served_as_is_not_the_sandboxs_to_say(tmp_path: Path, form: Form, mime: str) -> None:
    keep = tmp_path / "keep"
    keep.mkdir()
    with pytest.raises(Untrue):
        collect(Made(kind="audio", mime=mime), form, tmp_path, keep, Floor())
    with contextlib.nullcontext() if form in MIMES else pytest.raises(Untrue):
        collect(Made(kind="audio", mime=MIMES.get(form, "")), form, tmp_path, keep, Floor())


IMAGE = {"slides": 1, "boxes": [320, 960, 1920]}


@pytest.mark.parametrize(
    ("form", "lie"),
    [
        (Form.PNG, {"kind": "slides", **IMAGE, "slides": 2}),
        (Form.PNG, {"kind": "slides", **IMAGE, "slides": 0}),
        (Form.PNG, {"kind": "slides", **IMAGE, "boxes": []}),
        (Form.PNG, {"kind": "slides", **IMAGE, "boxes": [320, 320]}),
        (Form.PNG, {"kind": "slides", **IMAGE, "boxes": [320, 3840]}),
        (Form.PNG, {"kind": "slides", **IMAGE, "boxes": [960, 320]}),
        (Form.PNG, {"kind": "video", **IMAGE}),
        (Form.PNG, {"kind": "simulation"}),
        (Form.PDF, {"kind": "slides"}),
        (Form.PDF, {"kind": "simulation"}),
        (Form.HTML, {"kind": "slides", **IMAGE}),
        (Form.MP4, {"kind": "slides", **IMAGE, "mime": "video/mp4"}),
        (Form.MP4, {"kind": "video", **IMAGE, "slides": 2, "mime": "video/mp4"}),
        (Form.MP4, {"kind": "audio", **IMAGE, "mime": "video/mp4"}),
        (Form.MP4, {"kind": "audio", "mime": "audio/mpeg", "anew": True}),
    ],
)
def test_no_file_becomes_more_than_such_a_file_can(tmp_path: Path, form: Form, lie: dict[str, Any]) -> None:
    folder, keep = tmp_path / "folder", tmp_path / "keep"
    folder.mkdir()
    keep.mkdir()
    for slide in (1, 2):
        for box in BOXES:
            (folder / slide_file(slide, box)).write_bytes(b"RIFF")
    (folder / SIMULATION).write_bytes(b"<html>")
    (folder / SPOKEN).write_bytes(b"ID3")
    with pytest.raises(Untrue):
        collect(Made(**lie), form, folder, keep, Floor(), 1920)
    assert not list(keep.iterdir())
    collect(Made(kind="slides", **IMAGE), Form.PNG, folder, keep, Floor(), 1920)


def test_what_comes_out_is_bounded_and_leaves_the_disk_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(kind="slides", slides=1, boxes=[320, 960])
    for number in (1, 2, 3):
        (tmp_path / f"{number}").mkdir()
    for box in made.boxes:
        (tmp_path / slide_file(1, box)).write_bytes(b"RIFF" * 1000)
    monkeypatch.setattr(collecting, "PIECE", 1024)
    monkeypatch.setattr(collecting, "MOST_BYTES", 8000)
    collect(made, Form.PDF, tmp_path, tmp_path / "1", Floor())
    assert (tmp_path / "1" / "1-960.webp").read_bytes() == b"RIFF" * 1000
    monkeypatch.setattr(collecting, "MOST_BYTES", 7999)
    with pytest.raises(Untrue, match="too much"):
        collect(made, Form.PDF, tmp_path, tmp_path / "2", Floor())
    monkeypatch.undo()
    with pytest.raises(DiskShort):
        collect(made, Form.PDF, tmp_path, tmp_path / "3", Tight(1))
    assert not (tmp_path / "3" / collecting.MADE).exists()

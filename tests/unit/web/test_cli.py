"""`tongke`, run as a person or a script runs it."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.processes import TONGKE

PASSWORD = "correct horse battery\n"


def run(*arguments: str, given: str = "", status: int = 0) -> str:
    """Standard output of a command that must end with `status`; of one that fails, its one line on standard error."""
    done = subprocess.run([TONGKE, *arguments], input=given, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    if status != 2:
        return done.stdout
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@contextmanager
def serving(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that is ready, and the address that it printed."""
    arguments = [TONGKE, "serve", "--data", data, "--port", "0", "--media-port", "0", "--log", "json", *options]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        base = ""
        for line in process.stderr:
            if line.startswith("{") and json.loads(line)["event"] == "serving":
                base = json.loads(line)["base"]
            elif "/setup#" in line or line.startswith("Tongke is at"):
                break
        assert base
        yield process, base
    finally:
        process.terminate()
        process.communicate(timeout=60)


def rows(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_an_installation_is_kept_from_the_shell_stopped_or_running(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "d"))
    run("user", "add", "Li", "--name", "Li Wen", *data, given=PASSWORD)
    assert [(row["login"], row["role"]) for row in rows("user", "list", *data)] == [("li", "teacher")]
    with serving(tmp_path / "d") as (process, base):
        school = rows("school", "add", "青山村小", *data)
        room = rows("room", "add", "青山村小", "Room 3", *data)
        assert room["school"] == school["id"]
        lesson = rows("lesson", "create", "秋天", "--owner", "li", *data)
        assert rows("lesson", "show", lesson["code"], *data)["id"] == lesson["id"]
        assert "秋天" in run("lesson", "list", *data)
        token = run("lesson", "token", lesson["id"], "--role", "encoder", *data).strip()
        assert token.count(".") == 2
        assert rows("user", "disable", "li", *data)["disabled"] is True
        kept = tmp_path / "kept.tar"
        run("backup", str(kept), *data)
        assert rows("lesson", "end", lesson["id"], *data)["phase"] == "ended"
        assert rows("user", "erase", "li", "--yes", *data)["words"] == 0
        assert rows("recover", *data) == {"repaired": []}
        with urllib.request.urlopen(f"{base}/readyz") as response:
            assert response.status == 200
        second = run("serve", *data, "--port", "0", "--media-port", "0", status=2)
        assert "running" in second
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert rows("user", "list", *data) == []
    with tarfile.open(kept) as tar:
        assert {"tongke.json", "tongke.sqlite"} <= set(tar.getnames())
    assert "--replace" in run("restore", str(kept), *data, status=2)
    run("restore", str(kept), "--replace", *data)
    assert [row["login"] for row in rows("user", "list", *data)] == ["li"]
    assert rows("lesson", "list", *data)[0]["phase"] == "prepared"


def test_tls_for_every_address_but_loopback(tmp_path: Path) -> None:
    data = tmp_path / "d"
    with serving(data, "--host", "0.0.0.0") as (_, base):
        assert base.startswith("https://")
        port = base.rpartition(":")[2]
        trusting = ssl.create_default_context(cafile=str(data / "tls" / "ca.crt"))
        with urllib.request.urlopen(f"https://127.0.0.1:{port}/trust/ca.crt", context=trusting) as response:
            assert response.read() == (data / "tls" / "ca.crt").read_bytes()
        told = rows("doctor", f"https://127.0.0.1:{port}", "--data", str(data))
        assert {"good", "poor"} >= {row["state"] for row in told}, told
        assert "authority" in next(row["found"] for row in told if row["what"] == "TLS")


@pytest.mark.parametrize(
    "arguments",
    [
        ("bogus",),
        ("serve", "--port", "many"),
        ("serve", "--port", "70000"),
        ("serve", "--tls", "maybe"),
        ("serve", "--tls", "acme:school.example"),
        ("lesson", "token", "x"),
        ("lesson", "show", "nothing"),
        ("lesson", "token", "nothing", "--role", "king"),
        ("user", "erase", "nobody"),
        ("user", "disable", "nobody"),
        ("user", "add", "li"),
        ("room", "add", "nowhere", "Room 3"),
        ("restore", "/nonexistent.tar"),
        ("backup", "/nonexistent/file.tar"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    data = () if arguments == ("bogus",) else ("--data", str(tmp_path / "d"))
    assert run(*arguments, *data, status=2).startswith("tongke: ")


def test_an_occupied_port_is_named(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "d"))
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port} is in use" in run("serve", *data, "--port", port, "--media-port", "0", status=2)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        assert f"UDP port {port} is in use" in run("serve", *data, "--port", "0", "--media-port", port, status=2)


def test_a_data_directory_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for data in (tmp_path / "file", tmp_path / "file" / "below"):
        line = run("serve", "--data", str(data), "--port", "0", "--media-port", "0", status=2)
        assert "cannot be written" in line


def test_a_backup_that_is_none_changes_nothing(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "d"))
    run("user", "add", "li", *data, given=PASSWORD)
    (tmp_path / "bad.tar").write_bytes(b"not a tar")
    run("restore", str(tmp_path / "bad.tar"), "--replace", *data, status=2)
    with tarfile.open(tmp_path / "escape.tar", "w") as tar:
        (tmp_path / "x").write_text("x")
        tar.add(tmp_path / "x", "../../escaped")
    run("restore", str(tmp_path / "escape.tar"), "--replace", *data, status=2)
    assert not (tmp_path / "escaped").exists()
    assert len(rows("user", "list", *data)) == 1


def test_doctor_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = subprocess.run(
        [TONGKE, "doctor", "--data", tmp_path / "file", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)[0]["state"] == "bad"


def test_every_command_explains_itself() -> None:
    told = run("--help")
    for command in ("serve", "demo", "doctor", "user", "school", "room", "backup", "restore", "lesson", "recover"):
        assert command in told

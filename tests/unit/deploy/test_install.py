"""What `deploy/` ships works: the wheel in an empty environment, started as the unit would; units systemd accepts."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.processes import ROOT, free_port, wait_ready
from web.server.settings import Settings

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    packages = Path("web/client/node_modules")  # of the same lock: they are not what is tried here
    (source / packages).symlink_to(ROOT / packages)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(folder),
            str(source),
        ],
        check=True,
        timeout=300,
    )
    return next(folder.glob("tongke-*.whl"))


@pytest.fixture(scope="module")
def prefix(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment with nothing but the wheel and what it asks for, in the versions of constraints.txt."""
    prefix = tmp_path_factory.mktemp("opt") / "tongke"
    venv.create(prefix, with_pip=True)
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    versions = prefix / "versions.txt"
    versions.write_text("\n".join(line.rstrip(" \\") for line in lines if "==" in line and not line.startswith(" ")))
    pip = [str(prefix / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", str(versions), str(wheel)], check=True, timeout=300)
    yield prefix
    shutil.rmtree(prefix)


def exec_start(unit: Path) -> list[str]:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text().replace("\\\n", " "))
    return shlex.split(parser["Service"]["ExecStart"])


@pytest.mark.soak  # half a minute of building what `make setup` has built already
@pytest.mark.timeout(400)
def test_the_wheel_carries_the_native_module_and_the_pages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.startswith("media/plane/_plane") and name.endswith(".so")]
    for page in ("index", "setup", "teach", "display", "join", "library", "trust"):
        assert f"web/server/static/{page}.html" in names
    assert not [name for name in names if name.startswith(("tests/", "web/client/"))]


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_the_units_command_starts_the_installed_wheel(prefix: Path, tmp_path: Path) -> None:
    command = [word.replace("/opt/tongke", str(prefix)) for word in exec_start(ROOT / "deploy/systemd/tongke.service")]
    command[command.index("--data") + 1] = str(tmp_path / "data")
    command[command.index("--host") + 1] = "127.0.0.1"
    port = free_port()
    log = tmp_path / "log"
    environment = {"PATH": os.environ["PATH"], "TONGKE_PORT": str(port), "TONGKE_MEDIA_PORT": str(free_port())}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=tmp_path, env=environment)
    try:
        wait_ready(f"http://127.0.0.1:{port}", process, log)
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0, log.read_text()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is missing: install the Debian package systemd"
    program = exec_start(unit)[0]
    text = unit.read_text().replace(program, "/bin/true").replace("/usr/bin/xset", "/bin/true")
    copy = tmp_path / unit.name
    copy.write_text(text)
    done = subprocess.run([analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert done.returncode == 0, done.stderr
    assert not complaints


def test_compose_names_the_ports_and_builds_the_image_that_is_there() -> None:
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    app = compose["services"]["app"]
    assert {"8443:8443/tcp", "7100:7100/udp"} <= set(app["ports"])
    assert (ROOT / app["build"]["dockerfile"]).is_file()
    assert {"app", "postgres"} == set(compose["services"])


def test_compose_runs_two_nodes_behind_a_proxy() -> None:
    compose = yaml.safe_load((ROOT / "deploy/compose.nodes.yaml").read_text())
    services = compose["services"]
    assert {"a", "b", "proxy", "postgres", "redis"} == set(services)
    for node in ("a", "b"):
        given = services[node]["environment"]
        ours = {name.removeprefix("TONGKE_").lower() for name in given if not name.startswith("AWS_")}
        assert ours <= set(Settings.model_fields)
        assert (ROOT / services[node]["build"]["dockerfile"]).is_file()
        assert f":{given['TONGKE_PORT']}" in (ROOT / "deploy/Caddyfile.nodes").read_text()
    ports = [services[node]["environment"]["TONGKE_MEDIA_PORT"] for node in ("a", "b")]
    assert len(set(ports)) == 2
    volumes = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert volumes - {"./Caddyfile.nodes"} == set(compose["volumes"])

"""Gets what a peer is made of, where that is allowed; nothing of it is needed by anything else."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.bench.load.native import OUT
from tests.bench.systems import Skipped

BUILD_S = 1500.0
INSTALL_S = 600.0


def last_line(text: str) -> str:
    return next((line for line in reversed(text.strip().splitlines()) if line), "it said nothing")


def debian(package: str, program: str) -> str:
    """The path of a program of a Debian package, installed now if need be. Raises Skipped."""
    if found := shutil.which(program):
        return found
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise Skipped(f"{program} is not installed; as an administrator: apt-get install {package}")
    print(f"  installing {package} …", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
    ):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=INSTALL_S)
    if shutil.which("systemctl"):  # the measurements start it themselves
        subprocess.run(["systemctl", "disable", "--now", package], capture_output=True, check=False)
    if found := shutil.which(program):
        return found
    raise Skipped(f"{package} could not be installed: {last_line(done.stderr)}")


def go(module: str, version: str, package: str, program: str) -> str:
    """The path of a program built from a Go module in build/bench/go. Raises Skipped."""
    built = OUT / "go" / program
    if built.exists():
        return str(built)
    if shutil.which("go") is None:
        raise Skipped("there is no go here to build it with")
    print(f"  building {module} …", flush=True)
    source = _module(module, version)
    built.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["go", "build", "-o", str(built), package],
        cwd=source, env=os.environ | {"GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"},
        capture_output=True, text=True, check=False, timeout=BUILD_S,
    )  # fmt: skip
    if done.returncode:
        raise Skipped(f"{module} could not be built: {last_line(done.stderr)}")
    return str(built)


def _module(module: str, version: str) -> Path:
    """A writable copy of a module's source: `go install` refuses modules that replace some of their dependencies."""
    target = OUT / "go" / f"{module.rpartition('/')[2]}-{version}"
    if target.exists():
        return target
    done = subprocess.run(
        ["go", "mod", "download", "-json", f"{module}@{version}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=INSTALL_S,
    )
    if done.returncode:
        with contextlib.suppress(ValueError, KeyError):
            raise Skipped(" ".join(str(json.loads(done.stdout)["Error"]).split()))
        raise Skipped(f"{module} could not be downloaded: {last_line(done.stderr)}")
    beside = target.with_suffix(".part")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(json.loads(done.stdout)["Dir"], beside)
    subprocess.run(["chmod", "-R", "u+w", str(beside)], check=True)
    beside.rename(target)
    return target

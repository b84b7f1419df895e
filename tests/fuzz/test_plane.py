"""Coverage-guided fuzzing of the plane: all that reads the network behind the cipher, under AddressSanitizer and UBSan.

`corpus.hex` holds an input a line: what reached new code when it was found, and whatever once failed. `make test` runs
them all and searches on for a while; `make soak` searches for longer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "fuzz"
FLAGS = ["-std=c11", "-O1", "-g", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=undefined"]
WRAPPED = ["-Wl,--wrap=sendmmsg", "-Wl,--wrap=sendmsg"]
SECONDS = 3


@pytest.fixture(scope="session")
def target() -> Path:
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed (Debian packages: clang, libclang-rt-dev)")
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / "plane"
    sources = [*sorted((ROOT / "media" / "plane").glob("*.c")), HERE / "plane.c"]
    command = ["clang", *FLAGS, *WRAPPED, f"-I{ROOT / 'media' / 'plane'}", *map(str, sources), "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def run(target: Path, corpus: Path, *options: str) -> None:
    """Fails with the input, in hexadecimal, that the target did not survive: it belongs into corpus.hex."""
    artifact = BUILD / "failed"
    artifact.unlink(missing_ok=True)
    done = subprocess.run(
        [
            str(target),
            f"-exact_artifact_path={artifact}",
            "-max_len=4096",
            "-print_final_stats=1",
            *options,
            str(corpus),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"},
        check=False,
    )
    failed = artifact.read_bytes().hex() if artifact.exists() else ""
    assert done.returncode == 0, f"{done.stderr[-4000:]}\ninput: {failed}"


def known(folder: Path) -> Path:
    folder.mkdir()
    for number, line in enumerate((HERE / "corpus.hex").read_text().split()):
        (folder / str(number)).write_bytes(bytes.fromhex(line))
    return folder


def test_every_known_input_is_survived(target: Path, tmp_path: Path) -> None:
    run(target, known(tmp_path / "corpus"), "-runs=0")


def test_a_search_finds_nothing(target: Path, tmp_path: Path) -> None:
    run(target, known(tmp_path / "corpus"), f"-max_total_time={SECONDS}")


@pytest.mark.soak
def test_a_long_search_finds_nothing(target: Path, tmp_path: Path) -> None:
    run(target, known(tmp_path / "corpus"), "-max_total_time=900")

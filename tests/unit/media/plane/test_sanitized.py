"""The plane's own tests once more, against a build with AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
BUILD = ROOT / "build" / "sanitized"
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",  # Python's own allocations would be leaks
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def runtime() -> str | None:
    """The compiler's AddressSanitizer library, which has to be loaded before all else."""
    name = "libasan.so"
    found = subprocess.run(
        ["cc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return found if found != name else None


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_the_planes_tests_pass_under_sanitizers() -> None:
    if (library := runtime()) is None:
        pytest.skip("this compiler has no AddressSanitizer (gcc's libasan)")
    build = [
        sys.executable,
        "setup.py",
        "-q",
        "build_ext",
        f"--build-lib={BUILD}",
        f"--build-temp={BUILD / 'temporary'}",
    ]
    subprocess.run(build, cwd=ROOT, env={**os.environ, "TONGKE_SANITIZE": "1"}, check=True, capture_output=True)
    (native,) = (BUILD / "media" / "plane").glob("_plane*.so")
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "tests.sanitized", "-p", "no:cacheprovider", "--timeout=300"]
    done = subprocess.run(
        [*tests, f"--ignore={Path(__file__)}", str(HERE)],
        cwd=ROOT,
        env={**os.environ, **OPTIONS, "LD_PRELOAD": library, "TONGKE_SANITIZED": str(native)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]

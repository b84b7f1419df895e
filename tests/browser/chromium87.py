"""Chromium 87, which is what Android's WebView 87 is: from an npm package, unpacked once into build/chromium87.

The package is for AWS Lambda: the browser is headless-only and comes brotli-packed; node unpacks it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "chrome-aws-lambda@5.4.0"
HOME = Path(__file__).parent.parent.parent / "build" / "chromium87"
BIN = Path(sys.executable).parent

UNPACK = """
const fs = require('fs'), zlib = require('zlib');
const [from, to] = process.argv.slice(1);
fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)));
"""


def executable() -> Path:
    """The browser's path; fetched and unpacked the first time."""
    chromium = HOME / "chromium"
    if chromium.exists():
        return chromium
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME.parent) as folder:
        packed = subprocess.run(
            [str(BIN / "npm"), "pack", "--silent", "--pack-destination", folder, PACKAGE],
            capture_output=True, text=True, check=True, timeout=300,
        )  # fmt: skip
        _untar(Path(folder) / packed.stdout.strip(), Path(folder))
        inside = Path(folder) / "package" / "bin"
        _unbrotli(inside / "swiftshader.tar.br", Path(folder) / "swiftshader.tar")
        (HOME / "swiftshader").mkdir(exist_ok=True)
        _untar(Path(folder) / "swiftshader.tar", HOME / "swiftshader")
        _unbrotli(inside / "chromium.br", Path(folder) / "chromium")
        (Path(folder) / "chromium").chmod(0o755)
        (Path(folder) / "chromium").rename(chromium)
    return chromium


def _untar(archive: Path, folder: Path) -> None:
    # Not by `tarfile`: it has had its filters only since Python 3.11.4.
    subprocess.run(["tar", "-xf", archive, "-C", folder, "--no-same-owner"], check=True, timeout=120)


def _unbrotli(packed: Path, unpacked: Path) -> None:
    subprocess.run([str(BIN / "node"), "-e", UNPACK, str(packed), str(unpacked)], check=True, timeout=120)

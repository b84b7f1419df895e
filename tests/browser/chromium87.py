"""Chromium 87, which is what Android's WebView 87 is: from an npm package, unpacked once into build/chromium87.

The package is for AWS Lambda: the browser is headless-only and comes brotli-packed; node unpacks it.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
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
        with tarfile.open(Path(folder) / packed.stdout.strip()) as archive:
            archive.extractall(folder, filter="data")
        inside = Path(folder) / "package" / "bin"
        _unbrotli(inside / "swiftshader.tar.br", Path(folder) / "swiftshader.tar")
        with tarfile.open(Path(folder) / "swiftshader.tar") as archive:
            archive.extractall(HOME / "swiftshader", filter="data")
        _unbrotli(inside / "chromium.br", Path(folder) / "chromium")
        (Path(folder) / "chromium").chmod(0o755)
        (Path(folder) / "chromium").rename(chromium)
    return chromium


def _unbrotli(packed: Path, unpacked: Path) -> None:
    subprocess.run([str(BIN / "node"), "-e", UNPACK, str(packed), str(unpacked)], check=True, timeout=120)

"""Installs the Debian packages the tests need, where it may; names them clearly where it may not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).with_name("debian-packages.txt")


def wanted() -> list[str]:
    return [line.strip() for line in LIST.read_text().splitlines() if line.strip() and not line.startswith("#")]


def installed(package: str) -> bool:
    query = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return query.stdout == "installed"


def main() -> int:
    if shutil.which("dpkg-query") is None:
        print(f"Not a Debian system: the tests need the equivalents of {' '.join(wanted())}.", file=sys.stderr)
        return 0
    missing = [package for package in wanted() if not installed(package)]
    if not missing:
        return 0
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        print(
            f"The tests need Debian packages. As an administrator: apt-get update && {' '.join(command)}",
            file=sys.stderr,
        )
        return 1
    print(f"Installing {' '.join(missing)} …", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=True)
    return subprocess.run([command[0], "-qq", *command[1:]], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

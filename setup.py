"""The native module and the browser apps, built where the rest is: everything else stands in pyproject.toml."""

import os
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
SANITIZE = ["-fsanitize=address,undefined", "-g", "-O1"] if os.environ.get("TONGKE_SANITIZE") else []


class BuildWithClient(build_py):
    """Builds `web/client` into `web/server/static` before the packages are collected."""

    def run(self) -> None:
        if not self.editable_mode:
            subprocess.run([sys.executable, str(ROOT / "web" / "client" / "build.py")], check=True)
        super().run()


setup(
    cmdclass={"build_py": BuildWithClient},
    ext_modules=[
        # Plain C without Python in it: media/plane/__init__.py loads it through cffi and reads plane.h.
        Extension(
            "media.plane._plane",
            sources=[str(path.relative_to(ROOT)) for path in sorted((ROOT / "media" / "plane").glob("*.c"))],
            depends=[str(path.relative_to(ROOT)) for path in sorted((ROOT / "media" / "plane").glob("*.h"))],
            extra_compile_args=["-std=c11", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra", *SANITIZE],
            extra_link_args=SANITIZE,
        )
    ],
)

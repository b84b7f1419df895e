"""`make bench`: runs the measurements, appends their figures to build/bench/results.jsonl, and makes a page of them.

A measurement is a module `bench_<name>.py` here with `run() -> Iterator[dict]`, one dict a line of results; `bench`,
`machine` and `commit` are added here.
"""

from __future__ import annotations

import argparse
import html
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.bench import plots

FOLDER = Path(__file__).parent
OUT = FOLDER.parent.parent / "build" / "bench"


def names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next((line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} × {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def commit() -> str:
    return subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=FOLDER, capture_output=True, text=True, check=False
    ).stdout.strip()


def page(lines: Iterable[dict[str, Any]]) -> str:
    """A table a bench and run; figures are as they stand in the lines."""
    parts = ["<!doctype html><meta charset=utf-8><title>Tongke: measurements</title>"]
    parts.append("<style>body{font:16px/1.5 sans-serif;margin:2rem}td,th{padding:.3rem .8rem;text-align:right}</style>")
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault((line["bench"], line["commit"]), []).append(line)
    for (bench, at), rows in reversed(groups.items()):
        columns = list(dict.fromkeys(key for row in rows for key in row if key not in ("bench", "commit", "machine")))
        parts.append(
            f"<h2>{html.escape(bench)} <small>{html.escape(at)} · {html.escape(rows[0]['machine'])}</small></h2>"
        )
        parts.append("<table><tr>" + "".join(f"<th>{html.escape(column)}" for column in columns))
        for row in rows:
            parts.append("<tr>" + "".join(f"<td>{html.escape(str(row.get(column, '')))}" for column in columns))
        parts.append("</table>")
        parts += plots_of(rows)
    return "\n".join(parts)


def plots_of(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    """CPU a forwarded packet against subscribers, a line a system, the last measured where there are several."""
    found: dict[str, dict[str, dict[int, float]]] = {}
    for row in rows:
        if row["bench"] == "forward" and row.get("cpu_us_per_packet") and row.get("subscribers"):
            by_system = found.setdefault(row["pacing"], {})
            by_system.setdefault(row["system"], {})[row["subscribers"]] = row["cpu_us_per_packet"]
    for pacing, systems in found.items():
        series = {name: tuple(points.items()) for name, points in systems.items()}
        yield plots.lines(f"CPU a forwarded packet, {pacing}", "subscribers", "µs", series)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"some of {','.join(names())}")
    chosen = [name for name in parser.parse_args().only.split(",") if name] or names()
    if unknown := sorted(set(chosen) - set(names())):
        print(f"no such bench: {', '.join(unknown)}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    OUT.mkdir(parents=True, exist_ok=True)
    results = OUT / "results.jsonl"
    stamp = {"machine": machine(), "commit": commit()}
    for name in chosen:
        print(f"{name} …", flush=True)
        for figures in importlib.import_module(f"tests.bench.bench_{name}").run():
            line = {"bench": name, "system": "tongke", **figures, **stamp}
            with results.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print("  " + "  ".join(f"{key}={value}" for key, value in figures.items()), flush=True)
    (OUT / "index.html").write_text(page(json.loads(line) for line in results.read_text().splitlines()))
    print(f"{results} and {OUT / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

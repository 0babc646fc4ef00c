"""What burstnet costs, beside a loop written by hand and a plain Brian2 script, with targets: one table, one JSON file.

``python benchmarks/run.py [--quick] [--all] [--json FILE]``, on an idle machine. CPU is user time of each child process
measured from outside; what is compared runs in turn, so that a change of load reaches all of it alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from brian2.units import second

from burstnet import Compiled, compile
from burstnet.models import burstccn
from burstnet.protocols.target_rate import TargetRate
from burstnet.targets.compiler import find_compiler

HERE = Path(__file__).parent
SEED = 1
#: What `burstnet run` imports before and after it builds, without the figure.
IMPORTS = "burstnet.cli, burstnet.compiled, burstnet.outcome, burstnet.progress, burstnet.protocols.target_rate, joblib"
#: CPU seconds per simulated second of the published pure-Python program, 100+100 cells.
PUBLISHED = 2.4


@dataclass
class Cost:
    """What a child process cost: seconds, and its peak memory in MB."""

    wall: float
    user: float
    system: float
    memory: float


@dataclass
class Row:
    """One line of the table: samples of burstnet, of its two comparisons, and what is aimed at (upper bounds)."""

    name: str
    unit: str
    burstnet: list[float]
    handwritten: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    published: float | None = None
    target: float | None = None
    target_ratio: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Burstnet's best over the hand-written loop's best."""
        return min(self.burstnet) / min(self.handwritten) if self.burstnet and self.handwritten else None

    @property
    def met(self) -> bool | None:
        """Whether every target is met by the best sample; None without a target or a sample."""
        if not self.burstnet or self.target is None and self.target_ratio is None:
            return None
        good = self.target is None or min(self.burstnet) <= self.target
        return good and (self.target_ratio is None or self.ratio is None or self.ratio <= self.target_ratio)


#: A child starts with the peak memory of the process that starts it, so that a small one does.
_LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
cost = [time.perf_counter() - started, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024]
with open(sys.argv[1], "w") as file:
    json.dump(cost, file)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


def measure(command: Sequence[str | Path], **options) -> tuple[Cost, str]:
    """Run a command; its cost, and what it printed. Children that it waited for count as its own."""
    with tempfile.NamedTemporaryFile("r") as cost:
        launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, cost.name]
        done = subprocess.run(
            [*launcher, *map(str, command)], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-300:]}")
        return Cost(*json.load(cost)), done.stdout


def protocol_of(seconds: float) -> TargetRate:
    """The 100-s experiment, or so many seconds of its first phase."""
    if seconds == 100:
        return TargetRate()
    phases = (n for n in TargetRate.declared() if n == "tail" or n.endswith(("_pre", "_during", "_post")))
    return TargetRate(**({name: 0 * second for name in phases} | {"increase_pre": seconds * second}))


def run_binary(compiled: Compiled, seconds: float, folder: Path) -> Cost:
    """One run of a compiled circuit, as burstnet starts it."""
    numbers = compiled.requests([SEED], protocol_of(seconds))[0].arguments()
    given = [f"{name}={value if isinstance(value, int) else repr(float(value))}" for name, value in numbers.items()]
    results = folder / "results"
    results.mkdir()
    try:
        binary = compiled.program.folder / "main"
        return measure([binary, "--results_dir", f"{results}/", *given], cwd=compiled.program.folder)[0]
    finally:
        shutil.rmtree(results)


def same_outcome(compiled: Compiled, seconds: float, printed: str) -> bool:
    """Whether burstnet and the hand-written loop count the same events and bursts in each phase."""
    result = compiled_run(compiled, seconds)
    rows = [line.split() for line in printed.splitlines()[1:-1]]
    theirs = {name: [int(n) for n in counts[:4]] for name, *counts in rows}
    counted = [(area, event) for area in ("input", "output") for event in ("event", "burst")]
    ours = {
        phase: [int(result.count(area, event, *span)[0]) for area, event in counted]
        for phase, span in result.phases.items()
        if span[1] > span[0]
    }
    return ours == theirs


def compiled_run(compiled: Compiled, seconds: float):
    """A run through the library, with another duration as a run argument."""
    protocol = protocol_of(seconds)
    return compiled.run([SEED], {name: getattr(protocol, name) for name in TargetRate.declared()})


def run_cost(bench: Bench, cells: int, inputs: int, seconds: float, repeats: int, **targets) -> list[Row]:
    """CPU per simulated second, and memory, of three programs of one size."""
    circuit = burstccn.circuit(sizes=cells, inputs_per_cell=inputs or None)
    compiled = compile(circuit, protocol_of(seconds), "cpp")
    plain = bench.plain(cells, inputs, seconds)
    arguments = [str(x) for x in (cells, cells, seconds, SEED, *([inputs] if inputs else []))]
    ours, theirs, brian = [], [], []
    printed = ""
    for repeat in range(repeats):
        ours.append(run_binary(compiled, seconds, bench.folder))
        cost, printed = measure([bench.handwritten, *arguments])
        theirs.append(cost)
        if repeat < max(2, repeats // 3):
            brian.append(measure([plain / "main"], cwd=plain)[0])
    per_second = [[1e3 * cost.user / seconds for cost in costs] for costs in (ours, theirs, brian)]
    memory = [[cost.memory for cost in costs] for costs in (ours, theirs, brian)]
    same = "same events and bursts as by hand" if same_outcome(compiled, seconds, printed) else "EVENTS DIFFER"
    size = f"{cells}+{cells} cells, {f'{inputs} inputs' if inputs else 'all to all'}, {seconds:g} s"
    return [
        Row(size, "ms CPU / s", *per_second, note=same, **targets),
        Row(f"{size}: peak memory", "MB", *memory),
    ]


class Bench:
    """Programs that are compiled once, in a folder that is removed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.compiler = find_compiler()
        self.handwritten = folder / "handwritten"
        flags = ["-O3", "-march=native", "-ffast-math"]
        measure([self.compiler.path, *flags, HERE / "handwritten" / "burstccn.cpp", "-o", self.handwritten])

    def plain(self, cells: int, inputs: int, seconds: float) -> Path:
        """The plain Brian2 script, compiled with its defaults."""
        folder = self.folder / f"plain-{cells}-{inputs}-{seconds:g}"
        numbers = (str(x) for x in (cells, inputs, seconds))
        measure([sys.executable, HERE / "plain_brian2.py", folder, *numbers], cwd=self.folder)
        return folder


def command_line(bench: Bench, repeats: int) -> list[Row]:
    """`burstnet run target-rate --seeds 1` with nothing cached, then again; and its imports."""
    environment = os.environ | {"CCACHE_DISABLE": "1"}
    cold, warm, imports = [], [], []
    for attempt in range(repeats):
        environment["BURSTNET_CACHE"] = str(bench.folder / f"cache-{attempt}")
        command = [sys.executable, "-m", "burstnet.cli", "run", "target-rate", "--seeds", str(SEED), "--force", "-o"]
        out = bench.folder / f"result-{attempt}"
        cold.append(measure([*command, out], env=environment)[0])
        warm += [measure([*command, out], env=environment)[0] for _ in range(3)]
        imports += [measure([sys.executable, "-c", f"import {IMPORTS}"])[0] for _ in range(3)]
    return [
        Row("burstnet run, nothing cached", "s wall", [c.wall for c in cold], target=14),
        Row("burstnet run, nothing cached", "s CPU", [c.user + c.system for c in cold]),
        Row("burstnet run, again", "s wall", [c.wall for c in warm], target=4),
        Row("burstnet run, again", "s CPU", [c.user + c.system for c in warm]),
        Row("burstnet run, again: peak memory", "MB", [c.memory for c in warm]),
        Row("imports of burstnet run", "s wall", [c.wall for c in imports], target=1.5),
    ]


def runtime_cost(target: str, repeats: int) -> Row:
    """CPU per simulated second of a target that runs in Python; the first cython run compiles and does not count."""
    compiled = compile(burstccn.circuit(), protocol_of(4), target)
    found = []
    for _ in range(repeats + (target == "cython")):
        found.append(1e3 * compiled.run([SEED]).about["timing"]["run_cpu_s_per_simulated_s"])
    return Row(f"target {target}, 100+100 cells, 4 s", "ms CPU / s", found[target == "cython" :])


def table(rows: Sequence[Row]) -> str:
    """The rows as text; each number is the best, its median in brackets."""
    heading = ("", "unit", "published", "target", "burstnet", "by hand", "plain Brian2", "ratio", "met")
    lines = [heading]
    for row in rows:
        at_most = [] if row.target is None else [_number(row.target)]
        at_most += [] if row.target_ratio is None else [f"{row.target_ratio:g}x"]
        met = {True: "yes", False: "NO", None: ""}[row.met]
        lines.append(
            (row.name, row.unit, _number(row.published), ", ".join(at_most), _samples(row.burstnet, row.note),
             _samples(row.handwritten), _samples(row.plain), _number(row.ratio), met)
        )  # fmt: skip
    widths = [max(len(line[k]) for line in lines) for k in range(len(heading))]
    text = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    notes = [f"{row.name}: {row.note}" for row in rows if row.note]
    return "\n".join([*text, "", *notes])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _samples(values: Sequence[float], note: str = "") -> str:
    if not values:
        return "failed" if note else ""
    return _number(min(values)) + (f" ({_number(median(values))})" if len(values) > 1 else "")


def machine(bench: Bench) -> dict[str, object]:
    """What the numbers depend on."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "compiler": bench.compiler.version,
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def collect(bench: Bench, quick: bool, everything: bool) -> list[Row]:
    """Every row; a part that fails leaves a row that says so."""
    few, many = (2, 4) if quick else (5, 15)
    large = {"cells": 10_000, "inputs": 100}
    parts: dict[str, Callable[[], list[Row]]] = {
        "small": lambda: run_cost(
            bench, cells=100, inputs=0, seconds=100, repeats=many,
            published=1e3 * PUBLISHED, target=2.0, target_ratio=2.5,
        ),
        "large, 2 s": lambda: run_cost(bench, **large, seconds=2, repeats=few, target=300),
        "large, 10 s": lambda: run_cost(bench, **large, seconds=10, repeats=2, target=300),
        "command line": lambda: command_line(bench, 1 if quick else 2),
        "numpy": lambda: [runtime_cost("numpy", 2)],
    }  # fmt: skip
    if quick:
        del parts["large, 10 s"]
    if everything:
        parts["cython"] = lambda: [runtime_cost("cython", 2)]
    rows = []
    for name, part in parts.items():
        print(f"measuring: {name}", file=sys.stderr)
        try:
            rows += part()
        except RuntimeError as problem:
            rows.append(Row(name, "", [], note=str(problem).splitlines()[-1]))
    return rows


def report(rows: Sequence[Row], about: Mapping[str, object]) -> dict:
    """All samples, for keeping."""
    found = [asdict(row) | {"ratio": row.ratio, "met": row.met} for row in rows]
    return {"machine": dict(about), "date": time.strftime("%Y-%m-%d"), "rows": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats; without the 10 s of 10000+10000 cells")
    parser.add_argument("--all", action="store_true", help="the cython target too (minutes of compiling)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="burstnet-benchmark-") as folder:
        bench = Bench(Path(folder))
        about = machine(bench)
        print(", ".join(f"{name} {value}" for name, value in about.items()), file=sys.stderr)
        rows = collect(bench, options.quick, options.all)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(report(rows, about), indent=1) + "\n")
    sys.exit(any(row.met is False or "DIFFER" in row.note for row in rows))


if __name__ == "__main__":
    main()

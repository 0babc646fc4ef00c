"""What lesions and studies cost: unused slots beside a circuit without any, and a study's wall time beside its bound.

``python benchmarks/studies.py [--quick]``, on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from run import measure, protocol_of, run_binary

from burstnet import compile
from burstnet.models import burstccn

#: Largest share of CPU time that unused slots may cost, by number of cells.
ALLOWED = {200: 0.06, 20_000: 0.01}
ARMS = ("no-Y: Y:scale=0@20s..50s", "no-Q: Q:scale=0@20s..50s", "half: Y:scale=0.5@20s..50s")


def slots(folder: Path, cells: int, inputs: int | None, seconds: float, repeats: int) -> None:
    """CPU time with four unused slots for each target and with none, in turn."""
    protocol = protocol_of(seconds)
    built = {
        n: compile(burstccn.circuit(sizes=cells // 2, inputs_per_cell=inputs, lesion_slots=n), protocol) for n in (0, 4)
    }
    used: dict[int, list[float]] = {0: [], 4: []}
    for _ in range(repeats):
        for number, compiled in built.items():
            used[number].append(run_binary(compiled, seconds, folder).user)
    ratios = [measure_of(used[4]) / measure_of(used[0]) - 1 for measure_of in (min, median)]
    shown = ", ".join(f"{name} {100 * ratio:+.1f} %" for name, ratio in zip(("best", "median"), ratios, strict=True))
    print(f"unused slots, {cells} cells: {shown} (allowed {100 * ALLOWED[cells]:g} %)")


def study(folder: Path) -> None:
    """Wall time of 4 arms x 10 seeds, nothing cached, beside its bound."""
    environment = os.environ | {"BURSTNET_CACHE": str(folder / "cache"), "CCACHE_DISABLE": "1"}
    arms = [part for arm in ARMS for part in ("--arm", arm)]
    command = [
        sys.executable,
        "-m",
        "burstnet.cli",
        "lesion",
        "target-rate",
        "--seeds",
        "1:10",
        *arms,
        "-o",
        folder / "study",
    ]
    cost, _ = measure(command, env=environment)
    timing = json.loads((folder / "study" / "summary.json").read_text())["timing"]
    bound = 1.15 * (timing["run_cpu_s"] + 0.15 * 40) / 2 + timing["build_s"] + 8
    print(
        f"study of 4 arms x 10 seeds: {cost.wall:.1f} s wall, bound {bound:.1f} s "
        f"({timing['run_cpu_s']:.1f} s of CPU in runs, built in {timing['build_s']:.1f} s, outcome in {timing['outcome_s']:.1f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="burstnet-benchmark-"))
    try:
        slots(folder, 200, None, 100, 5 if options.quick else 15)
        slots(folder, 20_000, 100, 5, 3 if options.quick else 9)
        study(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

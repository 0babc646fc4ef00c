"""What each protocol costs with its defaults, from nothing built to printed numbers and figures, and once more with everything built.

``python benchmarks/protocols.py [PROTOCOL ...] [--json FILE]``. CPU is user and system time of the command and all its children; what
stands in FILE already is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from run import measure

from burstnet import find_experiment
from burstnet.errors import ArgumentError
from burstnet.experiment import experiments
from burstnet.rate_model import RateModel

#: Seconds that a default run may take on two cores, building included.
ALLOWED = 300.0


def cost(protocol: str) -> dict[str, dict[str, float]]:
    """Of the first run and of the second, with other seeds."""
    with tempfile.TemporaryDirectory(prefix="burstnet-benchmark-") as scratch:
        environment = os.environ | {"BURSTNET_CACHE": f"{scratch}/cache", "CCACHE_DISABLE": "1"}
        found = {}
        for seed, name in enumerate(("cold", "warm"), start=1):
            command = [sys.executable, "-m", "burstnet.cli", "run", protocol, "--seeds", f"{seed}", "-o"]
            found[name] = asdict(measure([*command, f"{scratch}/{name}"], env=environment)[0])
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("protocols", nargs="*", metavar="PROTOCOL", help="all of them by default")
    parser.add_argument("--json", type=Path, help="where numbers are kept")
    chosen = parser.parse_args()
    kept = json.loads(chosen.json.read_text()) if chosen.json and chosen.json.exists() else {}
    print(f"{'protocol':<22} {'first run':>12} {'CPU':>8} {'second run':>12} {'CPU':>8} {'memory':>9}")
    for name in chosen.protocols or experiments():
        system = find_experiment(name).build({})
        if name not in kept and isinstance(system, RateModel):
            try:
                system.check()
            except ArgumentError as problem:
                print(f"{name:<22} left out: {problem}")
                continue
        if name not in kept:
            kept[name] = cost(name)
            if chosen.json:
                chosen.json.write_text(json.dumps(kept, indent=1))
        first, second = kept[name]["cold"], kept[name]["warm"]
        cpu = [run["user"] + run["system"] for run in (first, second)]
        late = "" if first["wall"] <= ALLOWED else f"  over {ALLOWED:g} s"
        print(
            f"{name:<22} {first['wall']:10.0f} s {cpu[0]:6.0f} s {second['wall']:10.0f} s {cpu[1]:6.0f} s {first['memory']:6.0f} MB{late}"
        )


if __name__ == "__main__":
    main()

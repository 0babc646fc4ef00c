"""What the networks of Payeur et al. 2021 cost, beside the published program's figures and loops written by hand.

``python benchmarks/payeur2021.py [--repeats N] [--json FILE]``, on an idle machine. CPU is user time of each child process
measured from outside, connecting included; what is compared runs in turn, so that a change of load reaches both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from run import measure

from burstnet import compile, find_experiment
from burstnet.targets.compiler import find_compiler

HERE = Path(__file__).parent
SEED = 1


@dataclass(frozen=True)
class Network:
    """A network: settings of a shortened run, the published figure, the issue's bound, and how to run the hand-written loop."""

    protocol: str
    settings: dict[str, str]
    #: CPU seconds per simulated second of the published C++ program, on one core of this kind of machine.
    published: float
    bound: float
    aim: float
    handwritten: str = ""
    arguments: tuple[str, ...] = ()
    seconds: float = 0.0


NETWORKS = (
    Network("xor", {"examples": "4"}, 0.27, 0.27, 0.135, "xor", ("examples=4",), 102.0),
    Network("propagation", {}, 1.05, 1.05, 0.8, "propagation", ("4", "1"), 4.0),
    Network("burst-plasticity", {}, 0.175, 0.175, 0.175),
)


@dataclass
class Found:
    """Samples of one network."""

    protocol: str
    published: float
    bound: float
    build_s: float
    memory_mb: float
    burstnet: list[float] = field(default_factory=list)
    double: list[float] = field(default_factory=list)
    single: list[float] = field(default_factory=list)

    def line(self) -> str:
        """The row of the table."""
        best = min(self.burstnet)
        hand = " / ".join(f"{min(v):.3f}" if v else "-" for v in (self.double, self.single))
        return (
            f"{self.protocol:<18}{best:>9.3f}{self.published:>11.3f}{best / self.published:>8.2f}"
            f"{hand:>17}{self.build_s:>9.1f}{self.memory_mb:>9.0f}  {'met' if best <= self.bound else 'NOT MET'}"
        )


def by_hand(name: str, precision: str, folder: Path) -> Path:
    """The hand-written loop, compiled."""
    binary = folder / f"{name}-{precision}"
    flags = ["-O3", "-march=native", "-ffast-math", "-std=c++17", f"-DREAL={precision}"]
    measure([find_compiler(None).path, *flags, HERE / "handwritten" / f"{name}.cpp", "-o", binary])
    return binary


def measured(network: Network, repeats: int, folder: Path) -> Found:
    """Cold build, and best of so many runs in turn with the loops written by hand."""
    setup = find_experiment(network.protocol).prepare(network.settings)
    os.environ["BURSTNET_CACHE"] = str(folder / "cache")
    started = time.perf_counter()
    compiled = compile(setup.circuit, setup.protocol)
    found = Found(network.protocol, network.published, network.bound, time.perf_counter() - started, 0.0)
    request = compiled.requests([SEED], setup.protocol, setup.values)[0]
    seconds = request.steps * float(setup.circuit.dt)
    given = [f"{n}={v if isinstance(v, int) else repr(float(v))}" for n, v in request.arguments().items()]
    loops = {}
    if network.handwritten:
        loops = {precision: by_hand(network.handwritten, precision, folder) for precision in ("double", "float")}
    for _ in range(repeats):
        results = folder / "results"
        results.mkdir()
        binary = compiled.program.folder / "main"
        cost, _ = measure([binary, "--results_dir", f"{results}/", *given], cwd=compiled.program.folder)
        shutil.rmtree(results)
        found.burstnet.append(cost.user / seconds)
        found.memory_mb = cost.memory
        for precision, loop in loops.items():
            cost, _ = measure([loop, *network.arguments])
            samples = found.double if precision == "double" else found.single
            samples.append(cost.user / network.seconds)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    options = parser.parse_args()
    print(f"{'':<18}{'burstnet':>9}{'published':>11}{'ratio':>8}{'hand dbl / flt':>17}{'build s':>9}{'MB':>9}")
    rows = []
    for network in NETWORKS:
        with tempfile.TemporaryDirectory(prefix="burstnet-benchmark-") as folder:
            rows.append(measured(network, options.repeats, Path(folder)))
        print(rows[-1].line(), flush=True)
    print("CPU seconds per simulated second, best of", options.repeats)
    if options.json:
        options.json.write_text(json.dumps([vars(row) for row in rows], indent=1) + "\n")
    sys.exit(any(min(row.burstnet) > row.bound for row in rows))


if __name__ == "__main__":
    main()

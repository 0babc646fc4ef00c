"""What eyeblink conditioning costs beside real time: one program, several arms of it.

``python benchmarks/eyeblink.py [--repeats N]``, on an idle machine. CPU is what the operating system counts for the program, connecting
included; wall time of a busy machine says nothing.
"""

from __future__ import annotations

import argparse

from burstnet import compile, find_experiment

SEED = 1
#: Simulated over CPU seconds that is aimed at on one core.
AIM = 20.0
LATER = "@156s.."
ARMS: dict[str, tuple[dict[str, float], str]] = {
    "default": ({}, ""),
    "frozen olive": ({}, f"parallel_fibres:freeze{LATER} + mossy_to_nuclei:freeze{LATER}"),
    "silent olive": ({}, f"olive:silence{LATER}"),
    "no nuclear plasticity": ({"nuclear_plasticity": 0.0}, ""),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    setup = find_experiment("eyeblink").prepare({})
    compiled = compile(setup.circuit, setup.protocol)
    for name, (values, lesions) in ARMS.items():
        runs = [compiled.run(SEED, values, lesions=lesions).about["timing"] for _ in range(repeats)]
        cost = min(run["run_cpu_s_per_simulated_s"] for run in runs)
        print(
            f"{name:<22} {1e3 * cost:5.1f} ms of CPU a simulated second, {1 / cost:4.0f} times real time (aim {AIM:g})"
        )


if __name__ == "__main__":
    main()

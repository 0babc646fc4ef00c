"""`burstnet run`. Everything heavy is imported inside the command."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import typer

from ..errors import ArgumentError
from .app import DryRun, Force, Jobs, Json, Out, ProtocolName, Seeds, Settings, Target, app, parse_seeds, parse_settings

__all__ = ["run"]


@app.command()
def run(
    protocol: ProtocolName,
    target: Target = "auto",
    seeds: Seeds = "1",
    set_: Settings = None,
    jobs: Jobs = 0,
    out: Out = None,
    force: Force = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Run a protocol; writes result.nc, summary.json, figure.png and figure.pdf.

    Example: burstnet run target-rate --seeds 1:5 --set increase_to=8Hz -o eight-hertz
    """
    started = time.perf_counter()
    from ..experiment import find_experiment

    experiment = find_experiment(protocol)
    numbers = parse_seeds(seeds)
    if jobs < 0:
        raise ArgumentError(
            f"--jobs {jobs} is not allowed; give a number of runs side by side, or 0 for one on each core."
        )
    setup = experiment.prepare(parse_settings(set_ or []))
    from ..targets.target import choose_target

    chosen, why = choose_target(target)
    folder = out or Path(protocol)
    jobs = min(jobs or os.cpu_count() or 1, len(numbers))
    _run(experiment, setup, chosen, why, numbers, folder, jobs, force, dry_run, json_, started)


def _run(
    experiment: Any,
    setup: Any,
    target: str,
    why: str,
    seeds: list[int],
    folder: Path,
    jobs: int,
    force: bool,
    dry_run: bool,
    json_: bool,
    started: float,
) -> None:
    from ..compiled import Compiled, all_parameters, compile, estimate

    identity = {
        "protocol": experiment.name,
        "target": target,
        "seeds": seeds,
        "parameters": all_parameters(setup.circuit, setup.protocol, setup.values),
    }
    recording = setup.protocol.recording(setup.circuit)
    cost = estimate(setup.circuit, setup.protocol.timeline(), recording, target, len(seeds), jobs)
    if dry_run or cost["seconds"] > 60:
        _print_estimate(cost, target, why, folder)
    if dry_run:
        return
    from ..outcome import check_folder, summary_of, write_outcome
    from ..progress import progress_display

    check_folder(folder, identity, force)
    if not json_:
        typer.echo(f"target {target}: {why}", err=True)
    with progress_display(experiment.name, len(seeds), quiet=json_ or not sys.stderr.isatty()) as report:
        compiled: Compiled = compile(setup.circuit, setup.protocol, target, report=report)
        result = compiled.run(seeds, setup.values, jobs=jobs, report=report)
    metrics = setup.protocol.metrics(result)
    summary = summary_of(result, metrics, 0.0)
    summary["timing"]["total_s"] = time.perf_counter() - started
    write_outcome(folder, result, summary, experiment.draw if experiment.figure else None)
    if json_:
        typer.echo(json.dumps(summary, indent=1, allow_nan=False))
    else:
        _print_table(experiment, summary, folder, time.perf_counter() - started)


def _print_estimate(cost: dict[str, float], target: str, why: str, folder: Path) -> None:
    from ..outcome import free_bytes

    typer.echo(
        f"estimate: {cost['memory'] / 1e6:.0f} MB of memory a run, {cost['disk'] / 1e6:.0f} MB on disk ({free_bytes(folder.absolute()) / 1e9:.0f} GB free), "
        f"about {cost['seconds']:.0f} s on target {target} ({why}), building not counted",
        err=True,
    )


def _print_table(experiment: Any, summary: dict[str, Any], folder: Path, total_s: float) -> None:
    typer.echo(f"{experiment.title}\n")
    typer.echo(f"{'':<30}{'mean':>10}{'SD':>9}  unit")
    for name in experiment.headline or summary["metrics"]:
        metric = summary["metrics"].get(name)
        if metric:
            mean, sd = ("-" if metric[k] is None else f"{metric[k]:.3f}" for k in ("mean", "sd"))
            typer.echo(f"{name:<30}{mean:>10}{sd:>9}  {metric['unit'] if metric['unit'] != '1' else ''}")
    timing = summary["timing"]
    built = f"built in {timing['build_s']:.1f} s" if timing["build_s"] else "build from the cache"
    seeds = summary["seeds"]
    typer.echo(
        f"\n{len(seeds)} seed{'s' * (len(seeds) != 1)} of {timing['simulated_s']:g} s; {built}; "
        f"{timing['run_cpu_s_per_simulated_s'] * 1e3:.2f} ms of CPU a simulated second; {total_s:.1f} s in all\n"
        f"{len(summary['metrics'])} metrics in {folder / 'summary.json'}; figure in {folder / 'figure.png'}; arrays in {folder / 'result.nc'}"
    )

"""`burstnet run`. Everything heavy is imported inside the command."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import ArgumentError, RunError
from .app import (
    Cluster,
    Continue,
    DryRun,
    Force,
    From,
    Jobs,
    Json,
    Lesions,
    Out,
    ProtocolName,
    Seeds,
    Settings,
    Target,
    Until,
    app,
    parse_seeds,
    parse_settings,
)

if TYPE_CHECKING:
    from ..studies.driver import Work
    from ..studies.plan import Plan

__all__ = ["print_estimate", "run"]


@app.command()
def run(
    protocol: ProtocolName,
    target: Target = "auto",
    seeds: Seeds = "1",
    set_: Settings = None,
    lesion: Lesions = None,
    from_: From = None,
    continue_: Continue = None,
    until: Until = None,
    jobs: Jobs = 0,
    out: Out = None,
    cluster: Cluster = None,
    force: Force = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Run a protocol; writes result.nc, summary.json, figure.png and figure.pdf. Interrupted, it goes on where it was.

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
    from ..studies import Arm, Study
    from ..studies.plan import plan_study

    arm = Arm("control", lesion or [])
    study = Study(
        protocol, (arm,), tuple(numbers), parse_settings(set_ or []), target,
        start_from=from_, continue_from=continue_, until=until,
    )  # fmt: skip
    plan = plan_study(study)
    folder = out or Path(protocol)
    cost = plan.cost({arm.label: len(numbers)}, jobs or os.cpu_count() or 1)
    if dry_run or cost["seconds"] > 60:
        print_estimate(cost, plan.target, plan.why, folder)
    if not dry_run:
        summary = _carry_out(experiment, plan, folder, jobs, cluster, force, json_, started)
        if json_:
            typer.echo(json.dumps(summary, indent=1, allow_nan=False))
        else:
            _print_table(experiment, summary, folder, time.perf_counter() - started)


def _carry_out(
    experiment: Any, plan: Plan, folder: Path, jobs: int, cluster: str | None, force: bool, json_: bool, started: float
) -> dict[str, Any]:
    """Do the runs that are missing, write the outcome, and return its summary."""
    from ..outcome import check_folder, kept_outcome, summary_of, write_outcome
    from ..progress import progress_display
    from ..result import Result, concatenate
    from ..studies.driver import carry_out

    (arm,) = plan.study.arms
    own = plan.identity["arms"][arm.label]
    identity = {name: plan.identity[name] for name in ("protocol", "target", "seeds")}
    identity |= {"parameters": own["parameters"], "lesions": own["lesions"], "beginning": plan.study.beginning}
    finished = check_folder(folder, identity, force)
    if not json_:
        typer.echo(f"target {plan.target}: {plan.why}", err=True)
    if finished and (kept := kept_outcome(folder)):
        if not json_:
            typer.echo("everything is there already; --force runs it again", err=True)
        kept["timing"] |= {"build_s": 0.0, "total_s": time.perf_counter() - started}
        return kept
    quiet = json_ or not sys.stderr.isatty()
    with (
        progress_display(experiment.name, len(plan.study.seeds), quiet=quiet) as report,
        carry_out(
            plan, folder, jobs=jobs, cluster=cluster, force=force, mine=finished, report=report,
            told=lambda work, missing: report("runs", missing),
        ) as work,
    ):  # fmt: skip
        _refuse_failures(work, folder)
        places = [work.place.run_path(work.names[arm.label], seed) for seed in plan.study.seeds]
        result = concatenate([Result.load(place) for place in places])
        result.about["timing"]["build_s"] = work.timing["build_s"]
        metrics = plan.setups[arm.label].protocol.metrics(result)
        summary = summary_of(result, metrics, time.perf_counter() - started, plan.study.beginning)
        summary = write_outcome(folder, result, summary, experiment.draw if experiment.figure else None)
        work.place.dissolve()
    return summary


def _refuse_failures(work: Work, folder: Path) -> None:
    """One sentence about every failed run, which leaves the others for the next try."""
    failed = {seed: reason for part in work.failed.values() for seed, reason in part.items()}
    if not failed:
        return
    seed, reason = next(iter(failed.items()))
    if len(failed) + work.there == 1 == work.done:
        raise RunError(reason)
    others = f" and {len(failed) - 1} other{'s' * (len(failed) > 2)}" if len(failed) > 1 else ""
    raise RunError(
        f"The run of seed {seed}{others} failed ({reason.rstrip('.')}); logs are in {folder / 'runs'}, the same command tries again what failed."
    )


def print_estimate(cost: dict[str, float], target: str, why: str, folder: Path) -> None:
    """Print what so many runs will need, on standard error."""
    from ..outcome import free_bytes

    typer.echo(
        f"estimate: {cost['memory'] / 1e6:.0f} MB of memory a run, {cost['disk'] / 1e6:.0f} MB on disk ({free_bytes(folder.absolute()) / 1e9:.0f} GB free), "
        f"about {cost['seconds']:.0f} s on target {target} ({why}), building not counted",
        err=True,
    )


def _print_curve(name: str, metric: dict[str, Any]) -> None:
    """One line for each point of a curve."""
    ((axis, points),) = metric["over"].items()
    for k, at in enumerate(points):
        mean, sd = ("-" if metric[part][k] is None else f"{metric[part][k]:.3f}" for part in ("mean", "sd"))
        label = f"{name} at {axis}={at:g}"
        typer.echo(f"{label:<30}{mean:>10}{sd:>9}  {metric['unit'] if metric['unit'] != '1' else ''}")


def _print_table(experiment: Any, summary: dict[str, Any], folder: Path, total_s: float) -> None:
    from ..result import spent

    typer.echo(f"{experiment.title}\n")
    typer.echo(f"{'':<30}{'mean':>10}{'SD':>9}  unit")
    for name in experiment.headline or summary["metrics"]:
        metric = summary["metrics"].get(name)
        if metric and "over" in metric:
            _print_curve(name, metric)
        elif metric:
            mean, sd = ("-" if metric[k] is None else f"{metric[k]:.3f}" for k in ("mean", "sd"))
            typer.echo(f"{name:<30}{mean:>10}{sd:>9}  {metric['unit'] if metric['unit'] != '1' else ''}")
    timing = summary["timing"]
    clock = summary.get("clock", "s")
    built = f"built in {timing['build_s']:.1f} s; " if timing["build_s"] else "build from the cache; "
    seeds = summary["seeds"]
    drawn = (
        f"no figure: {summary['no_figure'].rstrip('.')}"
        if "no_figure" in summary
        else f"figure in {folder / 'figure.png'}"
    )
    typer.echo(
        f"\n{len(seeds)} seed{'s' * (len(seeds) != 1)} of {spent(timing['simulated_s'], clock)}; {built if clock == 's' else ''}"
        f"{timing['run_cpu_s_per_simulated_s'] * 1e3:.2f} ms of CPU a {'simulated second' if clock == 's' else clock}; {total_s:.1f} s in all\n"
        f"{len(summary['metrics'])} metrics in {folder / 'summary.json'}; {drawn}; arrays in {folder / 'result.nc'}"
    )

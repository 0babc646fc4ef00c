"""What a study's commands print at the end. Everything heavy is imported inside the functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from ..studies import Study, StudyResult

__all__ = ["fail_if_any", "print_study"]

#: More arms than this are lines of a table, not columns.
_COLUMNS = 5
_SHOWN = 3


def print_study(study: Study, found: StudyResult) -> None:
    """Print mean and SD of the headline metrics of every arm."""
    from ..experiment import find_experiment

    experiment = find_experiment(study.protocol)
    typer.echo(f"{experiment.title}\n")
    arms = found.summary["arms"]
    known = list(next((a["metrics"] for a in arms.values() if a["metrics"]), {}))
    headline = [name for name in experiment.headline or known if name in known]
    if len(arms) <= _COLUMNS:
        width = max(18, *(len(label) + 2 for label in arms))
        typer.echo(f"{'':<30}" + "".join(f"{label:>{width}}" for label in arms))
        for name in headline:
            cells = "".join(f"{_cell(arm['metrics'].get(name)):>{width}}" for arm in arms.values())
            typer.echo(f"{name:<30}{cells}  {_unit(arms, name)}".rstrip())
    else:
        width = max(len(label) for label in arms) + 2
        typer.echo(f"{'':<{width}}" + "".join(f"{name:>28}" for name in headline[:_SHOWN]))
        for label, arm in arms.items():
            typer.echo(f"{label:<{width}}" + "".join(f"{_cell(arm['metrics'].get(n)):>28}" for n in headline[:_SHOWN]))
    timing = found.summary["timing"]
    built = f"built in {timing['build_s']:.1f} s" if timing["build_s"] else "build from the cache"
    typer.echo(
        f"\n{len(arms)} arms of {len(found.seeds)} seeds, {timing['runs_done_now']} runs now; {built}; "
        f"{timing['run_cpu_s']:.1f} s of CPU; {timing['total_s']:.1f} s in all; everything in {found.folder}"
    )


def _cell(metric: dict[str, Any] | None) -> str:
    if metric is None or metric["mean"] is None:
        return "-"
    return f"{metric['mean']:.3f}" + (f" +-{metric['sd']:.3f}" if metric["sd"] is not None else "")


def _unit(arms: dict[str, Any], name: str) -> str:
    units = [arm["metrics"][name]["unit"] for arm in arms.values() if name in arm["metrics"]]
    return "" if not units or units[0] == "1" else str(units[0])


def fail_if_any(found: StudyResult) -> None:
    """One line for each kind of failure, and exit status 1."""
    reasons: dict[str, list[str]] = {}
    for label, failed in found.failed.items():
        for seed, reason in failed.items():
            reasons.setdefault(reason, []).append(f"{label}, seed {seed}")
    if not reasons:
        return
    for reason, runs in reasons.items():
        more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
        typer.echo(f"burstnet: failed: {runs[0]}{more}: {reason}", err=True)
    typer.echo(
        f"burstnet: the others are whole; logs are in {found.folder / 'runs'}, and the same command tries the failed ones again.",
        err=True,
    )
    raise typer.Exit(1)

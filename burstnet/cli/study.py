"""`burstnet lesion`, `sweep` and `status`. Everything heavy is imported inside the command."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ArgumentError
from .app import (
    Cluster,
    Continue,
    DryRun,
    Force,
    From,
    Jobs,
    Json,
    Lesions,
    Page,
    Settings,
    Until,
    app,
    parse_seeds,
    parse_settings,
)

if TYPE_CHECKING:
    from ..studies import Study

__all__ = ["lesion", "status", "sweep"]

_Name = Annotated[
    str | None, typer.Argument(metavar="[PROTOCOL]", help="Its name; `burstnet list` shows them. Not with --study.")
]
_File = Annotated[
    Path | None,
    typer.Option("--study", metavar="FILE", help="A study file (TOML) in the place of all that it can say."),
]
_Target = Annotated[
    str | None, typer.Option(help="auto, cpp, numpy or cython; auto is cpp where a compiler works, else numpy.")
]
_Seeds = Annotated[str | None, typer.Option(help="1:10 for 1 to 10, or a list such as 1,4,7; 1:10 by default.")]
_Out = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder of the study; named after it by default.")
]
_SEEDS = "1:10"


@app.command()
def lesion(
    protocol: _Name = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            "--arm",
            metavar="'LABEL: LESION + ...'",
            help="An arm with its lesions, for instance 'no-Y: Y:scale=0@20s..50s'; repeat it for more.",
        ),
    ] = None,
    study: _File = None,
    target: _Target = None,
    seeds: _Seeds = None,
    set_: Settings = None,
    margin: Annotated[
        list[str] | None,
        typer.Option(
            "--margin",
            metavar="METRIC=NUMBER",
            help="Differences from the control below this, in the metric's unit, count as none; repeat it for more.",
        ),
    ] = None,
    from_: From = None,
    continue_: Continue = None,
    until: Until = None,
    jobs: Jobs = 0,
    out: _Out = None,
    cluster: Cluster = None,
    force: Force = False,
    dry_run: DryRun = False,
    page: Page = False,
    json_: Json = False,
) -> None:
    """Compare arms with lesions with a control, over many seeds; run again, it does only what is missing.

    Example: burstnet lesion target-rate --arm 'no-Y: Y:scale=0@20s..50s' --arm 'no-Q: Q:scale=0@20s..50s' --seeds 1:10
    """
    given = {
        "PROTOCOL": protocol,
        "--arm": arm,
        "--target": target,
        "--seeds": seeds,
        "--set": set_,
        "--margin": margin,
        "--from": from_,
        "--continue": continue_,
        "--until": until,
    }

    def made() -> Study:
        from ..studies import Arm, lesion_study

        if not arm:
            raise ArgumentError("--arm is missing; write for instance --arm 'no-Y: Y:scale=0@20s..50s'.")
        return lesion_study(
            protocol,
            [Arm.parse(text) for text in arm],
            parse_seeds(seeds or _SEEDS),
            settings=parse_settings(set_ or []),
            margins=_margins(margin or []),
            target=target or "auto",
            start_from=from_,
            continue_from=continue_,
            until=until,
        )

    found = _study(study, given, made)
    _carry_out(found, out or _folder(study, protocol, "lesion"), jobs, cluster, force, dry_run, page, json_)


@app.command()
def sweep(
    protocol: _Name = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="NAME=V1,V2,...",
            help="Values of a setting, for instance increase_to=8Hz,10Hz; repeat it for a grid.",
        ),
    ] = None,
    study: _File = None,
    target: _Target = None,
    seeds: _Seeds = None,
    set_: Settings = None,
    lesion: Lesions = None,
    from_: From = None,
    continue_: Continue = None,
    until: Until = None,
    jobs: Jobs = 0,
    out: _Out = None,
    cluster: Cluster = None,
    force: Force = False,
    dry_run: DryRun = False,
    page: Page = False,
    json_: Json = False,
) -> None:
    """Run every combination of some settings' values, over many seeds; run again, it does only what is missing.

    Example: burstnet sweep target-rate --vary increase_to=8Hz,10Hz,12Hz --vary input.n=100,200 --seeds 1:5
    """
    given = {
        "PROTOCOL": protocol,
        "--vary": vary,
        "--target": target,
        "--seeds": seeds,
        "--set": set_,
        "--lesion": lesion,
        "--from": from_,
        "--continue": continue_,
        "--until": until,
    }

    def made() -> Study:
        from ..studies import sweep_study

        return sweep_study(
            protocol,
            _varied(vary or []),
            parse_seeds(seeds or _SEEDS),
            lesions=lesion or [],
            settings=parse_settings(set_ or []),
            target=target or "auto",
            start_from=from_,
            continue_from=continue_,
            until=until,
        )

    found = _study(study, given, made)
    _carry_out(found, out or _folder(study, protocol, "sweep"), jobs, cluster, force, dry_run, page, json_)


@app.command()
def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a study or run.")],
    json_: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what a folder holds: which runs are whole, which failed and why, which are missing.

    Example: burstnet status target-rate-lesion
    """
    from ..studies.status import describe, status_of

    found = status_of(folder)
    typer.echo(json.dumps(found, indent=1) if json_ else describe(found))


def _study(file: Path | None, given: dict[str, Any], made: Callable[[], Study]) -> Study:
    """The study of a file, or of options; never a mixture that nobody could repeat."""
    if file is None:
        if given["PROTOCOL"] is None:
            raise ArgumentError("PROTOCOL is missing; name one, or give a study file with --study.")
        from ..experiment import find_experiment

        find_experiment(given["PROTOCOL"])
        return made()
    if twice := [name for name, value in given.items() if value]:
        raise ArgumentError(f"{twice[0]} is not allowed beside --study; write it into {file}.")
    from ..studies import read_study

    return read_study(file)


def _folder(file: Path | None, protocol: str | None, kind: str) -> Path:
    if file is None:
        return Path(f"{protocol}-{kind}")
    if file.name == "study.toml":
        return file.parent  # the study that this folder holds
    return Path(file.stem)


def _margins(pairs: list[str]) -> dict[str, float]:
    found = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as problem:
            raise ArgumentError(
                f"--margin {pair!r} is not allowed; write METRIC=NUMBER in its unit, for instance tail.out_event_last5=0.5."
            ) from problem
    return found


def _varied(pairs: list[str]) -> dict[str, list[str]]:
    found = {}
    for pair in pairs:
        name, equals, values = pair.partition("=")
        if not equals or not name.strip() or not all(value.strip() for value in values.split(",")):
            raise ArgumentError(
                f"--vary {pair!r} is not allowed; write NAME=VALUE,VALUE, for instance increase_to=8Hz,10Hz."
            )
        if name.strip() in found:
            raise ArgumentError(f"--vary {name.strip()} is there twice; write all of its values in one.")
        found[name.strip()] = [value.strip() for value in values.split(",")]
    if not found:
        raise ArgumentError("--vary is missing; write for instance --vary increase_to=8Hz,10Hz.")
    return found


def _carry_out(
    study: Study, folder: Path, jobs: int, cluster: str | None, force: bool, dry_run: bool, page: bool, json_: bool
) -> None:
    if jobs < 0:
        raise ArgumentError(
            f"--jobs {jobs} is not allowed; give a number of runs side by side, or 0 for one on each core."
        )
    import time

    from ..progress import progress_display
    from ..studies.driver import carry_out
    from ..studies.plan import plan_study
    from ..studies.summary import write_study
    from .run import print_estimate
    from .study_table import fail_if_any, print_study

    started = time.perf_counter()
    plan = plan_study(study)
    every = {arm.label: len(study.seeds) for arm in study.arms}
    cost = plan.cost(every, jobs or os.cpu_count() or 1)
    if dry_run:
        programs = len(plan.programs())
        typer.echo(
            f"{len(study.arms)} arms of {len(study.seeds)} seeds, {sum(every.values())} runs of {programs} program{'s' * (programs != 1)}",
            err=True,
        )
        print_estimate(cost, plan.target, plan.why, folder)
        return
    if cost["seconds"] > 60:
        print_estimate(cost, plan.target, plan.why, folder)
    quiet = json_ or not sys.stderr.isatty()
    with progress_display(study.name, sum(every.values()), quiet) as report:

        def told(work: Any, missing: int) -> None:
            if not json_:
                kept = f"; {work.there} runs are there already" if work.there else ""
                typer.echo(f"target {plan.target}: {plan.why}{kept}", err=True)
            report("runs", missing)

        with carry_out(plan, folder, jobs=jobs, cluster=cluster, force=force, report=report, told=told) as work:
            found = write_study(plan, work, time.perf_counter() - started)
    if json_:
        typer.echo(json.dumps(found.summary, indent=1, allow_nan=False))
    else:
        print_study(study, found)
    if page:
        from ..report import write_report

        written = write_report(folder)
        if not json_:
            typer.echo(f"one page of it all in {written}")
    fail_if_any(found)

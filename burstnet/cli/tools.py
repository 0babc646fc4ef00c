"""Commands that run no study: list, doctor, cite, cache, verify. Everything heavy is imported inside the command."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from .app import ProtocolName, app

__all__ = ["cache", "cite", "doctor", "list_", "verify"]


@app.command("list")
def list_(
    protocol: Annotated[
        str | None,
        typer.Argument(metavar="[PROTOCOL]", help="Show everything that can be set and lesioned in this one."),
    ] = None,
) -> None:
    """Show models and protocols, or what can be set and lesioned in one.

    Example: burstnet list target-rate
    """
    from ..experiment import experiments, find_experiment, models, settings_table

    if protocol is None:
        known, runnable = models(), {name: load().title for name, load in experiments().items()}
        width = max(map(len, [*known, *runnable]))
        for heading, titles in (("models", known), ("protocols, each with `burstnet run NAME`", runnable)):
            typer.echo(heading)
            for name, title in titles.items():
                typer.echo(f"  {name:<{width}}  {title}")
        return
    experiment = find_experiment(protocol)
    rows, targets = settings_table(experiment), experiment.prepare().lesionable()
    width = max(map(len, [*targets, *(row[0] for row in rows)]))
    for name, default, doc in rows:
        typer.echo(f"{name:<{width}}  {default:<22} {doc}")
    typer.echo("\nwhat lesions reach, and how")
    for target, kinds in targets.items():
        typer.echo(f"{target:<{width}}  {', '.join(kinds)}")


@app.command()
def doctor() -> None:
    """Say what this machine has, what is missing, and the line that mends it.

    Example: burstnet doctor
    """
    from ..doctor import examine

    findings = examine()
    for finding in findings:
        mark = "ok " if finding.good else "BAD"
        typer.echo(f"{mark} {finding.name:<14} {finding.found}" + (f"\n    -> {finding.mend}" if finding.mend else ""))
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@app.command()
def cite(protocol: ProtocolName) -> None:
    """Print what to cite for a protocol.

    Example: burstnet cite target-rate
    """
    from ..citations import BRIAN2, BURSTNET
    from ..experiment import find_experiment

    for text in (find_experiment(protocol).citation, BRIAN2, BURSTNET):
        typer.echo(text)


@app.command()
def cache(clear: Annotated[bool, typer.Option("--clear", help="Remove every program.")] = False) -> None:
    """Show the compiled programs that are kept, or remove them.

    Example: burstnet cache --clear
    """
    from ..targets.cache import Cache

    kept = Cache()
    if clear:
        typer.echo(f"removed {kept.clear()} programs from {kept.folder}")
        return
    entries = kept.entries()
    typer.echo(f"{kept.folder}: {len(entries)} programs, {sum(e['size'] for e in entries) / 1e6:.1f} MB")
    for entry in entries:
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry["made"]))
        typer.echo(
            f"{entry['key']}  {entry['name']:<14} {entry['size'] / 1e6:6.1f} MB  {made}{'' if entry['whole'] else '  broken, will be rebuilt'}"
        )


@app.command()
def verify(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="What to verify: burstccn, payeur2021, cerebellum or deep.")
    ],
    quick: Annotated[bool, typer.Option("--quick", help="Fewer seeds, and no long runs.")] = False,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for verify.json and the runs.")
    ] = Path("."),
) -> None:
    """Measure the reproduction table again; exit status 1 if anything differs. Stopped and started again, it goes on.

    Example: burstnet verify burstccn --quick
    """
    from ..outcome import check_writable
    from ..progress import progress_display
    from ..verify import verify_model, write_verification

    check_writable(out)
    with progress_display(f"verify {model}", 1, quiet=not sys.stderr.isatty()) as report:
        rows = verify_model(model, quick=quick, report=report, folder=out / "runs")
    write_verification(out / "verify.json", model, rows, quick)
    for row in rows:
        typer.echo(row.line())
    differing = sum(row.verdict == "differs" for row in rows)
    typer.echo(f"{len(rows)} quantities, {differing} differ; per-seed values in {out / 'verify.json'}")
    if differing:
        raise typer.Exit(1)

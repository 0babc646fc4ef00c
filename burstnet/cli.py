"""The command line. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from .errors import ArgumentError, BuildError, BurstnetError

__all__ = ["app", "main", "parse_seeds"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

_PROTOCOL = typer.Argument(metavar="PROTOCOL", help="Its name; `burstnet list` shows them.")


def parse_seeds(text: str) -> list[int]:
    """Seeds from text: ``"1:5"`` is 1,2,3,4,5; ``"1,4,7"`` a list; both mix.

    Raises
    ------
    ArgumentError
        If the text is anything else, or a seed is there twice.
    """
    from .random import MAX_SEED

    seeds: list[int] = []
    for part in text.split(","):
        first, colon, last = part.strip().partition(":")
        if not (first.isdecimal() and (last.isdecimal() or not colon)) or max(int(first), int(last or 0)) > MAX_SEED:
            raise ArgumentError(f"--seeds {text!r} is not allowed; write 1:5 for 1,2,3,4,5 or a list such as 1,4,7.")
        if colon and int(last) < int(first):
            raise ArgumentError(f"--seeds {text!r} is not allowed; {part} goes backwards, write {last}:{first}.")
        if int(last or first) - int(first) > 100_000:
            raise ArgumentError(f"--seeds {text!r} is not allowed; that is more than 100000 runs.")
        seeds += range(int(first), int(last or first) + 1)
    if len(set(seeds)) != len(seeds):
        raise ArgumentError(f"--seeds {text!r} is not allowed; a seed is there twice.")
    return seeds


def _settings(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ArgumentError(f"--set {pair!r} is not allowed; write NAME=VALUE, for instance increase_to=8Hz.")
        if name.strip() in found:
            raise ArgumentError(f"--set {name.strip()} is there twice.")
        found[name.strip()] = value.strip()
    return found


@app.command("list")
def list_(
    protocol: Annotated[
        str | None, typer.Argument(metavar="[PROTOCOL]", help="Show everything that can be set in this one.")
    ] = None,
) -> None:
    """Show models and protocols, or what can be set in one.

    Example: burstnet list target-rate
    """
    from .experiment import experiments, find_experiment, models, settings_table

    if protocol is None:
        typer.echo("models")
        for name, title in models().items():
            typer.echo(f"  {name:<16} {title}")
        typer.echo("protocols, each with `burstnet run NAME`")
        for name, load in experiments().items():
            typer.echo(f"  {name:<16} {load().title}")
        return
    rows = settings_table(find_experiment(protocol))
    width = max(len(row[0]) for row in rows)
    for name, default, doc in rows:
        typer.echo(f"{name:<{width}}  {default:<22} {doc}")


@app.command()
def run(
    protocol: Annotated[str, _PROTOCOL],
    target: Annotated[
        str, typer.Option(help="auto, cpp, numpy or cython; auto is cpp where a compiler works, else numpy.")
    ] = "auto",
    seeds: Annotated[str, typer.Option(help="1:5 for 1,2,3,4,5, or a list such as 1,4,7.")] = "1",
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A parameter with its unit, for instance increase_to=8Hz; repeat it for more.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Runs side by side; 0 for one on each core.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; named after the protocol by default."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite another command's results.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check everything and print an estimate of memory, disk and time.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the summary as JSON in the place of the table.")] = False,
) -> None:
    """Run a protocol; writes result.nc, summary.json, figure.png and figure.pdf.

    Example: burstnet run target-rate --seeds 1:5 --set increase_to=8Hz -o eight-hertz
    """
    started = time.perf_counter()
    from .experiment import find_experiment

    experiment = find_experiment(protocol)
    numbers = parse_seeds(seeds)
    if jobs < 0:
        raise ArgumentError(
            f"--jobs {jobs} is not allowed; give a number of runs side by side, or 0 for one on each core."
        )
    setup = experiment.prepare(_settings(set_ or []))
    from .targets.target import choose_target

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
    from .compiled import Compiled, all_parameters, compile, estimate

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
    from .outcome import check_folder, summary_of, write_outcome
    from .progress import progress_display

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
    from .outcome import free_bytes

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


@app.command()
def doctor() -> None:
    """Say what this machine has, what is missing, and the line that mends it.

    Example: burstnet doctor
    """
    from .doctor import examine

    findings = examine()
    for finding in findings:
        mark = "ok " if finding.good else "BAD"
        typer.echo(f"{mark} {finding.name:<14} {finding.found}" + (f"\n    -> {finding.mend}" if finding.mend else ""))
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@app.command()
def cite(protocol: Annotated[str, _PROTOCOL]) -> None:
    """Print what to cite for a protocol.

    Example: burstnet cite target-rate
    """
    from .experiment import find_experiment

    typer.echo(find_experiment(protocol).citation)
    typer.echo(
        "Stimberg M, Brette R, Goodman DFM (2019). Brian 2, an intuitive and efficient neural simulator. eLife 8:e47314. doi:10.7554/eLife.47314"
    )
    typer.echo("burstnet: see CITATION.cff in its repository.")


@app.command()
def cache(clear: Annotated[bool, typer.Option("--clear", help="Remove every program.")] = False) -> None:
    """Show the compiled programs that are kept, or remove them.

    Example: burstnet cache --clear
    """
    from .targets.cache import Cache

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
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model to verify: burstccn.")],
    quick: Annotated[bool, typer.Option("--quick", help="Fewer seeds.")] = False,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for verify.json.")] = Path("."),
) -> None:
    """Measure the reproduction table again; exit status 1 if anything differs.

    Example: burstnet verify burstccn --quick
    """
    from .outcome import check_writable
    from .progress import progress_display
    from .verify import verify_model, write_verification

    check_writable(out)
    with progress_display(f"verify {model}", 1, quiet=not sys.stderr.isatty()) as report:
        rows = verify_model(model, quick=quick, report=report)
    write_verification(out / "verify.json", model, rows, quick)
    for row in rows:
        typer.echo(row.line())
    differing = sum(row.verdict == "differs" for row in rows)
    typer.echo(f"{len(rows)} quantities, {differing} differ; per-seed values in {out / 'verify.json'}")
    if differing:
        raise typer.Exit(1)


def main() -> None:
    """Entry point: one sentence and exit status 2 for bad input, 1 for a run that failed, 130 for Ctrl-C."""
    try:
        app(standalone_mode=True)
    except (ArgumentError, BuildError) as problem:
        print(f"burstnet: {problem}", file=sys.stderr)
        sys.exit(2)
    except BurstnetError as problem:
        print(f"burstnet: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("burstnet: interrupted; nothing half-written was left.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()

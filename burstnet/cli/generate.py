"""`burstnet generate` and `burstnet load`: projects that are built and run elsewhere. Everything heavy is imported inside the command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ArgumentError
from .app import Continue, From, Lesions, ProtocolName, Seeds, Settings, app, parse_seeds, parse_settings

__all__ = ["generate", "load"]


@app.command()
def generate(
    protocol: ProtocolName,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder of the project.")],
    target: Annotated[str, typer.Option(help="cuda or cpp.")] = "cuda",
    compute_capability: Annotated[
        str, typer.Option(metavar="MAJOR.MINOR", help="Of the GPU, for cuda: 9.0 for an H100, 8.0 for an A100.")
    ] = "9.0",
    seeds: Seeds = "1",
    set_: Settings = None,
    lesion: Lesions = None,
    from_: From = None,
    continue_: Continue = None,
    strict: Annotated[bool, typer.Option("--strict", help="For numbers reproducible to the last digits.")] = False,
    compile_: Annotated[bool, typer.Option("--compile", help="Build it here as well, with nvcc or g++.")] = False,
) -> None:
    """Write a complete standalone project, to build and run anywhere; needs no GPU.

    Example: burstnet generate target-rate --target cuda --compute-capability 9.0 --seeds 1:3 -o target-rate-cuda
    """
    from ..experiment import find_experiment
    from ..export import generate as write
    from ..progress import progress_display
    from ..result import Result

    experiment = find_experiment(protocol)
    numbers = parse_seeds(seeds)
    setup = experiment.prepare(parse_settings(set_ or []))
    if setup.circuit is None:
        raise ArgumentError(
            f"PROTOCOL {protocol} is not allowed; it is a rate model, which runs in numpy: give one that is on a circuit."
        )
    with progress_display(protocol, 1, quiet=not (compile_ and sys.stderr.isatty())) as report:
        folder = write(
            setup.circuit,
            setup.protocol,
            out,
            target,
            seeds=numbers,
            params=setup.values,
            lesions=lesion or (),
            start_from=None if from_ is None else Result.load(from_),
            continue_from=None if continue_ is None else Result.load(continue_),
            compute_capability=compute_capability,
            strict=strict,
            compile=compile_,
            report=report,
        )
    runs = len(numbers) * (2 if lesion else 1)
    step = "sh commands.txt there makes" if compile_ else "make, then sh commands.txt, there makes"
    typer.echo(f"project in {folder}: {step} {runs} run{'s' * (runs != 1)}; README.md says how, and how to load them")


@app.command()
def load(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A project's folder whose program was run.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The result file to write.")] = Path(
        "result.nc"
    ),
    arm: Annotated[
        str | None, typer.Option(metavar="ARM", help="control or lesioned, if the project has both.")
    ] = None,
) -> None:
    """Turn the raw output of a project's program into a result file.

    Example: burstnet load target-rate-cuda -o result.nc
    """
    from ..raw_output import load_runs

    result, missing = load_runs(folder, arm)
    if missing:
        typer.echo(f"not run yet and left out: {', '.join(missing)}", err=True)
    result.save(out)
    typer.echo(f"seeds {', '.join(map(str, result.seeds))} of {result.about['simulated_s']:g} s in {out}")

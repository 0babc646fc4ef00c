"""The Typer application, the options that commands share, and the entry point. Imports errors; heavy things inside functions."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ArgumentError, BuildError, BurstnetError
from ..seeds import parse_seeds

__all__ = [
    "DryRun",
    "Continue",
    "Force",
    "From",
    "Until",
    "Lesions",
    "Cluster",
    "Jobs",
    "Json",
    "Out",
    "Page",
    "ProtocolName",
    "Seeds",
    "Settings",
    "Target",
    "app",
    "main",
    "parse_seeds",
    "parse_settings",
]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

# Options that mean the same in every command have one wording.
ProtocolName = Annotated[str, typer.Argument(metavar="PROTOCOL", help="Its name; `burstnet list` shows them.")]
Target = Annotated[
    str, typer.Option(help="auto, cpp, cuda, numpy or cython; auto is cpp where a compiler works, else numpy.")
]
Seeds = Annotated[str, typer.Option(help="1:5 for 1,2,3,4,5, or a list such as 1,4,7.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter with its unit, for instance increase_to=8Hz; repeat it for more.",
    ),
]
Lesions = Annotated[
    list[str] | None,
    typer.Option(
        "--lesion",
        metavar="LESION",
        help="TARGET:KIND[=VALUE][@START..STOP], for instance Y:scale=0@20s..50s; repeat it for more.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="local|slurm|ADDRESS",
        help="A Dask cluster to run on: one of this machine, SLURM jobs, or the address of a scheduler.",
    ),
]
From = Annotated[
    Path | None, typer.Option("--from", metavar="RESULT", help="Begin a new timeline with what a saved result learned.")
]
Continue = Annotated[
    Path | None,
    typer.Option("--continue", metavar="RESULT", help="Go on where a saved result of the same seeds stopped."),
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Stop before the end, for instance at 40s.")]
Jobs = Annotated[int, typer.Option(help="Runs side by side; 0 for one on each core.")]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; named after the protocol by default."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite another command's results.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only check everything and print an estimate of memory, disk and time.")
]
Page = Annotated[
    bool, typer.Option("--report", help="Also write report.html: all of it on one page that can be mailed.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON in the place of the table.")]


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """Settings by name from ``NAME=VALUE`` texts."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ArgumentError(f"--set {pair!r} is not allowed; write NAME=VALUE, for instance increase_to=8Hz.")
        if name.strip() in found:
            raise ArgumentError(f"--set {name.strip()} is there twice.")
        found[name.strip()] = value.strip()
    return found


def main() -> None:
    """Entry point: one sentence and exit status 2 for bad input, 1 for a run that failed, 130 for Ctrl-C."""
    # Nearly all that a command makes are modules, which live to its end: looking for garbage among them takes a second.
    gc.set_threshold(200_000, 50, 100)
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
    finally:
        gc.freeze()

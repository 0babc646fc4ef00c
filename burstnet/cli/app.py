"""The Typer application, the options that commands share, and the entry point. Imports errors; heavy things inside functions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ArgumentError, BuildError, BurstnetError

__all__ = [
    "DryRun",
    "Force",
    "Jobs",
    "Json",
    "Out",
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
    str, typer.Option(help="auto, cpp, numpy or cython; auto is cpp where a compiler works, else numpy.")
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
Jobs = Annotated[int, typer.Option(help="Runs side by side; 0 for one on each core.")]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; named after the protocol by default."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite another command's results.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only check everything and print an estimate of memory, disk and time.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON in the place of the table.")]


def parse_seeds(text: str) -> list[int]:
    """Seeds from text: ``"1:5"`` is 1,2,3,4,5; ``"1,4,7"`` a list; both mix.

    Raises
    ------
    ArgumentError
        If the text is anything else, or a seed is there twice.
    """
    from ..random import MAX_SEED

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

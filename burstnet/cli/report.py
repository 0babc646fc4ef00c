"""`burstnet report`. Everything heavy is imported inside the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import app

__all__ = ["report"]


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run, lesion or sweep command.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="The page; DIR/report.html by default.")
    ] = None,
) -> None:
    """Write one HTML page that one can mail: figures, tables, parameters, warnings, and how to repeat it.

    Example: burstnet report target-rate-lesion
    """
    from ..report import write_report

    written = write_report(folder, out)
    typer.echo(f"{written}: {written.stat().st_size / 1e6:.1f} MB, complete in itself")

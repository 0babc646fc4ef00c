"""One self-contained HTML page for the folder of a run, study or sweep. Imports plots, analysis and result."""

from .about import About
from .write import write_report

__all__ = ["About", "write_report"]

"""The command line, one module a family of commands. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

from . import generate, report, run, study, tools  # each registers its commands
from .app import app, main, parse_seeds

__all__ = ["app", "generate", "main", "parse_seeds", "report", "run", "study", "tools"]

"""The figures of a study: which of burstnet's plots are drawn of it. Imports plots, result and the study's folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..result import Result, write_atomically
from .study_result import StudyResult

if TYPE_CHECKING:
    from .driver import Plan

__all__ = ["draw_study"]

#: Arms of which curves in one pair of axes can still be told apart.
_MOST_CURVES = 8


def draw_study(plan: Plan, found: StudyResult, comparisons: list[Any]) -> list[Path]:
    """Draw whatever this study has the data for; returns the files."""
    from ..plots.learning_curves import learning_curves

    arms = {label: part for label, part in found.summary["arms"].items() if part["metrics"]}
    files = []
    if 0 < len(arms) <= _MOST_CURVES:
        curves = {label: _Runs(found, label) for label in arms}
        files += _saved(found.folder, "learning-curves", lambda: learning_curves(curves).figure)
    return files


class _Runs:
    """The results of an arm, one after the other, without their spikes: as often as they are asked for."""

    def __init__(self, found: StudyResult, label: str) -> None:
        self._found, self._label = found, label
        self._seeds = [seed for seed in found.seeds if seed not in found.failed.get(label, {})]

    def __iter__(self) -> Iterator[Result]:
        for seed in self._seeds:
            yield self._found.result(self._label, seed, spikes=False)


def _saved(folder: Path, name: str, draw: Any) -> list[Path]:
    """A figure as PNG and PDF; none where the data for it were not recorded."""
    from ..plots import save_figure

    try:
        figure = draw()
    except ArgumentError:
        return []
    files = [folder / f"{name}{kind}" for kind in (".png", ".pdf")]
    for path in files:
        write_atomically(path, partial(save_figure, figure))
    return files

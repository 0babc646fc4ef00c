"""Drawing along trajectories: errors over training, and mean paths of the tests. Imports analysis, result, panels and style."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.line_drawing import drawn, errors
from ..errors import ArgumentError
from ..result import Result
from . import style
from .panels import Page, fit

__all__ = ["line_drawing_figure", "task_switching_figure"]

_LEFT, _TOP, _HEIGHT, _BELOW = 0.62, 0.42, 1.6, 0.62
#: Trials whose errors are drawn as one point of a line.
_BLOCK = 20
_COLOURS = {
    "before": style.QUIET, "after": style.OUTPUT, "cut": style.LESIONED,
    "learned": style.OUTPUT, "untouched": style.QUIET, "other": style.ARMS[0], "switched": style.ARMS[4],
}  # fmt: skip


def line_drawing_figure(result: Result) -> Figure:
    """(A) Error over the trials of a run; (B) mean paths of the test after training and with the loop cut.

    Parameters
    ----------
    result : Result
        Of the protocol ``line-drawing``.

    Returns
    -------
    Figure
        Axes labelled ``error``, with a line for every phase, and ``paths``, with a line for every cue of a test.

    Raises
    ------
    ArgumentError
        If the run has no test.
    """
    return _figure(result, ("after", "cut"), "error in training is with guidance, teacher and plasticity")


def task_switching_figure(result: Result) -> Figure:
    """(A) Error over the trials of a run; (B) mean paths of the first set when it was learned and after the second.

    Parameters
    ----------
    result : Result
        Of the protocol ``task-switching``.

    Returns
    -------
    Figure
        As that of `line_drawing_figure`.

    Raises
    ------
    ArgumentError
        If the run has no test.
    """
    return _figure(
        result, ("learned", "switched"), "error in first and second is with guidance, teacher and plasticity"
    )


def _figure(result: Result, tests: Sequence[str], words: str) -> Figure:
    shown = [name for name in tests if name in result.phases and drawn(result, name).cue.size]
    if not shown:
        raise ArgumentError("This run has no test that is drawn; give tests=40, and let it go on to the end.")
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW)
        _errors(page.axes("error", _LEFT, _TOP, 3.6, _HEIGHT, "A", 0.26), result)
        _paths(page.axes("paths", _LEFT + 3.6 + 0.95, _TOP, _HEIGHT, _HEIGHT, "B", 0.26), result, shown)
        page.figure.text(
            1 - 0.14 / page.width, 0.02,
            f"{style.seeds_text(len(result.seeds))}; tests: no teacher, plasticity frozen; {words}",
            ha="right", va="bottom", size=6.5, color=style.QUIET,
        )  # fmt: skip
        return page.figure


def _errors(ax: Axes, result: Result) -> None:
    """Phases one after the other, each with its name above."""
    start, heights = 0, []
    for row, phase in enumerate(result.phases):
        each = errors(drawn(result, phase))
        if not each.shape[1]:
            continue
        size = min(_BLOCK, each.shape[1])
        number = each.shape[1] // size
        blocks = each[:, : number * size].reshape(len(each), number, size).mean(axis=-1)
        at = start + (np.arange(number) + 0.5) * size
        style.seed_lines(ax, at, blocks, _COLOURS.get(phase, style.INK), phase)
        heights.append(blocks)
        # tests are short and stand side by side: their names take turns in height
        ax.annotate(
            phase, (start + each.shape[1] / 2, 1), (0, 2 + 7 * (row % 2)), ("data", "axes fraction"), "offset points",
            ha="center", va="bottom", size=6, color=_COLOURS.get(phase, style.INK),
        )  # fmt: skip
        start += each.shape[1]
        ax.axvline(start, color=style.QUIET, linewidth=0.4, alpha=0.5, zorder=-5)
    ax.set_xlim(0, max(start, 1))
    fit(ax, heights, bottom=0.0)
    ax.set_xlabel("trial")
    ax.set_ylabel("mean squared error")


def _paths(ax: Axes, result: Result, tests: Sequence[str]) -> None:
    """Mean over seeds and trials of a test, cue by cue, beside the targets."""
    for test in reversed(tests):
        movements = drawn(result, test)
        for cue in np.unique(movements.cue):
            mine = movements.cue == cue
            ax.plot(
                *movements.target[mine][0].T, color=style.INK, linewidth=0.6, linestyle=(0, (1, 1.5)), label="target"
            )
            ax.plot(*movements.position[:, mine].mean(axis=(0, 1)).T, color=_COLOURS[test], label=test)
    ax.set_aspect("equal")
    ax.set_xlim(-1.25, 1.25)
    ax.set_ylim(-1.25, 1.25)
    ax.set_xlabel("x")
    ax.set_ylabel("y")
    style.write_words(ax, [*((test, _COLOURS[test]) for test in tests), ("target", style.INK)])

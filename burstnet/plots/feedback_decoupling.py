"""A cortex that is taught late or seldom: errors over training, responses, and predictions. Imports analysis, result, panels and style."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.feedback_decoupling import test_errors, trials_of
from ..errors import ArgumentError
from ..result import Result
from . import style
from .panels import Page, fit, zero_line

__all__ = ["decoupling_figure", "draw_errors"]

_LEFT, _TOP, _HEIGHT, _BELOW = 0.62, 0.42, 1.5, 0.62
#: Of low and high targets, and of what teacher and nuclei say.
_LOW, _HIGH, _TEACHER, _NUCLEI = style.ARMS[0], style.ARMS[4], style.QUIET, style.OUTPUT


def decoupling_figure(result: Result) -> Figure:
    """(A) Error of the tests over training; (B) response to low and to high patterns; (C) what nuclei say against what is missing.

    Parameters
    ----------
    result : Result
        Of the protocol ``feedback-decoupling``.

    Returns
    -------
    Figure
        Axes labelled ``error``, ``responses`` with the lines ``low`` and ``high`` and their dotted targets, and ``prediction`` with the lines
        ``missing`` and ``predicted``: in training, means over patterns of high targets less those of low ones.
    """
    trials = trials_of(result)
    trained, errors = test_errors(trials)
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW)
        width = 1.62
        ax = page.axes("error", _LEFT, _TOP, width, _HEIGHT, "A", 0.26)
        style.seed_lines(ax, trained, errors, style.INK, "error")
        fit(ax, [errors], bottom=0.0)
        _labels(ax, "error in tests (Hz)")
        ax = page.axes("responses", _LEFT + width + 0.75, _TOP, width, _HEIGHT, "B", 0.26)
        middle = (trials.target.min() + trials.target.max()) / 2
        shown = []
        for name, colour, mine in (("low", _LOW, trials.target < middle), ("high", _HIGH, trials.target > middle)):
            if mine.any():
                means = [trials.response[:, mine & (trials.test == k)].mean(axis=1) for k in range(len(trained))]
                style.seed_lines(ax, trained, np.stack(means, axis=1), colour, name)
                wanted = trials.target[mine].mean()
                ax.axhline(wanted, color=colour, linestyle=(0, (1, 1.5)), linewidth=0.8, label=f"target {name}")
                shown += [*means, np.array([wanted])]
        fit(ax, shown)
        _labels(ax, "event rate in tests (Hz)")
        style.write_words(ax, [("low", _LOW), ("high", _HIGH)])
        ax = page.axes("prediction", _LEFT + 2 * (width + 0.75), _TOP, width, _HEIGHT, "C", 0.26)
        _predictions(
            ax,
            trials.trained,
            trials.test < 0,
            np.where(trials.target > middle, 1.0, -1.0),
            trials.lack,
            trials.prediction,
        )
        page.figure.text(
            1 - 0.14 / page.width, 0.02,
            f"{style.seeds_text(len(errors))}; tests: no teacher, no cerebellum, plasticity frozen; C: of training",
            ha="right", va="bottom", size=6.5, color=style.QUIET,
        )  # fmt: skip
        return page.figure


def _labels(ax: Axes, name: str) -> None:
    ax.set_xlabel("trials of training")
    ax.set_ylabel(name)


def _predictions(
    ax: Axes, trained: np.ndarray, training: np.ndarray, side: np.ndarray, lack: np.ndarray, prediction: np.ndarray
) -> None:
    """Blocks of training, each a point."""
    zero_line(ax)
    _labels(ax, "part of the largest current")
    style.write_words(ax, [("missing", _TEACHER), ("predicted", _NUCLEI)])
    if not training.any():
        return
    at = np.unique(trained[training])
    parts = np.array_split(at, max(1, len(at) // 16))
    drawn = []
    for name, colour, values in (("missing", _TEACHER, lack), ("predicted", _NUCLEI, prediction)):
        means = [(values * side)[:, training & np.isin(trained, part)].mean(axis=1) for part in parts]
        drawn.append(np.stack(means, axis=1))
        style.seed_lines(ax, np.array([part.mean() for part in parts]), drawn[-1], colour, name)
    fit(ax, drawn)


def draw_errors(results: Mapping[str, Result], ax: Axes | None = None) -> Axes:
    """Error of the tests over training, a line for each arm.

    Parameters
    ----------
    results : mapping of str to Result
        Label to runs with the same tests.
    ax : Axes, optional
        A new figure's by default.

    Returns
    -------
    Axes
        A line for each arm, labelled by it.

    Raises
    ------
    ArgumentError
        If there is no arm, or there are more than there are colours.
    """
    if not 0 < len(results) <= len(style.ARMS):
        raise ArgumentError(f"{len(results)} arms are not allowed; give 1 to {len(style.ARMS)}.")
    with matplotlib.rc_context(style.RC):
        ax = ax or Page(2.4, 3.4).axes("errors", _LEFT, 0.3, 2.4, 1.6)
        drawn = []
        for (label, result), colour in zip(results.items(), style.ARMS, strict=False):
            trained, errors = test_errors(trials_of(result))
            style.seed_lines(ax, trained, errors, colour, label)
            drawn.append(errors)
        fit(ax, drawn, bottom=0.0)
        _labels(ax, "error in tests (Hz)")
        style.write_words(ax, list(zip(results, style.ARMS, strict=False)))
        return ax

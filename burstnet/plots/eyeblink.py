"""Eyeblink conditioning: responses over blocks, and what cells do in the tests. Imports analysis, result, panels and style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.eyeblink import (
    PEAK_SD,
    TESTS,
    THRESHOLD,
    TRAINING,
    Trials,
    blocks,
    conditioned_responses,
    spike_density,
    trials,
)
from ..errors import ArgumentError
from ..result import Result
from . import style
from .panels import Page, fit

__all__ = ["EyeblinkSummary", "draw_eyeblink", "eyeblink_figure", "eyeblink_summary"]

_LEFT, _GAP = 0.62, 0.62
#: Tests in the order of time: before learning pale, learned strong, forgotten between.
_COLOURS = dict(zip(TESTS, (style.QUIET, style.OUTPUT, "#D55E00", "#56B4E9"), strict=True))
_NAMES = {"purkinje": "Purkinje cells", "nuclei": "nuclear cells"}


@dataclass(frozen=True, eq=False)
class EyeblinkSummary:
    """What the figure shows.

    Attributes
    ----------
    responses : dict of str to ndarray, shape (seeds, blocks)
        Training phase to the part of trials with a response in every block.
    traces : dict of str to dict of str to ndarray, shape (seeds, bins)
        Population to test to mean rate [Hz].
    time : ndarray, shape (bins,)
        From the onset of the conditioned stimulus on [s].
    shown : Trials
        Of one of the tests.
    """

    responses: Mapping[str, np.ndarray]
    traces: Mapping[str, Mapping[str, np.ndarray]]
    time: np.ndarray
    shown: Trials


def eyeblink_summary(result: Result, *, threshold: float = THRESHOLD) -> EyeblinkSummary:
    """The numbers of `draw_eyeblink`.

    Parameters
    ----------
    result : Result
    threshold : float
        See `burstnet.analysis.eyeblink.conditioned_responses`.

    Raises
    ------
    ArgumentError
        If the run has no test, or spikes were not recorded.
    """
    there = [name for name in (*TRAINING, *TESTS) if name in result.phases and trials(result, name).onsets.size]
    tests = [name for name in there if name in TESTS]
    if not tests:
        raise ArgumentError("This run has no test; give probes=10.")
    shown = trials(result, tests[0])
    time = spike_density(result, "nuclei", shown, sd=0)[0]
    return EyeblinkSummary(
        {
            phase: blocks(conditioned_responses(result, phase, threshold=threshold).astype(float))
            for phase in there
            if phase in TRAINING
        },
        {
            population: {
                test: spike_density(result, population, trials(result, test), sd=PEAK_SD)[1].mean(axis=1)
                for test in tests
            }
            for population in _NAMES
        },
        time,
        shown,
    )


def eyeblink_figure(result: Result) -> Figure:
    """The figure of `draw_eyeblink` of a run.

    Parameters
    ----------
    result : Result

    Raises
    ------
    ArgumentError
        As `eyeblink_summary`.
    """
    return draw_eyeblink(eyeblink_summary(result))


def draw_eyeblink(summary: EyeblinkSummary) -> Figure:
    """(A) Conditioned responses over blocks of training, (B) Purkinje cells and (C) nuclear cells in the tests.

    Parameters
    ----------
    summary : EyeblinkSummary

    Returns
    -------
    Figure
        Axes labelled ``responses`` with a line for every phase of training; ``purkinje`` and ``nuclei`` with a line for every
        test, the conditioned stimulus as a shade with the gid ``stimulus``, the time of the unconditioned one as a line
        labelled ``unconditioned``.
    """
    with matplotlib.rc_context(style.RC):
        page = Page(3.9)
        wide = page.width - _LEFT - 0.14
        _responses(page.axes("responses", _LEFT, 0.46, wide, 1.1, "A", 0.22), summary.responses)
        width = (wide - _GAP) / 2
        for k, population in enumerate(_NAMES):
            ax = page.axes(population, _LEFT + k * (width + _GAP), 2.15, width, 1.15, "BC"[k], 0.22)
            _traces(ax, summary, population)
        number = len(next(iter(summary.traces["nuclei"].values())))
        page.figure.text(
            1 - 0.14 / page.width, 0.02,
            f"{style.seeds_text(number)}; tests: plasticity frozen, no unconditioned stimulus; shaded: conditioned stimulus",
            ha="right", va="bottom", size=6.5, color=style.QUIET,
        )  # fmt: skip
        return page.figure


def _responses(ax: Axes, responses: Mapping[str, np.ndarray]) -> None:
    """Phases one after the other, each with its name above."""
    start = 0
    for phase, values in responses.items():
        number = values.shape[1]
        at = np.arange(number) + start + 1
        if number:
            style.seed_lines(ax, at, 100 * values, style.INK, phase)
            ax.annotate(
                phase, (start + 0.5 + number / 2, 1), (0, 2), ("data", "axes fraction"), "offset points",
                ha="center", va="bottom", size=6.5,
            )  # fmt: skip
        start += number
        ax.axvline(start + 0.5, color=style.QUIET, linewidth=0.4, alpha=0.5, zorder=-5)
    ax.set_xlim(0.5, max(start, 1) + 0.5)
    ax.set_ylim(-4, 104)
    ax.set_xlabel("block of ten trials")
    ax.set_ylabel("conditioned\nresponses (%)")


def _traces(ax: Axes, summary: EyeblinkSummary, population: str) -> None:
    shown, time = summary.shown, 1e3 * summary.time
    ax.axvspan(0, 1e3 * (shown.isi + shown.us), color=style.TEACHING, linewidth=0, zorder=-10, gid="stimulus")
    ax.axvline(1e3 * shown.isi, color=style.QUIET, linewidth=0.6, zorder=0.5, label="unconditioned")
    for test, values in summary.traces[population].items():
        style.seed_lines(ax, time, values, _COLOURS[test], test)
    ax.set_xlim(-150, min(1e3 * shown.after, 1e3 * shown.isi + 350))
    fit(ax, summary.traces[population].values(), bottom=0.0)
    ax.set_xlabel("time from the conditioned stimulus (ms)")
    ax.set_ylabel(f"{_NAMES[population]} (Hz)")
    style.write_words(ax, [(test, _COLOURS[test]) for test in summary.traces[population]], offset=3)

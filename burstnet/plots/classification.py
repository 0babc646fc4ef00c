"""Images classified by single spiking neurons: errors, confusion, a presentation, error signals. Imports result, panels and style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..analysis.classification import Examination, confusion, epoch_errors, epoch_means, examined
from ..result import Result
from . import style
from .panels import Page, fit
from .raster import raster

__all__ = ["classification_figure"]

_LEFT, _TOP, _WIDE, _HEIGHT, _BELOW, _BETWEEN = 0.62, 0.42, 1.75, 1.6, 0.95, 1.1
#: Cells of each population in the raster.
_CELLS = 12


def classification_figure(result: Result, when: Examination, epochs: int) -> Figure:
    """(A) Error over epochs, (B) confusion in the test, (C) spikes of two presentations, (D) error signals by area.

    Parameters
    ----------
    result : Result
        Of the protocol ``classify``.
    when : Examination
    epochs : int
        That the run was to have.

    Returns
    -------
    Figure
        Axes labelled ``error`` with lines ``validation`` and ``test``, ``confusion``, ``raster`` of the first seed, and
        ``signal`` with a line for every area; panels of which a run has nothing are empty.

    References
    ----------
    Greedy et al. (2022).
    """
    answers = [examined(result, seed) for seed in result.seeds]
    test = result.phases.get("test", (0.0, 0.0))
    tested = [a.between(*test) for a in answers]
    with matplotlib.rc_context(style.RC):
        page = Page(2 * (_TOP + _HEIGHT) + _BELOW + 0.3, _LEFT + 2 * (_WIDE + _BETWEEN))
        right, lower = _LEFT + _WIDE + _BETWEEN, _TOP + _HEIGHT + _BELOW
        ax = page.axes("error", _LEFT, _TOP, _WIDE, _HEIGHT, "A", 0.26)
        _errors(ax, np.stack([epoch_errors(a, when, epochs) for a in answers]), [a.wrong for a in tested])
        ax = page.axes("confusion", right, _TOP, _HEIGHT, _HEIGHT, "B", 0.26)
        _confusion(ax, np.stack([confusion(a, result.populations["output"]) for a in tested]))
        ax = page.axes("raster", _LEFT, lower, _WIDE, _HEIGHT, "C", 0.26)
        window = result.about.get("spike_window_s")
        if window and result.data.get("output_spike_step") is not None and result.data["output_spike_step"].size:
            raster(result, ax, window=tuple(window), cells=_CELLS, spread=True, key=False)
            style.write_words(ax, [(kind, style.SPIKE_COLOURS[kind]) for kind in ("event", "burst")])
        else:
            ax.set_axis_off()
        ax = page.axes("signal", right, lower, _WIDE, _HEIGHT, "D", 0.26)
        _signals(ax, result, when, epochs)
        at = (1 - 0.14 / page.width, 0.02)
        page.figure.text(*at, style.seeds_text(len(result.seeds)), ha="right", va="bottom", size=6.5, color=style.QUIET)
        return page.figure


def _lines(
    ax: Axes, values: Mapping[str, np.ndarray], colours: Mapping[str, str], name: str, beside: Sequence[float] = ()
) -> None:
    """Lines over epochs, or points where a run has one epoch only, labelled at their ends; what is beside them fits in."""
    for label, per_seed in values.items():
        style.seed_lines(ax, np.arange(1, 1 + per_seed.shape[1]), per_seed, colours[label], label)
        if np.isfinite(per_seed).any(axis=0).sum() == 1:
            ax.lines[-1].set(marker="o", markersize=3, clip_on=False)
    ax.set_xlim(1, max(2, per_seed.shape[1]))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    fit(ax, [*values.values(), np.asarray(beside)], bottom=0.0)
    ax.set_xlabel("epoch")
    ax.set_ylabel(name)
    style.end_labels(ax, [(style.end_value(v), label, colours[label]) for label, v in values.items()])


def _errors(ax: Axes, validation: np.ndarray, tested: list[np.ndarray]) -> None:
    """Error of validation over epochs, and of the test as a cross at the end for each seed."""
    last = [100 * wrong.mean() for wrong in tested if len(wrong)]
    if np.isfinite(validation).any():
        _lines(ax, {"validation": 100 * validation}, {"validation": style.OUTPUT}, "wrong (%)", last)
    else:
        ax.set_ylabel("wrong (%)")
        ax.set_xlabel("epoch")
    if last:
        at = np.full(len(last), validation.shape[1])
        ax.plot(at, last, "x", color=style.ARMS[0], markersize=4, label="test", clip_on=False)
        style.write_words(ax, [("x test", style.ARMS[0])])


def _confusion(ax: Axes, rows: np.ndarray) -> None:
    """Answers of all seeds over classes; each row is a class that was shown."""
    shown = np.nanmean(rows, axis=0) if np.isfinite(rows).any() else np.zeros(rows.shape[1:])
    ax.imshow(100 * np.nan_to_num(shown), cmap="Blues", vmin=0, vmax=100, label="confusion")
    for (row, column), share in np.ndenumerate(np.nan_to_num(shown)):
        if share >= 0.005:
            colour = "white" if share > 0.5 else style.INK
            ax.text(column, row, f"{100 * share:.0f}", ha="center", va="center", size=5, color=colour)
    ax.set_xticks(range(shown.shape[1]))
    ax.set_yticks(range(shown.shape[0]))
    ax.set_xlabel("answer (%)")
    ax.set_ylabel("class")


def _signals(ax: Axes, result: Result, when: Examination, epochs: int) -> None:
    """How far a cell's burst probability is from rest in the training of each epoch, one line an area."""
    areas = {
        name: epoch_means(result, f"{name}_signal_mean", when, epochs)
        for name in result.populations
        if f"{name}_signal_mean" in result.data
    }
    if any(np.isfinite(values).any() for values in areas.values()):
        _lines(ax, areas, style.population_colours(list(result.populations)), "|p - p at rest|")
    else:
        ax.set_axis_off()

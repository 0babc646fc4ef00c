"""Learning with predicted feedback: one run, and the benefit over horizons. Imports analysis, result, errors, panels and style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import ArgumentError
from ..result import Result
from . import style
from .panels import Page, fit, zero_line

__all__ = ["draw_benefit", "feedback_figure"]

_LEFT = 0.62
#: With what predicted feedback is compared.
_COMPARED = {"cosine_bootstrapped": ("what the olive hears", "#0072B2"), "cosine_true": ("full gradient", "#D55E00")}
#: Drawings have a colour each, in the order of their labels.
_LABELS = ("#0072B2", "#D55E00", "#009E73", "#666666", "#CC79A7", "#B8860B", "#56B4E9", "#882255", "#44AA99", "#5F6B76")


def feedback_figure(result: Result) -> Figure:
    """(A) Error over sessions, (B) how well feedback is predicted, (C) what is drawn at the end.

    Parameters
    ----------
    result : Result
        Of ``feedback-horizon``.

    Returns
    -------
    Figure
        Axes labelled ``error`` with a line ``error``; ``cosine`` with a line for each of ``cosine_bootstrapped`` and
        ``cosine_true``, means over steps; ``drawing`` with a line ``drawn LABEL`` and a dotted one ``target LABEL`` for each
        label, of the first seed.

    References
    ----------
    Boven et al. (2023), Fig. 2.
    """
    data = result.data
    sessions = np.arange(1, data.sizes["session"] + 1)
    error = np.asarray(data["error"].values, dtype=float)
    with matplotlib.rc_context(style.RC):
        page = Page(2.35)
        ax = page.axes("error", _LEFT, 0.46, 1.75, 1.4, "A", 0.22)
        style.seed_lines(ax, sessions, error, style.INK, "error")
        fit(ax, [error], bottom=0.0)
        _sessions(ax, result, sessions)
        ax.set_ylabel("error (squared distance)")
        _cosines(page.axes("cosine", _LEFT + 2.45, 0.46, 1.75, 1.4, "B", 0.22), result, sessions)
        _drawing(page.axes("drawing", page.width - 1.75, 0.46, 1.55, 1.55, "C", 0.22), result)
        page.figure.text(
            _LEFT / page.width,
            0.02,
            style.seeds_text(len(error)) + "; dotted in C: target",
            size=6.5,
            color=style.QUIET,
        )
        return page.figure


def _sessions(ax: Axes, result: Result, sessions: np.ndarray) -> None:
    ax.set_xlim(0, len(sessions) + 0.5)
    style.shade_lesions(ax, result.windows)
    ax.set_xlabel("sessions of training")


def _cosines(ax: Axes, result: Result, sessions: np.ndarray) -> None:
    drawn = [np.array([0.0, 1.0])]
    for name, (_, colour) in _COMPARED.items():
        values = np.asarray(result.data[name].values, dtype=float)
        defined = np.isfinite(values)
        mean = np.where(defined, values, 0).sum(axis=2) / np.where(defined.any(axis=2), defined.sum(axis=2), np.nan)
        style.seed_lines(ax, sessions, mean, colour, name)
        drawn.append(mean)
    zero_line(ax)
    fit(ax, drawn)
    _sessions(ax, result, sessions)
    ax.set_ylabel("cosine with the prediction")
    style.write_words(ax, list(_COMPARED.values()))


def _drawing(ax: Axes, result: Result) -> None:
    drawn, target = (np.asarray(result.data[name].values[0], dtype=float) for name in ("drawing", "target"))
    for k, (line, wanted) in enumerate(zip(drawn, target, strict=True)):
        colour = _LABELS[k % len(_LABELS)]
        ax.plot(*wanted.T, color=colour, linestyle=(0, (1, 1.5)), linewidth=0.8, label=f"target {k}")
        ax.plot(*line.T, color=colour, marker="o", markersize=1.6, linewidth=0.9, label=f"drawn {k}")
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("x")
    ax.set_ylabel("y", labelpad=0)


def draw_benefit(
    benefits: Mapping[float, np.ndarray], ax: Axes | None = None, *, steps: Sequence[float] | None = None
) -> Axes:
    """Benefit of the cerebellum over horizons, a point a seed, mean and 95 % interval (Student's t).

    Parameters
    ----------
    benefits : mapping of float to ndarray, shape (seeds,)
        Horizon to `burstnet.analysis.feedback_horizon.benefit` of every seed.
    ax : Axes, optional
        A new figure's by default.
    steps : sequence of float, optional
        Where the axis has ticks; every horizon by default.

    Returns
    -------
    Axes
        A line of markers ``mean``, one ``seeds`` and a line ``zero``.

    Raises
    ------
    ArgumentError
        If there is no horizon.
    """
    if not benefits:
        raise ArgumentError("benefits={} is not allowed; give at least one horizon.")
    from scipy import stats

    ax = ax or style.new_axes(3.4, 2.2, right=0.15)
    zero_line(ax)
    horizons = sorted(benefits)
    values = [100 * np.asarray(benefits[horizon], dtype=float) for horizon in horizons]
    at = np.concatenate([np.full(len(v), h) for h, v in zip(horizons, values, strict=True)])
    ax.plot(
        at, np.concatenate(values), "o", markersize=1.8, color=style.QUIET, alpha=0.5, markeredgewidth=0, label="seeds"
    )
    half = [stats.t.ppf(0.975, len(v) - 1) * v.std(ddof=1) / np.sqrt(len(v)) if len(v) > 1 else 0.0 for v in values]
    means = [float(v.mean()) for v in values]
    ax.errorbar(
        horizons, means, half, color=style.OUTPUT, marker="o", markersize=3.5, capsize=2, label="mean", zorder=3
    )
    ax.set_xticks(list(steps or horizons))
    ax.set_xlabel("horizon of the cortex (steps)")
    ax.set_ylabel("benefit of the cerebellum\n(% of mean error)")
    return ax

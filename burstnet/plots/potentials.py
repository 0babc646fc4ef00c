"""Somatic and dendritic potential of one cell with its bursts. Imports analysis, result, errors and style."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ..analysis.bursts import KINDS, burst_spans, cell_spikes
from ..analysis.teaching import teaching_windows
from ..errors import ArgumentError, unknown_name
from ..result import Result
from . import style

__all__ = ["potentials", "traces"]

_NAMES = {"V_s": "soma", "V_d": "dendrite"}
#: Parts of the height for the two potentials, and for the spikes above them.
_PLACES = {"V_s": (0.5, 0.86), "V_d": (0.0, 0.44)}
_SPIKES = 0.95
_PAD = 2


def traces(
    result: Result, population: str | None = None, seed: int | None = None
) -> tuple[str, int, np.ndarray, dict[str, np.ndarray]]:
    """The recorded potentials of one cell.

    Parameters
    ----------
    result : Result
    population : str, optional
        The first with a trace by default.
    seed : int, optional
        The first by default.

    Returns
    -------
    population : str
    seed : int
    time : ndarray, shape (steps,)
        Seconds.
    potentials : dict of str to ndarray, shape (steps,)
        ``V_s`` and ``V_d`` [mV], those that there are.

    Raises
    ------
    ArgumentError
        If the population or seed does not exist or no potential was recorded.
    """
    had = [p for p in result.populations if any(f"{p}_trace_{v}" in result.data for v in _NAMES)]
    if population is not None and population not in result.populations:
        raise unknown_name("population", population, result.populations)
    name = population or (had[0] if had else None)
    if name not in had or result.data.sizes.get("trace_time", 0) < 2:
        raise ArgumentError(f"No potential of {name!r} was recorded; run with a trace of V_s and V_d.")
    seed = result.seeds[0] if seed is None else seed
    if seed not in result.seeds:
        raise ArgumentError(f"seed={seed} is not in this result; it has {', '.join(map(str, result.seeds))}.")
    k = result.seeds.index(seed)
    found = {v: 1e3 * result.data[f"{name}_trace_{v}"].values[k] for v in _NAMES if f"{name}_trace_{v}" in result.data}
    return name, seed, result.data["trace_time"].values, found


def potentials(
    result: Result, ax: Axes | None = None, *, population: str | None = None, seed: int | None = None
) -> Axes:
    """Somatic and dendritic potential of a population's first cell, one above the other, with its spikes and bursts.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        A new figure's by default.
    population : str, optional
        The first with a trace by default.
    seed : int, optional
        The first by default.

    Returns
    -------
    Axes
        Of the somatic potential [mV]; those of the dendritic potential and of the spikes lie over it and are in its
        figure too, with the labels ``potential V_d`` and ``spikes``. Without recorded spikes there are no marks.

    Raises
    ------
    ArgumentError
        If the population or seed does not exist or no potential was recorded.

    See Also
    --------
    burstnet.analysis.bursts.burst_spans : first and last spike of each burst.
    """
    name, seed, time, found = traces(result, population, seed)
    ax = ax or style.new_axes(6, 2.2)
    ax.set_label("potential V_s")
    size = style.label_size(ax)
    ax.set_xlim(time[0], time[-1] + result.dt)
    style.shade_teaching(ax, teaching_windows(result))
    _mark_spikes(ax, result, name, seed)
    for variable, values in found.items():
        over = ax if variable == "V_s" else _overlay(ax, f"potential {variable}")
        over.plot(time, values, color=style.COMPARTMENT_COLOURS[variable], linewidth=0.7, label=variable, zorder=3)
        _place(over, values, *_PLACES[variable])
        over.annotate(
            _NAMES[variable], (1, sum(_PLACES[variable]) / 2), (4, 0), "axes fraction", "offset points",
            va="center", size=size, color=style.COMPARTMENT_COLOURS[variable], annotation_clip=False,
        )  # fmt: skip
    if "V_s" not in found:
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
    ax.set_xlabel("time (s)")
    ax.annotate(
        "potential (mV)", (0, 0.43), (-28, 0), "axes fraction", "offset points",
        rotation=90, ha="center", va="center", size=size, annotation_clip=False,
    )  # fmt: skip
    return ax


def _overlay(ax: Axes, label: str) -> Axes:
    """Axes over `ax` with the same time and a scale of their own, at the left."""
    over = ax.twinx()
    over.set_label(label)
    over.yaxis.tick_left()
    like = ax.yaxis.get_major_ticks(1)[0]
    length, width = like.tick1line.get_markersize(), like.tick1line.get_markeredgewidth()
    over.tick_params(axis="y", length=length, width=width, pad=_PAD, labelsize=like.label1.get_fontsize())
    over.spines["left"].set_linewidth(ax.spines["left"].get_linewidth())
    over.yaxis.set_label_position("left")
    over.spines["left"].set_visible(True)
    for side in ("right", "top", "bottom"):
        over.spines[side].set_visible(False)
    return over


def _place(ax: Axes, values: np.ndarray, low: float, high: float) -> None:
    """Limits that put values between two parts of the height, and a scale only there."""
    bottom, top = float(np.nanmin(values)), float(np.nanmax(values))
    span = (top - bottom) or 1.0
    per = span / (high - low)
    ax.set_ylim(bottom - low * per, bottom - low * per + per)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, np.inf) if span / s <= 3.2)
    ax.set_yticks(np.arange(np.ceil(bottom / step), np.floor(top / step) + 1) * step if np.isfinite(step) else [])
    ax.spines["left"].set_bounds(bottom, top)


def _mark_spikes(ax: Axes, result: Result, population: str, seed: int) -> None:
    """Ticks above the traces, and bursts as bands behind them; nothing where spikes were not recorded."""
    if f"{population}_spike_step" not in result.data:
        return
    start, stop = ax.get_xlim()
    times, kinds = cell_spikes(result, population, seed, 0)
    over = _overlay(ax, "spikes")
    over.set_ylim(0, 1)
    over.set_axis_off()
    for code, kind in enumerate(KINDS):
        at = times[(kinds == code) & (times >= start) & (times <= stop)]
        height = np.full(len(at), _SPIKES)
        over.plot(at, height, "|", color=style.SPIKE_COLOURS[kind], ms=6, mew=1, label=kind)
    for first, last in zip(*burst_spans(result, population, seed, 0), strict=True):
        if last >= start and first <= stop:
            colour = style.SPIKE_COLOURS["burst"]
            ax.axvspan(first, last, ymax=0.9, color=colour, alpha=0.22, lw=0, zorder=-5, gid="burst")
    ax.set_xlim(start, stop)

"""The figure of a target-rate run: spikes, rates, burst probability, weights and one cell. Imports the other plots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.bursts import KINDS
from ..analysis.rates import counted_populations
from ..analysis.teaching import teaching_windows
from ..analysis.weights import recorded_weights
from ..errors import ArgumentError
from ..result import Result
from . import style
from .burst_probability import burst_probability
from .potentials import potentials, traces
from .raster import KEY, raster, spiking_populations
from .rates import rates
from .weights import weights

__all__ = ["raster_windows", "target_rate_figure"]

#: Inches.
_WIDTH, _LEFT, _RIGHT = 7.2, 0.62, 0.88
_BELOW, _MISSING, _ABOVE_MISSING = 0.36, 0.2, 0.42
#: Cells that a raster shows, of all populations together.
_ROWS = 50
_NUMERALS = ("i", "ii", "iii")


def raster_windows(result: Result, number: int = 3, width: float = 0.8) -> list[tuple[float, float, str]]:
    """The moments at which spikes tell most: a teacher is switched on, switched off, switched on again.

    Parameters
    ----------
    result : Result
    number : int
        At most so many.
    width : float
        Seconds; less in a run too short for them.

    Returns
    -------
    list of tuple of (float, float, str)
        Start and stop [s] and what happens in the middle. Where no teacher is ever on, they are spread evenly. Moments
        outside of the recorded spikes are left out.
    """
    duration = float(result.about["simulated_s"])
    width = min(width, duration / number)
    taught = [window for window in teaching_windows(result) if window.on]
    moments = [(w.start, "teacher on" + (f", target {w.target:g} Hz" if w.target is not None else "")) for w in taught]
    moments += [(w.stop, "teacher off") for w in taught]
    moments = sorted((at, text) for at, text in moments if width / 2 <= at <= duration - width / 2)
    if not moments:
        moments = [(round((k + 0.5) / number * duration, 2), "") for k in range(number)]
    first, last = _recorded_span(result)
    inside = [(at - width / 2, at + width / 2, text) for at, text in moments if first <= at <= last]
    return inside[:number] or [(first, min(last, first + width), "")]


def _recorded_span(result: Result) -> tuple[float, float]:
    """First and last recorded spike of the first seed [s]; the whole run if no cell fired."""
    times = [result.spikes(name, result.seeds[0])[0] for name in spiking_populations(result)]
    if not times:
        raise ArgumentError("No spikes were recorded; run with spikes='all'.")
    joined = np.concatenate(times)
    return (float(joined.min()), float(joined.max())) if joined.size else (0.0, float(result.about["simulated_s"]))


def target_rate_figure(result: Result) -> Figure:
    """One composed figure of a run, wide enough for two columns of a paper.

    Spikes around three moments, event rates with target and teaching windows, burst probability with baseline, rates of
    cells that never burst where there are any, weights, potentials of one cell. A panel whose data were not recorded says
    so.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
        Bound to no backend and unknown to pyplot; `burstnet.plots.save_figure` writes it.
    """
    with matplotlib.rc_context(style.RC):
        return _compose(result)


def _compose(result: Result) -> Figure:
    windows = _or_none(lambda: raster_windows(result))
    counted = counted_populations(result)
    areas = [name for name in counted if result.data[f"{name}_burst_total"].values.any()] or counted
    others = [name for name in counted if name not in areas]
    rows = [
        _Row("rasters", 1.75, 0.42 if windows else 0.15, windows is not None, "spikes not recorded"),
        _Row("rates", 1.2, 0.62, bool(counted), "rates not recorded"),
        _Row("burst probability", 0.95, 0.14, bool(counted), "burst probability not recorded"),
        *([_Row("other rates", 0.95, 0.16, True, "")] if others else []),
        _Row("weights", 0.95, 0.16, bool(recorded_weights(result)), "weights not recorded"),
        _Row("potentials", 1.15, 0.56, _or_none(lambda: traces(result)) is not None, "potentials not recorded"),
    ]
    by_name = {row.name: row for row in rows}
    height = sum(row.above + row.height for row in rows) + _BELOW
    figure = Figure(figsize=(_WIDTH, height), facecolor="white")
    letters = dict(zip(by_name, "ABCDEF", strict=False))
    tops, top = {}, height
    for row in rows:
        top -= row.above
        tops[row.name] = top
        figure.text(
            0.06 / _WIDTH, (top + row.letter_above) / height, letters[row.name], weight="bold", size=9, va="center"
        )
        top -= row.height

    def place(name: str, left: float = _LEFT, width: float = _WIDTH - _LEFT - _RIGHT) -> Axes:
        row = by_name[name]
        box = (left / _WIDTH, (tops[name] - row.height) / height, width / _WIDTH, row.height / height)
        return figure.add_axes(box, label=letters[name])

    for row in rows:
        if not row.there:
            style.note(place(row.name), row.missing)
    if windows:
        _draw_rasters(result, place, windows)
    over_time: dict[str, Callable[[Axes], Axes]] = {
        "rates": lambda ax: rates(result, ax, populations=areas),
        "burst probability": lambda ax: burst_probability(result, ax, populations=areas),
        "other rates": lambda ax: rates(result, ax, populations=others, targets=False),
        "weights": lambda ax: weights(result, ax),
    }
    there = [draw(place(name)) for name, draw in over_time.items() if name in by_name and by_name[name].there]
    for ax in there[:-1]:
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)
    if by_name["rates"].there:
        style.caption(there[0], style.seeds_text(len(result.seeds)), 18)
        _mark_windows(there[0], windows or [])
    if by_name["potentials"].there:
        name, seed, _, _ = traces(result)
        bursts = "bands: its bursts" if name in spiking_populations(result) else "its bursts: spikes not recorded"
        style.caption(potentials(result, place("potentials")), f"one cell of {name}, seed {seed}; {bursts}")
    return figure


class _Row:
    """A panel's place [inch], and whether its data were recorded."""

    def __init__(self, name: str, height: float, above: float, there: bool, missing: str) -> None:
        self.name, self.there, self.missing = name, there, missing
        self.height = height if there else _MISSING
        self.above = above if there or name == "rasters" else _ABOVE_MISSING
        self.letter_above = (0.3 if name == "rasters" else 0.08) if there else -_MISSING / 2


def _or_none(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ArgumentError:
        return None


def _draw_rasters(result: Result, place: Callable[..., Axes], windows: list[tuple[float, float, str]]) -> None:
    """Equal axes side by side; names of populations at the left, the key above all."""
    gap = 0.2
    width = (_WIDTH - _LEFT - _RIGHT - gap * (len(windows) - 1)) / len(windows)
    seed, names = result.seeds[0], spiking_populations(result)
    cells = max(1, _ROWS // len(names))
    for k, (start, stop, text) in enumerate(windows):
        ax = place("rasters", _LEFT + k * (width + gap), width)
        raster(result, ax, seed=seed, window=(start, stop), cells=cells, key=False)
        ax.set_title(f"{_NUMERALS[k]}   {text}".rstrip(), loc="left", pad=3)
        if k:
            ax.set_yticks([])
            ax.set_xlabel("")
        else:
            style.write_words(ax, [(KEY[kind], style.SPIKE_COLOURS[kind]) for kind in KINDS], offset=15)
    shown = min(cells, max(result.populations[name] for name in names))
    style.caption(ax, f"first {shown} cells{' of each' if len(names) > 1 else ''}, seed {seed}", 15)


def _mark_windows(ax: Axes, windows: list[tuple[float, float, str]]) -> None:
    """Number on the time axis the windows that the rasters show."""
    for numeral, (start, stop, _) in zip(_NUMERALS, windows, strict=False):
        place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center"}
        ax.annotate(numeral, ((start + stop) / 2, 0), (0, 4), size=6.5, **place)
        ax.plot(
            [start, stop], [0, 0], transform=ax.get_xaxis_transform(), color=style.INK, linewidth=2.5,
            clip_on=False, zorder=5, label=f"raster {numeral}",
        )  # fmt: skip

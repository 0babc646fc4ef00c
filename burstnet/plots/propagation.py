"""Events that go up and bursts that come down between two areas. Imports analysis, result, panels and style."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.multiplexing import (
    CROSS_TALK,
    TRANSMITTED,
    MultiplexingTraces,
    correlations,
    dendritic_sine,
    modulations,
    multiplexing_traces,
    rescaled,
    somatic_sine,
)
from ..analysis.rates import mean_and_sd
from ..result import Result
from . import style
from .panels import Page, fit

__all__ = ["draw_propagation", "propagation_figure"]

_LEFT, _WIDTH, _GAP, _HEIGHT = 0.56, 1.95, 0.66, 0.92
_COLOURS = {"1": style.LOWEST, "2": style.OUTPUT, "PV": style.CELL_COLOURS["pv"], "SST": style.CELL_COLOURS["sst"]}
_SHOWN = {"ER1": "ER₁", "ER2": "ER₂", "BP1": "BP₁", "BP2": "BP₂", "BR2": "BR₂", "I_s": "$I_s$", "I_d": "$I_d$"}

#: A function of time [s].
_Input = Callable[[np.ndarray], np.ndarray]


def propagation_figure(
    result: Result,
    *,
    beside: Mapping[str, Result] | None = None,
    width: float = 0.05,
    window: tuple[float, float] | None = None,
    shown: tuple[float, float] | None = None,
    **names: Any,
) -> Figure:
    """The figure of `draw_propagation` of a run.

    Parameters
    ----------
    result : Result
    beside : mapping of str to Result, optional
        Other arms, whose correlations are drawn beside.
    width : float
        Width of a bin [s].
    window : tuple of float, optional
        Seconds that correlations are computed over; the last phase by default.
    shown : tuple of float, optional
        Seconds that are drawn; the first two of the window by default.
    **names
        ``areas`` and ``interneurons``, see `burstnet.analysis.multiplexing.multiplexing_traces`.

    Raises
    ------
    ArgumentError
        As `multiplexing_traces` and `burstnet.analysis.multiplexing.correlations`.

    See Also
    --------
    burstnet.analysis.multiplexing.modulations : the inputs that are drawn.
    """
    start, stop = window or list(result.phases.values())[-1]
    somatic, dendritic = modulations(result)
    return draw_propagation(
        multiplexing_traces(result, width, **names),
        beside={label: multiplexing_traces(other, width, **names) for label, other in (beside or {}).items()},
        window=(start, stop), shown=shown or (start, min(stop, start + 2)), somatic=somatic, dendritic=dendritic,
    )  # fmt: skip


def draw_propagation(
    traces: MultiplexingTraces,
    *,
    beside: Mapping[str, MultiplexingTraces] | None = None,
    window: tuple[float, float] = (1.0, 4.0),
    shown: tuple[float, float] = (1.0, 3.0),
    somatic: _Input = somatic_sine,
    dendritic: _Input = dendritic_sine,
) -> Figure:
    """Every stream beside what drives it, and correlations.

    (A) Event rates, the lower area with its somatic input and the upper one with the lower, rise from below; (B) burst
    probabilities, the upper area with its dendritic input and the lower one with the upper's burst rate, come down from
    above; beneath each the interneurons that listen to it; (C) correlations of traces that should follow each other and
    of those that should not.

    Parameters
    ----------
    traces : MultiplexingTraces
    beside : mapping of str to MultiplexingTraces, optional
        Other arms, whose correlations are drawn beside.
    window : tuple of float
        Seconds that correlations are computed over, and whose extremes the dashed lines are scaled to.
    shown : tuple of float
        Seconds that are drawn.
    somatic, dendritic : callable
        Inputs I_s and I_d, functions of time [s]; scale and offset do not matter.

    Returns
    -------
    Figure
        Axes labelled by their trace, with a line of that label and a dashed one with the label of what drives it; axes
        labelled ``correlations`` with one line of markers for every arm.

    Raises
    ------
    ArgumentError
        If no bin lies in the window.

    See Also
    --------
    burstnet.analysis.multiplexing.correlations, burstnet.analysis.multiplexing.rescaled : the numbers.

    References
    ----------
    Payeur et al. (2021), Fig. 3.
    """
    counted, drawn = traces.within(*window), traces.within(*shown)
    inputs = {"I_s": somatic, "I_d": dendritic}

    def driver(name: str, time: np.ndarray, of: MultiplexingTraces) -> np.ndarray:
        return inputs[name](time) if name in inputs else of.mean(name)

    rows = [("ER2", "ER1"), ("BP2", "I_d"), ("ER1", "I_s"), ("BP1", "BR2"), ("PV", "ER1"), ("SST", "BR2")]
    with matplotlib.rc_context(style.RC):
        page = Page(4.55 + 0.13 * len(beside or {}))
        there = [(name, by) for name, by in rows if name in traces.values]
        for name, by in there:
            row, column = divmod(rows.index((name, by)), 2)
            letter = {0: "A", 1: "B"}[column] if row == 0 else ""
            left, top = _LEFT + column * (_WIDTH + _GAP), 0.52 + row * (_HEIGHT + 0.36)
            ax = page.axes(name, left, top, _WIDTH, _HEIGHT, letter, 0.3)
            response = counted.mean(name)
            # Scaled by the window's extremes, of which only a part may be drawn.
            whole = rescaled(driver(by, counted.time, counted), response)
            scale = _scale(drawn, name)
            style.seed_lines(ax, drawn.time, scale * drawn.of(name), _colour(name), name)
            here = np.isin(counted.time, drawn.time)
            ax.plot(
                counted.time[here], scale * whole[here], color=style.INK, linewidth=0.8, linestyle=(0, (3, 1.5)),
                label=by, zorder=4,
            )  # fmt: skip
            _finish(ax, drawn, name, shown, [scale * whole[here]])
            style.write_words(ax, [(_title(name), _colour(name)), (f"– –  {_driver(by)}", style.INK)], offset=3)
            if (name, by) not in there[-2:]:
                ax.tick_params(labelbottom=False)
            else:
                ax.set_xlabel("time (s)")
        _heads(page)
        left = _LEFT + 2 * (_WIDTH + _GAP) + 0.3
        ax = page.axes("correlations", left, 0.52, page.width - left - 0.14, 3 * _HEIGHT + 2 * 0.36, "C", 0.3)
        arms = {"control": traces} | dict(beside or {})
        found = {
            label: correlations(one, somatic=somatic, dendritic=dendritic, window=window) for label, one in arms.items()
        }
        _correlations(ax, found)
        number = len(next(iter(traces.values.values())))
        text = style.seeds_text(number) + ("; correlations of the mean" if number > 1 else "")
        page.figure.text(_LEFT / page.width, 0.02, text, ha="left", va="bottom", size=6.5, color=style.QUIET)
        return page.figure


def _scale(traces: MultiplexingTraces, name: str) -> float:
    return 100.0 if name.startswith("BP") else 1.0


def _colour(name: str) -> str:
    return _COLOURS.get(name, _COLOURS.get(name[-1], style.INK))


def _title(name: str) -> str:
    """What is drawn, in words."""
    area = {"1": "lower area", "2": "upper area"}.get(name[-1], "")
    return area or f"{name} cells"


def _driver(name: str) -> str:
    """What drives it, in words."""
    words = {
        "I_s": "somatic input",
        "I_d": "dendritic input",
        "ER1": "lower area's events",
        "BR2": "upper area's bursts",
    }
    return words[name]


def _finish(ax: Axes, drawn: MultiplexingTraces, name: str, shown: tuple[float, float], more: list[np.ndarray]) -> None:
    scale = _scale(drawn, name)
    mean, sd = (scale * values for values in mean_and_sd(drawn.of(name)))
    spread = np.nan_to_num(sd)
    fit(ax, [mean + spread, np.maximum(mean - spread, 0), *more])
    ax.set_xlim(*shown)
    ax.set_ylabel(
        "burst prob. (%)" if name.startswith("BP") else "events (Hz)" if name.startswith("ER") else "spikes (Hz)"
    )


def _heads(page: Page) -> None:
    for column, text in enumerate(("events, upwards", "bursts, downwards")):
        x = (_LEFT + column * (_WIDTH + _GAP)) / page.width
        page.figure.text(x, 1 - 0.22 / page.height, text, ha="left", va="center", size=7, color=style.INK)


def _correlations(ax: Axes, found: Mapping[str, Mapping[str, float]]) -> None:
    """A row a pair, what should follow above what should not, a marker an arm."""
    names = [f"{one}~{other}" for pairs in (TRANSMITTED, CROSS_TALK) for one, other in pairs]
    some = next(iter(found.values()))
    wanted = [name for name in names if name in some]
    transmitted = [f"{one}~{other}" for one, other in TRANSMITTED]
    place, y = {}, 0.0
    for k, name in enumerate(wanted):
        if k and name not in transmitted and wanted[k - 1] in transmitted:
            y += 1.4
        place[name] = y
        y += 1.0
    ax.axvline(0, color=style.QUIET, linewidth=0.6, zorder=0.5)
    if len(found) > 1:
        colours = style.arm_colours(found)
    else:
        colours = dict.fromkeys(found, style.INK)
    for k, (label, values) in enumerate(found.items()):
        aside = 0.22 * (k - (len(found) - 1) / 2)
        ax.plot(
            [values[name] for name in wanted], [place[name] + aside for name in wanted], "o", markersize=3.5,
            color=colours[label], label=label, linestyle="none", clip_on=False, zorder=3,
        )  # fmt: skip
    for name in wanted:
        ax.plot([-0.5, 1], [place[name]] * 2, color="#E6E6E6", linewidth=0.5, zorder=0)
    ax.set_yticks(list(place.values()), [_pair(name) for name in wanted])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(y - 0.4, -0.8)
    ax.set_xlim(-0.5, 1)
    ax.set_xticks([-0.5, 0, 0.5, 1])
    ax.set_xlabel("correlation")
    after = [name for name in wanted if name not in transmitted]
    for text, first in (("transmitted", wanted[0]), ("cross-talk", after[0] if after else "")):
        if first in place:
            ax.annotate(
                text, (-0.5, place[first] - 0.75), (-4, 0), "data", "offset points",
                ha="right", va="center", size=style.label_size(ax) - 0.5, color=style.QUIET, annotation_clip=False,
            )  # fmt: skip
    for k, label in enumerate(found if len(found) > 1 else ()):
        ax.annotate(
            label, (1, 0), (0, -32 - 9 * k), "axes fraction", "offset points",
            ha="right", va="top", size=style.label_size(ax), color=colours[label], annotation_clip=False,
        )  # fmt: skip


def _pair(name: str) -> str:
    one, _, other = name.partition("~")
    return f"{_SHOWN.get(one, one)}, {_SHOWN.get(other, other)}"

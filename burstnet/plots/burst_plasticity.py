"""Weights that follow burst probability minus its moving average. Imports analysis, result, panels and style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.burst_plasticity import BurstPlasticityTraces, burst_plasticity_traces
from ..analysis.rates import mean_and_sd
from ..result import Result
from . import style
from .panels import Page, fit

__all__ = ["burst_plasticity_figure", "draw_burst_plasticity"]

_PRE, _POST = style.QUIET, style.OUTPUT
_LEFT, _RIGHT = 0.62, 0.98
#: Every other phase.
_SHADE = "#F2F2F0"


def burst_plasticity_figure(
    result: Result, *, width: float = 2.5, labels: Mapping[str, str] | None = None, **names: Any
) -> Figure:
    """The figure of `draw_burst_plasticity` of a run.

    Parameters
    ----------
    result : Result
    width : float
        Width of a bin [s].
    labels : mapping of str to str, optional
        Phase to what is written above it; its name by default.
    **names
        ``pre``, ``post`` and ``projection``, see `burstnet.analysis.burst_plasticity.burst_plasticity_traces`.

    Raises
    ------
    ArgumentError
        As `burst_plasticity_traces`.
    """
    return draw_burst_plasticity(burst_plasticity_traces(result, width, **names), labels=labels)


def draw_burst_plasticity(traces: BurstPlasticityTraces, *, labels: Mapping[str, str] | None = None) -> Figure:
    """(A) Weights, (B) burst probability with its moving average, (C) event rate, phase by phase.

    Parameters
    ----------
    traces : BurstPlasticityTraces
    labels : mapping of str to str, optional
        Phase to what is written above it; its name by default.

    Returns
    -------
    Figure
        Axes labelled ``weight``, ``burst_probability`` and ``event_rate``; in these lines labelled ``weight``, ``start``,
        ``postsynaptic``, ``presynaptic`` and ``moving average``, and shades with the gid ``phase NAME``.

    See Also
    --------
    burstnet.analysis.burst_plasticity.burst_plasticity_traces : the numbers.

    References
    ----------
    Payeur et al. (2021), Fig. 2E to G.
    """
    with matplotlib.rc_context(style.RC):
        page = Page(4.05)
        size = page.width - _LEFT - _RIGHT
        weight = page.axes("weight", _LEFT, 0.5, size, 0.95, "A")
        bursts = page.axes("burst_probability", _LEFT, 1.63, size, 1.0, "B")
        events = page.axes("event_rate", _LEFT, 2.81, size, 0.85, "C")
        _weight(weight, traces)
        _bursts(bursts, traces)
        _events(events, traces)
        spans = list(traces.phases.values())
        for ax in (weight, bursts, events):
            ax.set_xlim(spans[0][0] if spans else 0, spans[-1][1] if spans else float(traces.time[-1]))
            _shade(ax, traces.phases)
        for ax in (weight, bursts):
            ax.tick_params(labelbottom=False)
        events.set_xlabel("time (s)")
        _names(weight, traces.phases, labels or {})
        style.caption(weight, style.seeds_text(len(traces.weight)), 20)
        _end_labels(weight, bursts, events, traces)
        return page.figure


def _weight(ax: Axes, traces: BurstPlasticityTraces) -> None:
    first = float(traces.weight[:, 0].mean())
    ax.axhline(first, color=style.QUIET, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=1.5, label="start")
    style.seed_lines(ax, traces.weight_time, traces.weight, style.INK, "weight")
    fit(ax, [traces.weight])
    ax.set_ylabel("mean weight")


def _bursts(ax: Axes, traces: BurstPlasticityTraces) -> None:
    percent = 100 * traces.burst_probability
    ax.plot(
        traces.time, 100 * mean_and_sd(traces.pre_burst_probability)[0], color=_PRE, linewidth=0.8, label="presynaptic"
    )
    style.seed_lines(ax, traces.time, percent, _POST, "postsynaptic")
    average = 100 * mean_and_sd(traces.average)[0]
    settled = traces.average_time >= traces.time[0]  # of the first events it is but noise
    ax.plot(
        traces.average_time[settled],
        average[settled],
        color=style.SPIKE_COLOURS["burst"],
        linewidth=1.0,
        label="moving average",
        zorder=4,
    )
    fit(ax, [percent, 100 * traces.pre_burst_probability], bottom=0.0)
    ax.set_ylabel("burst\nprobability (%)")


def _events(ax: Axes, traces: BurstPlasticityTraces) -> None:
    ax.plot(traces.time, mean_and_sd(traces.pre_event_rate)[0], color=_PRE, linewidth=0.8, label="presynaptic")
    style.seed_lines(ax, traces.time, traces.event_rate, _POST, "postsynaptic")
    fit(ax, [traces.event_rate, traces.pre_event_rate], bottom=0.0)
    ax.set_ylabel("event rate (Hz)")


def _shade(ax: Axes, phases: Mapping[str, tuple[float, float]]) -> None:
    for k, (name, (start, stop)) in enumerate(phases.items()):
        if k % 2:
            ax.axvspan(start, stop, color=_SHADE, linewidth=0, zorder=-10, gid=f"phase {name}")


def _names(ax: Axes, phases: Mapping[str, tuple[float, float]], labels: Mapping[str, str]) -> None:
    """What each phase is called, above it where there is room."""
    low, high = ax.get_xlim()
    points, _ = style.axes_points(ax)
    for name, (start, stop) in phases.items():
        text = labels.get(name, name.replace("_", " "))
        longest = max(len(line) for line in text.split("\n"))
        if (stop - start) / (high - low) * points > 2.9 * longest:
            ax.annotate(
                text, ((start + stop) / 2, 1), (0, 2), ("data", "axes fraction"), "offset points",
                ha="center", va="bottom", size=6, linespacing=1.1,
            )  # fmt: skip


def _end_labels(weight: Axes, bursts: Axes, events: Axes, traces: BurstPlasticityTraces) -> None:
    style.end_labels(
        weight,
        [
            (style.end_value(traces.weight), "mean of synapses", style.INK),
            (float(traces.weight[:, 0].mean()), "at the start", style.QUIET),
        ],
    )
    style.end_labels(
        bursts,
        [
            (100 * style.end_value(traces.pre_burst_probability), "presynaptic", _PRE),
            (100 * style.end_value(traces.burst_probability), "postsynaptic", _POST),
            (100 * style.end_value(traces.average), "moving average", style.SPIKE_COLOURS["burst"]),
        ],
    )
    style.end_labels(
        events,
        [
            (style.end_value(traces.pre_event_rate), "presynaptic", _PRE),
            (style.end_value(traces.event_rate), "postsynaptic", _POST),
        ],
    )

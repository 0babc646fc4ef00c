"""One metric in every arm of a study, seeds joined, with the difference from the control. Imports analysis, errors and style."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ..analysis.curves import bootstrap_band
from ..analysis.metrics import Metric
from ..analysis.paired import Comparison, compare
from ..errors import ArgumentError, unknown_name
from . import style

__all__ = ["metric_by_arm"]

_SHOWN_UNITS = {"1": ""}


def metric_by_arm(
    arms: Mapping[str, Mapping[str, Metric]],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    metric: str,
    ax: Axes | None = None,
    *,
    control: str | None = "control",
    comparisons: Sequence[Comparison] | None = None,
) -> Axes:
    """Every seed of every arm as a dot, the same seeds joined by thin lines, mean with 95 % interval beside them.

    Above each arm stands its effect size against the control and the corrected p.

    Parameters
    ----------
    arms : mapping of str to mapping of str to Metric
        Label to metrics.
    seeds : sequence of int, or mapping of str to sequence of int
        Seeds in the order of ``Metric.per_seed``, of all arms or of each.
    metric : str
    ax : Axes, optional
        A new figure's by default.
    control : str, optional
        None for points of a sweep, none of which is the control: they are drawn alike and not compared.
    comparisons : sequence of Comparison, optional
        Computed by `burstnet.analysis.paired.compare` by default; others than of this metric are passed over.

    Returns
    -------
    Axes
        For each arm dots labelled with it, a marker with an interval labelled ``ARM mean``, and the collection
        ``pairs`` of lines.

    Raises
    ------
    ArgumentError
        If no arm has the metric, or there is no such arm.

    See Also
    --------
    burstnet.analysis.paired.compare : the numbers.
    """
    if control is not None and control not in arms:
        raise unknown_name("control", control, arms)
    if not any(metric in metrics for metrics in arms.values()):
        raise unknown_name("metric", metric, {name for metrics in arms.values() for name in metrics})
    if control is None or metric not in arms[control]:
        comparisons = []
    elif comparisons is None:
        comparisons = compare(arms, seeds, control=control, metrics=[metric])
    labels = [label for label in arms if label == control] + [label for label in arms if label != control]
    values = {label: _by_seed(arms, seeds, label, metric) for label in labels}
    names = [textwrap.fill(label, 13, max_lines=3, placeholder=" …") for label in labels]
    ax = ax or style.new_axes(1.0 + 0.8 * len(labels), 2.3 + 0.1 * max(name.count("\n") for name in names), right=0.1)
    colours = dict.fromkeys(labels, style.OUTPUT) if control is None else style.arm_colours(labels, control)
    _join(ax, values, labels)
    for k, label in enumerate(labels):
        _draw_arm(ax, k, label, np.array(list(values[label].values())), colours[label])
    unit = next(metrics[metric].unit for metrics in arms.values() if metric in metrics)
    ax.set_xlim(-0.5, len(labels) - 0.5)
    ax.set_xticks(range(len(labels)), names)
    for tick, label in zip(ax.get_xticklabels(), labels, strict=True):
        tick.set_color(colours[label])
    ax.tick_params(axis="x", length=0)
    ax.margins(y=0.08)
    ax.set_ylabel(f"{metric} ({unit})" if _SHOWN_UNITS.get(unit, unit) else metric)
    for comparison in comparisons:
        if comparison.metric == metric and comparison.arm in labels:
            _write_effect(ax, labels.index(comparison.arm), comparison)
    return ax


def _by_seed(
    arms: Mapping[str, Mapping[str, Metric]],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    label: str,
    metric: str,
) -> dict[int, float]:
    if metric not in arms[label]:
        return {}
    own, values = seeds[label] if isinstance(seeds, Mapping) else seeds, arms[label][metric].per_seed
    if len(own) != len(values):
        raise ArgumentError(f"arm {label!r} has {len(own)} seeds, but {len(values)} values of {metric!r}.")
    return {seed: float(value) for seed, value in zip(own, values, strict=True) if np.isfinite(value)}


def _join(ax: Axes, values: Mapping[str, Mapping[int, float]], labels: Sequence[str]) -> None:
    """A thin line a seed through every arm that has it; a gap where it is missing."""
    lines = []
    for seed in dict.fromkeys(seed for label in labels for seed in values[label]):
        line = [(k, values[label][seed]) for k, label in enumerate(labels) if seed in values[label]]
        if len(line) > 1:
            lines.append(np.array(line))
    alpha = float(np.clip(3 / max(1, len(lines)), 0.12, 0.5))
    ax.add_collection(LineCollection(lines, colors=style.QUIET, linewidths=0.5, alpha=alpha, label="pairs", zorder=1))


def _draw_arm(ax: Axes, k: int, label: str, values: np.ndarray, colour: str) -> None:
    """Dots of seeds at the place of the arm, its mean and interval just right of it."""
    if not len(values):
        ax.annotate("no value", (k, 0.5), xycoords=("data", "axes fraction"), ha="center", color=style.QUIET, size=6)
        return
    size = 3.2 if len(values) <= 20 else 2.2
    ax.plot([k] * len(values), values, "o", color=colour, markersize=size, mew=0, alpha=0.55, label=label, zorder=2)
    low, high = bootstrap_band(values[:, None])
    mean, at = float(values.mean()), k + 0.16
    if np.isfinite(low[0]):
        ax.plot([at, at], [low[0], high[0]], color=colour, linewidth=1.4, label=f"{label} interval", zorder=3)
    ax.plot([at], [mean], "o", color=colour, mec="white", mew=0.5, markersize=4, label=f"{label} mean", zorder=4)


def _write_effect(ax: Axes, k: int, comparison: Comparison) -> None:
    """Effect size and corrected p above an arm."""
    if not comparison.n:
        text = "no pair"
    elif comparison.difference == 0 and np.isnan(comparison.d_z):
        text = "identical" if comparison.n > 1 else "n = 1"
    elif np.isnan(comparison.d_z):
        text = "n = 1" if comparison.n == 1 else "same\ndifference"
    else:
        text = rf"$d_z = {comparison.d_z:.2g}$" + "\n" + rf"$p = {comparison.p_holm:.2g}$"
    place: dict[str, Any] = {
        "xycoords": ("data", "axes fraction"),
        "textcoords": "offset points",
        "ha": "center",
        "va": "bottom",
    }
    ax.annotate(text, (k, 1), (0, 3), color=style.INK, size=style.label_size(ax) - 0.5, linespacing=1.15, **place)

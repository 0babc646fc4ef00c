"""One quantity over time in every arm of a study, with bootstrap bands. Imports analysis, result, errors and style."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes

from ..analysis.curves import Curve, curve
from ..analysis.rates import baseline_burst_probability
from ..analysis.teaching import teaching_windows
from ..errors import ArgumentError
from ..result import Result
from . import style

__all__ = ["learning_curves"]

_SHOWN_UNITS = {"A": (1e12, "pA"), "S": (1e9, "nS"), "V": (1e3, "mV"), "1": (1.0, "")}
#: Points that a letter of a phase's name takes.
_LETTER = 3.1
#: Points above the axes at which bars start; the names of phases are below them.
_ABOVE_NAMES = 12


def learning_curves(
    arms: Mapping[str, Result | Iterable[Result]],
    ax: Axes | None = None,
    *,
    quantity: str = "event rate",
    of: str | None = None,
    width: float | None = None,
    level: float = 0.95,
    control: str = "control",
) -> Axes:
    """Mean over seeds and its bootstrap band for every arm, lesion windows shaded and phases marked.

    Parameters
    ----------
    arms : mapping of str to Result or iterable of Result
        Label to all seeds of the arm, in one result or in several.
    ax : Axes, optional
        A new figure's by default.
    quantity : {"event rate", "burst rate", "burst probability", "weight"}
    of : str, optional
        Population, by default the top one; for a weight the projection, by default the first that was recorded.
    width : float, optional
        Width of a bin [s]; by default as `burstnet.analysis.curves.curve` chooses it.
    level : float
        Confidence of the bands.
    control : str
        The arm that is drawn in grey.

    Returns
    -------
    Axes
        A line for each arm with its label, a band labelled ``ARM band`` where it has two seeds or more, shades with the
        gid ``lesion``, and a bar labelled ``ARM lesion`` above the axes for every window of the arm.

    Raises
    ------
    ArgumentError
        If there is no arm, a name does not exist, or something was not recorded.

    See Also
    --------
    burstnet.analysis.curves.curve : the numbers.
    """
    if not arms:
        raise ArgumentError("arms={} is not allowed; give at least one arm.")
    seen = _Seen()
    curves = {
        label: curve(seen.of(label, results), quantity, of, width=width, level=level) for label, results in arms.items()
    }
    colours = style.arm_colours(arms, control)
    one = next(iter(curves.values()))
    scale, unit = _SHOWN_UNITS.get(one.unit, (1.0, one.unit))
    ax = ax or style.new_axes(6.4, 2.2, right=0.35 + 0.05 * max(map(len, map(_short, arms))))
    order = [*(label for label in arms if label != control), *(label for label in arms if label == control)]
    for label in order:
        _draw(ax, curves[label], label, colours[label], scale)
    _limits(ax, curves, quantity, scale, seen)
    ax.set_xlabel("time (s)")
    ax.set_ylabel(f"{quantity} of {one.of}" if not unit else f"{quantity}\nof {one.of} ({unit})")
    style.shade_lesions(ax, {span for spans in seen.windows.values() for span in spans})
    _bars(ax, seen.windows, colours)
    _phases(ax, seen)
    ends = [(style.end_value(c.values) * scale, _short(label), colours[label]) for label, c in curves.items()]
    style.end_labels(ax, ends)
    return ax


class _Seen:
    """What is kept of results that pass by one at a time."""

    def __init__(self) -> None:
        self.first: Result | None = None
        self.windows: dict[str, list[tuple[float, float]]] = {}
        self.duration = 0.0

    def of(self, label: str, results: Result | Iterable[Result]) -> Iterable[Result]:
        self.windows[label] = []
        for result in [results] if isinstance(results, Result) else results:
            self.first = self.first or result
            self.windows[label] = result.windows
            self.duration = max(self.duration, float(result.about["simulated_s"]))
            yield result


def _short(label: str) -> str:
    """A label for the margin; points of a sweep differ at their ends rather than at their starts."""
    return label if len(label) <= 24 else f"{label[:11]}…{label[-12:]}"


def _draw(ax: Axes, found: Curve, label: str, colour: str, scale: float) -> None:
    if len(found.values) > 1:
        ax.fill_between(
            found.time, scale * found.low, scale * found.high, color=colour, alpha=0.2, lw=0, label=f"{label} band",
            zorder=1,
        )  # fmt: skip
    ax.plot(found.time, scale * found.mean, color=colour, label=label, zorder=3)


def _limits(ax: Axes, curves: Mapping[str, Curve], quantity: str, scale: float, seen: _Seen) -> None:
    """Limits that hold every band, with target rates or the baseline where there are such."""
    ax.set_xlim(0, seen.duration)
    drawn = np.concatenate([np.concatenate([c.mean, c.low, c.high]) for c in curves.values()]) * scale
    drawn = drawn[np.isfinite(drawn)]
    low, high = float(drawn.min(initial=0.0)), float(drawn.max(initial=0.0))
    if seen.first is not None and quantity == "event rate" and len({c.of for c in curves.values()}) == 1:
        if next(iter(curves.values())).of == list(seen.first.populations)[-1]:
            for window in teaching_windows(seen.first):
                if window.target is not None:
                    ax.plot(
                        [window.start, window.stop], [window.target] * 2, color=style.TARGET, linestyle=(0, (4, 2)),
                        linewidth=0.9, label=f"target {window.phase}", zorder=4,
                    )  # fmt: skip
                    high = max(high, window.target)
    baseline = baseline_burst_probability(seen.first) if seen.first and quantity == "burst probability" else None
    if baseline is not None:
        ax.axhline(baseline, color=style.BASELINE, linestyle=(0, (1, 1.5)), linewidth=0.9, label="baseline", zorder=2.5)
        high = max(high, baseline)
    ax.set_ylim(low, high + 0.06 * (high - low) or 1)


def _bars(ax: Axes, windows: Mapping[str, list[tuple[float, float]]], colours: Mapping[str, str]) -> None:
    """A thin bar above the axes for every window of every arm, in the arm's colour."""
    _, points = style.axes_points(ax)
    hurt = [label for label, spans in windows.items() if spans]
    for k, label in enumerate(reversed(hurt)):
        for start, stop in windows[label]:
            height = 1 + (_ABOVE_NAMES + 3 * k) / points
            ax.plot(
                [start, stop], [height, height], transform=ax.get_xaxis_transform(), color=colours[label],
                linewidth=1.8, clip_on=False, label=f"{label} lesion",
            )  # fmt: skip


def _phases(ax: Axes, seen: _Seen) -> None:
    """A quiet line where a phase starts, and its name above the axes where there is room for it."""
    if seen.first is None:
        return
    points, _ = style.axes_points(ax)
    for name, (start, stop) in seen.first.phases.items():
        if stop <= start:
            continue
        if 0 < start < seen.duration:
            ax.axvline(start, color=style.QUIET, linewidth=0.4, alpha=0.5, zorder=-5, gid=f"phase {name}")
        text = name.replace("_", " ")
        if (stop - start) / seen.duration * points > _LETTER * len(text):
            ax.annotate(
                text, ((start + stop) / 2, 1), (0, 2), ("data", "axes fraction"), "offset points",
                ha="center", va="bottom", size=style.label_size(ax) - 1, color=style.QUIET,
            )  # fmt: skip

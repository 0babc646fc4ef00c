"""One quantity over time in every arm of a study, with bootstrap bands. Imports analysis, result, errors and style."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes

from ..analysis.curves import Curve, curve
from ..analysis.rates import baseline_burst_probability
from ..analysis.teaching import TeachingWindow, teaching_windows
from ..errors import ArgumentError
from ..result import Result
from . import style

__all__ = ["learning_curves"]

_SHOWN_UNITS = {"A": (1e12, "pA"), "S": (1e9, "nS"), "V": (1e3, "mV"), "1": (1.0, "")}
#: Points that a letter of a phase's name takes.
_LETTER = 3.1
#: Letters of a label in the margin.
_LONGEST = 24
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
    quantity : {"event rate", "burst rate", "burst probability", "weight"} or str
        Or the name of what a rate model records in every session.
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
    colours, short = style.arm_colours(arms, control), _short(list(arms))
    one = next(iter(curves.values()))
    scale, unit = _SHOWN_UNITS.get(one.unit, (1.0, one.unit))
    ax = ax or style.new_axes(6.4, 2.2, right=0.35 + 0.05 * max(map(len, short.values())))
    order = [*(label for label in arms if label != control), *(label for label in arms if label == control)]
    for label in order:
        _draw(ax, curves[label], label, colours[label], scale)
    _limits(ax, curves, scale, seen)
    _targets(ax, curves, quantity, colours, seen)
    ax.set_xlabel("session" if seen.clock == "session" else "time (s)")
    named = f"{quantity} of {one.of}" if one.of else quantity.replace("_", " ")
    ax.set_ylabel(f"{named} ({unit})".replace(" of ", "\nof ", 1) if unit else named)
    style.shade_lesions(ax, {span for spans in seen.windows.values() for span in spans})
    _bars(ax, seen.windows, colours)
    _phases(ax, seen)
    ends = [(style.end_value(c.values) * scale, short[label], colours[label]) for label, c in curves.items()]
    style.end_labels(ax, ends)
    return ax


class _Seen:
    """What is kept of each arm's results, which pass by one at a time."""

    def __init__(self) -> None:
        self.windows: dict[str, list[tuple[float, float]]] = {}
        self.phases: dict[str, dict[str, tuple[float, float]]] = {}
        self.targets: dict[str, list[TeachingWindow]] = {}
        self.baselines: dict[str, float | None] = {}
        self.top, self.clock = "", "s"
        self.start, self.stop = float("inf"), 0.0

    def of(self, label: str, results: Result | Iterable[Result]) -> Iterable[Result]:
        for result in [results] if isinstance(results, Result) else results:
            start = float(result.about.get("start_s", 0.0))
            self.start, self.stop = min(self.start, start), max(self.stop, start + float(result.about["simulated_s"]))
            if label not in self.windows:
                self.windows[label], self.phases[label] = result.windows, result.phases
                self.targets[label] = [window for window in teaching_windows(result) if window.target is not None]
                self.baselines[label] = baseline_burst_probability(result)
                self.top, self.clock = list(result.populations)[-1], result.clock
            yield result


def _short(labels: list[str]) -> dict[str, str]:
    """Labels for the margin: of points of a sweep the values alone, of what is long still its ends."""
    found, points = dict(zip(labels, labels, strict=True)), [label.split(", ") for label in labels]
    names = {tuple(part.partition("=")[0] for part in point) for point in points}
    if len(names) == 1 and len(labels) > 1 and all("=" in part for point in points for part in point):
        for label, point in zip(labels, points, strict=True):
            found[label] = ", ".join(part.partition("=")[2] for part in point)
    return {
        label: text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2 - 1]}…{text[-_LONGEST // 2 :]}"
        for label, text in found.items()
    }


def _draw(ax: Axes, found: Curve, label: str, colour: str, scale: float) -> None:
    if len(found.values) > 1:
        ax.fill_between(
            found.time, scale * found.low, scale * found.high, color=colour, alpha=0.2, lw=0, label=f"{label} band",
            zorder=1,
        )  # fmt: skip
    ax.plot(found.time, scale * found.mean, color=colour, label=label, zorder=3)


def _limits(ax: Axes, curves: Mapping[str, Curve], scale: float, seen: _Seen) -> None:
    """Limits that hold every band."""
    ax.set_xlim(seen.start, seen.stop)
    drawn = np.concatenate([np.concatenate([c.mean, c.low, c.high]) for c in curves.values()]) * scale
    drawn = drawn[np.isfinite(drawn)]
    low, high = float(drawn.min(initial=0.0)), float(drawn.max(initial=0.0))
    ax.set_ylim(low, high + 0.06 * (high - low) or 1)


def _targets(ax: Axes, curves: Mapping[str, Curve], quantity: str, colours: Mapping[str, str], seen: _Seen) -> None:
    """Target rates of the top population, the baseline of burst probability; each arm's own where they differ."""
    alike = len({tuple((w.start, w.stop, w.target) for w in windows) for windows in seen.targets.values()}) == 1
    shown = list(seen.targets.items()) if quantity == "event rate" else []
    for label, windows in shown[:1] if alike else shown:
        for window in windows if curves[label].of == seen.top else ():
            ax.plot(
                [window.start, window.stop], [float(window.target or 0.0)] * 2, linestyle=(0, (4, 2)), linewidth=0.9,
                color=style.TARGET if alike else colours[label], zorder=4,
                label=f"target {window.phase}" if alike else f"{label} target {window.phase}",
            )  # fmt: skip
    baselines = set(seen.baselines.values())
    baseline = baselines.pop() if len(baselines) == 1 and quantity == "burst probability" else None
    if baseline is not None:
        ax.axhline(baseline, color=style.BASELINE, linestyle=(0, (1, 1.5)), linewidth=0.9, label="baseline", zorder=2.5)
    low, high = ax.get_ylim()
    highest = max([baseline or 0.0, *(float(w.target or 0.0) for _, windows in shown for w in windows)])
    ax.set_ylim(low, max(high, 1.06 * highest))


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
    """A quiet line where a phase starts, and its name above the axes where there is room; none if arms differ."""
    phases = next(iter(seen.phases.values()))
    if any(other != phases for other in seen.phases.values()):
        return
    points, _ = style.axes_points(ax)
    for name, (start, stop) in phases.items():
        if stop <= start:
            continue
        if seen.start < start < seen.stop:
            ax.axvline(start, color=style.QUIET, linewidth=0.4, alpha=0.5, zorder=-5, gid=f"phase {name}")
        text = name.replace("_", " ")
        if (stop - start) / (seen.stop - seen.start) * points > _LETTER * len(text):
            ax.annotate(
                text, ((start + stop) / 2, 1), (0, 2), ("data", "axes fraction"), "offset points",
                ha="center", va="bottom", size=style.label_size(ax) - 1, color=style.QUIET,
            )  # fmt: skip

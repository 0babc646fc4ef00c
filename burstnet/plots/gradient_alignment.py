"""Weight changes beside gradients, over numbers of examples, and signal to noise by area. Imports panels and style."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import style
from .panels import Page, zero_line

__all__ = ["draw_gradient_alignment"]

_LEFT, _TOP, _WIDE, _HEIGHT, _BELOW, _BETWEEN = 0.62, 0.42, 1.75, 1.6, 0.95, 1.1
#: Panels of angles: the reference, and what it is in words.
_PANELS = (
    ("rule", "angle to rule in rates (deg)"),
    ("fa", "angle to feedback alignment (deg)"),
    ("bp", "angle to backprop (deg)"),
)


def draw_gradient_alignment(
    numbers: np.ndarray, angles: Mapping[str, Mapping[str, np.ndarray]], snr: Mapping[str, np.ndarray]
) -> Figure:
    """Angle of the summed change to that of (A) the rule in rates, (B) feedback alignment, (C) backprop; (D) signal to noise.

    Parameters
    ----------
    numbers : ndarray, shape (points,)
        Of examples that are summed.
    angles : mapping of str to mapping of str to ndarray, shape (seeds, points)
        Area, lowest first, to reference to degrees.
    snr : mapping of str to ndarray, shape (seeds,)
        Area to signal over noise of its burst probability, as powers.

    Returns
    -------
    Figure
        Axes labelled ``rule``, ``fa`` and ``bp`` with a line for every area and a line ``no alignment`` at 90 degrees, in ``fa``
        also a dotted line ``AREA other feedback``, and ``snr`` with the markers of every area.

    References
    ----------
    Greedy et al. (2022) compare rates with back-propagation.
    """
    colours = style.population_colours(["input", *angles])
    with matplotlib.rc_context(style.RC):
        page = Page(2 * (_TOP + _HEIGHT) + _BELOW + 0.3, _LEFT + 2 * (_WIDE + _BETWEEN))
        places = [(_LEFT + k % 2 * (_WIDE + _BETWEEN), _TOP + k // 2 * (_HEIGHT + _BELOW)) for k in range(4)]
        for k, (reference, name) in enumerate(_PANELS):
            ax = page.axes(reference, *places[k], _WIDE, _HEIGHT, "ABC"[k], 0.26)
            shown = {area: found[reference] for area, found in angles.items() if reference in found}
            others = {a: found["other_feedback"] for a, found in angles.items() if "other_feedback" in found}
            _angles(ax, np.asarray(numbers, dtype=float), shown, others if reference == "fa" else {}, colours, name)
        _noise(page.axes("snr", *places[3], _WIDE, _HEIGHT, "D", 0.26), snr, colours)
        page.seeds(len(next(iter(snr.values()))))
        return page.figure


def _angles(
    ax: Axes,
    numbers: np.ndarray,
    shown: Mapping[str, np.ndarray],
    others: Mapping[str, np.ndarray],
    colours: Mapping[str, str],
    name: str,
) -> None:
    zero_line(ax, 90.0, "no alignment")
    for area, per_seed in others.items():
        mean = np.mean(per_seed, axis=0)
        ax.plot(numbers, mean, color=colours[area], linestyle=(0, (1, 1)), label=f"{area} other feedback", zorder=2)
    if others:
        style.write_words(ax, [("dotted: other feedback", style.QUIET)])
    for area, per_seed in shown.items():
        style.seed_lines(ax, numbers, per_seed, colours[area], area)
    if len(numbers) > 1:
        ax.set_xscale("log")
        ax.set_xlim(numbers[0], numbers[-1])
    drawn = [v for v in (*shown.values(), *others.values()) if np.isfinite(v).any()]
    ax.set_ylim(0, 1.05 * max([90.0, *(float(np.nanmax(v)) for v in drawn)]))
    ax.set_yticks([0, 30, 60, 90])
    ax.set_xlabel("examples")
    ax.set_ylabel(name)
    style.end_labels(ax, [(style.end_value(v), area, colours[area]) for area, v in shown.items()])


def _noise(ax: Axes, snr: Mapping[str, np.ndarray], colours: Mapping[str, str]) -> None:
    """A marker a seed; what is not above zero lies on the lower edge."""
    values = np.concatenate([np.atleast_1d(v) for v in snr.values()])
    above = values[np.isfinite(values) & (values > 0)]
    least = float(above.min()) / 2 if above.size else 1e-3
    for k, (area, per_seed) in enumerate(snr.items()):
        at = np.full(len(per_seed), float(k))
        ax.plot(at, np.maximum(per_seed, least), "o", color=colours[area], markersize=4, alpha=0.7, label=area, mew=0)
    ax.set_yscale("log")
    ax.set_xlim(-0.5, len(snr) - 0.5)
    ax.set_xticks(range(len(snr)), list(snr))
    ax.set_ylabel("signal / noise of errors")

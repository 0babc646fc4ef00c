"""Weight change by pairing protocols, with what theory expects. Imports analysis, result, panels and style."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.pairing import PairingCurve, PairingData, pairing_data
from ..analysis.pairing_theory import burst_poisson_expectation, periodic_expectation, poisson_expectation
from ..result import Result
from . import style
from .panels import Page, zero_line

__all__ = ["draw_pairing", "pairing_figure"]

_COLOURS = (style.ARMS[1], style.ARMS[0], *style.ARMS[2:])
#: Moving average of the event rate that periodic and Poisson pairing begin with in the paper [Hz].
_EVENTS = 5.0


def pairing_figure(
    results: Result | Iterable[Result],
    *,
    published: PairingData | None = None,
    projection: str = "pairing",
    points: int | None = None,
) -> Figure:
    """The figure of `draw_pairing` of one or several runs; panels of protocols that are not among them say so.

    Parameters
    ----------
    results, projection, points
        See `burstnet.analysis.pairing.pairing_data`.
    published : PairingData, optional
        See `draw_pairing`.

    Raises
    ------
    ArgumentError
        As `pairing_data`.
    """
    return draw_pairing(pairing_data(results, projection=projection, points=points), published=published)


def draw_pairing(data: PairingData, *, published: PairingData | None = None) -> Figure:
    """Weight change (A) by periodic pairs, (B) by Poisson spikes, (C) by Poisson events and bursts.

    Parameters
    ----------
    data : PairingData
        Dots: means over realisations, with bars of one SD where there are several; lines: what is expected of each.
    published : PairingData, optional
        Drawn as small open diamonds.

    Returns
    -------
    Figure
        In each axes (labelled ``periodic``, ``poisson``, ``burst_poisson``) a line ``... expected`` and a container of
        dots for every curve.

    See Also
    --------
    burstnet.analysis.pairing.pairing_data, burstnet.analysis.pairing_theory.poisson_expectation : the numbers.

    References
    ----------
    Payeur et al. (2021), Fig. 2B to D.
    """
    with matplotlib.rc_context(style.RC):
        page = Page(2.48)
        width, gap = 1.72, 0.62
        lefts = [0.56 + k * (width + gap) for k in range(3)]
        panels = [page.axes(n, left, 0.42, width, 1.44, letter, 0.22) for n, left, letter in
                  zip(("periodic", "poisson", "burst_poisson"), lefts, "ABC", strict=True)]  # fmt: skip
        old = published or PairingData()
        _periodic(panels[0], data.periodic, old.periodic)
        _family(
            panels[1], data.poisson, old.poisson,
            lambda x, p, c: poisson_expectation(x, c.initial or (_EVENTS, _EVENTS * p), c.rule, duration=c.duration),
            lambda p: f"P(0) = {100 * p:g} %",
        )  # fmt: skip
        _family(
            panels[2], data.burst_poisson, old.burst_poisson,
            lambda x, rate, c: burst_poisson_expectation(x, rate, c.initial, c.rule, duration=c.duration),
            lambda rate: f"events at {rate:g} Hz",
        )  # fmt: skip
        titles = ("periodic pairs", "Poisson spikes", "random events, some of them bursts")
        names = ("frequency (Hz)", "rate of both sides (Hz)", "burst probability of both sides (%)")
        for ax, title, name in zip(panels, titles, names, strict=True):
            ax.set_title(title, loc="left", pad=13)
            ax.set_xlabel(name)
        first = next((ax for ax in panels if ax.axison), panels[0])
        first.set_ylabel("weight change")
        _key(page, published is not None, data)
        return page.figure


def _periodic(ax: Axes, curve: PairingCurve | None, old: PairingCurve | None) -> None:
    if curve is None:
        style.note(ax, "not run")
        return
    zero_line(ax)
    frequency = np.linspace(curve.x.min(), curve.x.max(), 600)
    expected = periodic_expectation(frequency, curve.initial or (_EVENTS, 0.15 * _EVENTS), curve.rule)
    jump = np.flatnonzero(np.diff(np.sign(expected)) > 0)
    expected[jump] = np.nan  # no line through a jump
    ax.plot(frequency, expected, color=style.INK, linewidth=0.8, label="periodic expected", zorder=1)
    _dots(ax, curve, style.INK, "periodic")
    if old is not None:
        _diamonds(ax, old, style.INK, "periodic published")
    if jump.size:
        limit = 1 / curve.rule.limit
        ax.axvline(limit, color=style.QUIET, linewidth=0.6, linestyle=(0, (1, 1.5)), zorder=0.5, label="burst limit")
        ax.annotate(
            f"bursts from\n{limit:.3g} Hz on", (limit, 0), (-3, 6), ("data", "data"), "offset points",
            ha="right", va="bottom", size=6, color=style.QUIET,
        )  # fmt: skip
    ax.set_xlim(0, 1.03 * curve.x.max())


def _family(
    ax: Axes,
    curves: Mapping[float, PairingCurve],
    old: Mapping[float, PairingCurve],
    expected: Callable[[np.ndarray, float, PairingCurve], np.ndarray],
    name: Callable[[float], str],
) -> None:
    if not curves:
        style.note(ax, "not run")
        return
    zero_line(ax)
    words = []
    percent = 100.0 if max(one.x.max() for one in curves.values()) <= 1 else 1.0
    for k, (value, curve) in enumerate(curves.items()):
        colour, label = _COLOURS[k % len(_COLOURS)], name(value)
        x = np.linspace(curve.x.min(), curve.x.max(), 200)
        ax.plot(
            percent * x, expected(x, value, curve), color=colour, linewidth=0.8, label=f"{label} expected", zorder=1
        )
        aside = 0.006 * (k - (len(curves) - 1) / 2) * percent * np.ptp(curve.x)
        _dots(ax, curve, colour, label, percent, aside)
        if value in old:
            _diamonds(ax, old[value], colour, f"{label} published", percent, aside)
        words.append((label, colour))
    style.write_words(ax, words, offset=2)


def _dots(ax: Axes, curve: PairingCurve, colour: str, label: str, scale: float = 1.0, aside: float = 0.0) -> None:
    sd = curve.sd if np.isfinite(curve.sd).any() else None
    ax.errorbar(
        scale * curve.x + aside,
        curve.mean,
        sd,
        fmt="o",
        color=colour,
        markersize=3,
        linewidth=0.7,
        label=label,
        zorder=3,
    )


def _diamonds(ax: Axes, curve: PairingCurve, colour: str, label: str, scale: float = 1.0, aside: float = 0.0) -> None:
    ax.plot(
        scale * curve.x + aside, curve.mean, "D", markersize=5, markerfacecolor="none", markeredgecolor=colour,
        markeredgewidth=0.5, linestyle="none", label=label, zorder=2,
    )  # fmt: skip


def _key(page: Page, published: bool, data: PairingData) -> None:
    """What dots, lines and diamonds are, below all panels at the right."""
    curves = [*data.poisson.values(), *data.burst_poisson.values()]
    number = max((len(one.change) for one in curves), default=1)
    dots = f"dots: mean ± SD of {number} realisations" if number > 1 else "dots: one realisation"
    text = f"{dots}; lines: expected" + ("; diamonds: published program" if published else "")
    page.figure.text(1 - 0.14 / page.width, 0.02, text, ha="right", va="bottom", size=6.5, color=style.QUIET)

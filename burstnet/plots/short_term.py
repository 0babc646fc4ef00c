"""Depression passes events on, facilitation passes bursts on. Imports analysis, panels and style."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.short_term import (
    DEPRESSING,
    FACILITATING,
    Release,
    burst_train,
    regular_train,
    response,
    transmitted,
)
from . import style
from .panels import Page

__all__ = ["short_term_figure"]

_COLOURS = {"depressing": style.OUTPUT, "facilitating": style.ARMS[0]}
_LEFT, _GAP = 0.62, 0.72
#: Of the panels: event rates [Hz], burst probabilities, and those at which the other is held.
_RATES, _PROBABILITIES = np.linspace(2, 12, 41), np.linspace(0, 0.6, 31)
_RATE, _PROBABILITY = 8.0, 0.25


def short_term_figure(
    *,
    depressing: Release = DEPRESSING,
    facilitating: Release = FACILITATING,
    size: int = 3,
    interval: float = 0.01,
    simulated: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
) -> Figure:
    """What two kinds of synapse transmit of the same spikes.

    (A) Factor u*x of every spike of a regular train and of a train with bursts; (B) mean
    transmission per second against event rate and (C) against burst probability, relative to the left end of each; (D)
    event rates and burst probabilities that transmit the same: lines of a synapse that hears events alone are vertical.

    Parameters
    ----------
    depressing, facilitating : Release
        Those of Payeur et al. 2021 by default.
    size : int
        Spikes in a burst.
    interval : float
        Between spikes of a burst [s].
    simulated : mapping of str to tuple of ndarray, optional
        ``"depressing"`` or ``"facilitating"`` to times [s] and transmitted factors of the train with bursts out of a
        simulation, drawn as open circles.

    Returns
    -------
    Figure
        Axes labelled ``KIND regular``, ``KIND bursts``, ``event_rate``, ``burst_probability`` and ``equal``; lines and stems
        labelled with the kind of synapse.

    See Also
    --------
    burstnet.analysis.short_term.transmitted, burstnet.analysis.short_term.response : the numbers.

    References
    ----------
    Naud & Sprekeler (2018), PNAS 115; Payeur et al. (2021).
    """
    kinds = {"depressing": depressing, "facilitating": facilitating}
    with matplotlib.rc_context(style.RC):
        page = Page(4.35)
        trains = {
            "regular": regular_train(_RATE, 8),
            "bursts": burst_train(_RATE, 0.5, 8, size=size, interval=interval),
        }
        titles = {"regular": "single spikes", "bursts": f"the same events, every other one a burst of {size}"}
        half = (page.width - _LEFT - 0.14 - 0.3) / 2
        for row, (kind, release) in enumerate(kinds.items()):
            pair = []
            for column, (name, times) in enumerate(trains.items()):
                letter = "" if row or column else "A"
                left, top = _LEFT + column * (half + 0.3), 0.46 + row * 0.78
                ax = page.axes(f"{kind} {name}", left, top, half, 0.62, letter, 0.24)
                _train(ax, times, release, kind, (simulated or {}).get(kind) if column else None)
                if not row:
                    ax.set_title(titles[name], loc="left", pad=4)
                    ax.tick_params(labelbottom=False)
                else:
                    ax.set_xlabel("time (s)")
                pair.append(ax)
            highest = max(ax.get_ylim()[1] for ax in pair)
            for ax in pair:
                ax.set_ylim(0, highest)
            pair[1].tick_params(labelleft=False)
            pair[0].set_ylabel("u x", style="italic")
            size_of_words = style.label_size(pair[0])
            pair[0].text(0.02, 1, kind, transform=pair[0].transAxes, va="top", color=_COLOURS[kind], size=size_of_words)
        third = (page.width - _LEFT - 0.14 - 2 * _GAP) / 3
        panels = [
            page.axes(name, _LEFT + k * (third + _GAP), 2.6, third, 1.3, letter)
            for k, (name, letter) in enumerate((("event_rate", "B"), ("burst_probability", "C"), ("equal", "D")))
        ]
        for kind, release in kinds.items():
            by_rate = np.array([response(release, r, _PROBABILITY, size=size, interval=interval) for r in _RATES])
            by_bursts = np.array([response(release, _RATE, p, size=size, interval=interval) for p in _PROBABILITIES])
            panels[0].plot(_RATES, by_rate / by_rate[0], color=_COLOURS[kind], label=kind)
            panels[1].plot(100 * _PROBABILITIES, by_bursts / by_bursts[0], color=_COLOURS[kind], label=kind)
            _equal(panels[2], release, kind, size, interval)
        _finish(panels)
        return page.figure


def _train(
    ax: Axes, times: np.ndarray, release: Release, kind: str, simulated: tuple[np.ndarray, np.ndarray] | None
) -> None:
    """A stem a spike."""
    factors = transmitted(times, release.U, release.tau_f, release.tau_d, release.u0, release.f)
    ax.vlines(times, 0, factors, color=_COLOURS[kind], linewidth=1.3, label=kind)
    if simulated is not None:
        ax.plot(
            *simulated, "o", markersize=3.5, markerfacecolor="none", markeredgewidth=0.7, color=style.INK,
            linestyle="none", label=f"{kind} simulated",
        )  # fmt: skip
    ax.set_xlim(-0.03, times[-1] + 0.05)
    ax.set_ylim(0, 1.3 * factors.max())


def _equal(ax: Axes, release: Release, kind: str, size: int, interval: float) -> None:
    """Contours of equal transmission over event rate and burst probability."""
    rates, probabilities = np.linspace(2, 12, 21), np.linspace(0, 0.6, 13)
    found = np.array(
        [[response(release, r, p, size=size, interval=interval, events=120) for r in rates] for p in probabilities]
    )
    low, high = np.log(found.min()), np.log(found.max())
    levels = np.exp(np.linspace(low, high, 8)[1:-1])
    drawn = ax.contour(rates, 100 * probabilities, found, levels=levels, colors=_COLOURS[kind], linewidths=0.9)
    drawn.set_label(kind)


def _finish(panels: list[Axes]) -> None:
    rate, bursts, equal = panels
    top = max(ax.get_ylim()[1] for ax in (rate, bursts))
    for ax in (rate, bursts):
        ax.axhline(1, color=style.QUIET, linewidth=0.6, zorder=0.5)
    rate.set_ylim(0, top)
    bursts.set_ylim(0, bursts.get_ylim()[1])
    rate.set_xlabel(f"event rate (Hz), {100 * _PROBABILITY:g} % bursts")
    bursts.set_xlabel(f"burst probability (%), {_RATE:g} Hz events")
    equal.set_xlabel("event rate (Hz)")
    equal.set_ylabel("burst probability (%)")
    rate.set_ylabel("relative transmission")
    equal.set_title("lines of equal transmission", loc="left", pad=3)
    for ax in panels[:2]:
        style.write_words(ax, [(kind, colour) for kind, colour in _COLOURS.items()], offset=3)

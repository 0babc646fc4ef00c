"""The figures of a page, as data inside it. Imports plots, analysis, errors and the report's folder."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.rates import baseline_burst_probability, counted_populations
from ..analysis.sweeps import varied_settings
from ..analysis.teaching import teaching_windows
from ..errors import ArgumentError
from ..plots import learning_curves, metric_by_arm, schematic, style, sweep_map
from .about import About
from .folder import CONTROL, Outcome

__all__ = ["Group", "Picture", "headline", "pictures"]

#: A drawing with more text than this is smaller as pixels.
_LARGEST_SVG = 1_500_000
_PNG = b"\x89PNG\r\n\x1a\n"
#: Curves and arms that can be told apart; small figures of a page; schematics side by side.
_MOST_ARMS, _MOST_METRICS, _MOST_SCHEMATICS = 8, 9, 6


@dataclass(frozen=True)
class Picture:
    """A figure as data.

    Attributes
    ----------
    uri : str
        ``data:`` address.
    title, caption : str
    wide : bool
        Whether it needs the whole width of the page.
    width : float
        Inches that it was drawn for.
    """

    uri: str
    title: str
    caption: str
    wide: bool
    width: float


@dataclass(frozen=True)
class Group:
    """Figures under one heading, with what holds for all of them."""

    heading: str
    note: str
    pictures: list[Picture]


def headline(outcome: Outcome, about: About) -> list[str]:
    """The metrics to show first: those that the protocol names, or all."""
    there = list(dict.fromkeys(name for arm in outcome.arms.values() for name in arm.metrics))
    return [name for name in about.headline if name in there] or there


def pictures(outcome: Outcome, about: About) -> list[Group]:
    """Every figure that the folder has the data for."""
    maps = outcome.kind == "sweep" and len(varied_settings(_settings(outcome))) > 1
    found = [
        Group("Circuit", "", list(_schematics(outcome, about))),
        Group("Over time", _note_over_time(outcome), list(_over_time(outcome, about))),
        Group("Measured", _note_measured(outcome, maps), list((_maps if maps else _by_arm)(outcome, about))),
    ]
    return [group for group in found if group.pictures]


def _settings(outcome: Outcome) -> dict[str, dict[str, str]]:
    return {label: arm.settings for label, arm in outcome.arms.items()}


def _note_over_time(outcome: Outcome) -> str:
    if _saved_figure(outcome):
        return ""
    number = max((sum(len(r.seeds) for r in arm.results) for arm in outcome.arms.values()), default=0)
    said = [f"Mean over {number} seeds with its 95 % bootstrap band" if number > 1 else "One seed"]
    first = next((arm.results[0] for arm in outcome.arms.values() if arm.results), None)
    if first is not None and any(window.target is not None for window in teaching_windows(first)):
        said.append("dashed: target rate")
    if first is not None and baseline_burst_probability(first) is not None:
        said.append("dotted: baseline burst probability")
    if any(arm.lesions for arm in outcome.arms.values()):
        said.append("shaded, and a bar in the arm\u2019s colour: lesion")
    return "; ".join(said) + "."


def _note_measured(outcome: Outcome, maps: bool) -> str:
    if len(outcome.seeds) < 2:
        return "One seed."
    if maps:
        return "Mean and standard deviation over seeds; hatched: no value."
    said = "Dots: seeds, the same one joined; beside them mean and 95 % bootstrap interval"
    return f"{said}; above: effect size and Holm-corrected p against the control." if outcome.statistics else f"{said}."


def _saved_figure(outcome: Outcome) -> bytes:
    """The figure that a run saved of itself; nothing if there is none."""
    path = outcome.path / "figure.png"
    data = path.read_bytes() if outcome.kind == "run" and path.is_file() else b""
    return data if data.startswith(_PNG) else b""


def _schematics(outcome: Outcome, about: About) -> Iterator[Picture]:
    circuit = about.circuit
    if circuit is None:
        return
    different: dict[tuple[str, ...], str] = {}
    for label, arm in outcome.arms.items():
        different.setdefault(tuple(arm.lesions), label)
    alone = len(different) == 1
    for lesions, label in list(different.items())[:_MOST_SCHEMATICS]:

        def draw(lesions: tuple[str, ...] = lesions) -> Figure:
            return _of(schematic(circuit, lesions=lesions))

        title = "The circuit" if alone or not lesions else label[:1].upper() + label[1:]
        caption = "; ".join(lesions) + "." if lesions else "" if alone else "Intact."
        yield from _picture(draw, title, caption, wide=False)


def _over_time(outcome: Outcome, about: About) -> Iterator[Picture]:
    if saved := _saved_figure(outcome):
        yield Picture(_uri("png", saved), "The run", "As saved in figure.png.", True, 7.2)
        return
    arms = {label: arm.results for label, arm in outcome.arms.items() if arm.results}
    if not 0 < len(arms) <= _MOST_ARMS:
        return
    counted = counted_populations(next(iter(arms.values()))[0])[::-1]
    ends = list(dict.fromkeys([*counted[:1], *counted[-1:]]))  # the top and the lowest population
    wanted: list[tuple[str, str | None]] = [(name, None) for name in about.curves]
    if not wanted:
        wanted = [(quantity, name) for quantity in ("event rate", "burst probability") for name in ends]
        wanted.append(("weight", None))
    for quantity, of in wanted:

        def draw(quantity: str = quantity, of: str | None = of) -> Figure:
            return _of(learning_curves(arms, quantity=quantity, of=of))

        title = f"{quantity.capitalize().replace('_', ' ')}{f' of {of}' if of else ''}"
        yield from _picture(draw, title, "", wide=True)


def _by_arm(outcome: Outcome, about: About) -> Iterator[Picture]:
    arms = {label: arm.metrics for label, arm in outcome.arms.items()}
    if not 1 < len(arms) <= 2 * _MOST_ARMS:
        return
    control = CONTROL if CONTROL in arms else None
    for name in headline(outcome, about)[:_MOST_METRICS]:

        def draw(name: str = name) -> Figure:
            seeds = {label: arm.seeds for label, arm in outcome.arms.items()}
            return _of(metric_by_arm(arms, seeds, name, control=control))

        yield from _picture(draw, name, "", wide=False)


def _maps(outcome: Outcome, about: About) -> Iterator[Picture]:
    settings = _settings(outcome)
    points = {label: arm.metrics for label, arm in outcome.arms.items()}
    further = dict(list(varied_settings(settings).items())[2:])
    for name in headline(outcome, about)[:_MOST_METRICS]:
        for values in itertools.islice(itertools.product(*further.values()), 4):
            where = dict(zip(further, values, strict=True))

            def draw(name: str = name, where: dict[str, str] = where) -> Figure:
                return _of(sweep_map(settings, points, name, where=where))

            at = ", ".join(f"{n}={v}" for n, v in where.items())
            yield from _picture(draw, name + (f" ({at})" if at else ""), "", wide=False)


def _of(ax: Axes) -> Figure:
    figure = ax.figure
    assert isinstance(figure, Figure)
    return figure


def _picture(draw: Callable[[], Figure], title: str, caption: str, wide: bool) -> Iterator[Picture]:
    """The drawn figure; nothing where what it needs was not recorded."""
    # Pages of the same folder are the same to the byte, and pyplot keeps no figure.
    with matplotlib.rc_context(style.RC | {"svg.hashsalt": "burstnet", "svg.fonttype": "path"}):
        from matplotlib import pyplot

        try:
            figure = draw()
        except ArgumentError:
            return
        try:
            stream = io.BytesIO()
            figure.savefig(stream, format="svg", metadata={"Date": None}, bbox_inches="tight", pad_inches=0.03)
            uri = _uri("svg+xml", stream.getvalue())
            if stream.tell() > _LARGEST_SVG:
                stream = io.BytesIO()
                figure.savefig(stream, format="png", dpi=220, bbox_inches="tight", pad_inches=0.03)
                uri = _uri("png", stream.getvalue())
            width = float(figure.get_size_inches()[0])
        finally:
            pyplot.close(figure)
    yield Picture(uri, title, caption, wide, width)


def _uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"

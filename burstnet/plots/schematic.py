"""A drawing of any circuit: compartments as boxes, projections as arrows, lesions marked. Imports analysis, errors and style."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from ..analysis.layout import INTERNEURONS, Edge, edges, lesion_marks, places, steering_signals
from ..errors import ArgumentError, unknown_name
from . import style
from .arrows import Arrow, curve_between, draw_arrow, draw_key, loop, width_of

if TYPE_CHECKING:
    from ..circuit import Circuit, Population

__all__ = ["schematic"]

#: Inches: a box, the step between columns, the gap between rows.
_WIDE, _HIGH, _STEM, _COLUMN, _GAP = 1.0, 0.34, 0.07, 2.3, 0.62
_SHORT_TERM = ("STF", "STD")


def schematic(
    circuit: Circuit,
    ax: Axes | None = None,
    *,
    lesions: Iterable[Any] | str = (),
    short_term: Mapping[str, str] | None = None,
) -> Axes:
    """Populations as boxes, one for each compartment, and projections as arrows, the lowest area at the bottom.

    Parameters
    ----------
    circuit : Circuit
    ax : Axes, optional
        A new figure's by default. Its scale becomes inches and its frame disappears.
    lesions : iterable of Lesion or str, or str
        Lesioned pathways are dashed, silenced populations hatched, and what is done is written beside them.
    short_term : mapping of str to str, optional
        Projection to ``"STF"`` (its arrow widens) or ``"STD"`` (it narrows): short-term facilitation or depression
        that a projection stands for; by default what it has.

    Returns
    -------
    Axes
        Boxes with the gid ``POPULATION.COMPARTMENT``, and for every projection a collection of lines with its name as
        gid. Events are grey, bursts orange; excitation ends in an arrowhead, inhibition in a bar; a pathway that
        learns has a dot.

    Raises
    ------
    ArgumentError
        If a lesion or `short_term` names a part that the circuit lacks.

    See Also
    --------
    burstnet.analysis.layout.places : rows and columns.
    """
    all_edges, where = edges(circuit), places(circuit)
    short_term = {edge.name: edge.short_term for edge in all_edges if edge.short_term} | dict(short_term or {})
    marks = lesion_marks(lesions)
    _check(circuit, all_edges, short_term, [mark.target for mark in marks])
    rows = _row_bottoms(circuit, where)
    boxes = {p.name: _Boxes(p, where[p.name], rows) for p in circuit.populations}
    said = {m.target: m.text for m in marks if m.kind in ("scale", "freeze", "static")}
    cut = {m.target for m in marks if m.kind == "scale"}
    arrows = _arrows(all_edges, boxes, short_term, cut, said) + _constants(all_edges, boxes, cut, said)
    steered = _steered(circuit, boxes)
    beside = [builder.__name__ for builder in circuit.beside]
    limits = _limits(boxes, arrows, steered, bool(beside))
    ax = ax or _new_axes(limits)
    ax.set_axis_off()
    ax.set_xlim(limits[:2])
    ax.set_ylim(limits[2:])
    ax.set_aspect("equal")
    colours = _colours(circuit, where)
    for name, box in boxes.items():
        box.draw(ax, colours[name], [m.text for m in marks if m.target == name and m.kind == "silence"])
    for arrow in arrows:
        draw_arrow(ax, arrow)
    for x, y, name in steered:
        _steer(ax, x, y, name)
    for mark in marks:
        if mark.kind == "current" or mark.kind.startswith("clamp."):
            boxes[mark.target.partition(".")[0]].write_mark(ax, mark.target, mark.text, mark.kind == "current")
    if beside:
        x, y = (limits[0] + limits[1]) / 2, limits[2] + 0.44
        text = f"beside it, plain Brian2: {', '.join(beside)}"
        ax.text(x, y, text, ha="center", va="center", size=6.2, color=style.QUIET, style="italic")
    draw_key(ax, all_edges, short_term, bool(cut), any(m.kind == "silence" for m in marks))
    return ax


class _Boxes:
    """The compartments of one population, one upon the other."""

    def __init__(self, population: Population, place: tuple[int, int], rows: list[float]) -> None:
        self.name, self.n = population.name, population.n
        self.ports = list(population.cell.ports) or [""]
        self.left, self.bottom = place[0] * _COLUMN, rows[place[1]]
        self.inter = any(word in INTERNEURONS for word in population.name.lower().split("_"))
        self.marks = 0

    @property
    def top(self) -> float:
        return self.bottom + len(self.ports) * (_HIGH + _STEM) - _STEM

    def middle(self, port: str) -> float:
        return self.bottom + self.ports.index(port) * (_HIGH + _STEM) + _HIGH / 2

    def side(self, to_right: bool) -> float:
        return self.left + (_WIDE if to_right else 0.0)

    def draw(self, ax: Axes, colour: str, silenced: list[str]) -> None:
        size = 7.0
        for k, port in enumerate(self.ports):
            bottom = self.bottom + k * (_HIGH + _STEM)
            gid = f"{self.name}.{port}" if port else self.name
            # A pattern takes the transparency of its box, so that it has a box of its own.
            looks: list[dict[str, Any]] = [{"facecolor": colour + ("38" if k == 0 else "18")}]
            looks += [{"facecolor": "none", "hatch": "/////", "hatch_linewidth": 0.4}] if silenced else []
            for look in looks:
                ax.add_patch(
                    FancyBboxPatch(
                        (self.left, bottom), _WIDE, _HIGH, linewidth=0.9, edgecolor=colour, gid=gid, zorder=3,
                        boxstyle=f"round,pad=0,rounding_size={_HIGH / 2 if self.inter else 0.06}", **look,
                    )
                )  # fmt: skip
            if k:
                ax.plot([self.left + _WIDE / 2] * 2, [bottom - _STEM, bottom], color=colour, linewidth=3, zorder=2)
            text = port if k else self.name
            backing = {"boxstyle": "round,pad=0.12", "facecolor": "white", "linewidth": 0} if silenced else None
            ax.text(
                self.left + _WIDE / 2, bottom + _HIGH / 2, text, ha="center", va="center", size=size - (k > 0) * 0.8,
                color=style.INK if k == 0 else style.QUIET, weight="bold" if k == 0 else "normal", bbox=backing, zorder=6,
            )  # fmt: skip
        said = f"{self.n} cells" + "".join(f"\n{text}" for text in silenced)
        ax.text(
            self.left + _WIDE / 2, self.bottom - 0.05, said, ha="center", va="top", size=5.8, linespacing=1.1,
            color=style.LESIONED if silenced else style.QUIET, zorder=6,
        )  # fmt: skip

    def write_mark(self, ax: Axes, target: str, text: str, current: bool) -> None:
        """A current or a clamped parameter, above the right end of the top compartment."""
        port = target.partition(".")[2] or self.ports[0]
        said = f"{port}: {text}" if current else text
        x, y = self.left + _WIDE, self.top + 0.05 + 0.11 * self.marks
        ax.text(x, y, said, ha="right", va="bottom", size=5.8, color=style.LESIONED, zorder=6, gid=f"mark {target}")
        self.marks += 1


def _check(circuit: Circuit, all_edges: list[Edge], short_term: Mapping[str, str], hurt: list[str]) -> None:
    names = [edge.name for edge in all_edges]
    for name, kind in short_term.items():
        if name not in names:
            raise unknown_name("projection of short_term", name, names)
        if kind not in _SHORT_TERM:
            raise unknown_name(f"short-term plasticity of {name!r}", kind, _SHORT_TERM)
    parts = [p.name for p in circuit.populations]
    parts += [f"{p.name}.{port}" for p in circuit.populations for port in p.cell.ports]
    for target in hurt:
        if target not in (*names, *parts):
            raise unknown_name("lesion target", target, [*names, *parts])
    if not circuit.populations:
        raise ArgumentError("circuit without populations cannot be drawn.")


def _row_bottoms(circuit: Circuit, where: Mapping[str, tuple[int, int]]) -> list[float]:
    """Height of each row: as many compartments as its tallest population."""
    found = [0.0]
    for row in range(max(row for _, row in where.values())):
        tallest = max(len(p.cell.ports) or 1 for p in circuit.populations if where[p.name][1] == row)
        found.append(found[-1] + tallest * (_HIGH + _STEM) + _GAP)
    return found


def _colours(circuit: Circuit, where: Mapping[str, tuple[int, int]]) -> dict[str, str]:
    order = sorted((p.name for p in circuit.populations), key=lambda name: where[name][1])
    return style.population_colours(order)


def _new_axes(limits: tuple[float, float, float, float]) -> Axes:
    ax = style.new_axes(limits[1] - limits[0], limits[3] - limits[2])
    ax.set_position((0, 0, 1, 1))
    return ax


def _arrows(
    all_edges: list[Edge],
    boxes: Mapping[str, _Boxes],
    short_term: Mapping[str, str],
    cut: set[str],
    said: Mapping[str, str],
) -> list[Arrow]:
    """Every projection between populations, its ends spread over the sides of the boxes."""
    between = [edge for edge in all_edges if edge.source is not None]
    sides = {edge.name: _sides(edge, boxes) for edge in between}
    lanes, reach = _lanes(between, boxes, sides, said)
    ends: dict[tuple[str, str, bool], list[tuple[tuple[float, int, bool], str, int]]] = {}
    for edge in between:
        source, target = boxes[str(edge.source)], boxes[edge.target]
        out, into = source.ports[0], edge.port
        rise = target.middle(into) - source.middle(out)
        for which, (name, port, up) in enumerate(((source.name, out, rise), (target.name, into, -rise))):
            order = (float(np.sign(up)), lanes[edge.name] * (-1 if up > 0 else 1), target.left < source.left)
            ends.setdefault((name, port, sides[edge.name][which]), []).append((order, edge.name, which))
    at: dict[tuple[str, int], tuple[float, float]] = {}
    for (name, port, to_right), here in ends.items():
        spread = np.linspace(-1, 1, len(here) + 2)[1:-1] * _HIGH / 2
        for offset, (_, edge_name, which) in zip(spread, sorted(here), strict=True):
            at[edge_name, which] = (boxes[name].side(to_right), boxes[name].middle(port) + float(offset))
    found = []
    for edge in between:
        (out_right, in_right), start, stop = sides[edge.name], at[edge.name, 0], at[edge.name, 1]
        same = out_right == in_right
        if edge.source == edge.target and edge.port == boxes[edge.target].ports[0]:
            path = loop(start, stop, 1 if out_right else -1, reach[edge.name])
        else:
            wide = reach[edge.name] if same else 0.45 * abs(start[0] - stop[0])
            path = curve_between(start, stop, 1 if out_right else -1, 1 if in_right else -1, wide)
        found.append(Arrow(edge, path, short_term.get(edge.name), edge.name in cut, said.get(edge.name, ""), same))
    return found


def _sides(edge: Edge, boxes: Mapping[str, _Boxes]) -> tuple[bool, bool]:
    """Whether an edge leaves and arrives at the right: up at the right, down at the left, else facing each other."""
    source, target = boxes[str(edge.source)], boxes[edge.target]
    if source.left == target.left:
        up = target.middle(edge.port) >= source.middle(source.ports[0])
        return up, up
    return target.left > source.left, target.left < source.left


def _lanes(
    between: list[Edge],
    boxes: Mapping[str, _Boxes],
    sides: Mapping[str, tuple[bool, bool]],
    said: Mapping[str, str],
) -> tuple[dict[str, int], dict[str, float]]:
    """Edges along the same side of a column bulge one outside the other and its name, the longest outermost."""
    groups: dict[tuple[float, bool], list[tuple[float, int, str]]] = {}
    for k, edge in enumerate(between):
        source, target = boxes[str(edge.source)], boxes[edge.target]
        if sides[edge.name][0] == sides[edge.name][1]:
            length = abs(target.middle(edge.port) - source.middle(source.ports[0]))
            groups.setdefault((source.left, sides[edge.name][0]), []).append((length, k, edge.name))
    lanes, reach = {edge.name: len(between) for edge in between}, {}  # to other columns: outermost
    for group in groups.values():
        outward = 0.34
        for lane, (_, _, name) in enumerate(sorted(group)):
            lanes[name], reach[name] = lane, outward
            outward += 0.16 + width_of(f"{name} {said[name]}" if name in said else name)
    return lanes, reach


def _constants(
    all_edges: list[Edge], boxes: Mapping[str, _Boxes], cut: set[str], said: Mapping[str, str]
) -> list[Arrow]:
    """Constant currents, from the left into the compartment that they enter."""
    found: list[Arrow] = []
    number: dict[tuple[str, str], int] = {}
    for edge in all_edges:
        if edge.source is None:
            k = number[edge.target, edge.port] = number.get((edge.target, edge.port), -1) + 1
            box = boxes[edge.target]
            y = box.middle(edge.port) - _HIGH / 4 + 0.12 * k
            path = np.linspace((box.left - 0.5, y), (box.left, y), 40)
            found.append(Arrow(edge, path, None, edge.name in cut, said.get(edge.name, ""), False))
    return found


def _steered(circuit: Circuit, boxes: Mapping[str, _Boxes]) -> list[tuple[float, float, str]]:
    """Tip and name of every current that a knob of the protocol steers."""
    steering, found = steering_signals(circuit), []
    for population in circuit.populations:
        box = boxes[population.name]
        for port, signal in population.inject.items():
            if signal in steering:
                place = (box.left + _WIDE, box.middle(port) + _HIGH / 4)
                found.append((*place, steering[signal].replace("_", " ")))
    return found


def _limits(
    boxes: Mapping[str, _Boxes], arrows: list[Arrow], steered: list[tuple[float, float, str]], beside: bool
) -> tuple[float, float, float, float]:
    """What the axes must hold: boxes, arrows, their names, and the key below."""
    ends = [(box.left, box.left + _WIDE) for box in boxes.values()] + [arrow.extent for arrow in arrows]
    ends += [(x, x + 0.46 + width_of(name)) for x, _, name in steered]
    left, right = min(low for low, _ in ends) - 0.08, max(high for _, high in ends) + 0.08
    spare = max(0.0, 3.0 - (right - left)) / 2  # room for the key
    return left - spare, right + spare, -0.87 if beside else -0.72, max(box.top for box in boxes.values()) + 0.3


def _steer(ax: Axes, x: float, y: float, name: str) -> None:
    """The arrow of a current that a knob of the protocol steers."""
    ax.annotate(
        "", (x, y), (x + 0.4, y), zorder=4,
        arrowprops={"arrowstyle": "-|>,head_width=0.16,head_length=0.32", "color": style.STEERED, "linewidth": 1.1,
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    ax.text(x + 0.44, y, name, ha="left", va="center", size=6.2, color=style.STEERED, gid=f"input {name}", zorder=6)

"""Where the parts of a circuit stand in a schematic: areas in rows from the lowest up, interneurons beside them.

Reads the names and references of a circuit; imports nothing of burstnet and no Brian2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..circuit import Circuit, Projection

__all__ = ["INTERNEURONS", "Edge", "LesionMark", "edges", "lesion_marks", "places", "steering_signals"]

#: Words in a population's name that make it an interneuron, drawn beside the area it belongs to.
INTERNEURONS = ("pv", "sst", "som", "ndnf", "vip")


@dataclass(frozen=True)
class Edge:
    """One projection.

    Attributes
    ----------
    name : str
    source : str or None
        None for a constant current.
    target, port, on : str
        The port is a compartment, also where the projection enters a receptor there.
    inhibits : bool
        Whether its scale or weight is negative, or its receptor inhibitory (GABA).
    learns : bool
        Whether it has a plasticity, or is tied to a projection that has one.
    short_term : str
        STF or STD if it facilitates or depresses, else empty.
    """

    name: str
    source: str | None
    target: str
    port: str
    on: str
    inhibits: bool
    learns: bool
    short_term: str = ""


@dataclass(frozen=True)
class LesionMark:
    """What a lesion does to a part of the drawing.

    Attributes
    ----------
    target : str
        Population, ``POPULATION.COMPARTMENT`` or projection.
    kind : str
        ``silence``, ``scale``, ``freeze``, ``current`` or ``clamp.NAME``.
    text : str
        What to write beside it, such as ``×0``, ``frozen``, ``-200pA``, ``50 % silent``.
    """

    target: str
    kind: str
    text: str


def edges(circuit: Circuit) -> list[Edge]:
    """Every projection, in the circuit's order."""
    learning = {p.name for p in circuit.projections if p.plasticity}
    return [
        Edge(
            p.name, None if p.constant else str(p.source), p.target, _compartment(p), _transmits(p), _inhibits(circuit, p),
            p.name in learning or p.tied_to in learning, p.short_term.name if p.short_term else "",
        )
        for p in circuit.projections
    ]  # fmt: skip


def places(circuit: Circuit) -> dict[str, tuple[int, int]]:
    """Column and row of every population.

    A row lies above another if a projection leads up into it. Such a projection ends in the first compartment (the
    soma), is not tied to another, and closes no circle with those before it. Interneurons stand by turns at the right and
    the left of the first other population that they send to, or else hear from.

    Returns
    -------
    dict of str to tuple of int
        Population to (column, row), both from 0.
    """
    names = [population.name for population in circuit.populations]
    beside = {name: _partner(circuit, name) for name in names if _is_interneuron(name)}
    areas = [name for name in names if beside.get(name) is None]
    above: dict[str, set[str]] = {name: set() for name in areas}
    for projection in circuit.projections:
        source, target = str(projection.source), projection.target
        if source in above and target in above and not projection.tied_to and _at_soma(circuit, projection):
            if source != target and not _reaches(above, target, source):
                above[source].add(target)
    rows = dict.fromkeys(areas, 0)
    for _ in areas:  # the longest way up is shorter than the number of areas
        for source, targets in above.items():
            for target in targets:
                rows[target] = max(rows[target], rows[source] + 1)
    found: dict[str, tuple[int, int]] = {}
    for row in sorted(set(rows.values())):
        column = 0
        for k, area in enumerate(name for name in areas if rows[name] == row):
            own = [name for name in names if beside.get(name) == area]
            left, right = own[1::2], own[::2]  # by turns, the first at the right
            column += len(left) if k else 0
            found[area] = (column, row)
            found |= {name: (column + 1 + n, row) for n, name in enumerate(right)}
            found |= {name: (column - 1 - n, row) for n, name in enumerate(left)}
            column += 1 + len(right)
    first = min(column for column, _ in found.values())
    return {name: (found[name][0] - first, found[name][1]) for name in names}


def steering_signals(circuit: Circuit) -> dict[str, str]:
    """Signals that a knob steers, and so a protocol; each with the one nearest to the knob that it sums.

    For ``output_dendrite_bias = offset + teaching_current`` this is ``teaching_current``.
    """
    knobs = {knob.name for knob in circuit.knobs}
    found = {name: name for name in knobs}
    for signal in circuit.signals:
        words = re.findall(r"\w+", signal.expression)
        if any(word in knobs for word in words):
            found[signal.name] = signal.name
        else:
            through = next((found[word] for word in words if word in found), None)
            if through is not None:
                found[signal.name] = through
    return found


def lesion_marks(lesions: object) -> list[LesionMark]:
    """What lesions, as objects or texts, do to a drawing; windows are not part of it."""
    texts = [lesions] if isinstance(lesions, str) else [str(lesion) for lesion in lesions]  # type: ignore[attr-defined]
    found = []
    for text in (part.strip() for whole in texts for part in re.split(r"\s\+\s", whole) if part.strip()):
        target, _, rest = text.partition("@")[0].partition(":")
        kind, *options = rest.split(":")
        kind, _, value = kind.partition("=")
        part = next((o.partition("=")[2] for o in options if o.startswith("fraction=")), "1")
        said = {"silence": "silenced", "scale": f"×{value}", "freeze": "frozen", "static": f"static {value}"}.get(
            kind, value
        )
        if kind.startswith("clamp."):
            said = f"{kind[6:]} = {value}"
        percent = f"{100 * float(part):g} %" if re.fullmatch(r"[\d.e+-]+", part) else part
        found.append(LesionMark(target, kind, said if part == "1" else f"{said} in {percent}"))
    return found


def _is_interneuron(name: str) -> bool:
    return any(word in INTERNEURONS for word in name.lower().split("_"))


def _partner(circuit: Circuit, name: str) -> str | None:
    """The first population that is no interneuron and that this one sends to, or else hears from."""
    others = {p.name for p in circuit.populations if not _is_interneuron(p.name)}
    sent = [p.target for p in circuit.projections if p.source == name and p.target in others]
    heard = [str(p.source) for p in circuit.projections if p.target == name and str(p.source) in others]
    return next(iter(sent + heard), None)


def _at_soma(circuit: Circuit, projection: Projection) -> bool:
    return _compartment(projection) == next(iter(circuit.population(projection.target).cell.ports), "")


def _transmits(projection: Projection) -> str:
    """Event, burst or spike; an event of the user's own counts as what its name ends in."""
    return next((kind for kind in ("event", "burst") if projection.on.endswith(kind)), "spike")


def _compartment(projection: Projection) -> str:
    """Where a projection ends, without the receptor."""
    return projection.port.partition(".")[0]


def _reaches(above: dict[str, set[str]], start: str, end: str) -> bool:
    seen, ahead = set(), [start]
    while ahead:
        name = ahead.pop()
        if name == end:
            return True
        if name not in seen:
            seen.add(name)
            ahead += above[name]
    return False


def _inhibits(circuit: Circuit, projection: Projection) -> bool:
    partner = circuit.projection(projection.tied_to) if projection.tied_to else projection
    weight = partner.weight if partner.weight is not None else 1.0
    first = float(getattr(weight, "flat", [weight])[0])
    inhibitory = projection.port.partition(".")[2].lower().startswith(("gaba", "inh"))
    return (float(projection.scale) * first < 0) != inhibitory

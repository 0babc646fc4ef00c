"""What a folder does not say of itself: title, citation, defaults, circuit of its protocol. Imports experiment when asked.

The only module of the report that needs Brian2, and only where the protocol is one that this installation knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..circuit import Circuit

__all__ = ["About", "about_protocol"]


@dataclass(frozen=True)
class About:
    """What is known of a protocol beyond its results.

    Parameters
    ----------
    title : str
    citation : str
        Of the model.
    headline : tuple of str
        The metrics that matter most, in order; all by default.
    defaults : mapping of str to str
        Every parameter to its default, as text.
    circuit : Circuit, optional
        For the schematic.
    curves : tuple of str
        What is drawn over time, of a rate model.
    """

    title: str = ""
    citation: str = ""
    headline: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    circuit: Circuit | None = None
    curves: tuple[str, ...] = ()


def about_protocol(name: str, settings: Mapping[str, str] | None = None) -> About:
    """What this installation knows of a protocol; an empty one if it has none of that name, or no Brian2.

    Parameters
    ----------
    name : str
    settings : mapping of str to str, optional
        Settings of the folder's runs, for the circuit.
    """
    try:
        from ..errors import BurstnetError
        from ..experiment import find_experiment
    except ImportError:
        return About()
    try:
        experiment = find_experiment(name)
        plain = experiment.prepare({})
    except BurstnetError:
        return About()
    try:
        circuit = experiment.prepare(dict(settings or {})).circuit
    except BurstnetError:  # settings of another version
        circuit = plain.circuit
    return About(
        experiment.title, experiment.citation, experiment.headline, plain.parameters(), circuit, experiment.curves
    )

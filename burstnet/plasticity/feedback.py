"""Feedback that learns to be what goes up, out of what both axons see. Imports only burst-dependent plasticity and errors."""

from __future__ import annotations

from dataclasses import dataclass

from ..cells.fragment import Fragment
from ..errors import ArgumentError, unknown_name
from .burst_dependent import BurstDependent
from .weights import refuse_constant

__all__ = ["KolenPollack"]


@dataclass(frozen=True, kw_only=True)
class KolenPollack(BurstDependent):
    """Burst-dependent plasticity at an axon that goes down: its own bursts and events times what its target cell did.

    At the *source* cell's burst ``w += eta*pulse*x``, at its event ``w -= eta*pulse*p_b*x + decay*w``, with x a trace of the
    *target* cell. A forward weight between the same two cells that learns by `BurstDependent` with the same eta, p_b,
    decay, trace and learning changes by the same amounts at the same times, so that their difference loses ``decay`` of itself
    at each event of the upper cell, whatever was learned; without decay it stays.

    Parameters
    ----------
    eta, p_b, w_min, w_max, learning, decay
        As those of `BurstDependent`.
    trace : str
        Variable of the target cell that is x. There is no other trace, so that ``tau_trace`` is not used.

    References
    ----------
    Kolen & Pollack (1994), Backpropagation without weight transport, ICNN; Akrout et al. (2019), Deep learning without weight
    transport, NeurIPS 32; Greedy et al. (2022), NeurIPS 35, in rates. That events and bursts carry it is our own.
    """

    trace: str | None = "trace"

    learns_at = "pre"

    def check_source(self, projection: str, constant: bool) -> None:
        """Refuse a constant source, which has no events."""
        refuse_constant(self, projection, constant)

    def check_cells(self, projection: str, source: Fragment, target: Fragment, target_name: str) -> None:
        """Refuse cells without what the rule reads."""
        if not {"event", "burst"} <= set(source.events):
            raise ArgumentError(
                f"projection {projection!r} learns from its source's bursts, but the cell {source.name!r} has no detector of them."
            )
        if self.trace not in target.names():
            raise unknown_name(
                f"trace of projection {projection!r} in {target_name!r}", str(self.trace), target.names()
            )

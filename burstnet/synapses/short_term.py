"""Short-term plasticity: the Tsodyks-Markram synapse, facilitating and depressing. Imports only cells' parameters and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brian2.units import ms
from brian2.units.fundamentalunits import Quantity

from ..cells.fragment import Parameter
from ..errors import ArgumentError
from ..quantities import default

__all__ = ["ShortTermPlasticity"]

_SOURCE = "Payeur et al. 2021 (after Costa et al. 2013)"


@dataclass(frozen=True, kw_only=True)
class ShortTermPlasticity:
    """Tsodyks-Markram dynamics of release: a spike transmits ``u*x`` times the weight.

    Between spikes ``dx/dt = (1 - x)/tau_d`` and ``du/dt = (U - u)/tau_f``; at a spike, out of the values before it,
    ``u*x`` is transmitted, ``x -= u*x`` and ``u += f*(1 - u)``.

    Parameters
    ----------
    U : float
        Release probability at rest.
    tau_d, tau_f : Quantity [ms]
        Time constants of recovery from depression and of facilitation.
    f : float, optional
        Step of facilitation; U by default, which is ordinary Tsodyks-Markram. Payeur et al. document 0.1, but their
        program executes U; with 0.1 their propagation network falls into population synchrony.
    u_0 : float, optional
        Value of u to begin with; U by default. The published program begins at 0.01 for every synapse, so that the first
        spike of a depressing one transmits 1 %.
    kind : {"STF", "STD"}, optional
        What figures call it; by default STF if U < 0.5.
    per_synapse : bool
        Keep u and x for every synapse. By default they are the presynaptic cell's, which all its synapses of a projection
        share; the two agree unless a spike comes before an earlier one has arrived.

    Notes
    -----
    u and x are worked out at spikes only, with the decay of forward Euler at the circuit's dt, ``(1 - dt/tau)**steps``, as
    the published program integrates them.

    References
    ----------
    Tsodyks & Markram (1997), PNAS 94; Costa, Sjostrom & van Rossum (2013), Front. Comput. Neurosci. 7.
    """

    U: float
    tau_d: Quantity = default(100 * ms)
    tau_f: Quantity = default(100 * ms)
    f: float | None = None
    u_0: float | None = None
    kind: str = ""
    per_synapse: bool = False

    def __post_init__(self) -> None:
        for name in ("U", "f", "u_0"):
            value = getattr(self, name)
            if value is None:
                continue
            if not 0 <= float(Parameter(Quantity(0.5)).checked(value, name)) <= 1:
                raise ArgumentError(f"{name}={value!r} is not allowed; it is a part of the release, from 0 to 1.")
        for name in ("tau_d", "tau_f"):
            Parameter(100 * ms, positive=True).checked(getattr(self, name), name)
        if self.kind not in ("", "STF", "STD"):
            raise ArgumentError(f"kind={self.kind!r} is not allowed; use 'STF' or 'STD'.")

    @property
    def name(self) -> str:
        """STF or STD."""
        return self.kind or ("STF" if self.U < 0.5 else "STD")

    def fixed(self) -> dict[str, Any]:
        """What a build depends on."""
        return {"per_synapse": self.per_synapse, "own_step": self.f is not None}

    def parameters(self, projection: str) -> dict[str, Parameter]:
        """Run arguments, named after the projection."""
        u_0 = self.U if self.u_0 is None else self.u_0
        step = (
            {f"f_{projection}": Parameter(Quantity(self.f), "step of facilitation", _SOURCE)}
            if self.f is not None
            else {}
        )
        return step | {
            f"U_{projection}": Parameter(Quantity(self.U), "release probability at rest", _SOURCE),
            f"u_0_{projection}": Parameter(Quantity(u_0), "release probability to begin with", _SOURCE),
            f"tau_d_{projection}": Parameter(Quantity(self.tau_d), "recovery from depression", _SOURCE, positive=True),
            f"tau_f_{projection}": Parameter(Quantity(self.tau_f), "decay of facilitation", _SOURCE, positive=True),
        }

    def equations(self, projection: str) -> str:
        """State of release, of a cell or of a synapse; ``released`` is what the last spike transmits."""
        return "\n".join(f"{name}_{projection} : 1" for name in ("u", "x", "released", "release_at"))

    def initial(self, projection: str) -> dict[str, str]:
        """Values to begin with."""
        return {f"u_{projection}": f"u_0_{projection}", f"x_{projection}": "1"}

    def code(self, projection: str) -> str:
        """What a spike does."""
        p, f = projection, f"{'U' if self.f is None else 'f'}_{projection}"
        waited = f"(1.0*t_in_timesteps - release_at_{p})"
        return "\n".join(
            [
                f"x_{p} = 1 - (1 - x_{p})*exp({waited}*log(1 - dt/tau_d_{p}))",
                f"u_{p} = U_{p} + (u_{p} - U_{p})*exp({waited}*log(1 - dt/tau_f_{p}))",
                f"released_{p} = u_{p}*x_{p}",
                f"x_{p} = x_{p} - released_{p}",
                f"u_{p} = u_{p} + {f}*(1 - u_{p})",
                f"release_at_{p} = 1.0*t_in_timesteps",
            ]
        )

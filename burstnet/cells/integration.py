"""How a cell's equations become one explicit step. Imports nothing of burstnet.

Forward Euler like Brian2's own, with what published programs need beside it: variables integrated after the others see
their new values, decays may be exact, a current that lasts one step is consumed and cleared, and statements may stand
before and after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from brian2.equations.equations import Equations

__all__ = ["SequentialEuler"]


@dataclass(frozen=True)
class SequentialEuler:
    """State updater for a `brian2.NeuronGroup`: ``NeuronGroup(..., method=SequentialEuler(after=("w_d",)))``.

    Parameters
    ----------
    after : tuple of str
        Variables integrated after all others, with the others' new values.
    exact : mapping of str to str
        Variables whose equation is ``dx/dt = -x/tau``, with tau's name: multiplied by ``exp(-dt/tau)``.
    accumulate : mapping of str to str
        Variables that sum an expression over steps, before one-step currents are cleared.
    clear : mapping of str to str
        One-step currents, with their unit; zero after the step has used them.
    first, last : str
        Statements before the integration, and after it.
    """

    after: tuple[str, ...] = ()
    exact: Mapping[str, str] = field(default_factory=dict)
    accumulate: Mapping[str, str] = field(default_factory=dict)
    clear: Mapping[str, str] = field(default_factory=dict)
    first: str = ""
    last: str = ""

    __name__ = "sequential_euler"

    def __call__(self, equations: Equations, variables: object = None, method_options: object = None) -> str:
        """Abstract code of one step, as Brian2 asks a state updater for it."""
        rates = {name: equations[name].expr.code for name in sorted(equations.diff_eq_names)}
        lines = [line.strip() for line in self.first.splitlines() if line.strip()]
        for block in (tuple(name for name in rates if name not in self.after), self.after):
            for name in block:
                step = f"{name}*exp(-dt/{self.exact[name]})" if name in self.exact else f"{name} + dt*({rates[name]})"
                lines.append(f"_{name}_new = {step}")
            lines += [f"{name} = _{name}_new" for name in block]
        lines += [line.strip() for line in self.last.splitlines() if line.strip()]
        lines += [f"{total} += {expression}" for total, expression in self.accumulate.items()]
        lines += [f"{name} = 0*{unit}" for name, unit in self.clear.items()]
        return "\n".join(lines)

"""The control group: what a protocol or a lesion turns during a run, as numbers. Imports only errors, quantities and cells' Parameter.

One group of size one computes, at the start of each step, the read-outs of populations, then knobs (values with
windows), then signals (expressions of both). Cells and synapses link to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Parameter
from .errors import ArgumentError
from .quantities import default, format_quantity, unit_name

__all__ = ["NEVER", "Knob", "Readout", "Signal", "Window"]

#: A step that no run reaches; plain infinity is not understood by a compiled program's arguments.
NEVER = 1e15

_COMBINE = {
    "replace": ("{name}_default", " + ({amount} - {name}_default)*{on}"),
    "add": ("{name}_default", " + {amount}*{on}"),
    "multiply": ("{name}_default", "*(1 + ({amount} - 1)*{on})"),
}


@dataclass(frozen=True)
class Window:
    """An amount that holds from `start` up to, not including, `stop`.

    Parameters
    ----------
    amount : Quantity
        In the unit of its knob.
    start, stop : Quantity [second]
        `stop` None means to the end.
    onset : Quantity [second]
        Time over which the amount comes in linearly; none by default.
    """

    amount: Quantity | float
    start: Quantity
    stop: Quantity | None = None
    onset: Quantity = default(0 * second)

    def __post_init__(self) -> None:
        for name in ("start", "stop", "onset"):
            if (
                getattr(self, name) is not None
                and float(Parameter(1 * second).checked(getattr(self, name), f"{name} of a window")) < 0
            ):
                raise ArgumentError(
                    f"{name} of a window={format_quantity(getattr(self, name))} is not allowed; it is at least 0 s."
                )

    def steps(self, dt: Quantity) -> tuple[float, float, float]:
        """First step, first step after, and rise per step."""
        start = round(float(self.start / dt))
        stop = NEVER if self.stop is None else round(float(self.stop / dt))
        if stop < start:
            raise ArgumentError(f"window {self.start}..{self.stop} is not allowed; it needs start <= stop.")
        return float(start), float(stop), 1.0 / max(1, round(float(self.onset / dt)))


@dataclass(frozen=True)
class Knob:
    """A value that windows change during a run: a gain, a teaching strength, a target.

    Parameters
    ----------
    name : str
        Variable of the control group.
    default : Quantity or float
        Value outside every window.
    slots : int
        Number of windows that one program has room for; their amounts and times are run arguments.
    combine : {"replace", "add", "multiply"}
        How a window acts on the default. Replacing windows must not overlap; the others may.
    """

    name: str
    default: Quantity | float = 0.0
    slots: int = 4
    combine: str = "replace"

    def __post_init__(self) -> None:
        if self.combine not in _COMBINE:
            raise ArgumentError(f"combine={self.combine!r} is not allowed; use one of {', '.join(_COMBINE)}.")
        if isinstance(self.slots, bool) or not isinstance(self.slots, (int, np.integer)) or self.slots < 0:
            raise ArgumentError(
                f"slots={self.slots!r} of knob {self.name!r} is not allowed; give a whole number, at least 0."
            )

    def fixed(self) -> dict[str, Any]:
        """What a build depends on."""
        return {"name": self.name, "slots": int(self.slots), "combine": self.combine}

    def parameters(self) -> dict[str, Parameter]:
        """Every run argument of this knob, switched off."""
        amount = (
            Quantity(self.default)
            if self.combine == "replace"
            else Quantity(1.0)
            if self.combine == "multiply"
            else 0 * Quantity(self.default)
        )
        found = {f"{self.name}_default": Parameter(Quantity(self.default), "value outside every window")}
        for slot in range(self.slots):
            found[f"{self.name}_amount_{slot}"] = Parameter(amount, "value of a window")
            found[f"{self.name}_start_{slot}"] = Parameter(Quantity(0.0), "first step of a window")
            found[f"{self.name}_stop_{slot}"] = Parameter(Quantity(0.0), "first step after a window")
            found[f"{self.name}_rise_{slot}"] = Parameter(Quantity(1.0), "rise per step at onset")
        return found

    def values(self, windows: tuple[Window, ...], dt: Quantity) -> dict[str, float]:
        """Values of the run arguments for these windows.

        Raises
        ------
        ArgumentError
            If there are more windows than slots, or replacing windows overlap.
        """
        if len(windows) > self.slots:
            raise ArgumentError(
                f"knob {self.name!r} has {len(windows)} windows, but room for {self.slots}; build it with slots={len(windows)}."
            )
        values = {name: float(p.value) for name, p in self.parameters().items()}
        spans = []
        for slot, window in enumerate(windows):
            amount = Parameter(Quantity(values_unit(self))).checked(window.amount, f"{self.name} window amount")
            start, stop, rise = window.steps(dt)
            spans.append((start, stop))
            values |= {
                f"{self.name}_amount_{slot}": float(amount),
                f"{self.name}_start_{slot}": start,
                f"{self.name}_stop_{slot}": stop,
                f"{self.name}_rise_{slot}": rise,
            }
        spans.sort()
        if self.combine == "replace" and any(
            after[0] < before[1] for before, after in zip(spans, spans[1:], strict=False)
        ):
            raise ArgumentError(f"windows of knob {self.name!r} overlap; those of a replacing knob must not.")
        return values

    def code(self) -> str:
        """The line that computes the knob in each step."""
        first, each = _COMBINE[self.combine]
        expression = first.format(name=self.name)
        for slot in range(self.slots):
            n = f"{self.name}_%s_{slot}"
            rising = f"clip((control_step - {n % 'start'} + 1)*{n % 'rise'}, 0, 1)"
            on = f"int(control_step >= {n % 'start'})*int(control_step < {n % 'stop'})*{rising}"
            expression += each.format(name=self.name, amount=n % "amount", on=on)
        return f"{self.name} = {expression}"


def values_unit(knob: Knob) -> Quantity:
    """A quantity of the dimension of a knob's windows."""
    return Quantity(1.0) if knob.combine == "multiply" else Quantity(knob.default)


@dataclass(frozen=True)
class Signal:
    """A value computed in each step out of read-outs, knobs, parameters and earlier signals.

    Parameters
    ----------
    name : str
        Variable of the control group.
    expression : str
        Brian2 expression, for instance ``"teaching_gain*(target_rate - output_event_average)"``.
    unit : Quantity or float
        Any quantity of the signal's dimension.
    parameters : mapping of str to Parameter
        Scalars used in the expression; run arguments.
    namespace : mapping
        Functions and TimedArrays that the expression uses.
    """

    name: str
    expression: str
    unit: Quantity | float = 1.0
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    namespace: Mapping[str, Any] = field(default_factory=dict)

    def fixed(self) -> dict[str, Any]:
        """What a build depends on."""
        kept = {"name": self.name, "expression": self.expression, "parameters": sorted(self.parameters)}
        return kept | {"unit": unit_name(self.unit)} | ({"namespace": self.namespace} if self.namespace else {})


@dataclass(frozen=True)
class Readout:
    """Event rate, burst rate and burst probability of a population, inside the equations and usable as feedback.

    For a population ``output`` the control group holds, with the values up to the end of the previous step:
    ``output_event_rate`` [Hz], per cell in the last step; ``output_event_average`` [Hz], its moving average; the same for
    ``burst``; ``output_burst_probability``, the ratio of the averages; ``output_event_total``, counted since the start.

    Parameters
    ----------
    tau : Quantity [second]
        Time constant of the moving averages.
    baseline : float
        Burst probability while there has been no event.
    """

    tau: Quantity = default(1 * second)
    baseline: float = 0.375

    def __post_init__(self) -> None:
        Parameter(1 * second, positive=True).checked(self.tau, "tau of a readout")
        Parameter(Quantity(0.375)).checked(self.baseline, "baseline of a readout")

    def fixed(self) -> str:
        """What a build depends on: only that it is there."""
        return "readout"

    def equations(self, population: str) -> str:
        """State variables in the control group."""
        lines = []
        for event in ("event", "burst"):
            lines += [f"{population}_{event}_count : 1", f"{population}_{event}_total : 1"]
            lines += [f"{population}_{event}_rate : hertz", f"{population}_{event}_average : hertz"]
        return "\n".join([*lines, f"{population}_burst_probability : 1"])

    def parameters(self, population: str) -> dict[str, Parameter]:
        """Run arguments of the read-out."""
        return {
            f"{population}_tau": Parameter(Quantity(self.tau), "time constant of the moving averages", positive=True),
            f"{population}_baseline": Parameter(
                Quantity(self.baseline), "burst probability while there has been no event"
            ),
        }

    def code(self, population: str, n: int) -> str:
        """The lines that update the read-out in each step."""
        lines = []
        for event in ("event", "burst"):
            x = f"{population}_{event}"
            lines += [f"{x}_rate = {x}_count/({n}*dt)", f"{x}_average += dt/{population}_tau*({x}_rate - {x}_average)"]
            lines.append(f"{x}_count = 0")
        silent = f"int({population}_event_average <= 0*hertz)"
        burst, event = f"{population}_burst_average", f"{population}_event_average"
        lines.append(
            f"{population}_burst_probability = ({burst} + {population}_baseline*hertz*{silent})/({event} + hertz*{silent})"
        )
        return "\n".join(lines)


def equation_line(name: str, parameter: Parameter) -> str:
    """The Brian2 declaration of a scalar run argument."""
    return f"{name} : {unit_name(parameter.value)} (shared, constant)"

"""What a run keeps: spikes, statistics, states, weights, and one cell's potentials. Imports only errors and quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from brian2.units import ms, second
from brian2.units.fundamentalunits import Quantity

from .errors import ArgumentError
from .quantities import default, format_quantity, same_dimensions

__all__ = ["Recording"]


@dataclass(frozen=True)
class Recording:
    """The recording policy of a run.

    Parameters
    ----------
    spikes : {"all", "none"} or int
        All cells, no cell, or the first so many cells of each population. Each spike is kept with its kind: event,
        burst, or further spike of a burst.
    spike_window : tuple of two Quantity [second], optional
        Keep spikes only from the first up to the second; the whole run by default. A run argument.
    statistics : Quantity [ms]
        Interval at which read-outs (rates and burst probability as moving averages, counts) are sampled.
    states : Quantity [ms]
        Interval over which `means` are averaged and at which weights are sampled.
    means : mapping of str to tuple of str
        Population to variables whose mean over every interval, of all steps and cells, is kept: ``{"input": ("V_d",)}``.
    weights : tuple of str
        Projections whose weights are kept per cell (constant source) or per synapse.
    cells : int
        Largest number of cells or synapses sampled for `means` and `weights`; the first so many.
    trace : mapping of str to tuple of str
        Population to variables kept at each step for its first cell within `trace_window`.
    trace_window : tuple of two Quantity [second], optional
        The first 2 s by default. A run argument.
    """

    spikes: str | int = "all"
    spike_window: tuple[Quantity, Quantity] | None = None
    statistics: Quantity = default(20 * ms)
    states: Quantity = default(100 * ms)
    means: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    cells: int = 1000
    trace: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trace_window: tuple[Quantity, Quantity] = (0 * second, 2 * second)

    def __post_init__(self) -> None:
        if self.spikes not in ("all", "none") and (
            isinstance(self.spikes, bool) or not isinstance(self.spikes, (int, np.integer)) or self.spikes < 1
        ):
            raise ArgumentError(f"spikes={self.spikes!r} is not allowed; use 'all', 'none', or a number of cells.")
        for name in ("statistics", "states"):
            value = getattr(self, name)
            if not same_dimensions(value, 1 * ms) or float(value) <= 0:
                raise ArgumentError(f"{name}={value!r} is not allowed; give an interval above 0, for instance 10 ms.")
        for name in ("spike_window", "trace_window"):
            window = getattr(self, name)
            if window is None and name == "spike_window":
                continue
            timed = (
                isinstance(window, (tuple, list))
                and len(window) == 2
                and all(same_dimensions(edge, 1 * ms) for edge in window)
            )
            if not timed or not 0 <= float(window[0]) <= float(window[1]):
                raise ArgumentError(f"{name}={window!r} is not allowed; give two times with 0 s <= start <= stop.")

    def strides(self, dt: Quantity) -> tuple[int, int]:
        """Steps between two samples of the statistics and of the states."""
        found = []
        for name in ("statistics", "states"):
            ratio = float(getattr(self, name) / dt)
            if abs(ratio - round(ratio)) > 1e-6 or round(ratio) < 1:
                raise ArgumentError(
                    f"{name}={format_quantity(getattr(self, name))} is not allowed; it must be a whole number of steps of {format_quantity(dt)}."
                )
            found.append(round(ratio))
        if found[1] % found[0]:
            raise ArgumentError(
                f"states={format_quantity(self.states)} is not allowed; it must be a multiple of statistics={format_quantity(self.statistics)}."
            )
        return found[0], found[1]

    def recorded_cells(self, n: int) -> int:
        """Number of cells of a population of `n` whose spikes are kept."""
        return n if self.spikes == "all" else 0 if self.spikes == "none" else int(np.minimum(int(self.spikes), n))

    def window_steps(self, dt: Quantity, steps: int) -> dict[str, tuple[int, int]]:
        """First step and first step after of the spike and trace windows."""
        spikes = self.spike_window or (0 * second, steps * dt)
        return {
            name: (round(float(w[0] / dt)), round(float(w[1] / dt)))
            for name, w in (("spikes", spikes), ("trace", self.trace_window))
        }

"""Two interchangeable detectors of events and bursts, behind the same Brian2 events ``event`` and ``burst``.

An event is an isolated spike or the first spike of a burst; a burst is counted at its second spike; later spikes of
a burst are neither. ``spike_kind`` is 0, 1 and 2 for the three.
"""

from __future__ import annotations

from brian2.units import ms
from brian2.units.fundamentalunits import Quantity

from .fragment import Fragment, Parameter

__all__ = ["exact_isi", "leaky_counter"]


def exact_isi(limit: Quantity = 16 * ms) -> Fragment:
    """Events and bursts by the exact inter-spike interval, in whole steps (the default detector).

    A spike belongs to a burst if it comes at most `limit` after the previous one.

    Parameters
    ----------
    limit : Quantity [ms]
        Longest interval inside a burst; rounded to steps.

    Notes
    -----
    ``previous_spike`` and ``spike_before`` are the steps of the last two spikes, ``in_burst`` whether the last spike
    was inside a burst.

    References
    ----------
    Greedy et al. (2022), spiking program: a second spike within 16 ms makes a burst.
    """
    return Fragment(
        name="exact_isi",
        equations="""
        step = 1.0*t_in_timesteps : 1 (shared)
        isi = step - previous_spike : 1
        limit_in_steps = floor(isi_limit/dt + 0.5) : 1 (shared)
        spike_kind = int(isi <= limit_in_steps)*(1 + int(in_burst > 0.5)) : 1
        previous_spike : 1
        spike_before : 1
        in_burst : 1
        """,
        parameters={
            "isi_limit": Parameter(
                Quantity(limit), "longest interval inside a burst", "Greedy et al. 2022", positive=True
            )
        },
        initial={"previous_spike": "-1e9", "spike_before": "-1e9"},
        steps=("previous_spike", "spike_before"),
        events={
            "event": "{spike} and isi > limit_in_steps",
            "burst": "{spike} and isi <= limit_in_steps and in_burst < 0.5",
        },
        reset="""
        in_burst = int(isi <= limit_in_steps)
        spike_before = previous_spike
        previous_spike = step
        """,
    )


def leaky_counter(tau: Quantity = 16 * ms) -> Fragment:
    """Events and bursts by a leaky spike counter, as in Payeur et al. 2021.

    The counter rises by one at each spike and decays with `tau`; a spike that finds it below 1/e is an event. Because it
    accumulates, the silence needed after a burst is longer than `tau` (21 to 25 ms after two spikes).

    Parameters
    ----------
    tau : Quantity [ms]
        Time constant; for an isolated pair also the longest interval inside a burst.

    Notes
    -----
    The limit is lowered by 1e-9 of itself, so that an interval of exactly `tau` is inside a burst at any time step and
    on any target, and does not hang on rounding.

    References
    ----------
    Payeur, Guerguiev, Zenke, Richards & Naud (2021), Nature Neuroscience 24, published program.
    """
    return Fragment(
        name="leaky_counter",
        equations="""
        step = 1.0*t_in_timesteps : 1 (shared)
        dspike_count/dt = -spike_count/tau_count : 1
        count_limit = exp(-1.0)*(1 - 1e-9) : 1 (shared)
        spike_kind = int(spike_count >= count_limit)*(1 + int(in_burst > 0.5)) : 1
        previous_spike : 1
        spike_before : 1
        in_burst : 1
        """,
        parameters={
            "tau_count": Parameter(
                Quantity(tau), "time constant of the spike counter", "Payeur et al. 2021", positive=True
            )
        },
        initial={"previous_spike": "-1e9", "spike_before": "-1e9"},
        steps=("previous_spike", "spike_before"),
        events={
            "event": "{spike} and spike_count < count_limit",
            "burst": "{spike} and spike_count >= count_limit and in_burst < 0.5",
        },
        reset="""
        in_burst = int(spike_count >= count_limit)
        spike_count += 1
        spike_before = previous_spike
        previous_spike = step
        """,
        exact={"spike_count": "tau_count"},
    )

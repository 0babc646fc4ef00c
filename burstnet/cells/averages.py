"""Moving averages of a cell's own events, bursts and spikes, from which adaptive plasticity and teachers read."""

from __future__ import annotations

from brian2.units import Hz, second
from brian2.units.fundamentalunits import Quantity

from ..errors import unknown_name
from .fragment import Fragment, Parameter

__all__ = ["burst_averages"]

_SOURCE = "Payeur et al. 2021"
HOMEOSTATIC_RATES = ("events", "spikes")


def burst_averages(
    tau: Quantity = 5 * second,
    *,
    rate_least: Quantity = 2 * Hz,
    rate_most: Quantity = 12 * Hz,
    homeostatic_rate: str = "events",
    event_rate_0: Quantity = 0 * Hz,
    burst_rate_0: Quantity = 0 * Hz,
    tau_spikes: Quantity = 30 * second,
    spike_rate_0: Quantity = 0.1 * Hz,
    p_b: float | None = None,
) -> Fragment:
    """Exponential averages of event and burst rate, their ratio, and what `AdaptiveBurstDependent` learns from.

    Parameters
    ----------
    tau : Quantity [second]
        Time constant of the averages of events and bursts.
    rate_least, rate_most : Quantity [Hz]
        Below and above these rates homeostasis potentiates and depresses; infinite bounds are given by large numbers.
    homeostatic_rate : {"events", "spikes"}
        What is compared with `rate_least`: the average of events, or, as in the published program, that of all spikes over
        `tau_spikes`, which begins at `spike_rate_0` and therefore potentiates in the first seconds.
    event_rate_0, burst_rate_0 : Quantity [Hz]
        Averages to begin with.
    tau_spikes, spike_rate_0 : Quantity [second], [Hz]
        Of the average of all spikes.
    p_b : float, optional
        A fixed burst probability with which bursts are compared in the place of the moving one, as in BurstCCN.

    Notes
    -----
    ``event_average`` and ``burst_average`` [Hz] and ``moving_p``, their ratio (1 before the first event), are worked out when
    something asks for them, from their values at the last event or burst.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, equations of the learning rule; published program.
    """
    if homeostatic_rate not in HOMEOSTATIC_RATES:
        raise unknown_name("homeostatic_rate", homeostatic_rate, HOMEOSTATIC_RATES)
    compared = {"events": "event_average", "spikes": "spike_average"}[homeostatic_rate]
    parameters = {
        "tau_average": Parameter(
            Quantity(tau), "time constant of the averages of events and bursts", _SOURCE, positive=True
        ),
        "rate_least": Parameter(Quantity(rate_least), "rate below which homeostasis potentiates", _SOURCE),
        "rate_most": Parameter(Quantity(rate_most), "rate above which homeostasis depresses", _SOURCE),
        "event_rate_0": Parameter(Quantity(event_rate_0), "average of events to begin with", _SOURCE),
        "burst_rate_0": Parameter(Quantity(burst_rate_0), "average of bursts to begin with", _SOURCE),
    }
    equations = """
        now = 1.0*t_in_timesteps : 1 (shared)
        event_average = events_kept*exp(-(now - event_at)*dt/tau_average) : hertz
        burst_average = bursts_kept*exp(-(now - burst_at)*dt/tau_average) : hertz
        silent = int(events_kept <= 0*hertz) : 1
        moving_p = (burst_average + silent*hertz)/(event_average + silent*hertz) : 1
        events_kept : hertz
        bursts_kept : hertz
        event_at : 1
        burst_at : 1
        learn_down : 1
        learn_up : 1
        excess = clip(1 - rate_most/(event_average + silent*hertz), 0, 1)*(1 - silent) : 1
    """
    on_transmission = {
        "event": f"learn_down = -clip({'moving_p' if p_b is None else 'p_b'}, 0, 1) - excess",
        "burst": "learn_up = 1 - excess",
    }
    on_event = {
        "event": "events_kept = event_average + 1/tau_average\nevent_at = now",
        "burst": "bursts_kept = burst_average + 1/tau_average\nburst_at = now",
    }
    steps: tuple[str, ...] = ("event_at", "burst_at")
    initial = {"events_kept": "event_rate_0", "bursts_kept": "burst_rate_0"}
    reset = ""
    if homeostatic_rate == "spikes":
        parameters |= {
            "tau_spikes": Parameter(
                Quantity(tau_spikes), "time constant of the average of spikes", _SOURCE, positive=True
            ),
            "spike_rate_0": Parameter(Quantity(spike_rate_0), "average of spikes to begin with", _SOURCE),
        }
        equations += """
        spike_average = spikes_kept*exp(-(now - spike_at)*dt/tau_spikes) : hertz
        spikes_kept : hertz
        spike_at : 1
        """
        initial["spikes_kept"] = "spike_rate_0"
        reset = "spikes_kept = spike_average + 1/tau_spikes\nspike_at = now"
        steps += ("spike_at",)
    if p_b is not None:
        parameters["p_b"] = Parameter(Quantity(p_b), "baseline burst probability", "Greedy et al. 2022", clampable=True)
    equations += f"learn_idle = clip((rate_least - {compared})/hertz, 0, inf) : 1\n"
    return Fragment(
        name="burst_averages",
        equations=equations,
        parameters=parameters,
        initial=initial,
        reset=reset,
        on_transmission=on_transmission,
        on_event=on_event,
        steps=steps,
    )

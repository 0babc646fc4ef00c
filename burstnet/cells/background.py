"""Background input onto conductances: private Poisson units of each cell, counter-based, without a group or a synapse."""

from __future__ import annotations

from collections.abc import Mapping

from brian2.units import Hz
from brian2.units.fundamentalunits import Quantity

from ..errors import ArgumentError
from ..pulses import cell_other_pulse, cell_pulse, cell_pulses
from ..quantities import same_dimensions
from ..random import cell_uniform, pair_uniform, standard_normal
from .fragment import Fragment, Parameter

__all__ = ["background", "poisson_units", "pooled_background", "steady_current"]

_SOURCE = "Payeur et al. 2021"


def _channel_parameters(channels: Mapping[str, tuple[Quantity, float]]) -> dict[str, Parameter]:
    """Rate and weight of every channel as run arguments; an ArgumentError if they are not allowed."""
    if not 1 <= len(channels) <= 4:
        raise ArgumentError(f"channels={list(channels)} is not allowed; give one to four conductances.")
    found = {}
    for variable, (rate, weight) in channels.items():
        if not same_dimensions(rate, 1 * Hz) or float(rate) < 0:
            raise ArgumentError(f"rate={rate} of channel {variable!r} is not allowed; give a rate of at least 0 Hz.")
        found[f"noise_rate_{variable}"] = Parameter(Quantity(rate), f"background pulses onto {variable}", _SOURCE)
        found[f"noise_{variable}"] = Parameter(Quantity(weight), f"weight of a pulse onto {variable}", _SOURCE)
    return found


def background(channels: Mapping[str, tuple[Quantity, float]]) -> Fragment:
    """One Poisson unit for each cell and channel: in each step a pulse with probability ``rate*dt``.

    Parameters
    ----------
    channels : mapping of str to tuple of Quantity [Hz] and float
        Conductance to rate and weight, at most four: ``{"g_E_s": (500*Hz, 0.35), "g_I_s": (500*Hz, 0.35)}``. Two
        channels in a row are drawn from one word, independently.

    Notes
    -----
    At most one pulse in a step, as in the published program. Parameters are ``noise_rate_NAME`` and ``noise_NAME``.
    """
    parameters, lines = _channel_parameters(channels), []
    names = list(channels)
    for k, variable in enumerate(names):
        place = "run_seed, noise_stream, i, t_in_timesteps)"
        if k % 2:
            pulse = f"cell_other_pulse({k // 2}, noise_rate_{names[k - 1]}*dt, noise_rate_{variable}*dt, {place}"
        else:
            pulse = f"cell_pulse({k // 2}, noise_rate_{variable}*dt, {place}"
        lines.append(f"{variable} += noise_{variable}*{pulse}")
    return Fragment(
        name="background",
        parameters=parameters,
        last="\n".join(lines),
        namespace={"cell_pulse": cell_pulse, "cell_other_pulse": cell_other_pulse},
    )


def pooled_background(channels: Mapping[str, tuple[Quantity, float]], *, units: int = 25_000) -> Fragment:
    """Sparse input from a large pool: each cell has a number of units of its own, which the seed draws.

    The number is binomial with mean ``rate/unit_rate`` out of `units`; the pulses of a step are Poisson, up to three.
    That two cells share units is left out: with 100 of 25 000 they share 0.4 %. For a single cell that makes no difference,
    but a cell that sums 200 such cells fired 9 % less without it; shared units are a population of `poisson_units`.

    Parameters
    ----------
    channels : mapping of str to tuple of Quantity [Hz] and float
        Conductance to mean summed rate and weight, at most four.
    units : int
        Size of the pool.

    Notes
    -----
    The binomial number comes from a normal one by a Cornish-Fisher step, which keeps mean, variance and skew.
    Parameters are ``noise_rate_NAME``, ``noise_NAME`` and ``unit_rate``, 5 Hz.
    """
    parameters = {
        "unit_rate": Parameter(5 * Hz, "rate of a unit of the pool", _SOURCE, positive=True)
    } | _channel_parameters(channels)
    equations, initial, lines = [], {}, []
    for k, variable in enumerate(channels):
        mean, spread = f"(noise_rate_{variable}/unit_rate)", f"(1 - noise_rate_{variable}/unit_rate/{units})"
        z = standard_normal(11 + 2 * k)
        number = f"floor({mean} + sqrt({mean}*{spread})*{z} + ({z}**2 - 1)*(2*{spread} - 1)/6 + 0.5)"
        equations += [f"pulses_{variable} : 1 (constant)", f"none_{variable} : 1 (constant)"]
        initial[f"pulses_{variable}"] = f"clip({number}, 0, {units})*unit_rate*dt"
        initial[f"none_{variable}"] = f"exp(-pulses_{variable})"
        place = "run_seed, noise_stream, i, t_in_timesteps"
        lines.append(f"{variable} += noise_{variable}*cell_pulses({k}, pulses_{variable}, none_{variable}, {place})")
    return Fragment(
        name="pooled_background",
        equations="\n".join(equations),
        parameters=parameters,
        initial=initial,
        last="\n".join(lines),
        namespace={"cell_pulses": cell_pulses, "pair_uniform": pair_uniform},
    )


def poisson_units(rate: Quantity = 1 * Hz) -> Fragment:
    """Cells that are nothing but Poisson units, for input that several cells share: a spike in a step with probability ``rate*dt``.

    Parameters
    ----------
    rate : Quantity [Hz]
        The parameter ``rate``, which a lesion may clamp.

    Raises
    ------
    ArgumentError
        If the rate is below 0 Hz or no rate.
    """
    if not same_dimensions(rate, 1 * Hz) or float(rate) < 0:
        raise ArgumentError(f"rate={rate} is not allowed; give a rate of at least 0 Hz.")
    return Fragment(
        name="poisson_units",
        parameters={"rate": Parameter(Quantity(rate), "spikes of a unit", _SOURCE, clampable=True)},
        threshold="cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps) < rate*dt",
        namespace={"cell_uniform": cell_uniform},
    )


def steady_current(**ports: Quantity) -> Fragment:
    """Constant currents into ports of the cell: ``steady_current(dendrite=50*pA)``.

    Parameters
    ----------
    **ports : Quantity [pA]
        Each is the parameter ``bias_PORT``, which a lesion may clamp.
    """
    return Fragment(
        name="steady_current",
        equations="\n".join(f"I_bias_{port} = bias_{port} : amp" for port in ports),
        parameters={
            f"bias_{port}": Parameter(Quantity(amount), f"constant current into the {port}", clampable=True)
            for port, amount in ports.items()
        },
        contributions={f"I_bias_{port}": port for port in ports},
    )

"""The pairing protocols of Payeur et al. 2021, Figure 2B to D: one plastic synapse between two cells that spike as they are told.

No membrane: the threshold is a generator of periodic, Poisson or burst-Poisson spikes. Every pair of cells is a condition
and a realisation of it. Imports payeur2021.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from brian2.units import Hz, ms, second
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.averages import burst_averages
from burstnet.cells.fragment import Fragment, Parameter, joined
from burstnet.circuit import Circuit, Population
from burstnet.errors import ArgumentError, unknown_name
from burstnet.models.payeur2021 import CITATION
from burstnet.plasticity.burst_dependent import AdaptiveBurstDependent
from burstnet.projection import Projection
from burstnet.random import cell_uniform, pair_uniform
from burstnet.synapses.connectivity import OneToOne

__all__ = ["AXES", "CITATION", "TRAINS", "circuit"]

_SOURCE = "Payeur et al. 2021, Fig. 2"
#: Trains, and for each what is varied: parameter, first and last value, number of values, step of the published script.
AXES: dict[str, tuple[str, Quantity, Quantity, int, Quantity]] = {
    "periodic": ("frequency", 1 * Hz, 100 * Hz, 20, 0.1 * ms),
    "poisson": ("rate", 1 * Hz, 50 * Hz, 10, 1 * ms),
    "burst-poisson": ("burst_chance", Quantity(0.0), Quantity(0.45), 10, 1 * ms),
}
TRAINS = tuple(AXES)
#: Burst probability that the moving averages begin with.
_INITIAL_P = {"periodic": 0.15, "poisson": 0.3, "burst-poisson": 0.2}
_TAU_PRE, _ALPHA = 50 * ms, 15 * second
#: A time that no interval reaches.
_LONG = "1e6*second"


def _euler(tau: Quantity, dt: Quantity) -> Quantity:
    """Time constant whose exact decay in a step is that of the scripts' forward Euler, ``1 - dt/tau``."""
    return float(-dt / np.log(1 - float(dt / tau)) / second) * second


def _periodic() -> Fragment:
    """Blocks of spikes at equal intervals; spikes are in step ``int(t/dt)`` of their block, as in the script."""
    return Fragment(
        name="periodic",
        equations="""
        block_steps = floor((pairs/frequency + pause)/dt) : 1
        done : 1
        block_begins = int(done > 0.5)*int(done - pairs*floor(done/pairs + 1e-9) < 0.5) : 1
        """,
        parameters={
            "pairs": Parameter(Quantity(5.0), "spikes in a block", _SOURCE, positive=True),
            "blocks": Parameter(Quantity(15.0), "blocks", _SOURCE),
            "first_pair": Parameter(10 * ms, "from the beginning of a block to its first spike", _SOURCE),
            "pause": Parameter(1 * second, "added to the length of a block", _SOURCE),
        },
        initial={"next_spike": "floor(first_pair/dt)"},
        reset=f"""
        done += 1
        block = floor(done/pairs + 1e-9)
        pair = done - block*pairs
        next_spike = block*block_steps + floor((first_pair + pair/frequency)/dt) + 1e12*int(block > blocks - 0.5)
        interval = 1/frequency + int(pair < 0.5)*{_LONG}
        """,
    )


def _poisson() -> Fragment:
    """A renewal process: a dead time and an exponential interval."""
    drawn = "(dead_time - log({u})*(1 - dead_time*rate)/rate)"
    return Fragment(
        name="poisson",
        parameters={"dead_time": Parameter(2 * ms, "shortest interval", _SOURCE)},
        initial={"next_spike": drawn.format(u="pair_uniform(run_seed, noise_stream, i, 0)") + "/dt"},
        reset=f"""
        interval = {drawn.format(u="cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps)")}
        next_spike += interval/dt
        """,
    )


def _burst_poisson() -> Fragment:
    """Events at random, each followed by a second spike with a given probability; the next event waits from the last spike."""
    drawn = "(dead_time - log({u})*(1 - dead_time*event_rate)/event_rate)"
    u = "cell_uniform({word}, run_seed, noise_stream, i, t_in_timesteps)"
    return Fragment(
        name="burst_poisson",
        parameters={
            "event_rate": Parameter(5 * Hz, "rate of events without bursts", _SOURCE, positive=True),
            "dead_time": Parameter(20 * ms, "shortest time from a spike to the next event", _SOURCE),
            "isi_least": Parameter(2 * ms, "shortest interval between the two spikes of a burst", _SOURCE),
            "isi_spread": Parameter(10 * ms, "width of the uniform distribution of that interval", _SOURCE),
        },
        initial={"next_spike": drawn.format(u="pair_uniform(run_seed, noise_stream, i, 0)") + "/dt"},
        reset=f"""
        bursts = (1 - in_burst)*int({u.format(word=1)} < burst_chance)
        interval = bursts*(isi_least + isi_spread*{u.format(word=2)}) + (1 - bursts)*{drawn.format(u=u.format(word=0))}
        next_spike += interval/dt
        """,
    )


def _train(train: str, points: int) -> Fragment:
    """A cell without a membrane; events and bursts are told apart by the intervals before they are cut to steps."""
    name, first, last, _, _ = AXES[train]
    made = {"periodic": _periodic, "poisson": _poisson, "burst-poisson": _burst_poisson}[train]()
    unit = "Hz" if train != "burst-poisson" else "1"
    what = name.replace("_", " ")
    frame = Fragment(
        name="train",
        equations=f"""
        step = 1.0*t_in_timesteps : 1 (shared)
        point = i - points*floor((i + 0.5)/points) : 1
        {name} = {name}_first + ({name}_last - {name}_first)*point/clip(points - 1, 1, inf) : {unit}
        spike_kind = int(interval <= isi_limit)*(1 + int(in_burst > 0.5)) : 1
        next_spike : 1
        interval : second
        in_burst : 1
        received : 1
        """,
        parameters={
            f"{name}_first": Parameter(first, f"{what} of the first condition", _SOURCE),
            f"{name}_last": Parameter(last, f"{what} of the last condition", _SOURCE),
            "points": Parameter(Quantity(float(points)), "number of conditions", _SOURCE, positive=True),
            "isi_limit": Parameter(16 * ms, "longest interval inside a burst", _SOURCE, positive=True),
        },
        initial={"interval": _LONG},
        threshold="step + 1 > next_spike",
        events={
            "event": "{spike} and interval > isi_limit",
            "burst": "{spike} and interval <= isi_limit and in_burst < 0.5",
        },
        reset="in_burst = int(interval <= isi_limit)",
        steps=("next_spike",),
        receptors={"input": "received"},
        namespace={"cell_uniform": cell_uniform, "pair_uniform": pair_uniform},
    )
    return dataclasses.replace(frame + made, name=f"{train} train")


def _averages(train: str, dt: Quantity) -> Fragment:
    """Moving averages without homeostasis, which decay as the scripts' do and begin with a burst probability."""
    plain = burst_averages(_euler(_ALPHA, dt), rate_least=0 * Hz, rate_most=1e9 * Hz, event_rate_0=5 * Hz)
    # in the scripts an event adds 1/alpha, not 1/tau_average, which is smaller by half a step: only the ratio matters
    alpha = "(dt/(1 - exp(-dt/tau_average)))"
    begins = {"events_kept": f"event_rate_0*{alpha}/tau_average"}
    begins["bursts_kept"] = f"initial_p*{begins['events_kept']}"
    # and averages decay in the first step too
    begins |= {"event_at": "-1", "burst_at": "-1"}
    parameters = {name: value for name, value in plain.parameters.items() if name != "burst_rate_0"}
    parameters["initial_p"] = Parameter(
        Quantity(_INITIAL_P[train]), "burst probability that the moving averages begin with", _SOURCE
    )
    if train == "burst-poisson":
        # each condition begins with its own event rate
        parameters.pop("event_rate_0")
        begins = {name: value.replace("event_rate_0", "event_rate") for name, value in begins.items()}
    averages = dataclasses.replace(plain, parameters=parameters, initial=begins)
    if train != "periodic":
        return averages
    # the gap between blocks is not simulated: nothing happens in it but the decay of averages
    left = f"(1 - block_begins*(1 - exp(-gap/{alpha})))"
    code = f"events_kept = events_kept*{left}\nbursts_kept = bursts_kept*{left}"
    learned = averages.on_transmission
    return dataclasses.replace(
        averages,
        parameters=parameters | {"gap": Parameter(10 * second, "silence between two blocks", _SOURCE)},
        on_transmission={**learned, "event": joined(code, learned["event"])},
    )


def circuit(
    train: str = "periodic", *, realisations: int | None = None, points: int | None = None, dt: Quantity | None = None
) -> Circuit:
    """Pairs of cells with a plastic synapse each.

    Parameters
    ----------
    train : {"periodic", "poisson", "burst-poisson"}
        How both cells spike: together in blocks, or independently.
    realisations : int, optional
        Pairs for each condition; 20 by default, one of periodic trains, which are not random.
    points : int, optional
        Conditions, from the parameter ``pre.cell.NAME_first`` to ``NAME_last`` with NAME ``frequency``, ``rate`` or
        ``burst_chance``; 20, 10 and 10 by default. Pair k has condition ``k % points``.
    dt : Quantity [ms], optional
        0.1 ms for periodic trains, 1 ms for the others, by default.

    Notes
    -----
    The weight begins at 0 and has no bounds, and there is no homeostasis. Averages and presynaptic trace decay as in the
    published scripts, by ``1 - dt/tau`` a step; their time constants here are those of the same exact decay.

    Raises
    ------
    ArgumentError
        If the train does not exist or a number is below 1.

    References
    ----------
    Payeur et al. (2021), Figure 2B to D; published scripts.
    """
    if train not in TRAINS:
        raise unknown_name("train", train, TRAINS)
    step = AXES[train][4] if dt is None else dt
    number = AXES[train][3] if points is None else points
    times = (1 if train == "periodic" else 20) if realisations is None else realisations
    for name, value in (("realisations", times), ("points", number)):
        if value < 1:
            raise ArgumentError(f"{name}={value!r} is not allowed; it is a whole number of at least 1.")
    cell = _train(train, number)
    rule = AdaptiveBurstDependent(eta=0.1, w_min=-1e9, w_max=1e9, tau_trace=_euler(_TAU_PRE, step))
    return Circuit(
        (
            Population("pre", number * times, cell),
            Population("post", number * times, cell + _averages(train, step)),
        ),
        (Projection("pairing", "pre", "post", port="input", weight=0.0, connect=OneToOne(), plasticity=rule),),
        dt=step,
    )

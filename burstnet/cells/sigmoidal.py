"""Cells of a spiking network that classifies: events by integration of a sigmoidal rate, bursts by a dendritic probability.

A point soma and a point dendrite, in amounts normalised so that input at the highest rate reads 1. Imports random,
errors and fragments only. ``input_cell`` fires with a pixel, ``hidden_cell`` and ``output_cell`` differ in what makes them burst.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from brian2.units import Hz, ms
from brian2.units.fundamentalunits import Quantity

from ..errors import unknown_name
from ..random import cell_uniform, pair_uniform
from .fragment import Fragment, Parameter, ParameterSet, parameter

__all__ = ["OWN_RATES", "SigmoidalParameters", "hidden_cell", "input_cell", "output_cell"]

_OURS = "burstnet, after Greedy et al. 2022"
#: What a cell may know its own activity from, see `hidden_cell`.
OWN_RATES = ("membrane", "events", "interval")


@dataclass(frozen=True)
class SigmoidalParameters(ParameterSet):
    """Time constants, rates and gains of the cells.

    With ``k(tau) = 1 - exp(-dt/tau)`` an event of weight w raises a variable of time constant tau by
    ``w*k(tau)/(rate_most*dt)``, so that a source at ``rate_most`` holds it at w.
    """

    rate_most: Quantity = parameter(100 * Hz, "highest rate of events", _OURS, positive=True)
    tau_m: Quantity = parameter(30 * ms, "somatic time constant", _OURS, positive=True)
    tau_d: Quantity = parameter(20 * ms, "dendritic time constant", _OURS, positive=True)
    tau_t: Quantity = parameter(20 * ms, "time constant of the presynaptic trace", _OURS, positive=True)
    tau_own: Quantity = parameter(50 * ms, "time constant of own events, own_rate=events", _OURS, positive=True)
    p_b: Quantity = parameter(0.5, "burst probability at rest", _OURS, positive=True)


def _trace(parameters: SigmoidalParameters) -> Fragment:
    """Events by integration, and the trace of them that synapses learn from."""
    kept = {name: p for name, p in parameters.parameters().items() if name in ("rate_most", "tau_t")}
    return Fragment(
        "integrator",
        equations="""
        dphase/dt = rate_most*activity : 1
        dtrace/dt = -trace/tau_t : 1
        """,
        parameters=kept,
        initial={"phase": "pair_uniform(run_seed, noise_stream, i, 0)"},
        exact={"trace": "tau_t"},
        threshold="phase >= 1",
        reset="phase -= 1",
        hold={"phase": "0"},
        on_event={"event": "trace += (1 - exp(-dt/tau_t))/(rate_most*dt)"},
        namespace={"pair_uniform": pair_uniform},
    )


def input_cell(activity: str, parameters: SigmoidalParameters, namespace: dict[str, Any]) -> Fragment:
    """A source of regular events.

    Parameters
    ----------
    activity : str
        Expression of its rate over the highest one, 0 to 1, for instance of a table: ``"images(row*dt, i)"``.
    parameters : SigmoidalParameters
    namespace : dict
        What the expression uses.
    """
    own = Fragment(
        "input",
        equations=f"""
        activity = {activity} : 1
        spike_kind = 0 : 1 (shared)
        """,
        # the condition starts with the threshold, so that only spiking cells are looked at
        events={"event": "{spike} and phase >= 1"},
        namespace=namespace,
    )
    return own + _trace(parameters)


def _read(own_rate: str) -> str:
    """The variable that a cell knows its own activity by."""
    if own_rate not in OWN_RATES:
        raise unknown_name("own_rate", own_rate, OWN_RATES)
    return "activity" if own_rate == "membrane" else "own_rate"


def _own_rate(parameters: SigmoidalParameters, kind: str) -> Fragment:
    """What a cell's own events say of its activity, as known to it at an event."""
    if kind == "membrane":
        return Fragment("own rate")
    if kind == "events":
        # before the jump of a regular train the average is too low, after it too high, each by half a jump
        return Fragment(
            "own rate",
            equations="""
            dlow_passed/dt = -low_passed/tau_own : 1
            own_jump = (1 - exp(-dt/tau_own))/(rate_most*dt) : 1
            own_rate = low_passed + own_jump/2 : 1
            """,
            parameters={"tau_own": parameters.parameters()["tau_own"]},
            exact={"low_passed": "tau_own"},
            on_event={"event": "low_passed += own_jump"},
        )
    return Fragment(
        "own rate",
        equations="""
        own_rate : 1
        steps_since : 1
        """,
        last="steps_since += 1\nown_rate += int(phase >= 1)*(1/(rate_most*dt*steps_since) - own_rate)",
        on_event={"event": "steps_since = 0"},
    )


def _second_spike(delay: Quantity) -> Fragment:
    """Bursts that happen later than their events; those to come are the bits of a number, the next one its lowest."""
    # Brian2's floor is an integer of 32 bits
    return Fragment(
        "second spike",
        equations="pending : 1",
        parameters={
            "burst_delay": Parameter(delay, "from an event to the second spike of its burst", _OURS, positive=True)
        },
        first="pending = floor(pending/2)",
        events={"burst": "pending - 2*floor(pending/2) > 0.5"},
        on_transmission={
            "event": "pending += int(draw < burst_probability)*2**clip(floor(burst_delay/dt + 0.5), 1, 30)"
        },
        hold={"pending": "0"},
    )


def _unit(parameters: SigmoidalParameters, evidence: str, own_rate: str, burst_delay: Quantity | None) -> Fragment:
    """Soma, dendrite, bursts and bias of a cell; `evidence` is added to the logit of its burst probability."""
    kept = {name: p for name, p in parameters.parameters().items() if name in ("tau_m", "tau_d", "p_b")}
    at_once = {} if burst_delay else {"burst": "{spike} and draw < burst_probability"}
    own = Fragment(
        "unit",
        equations=f"""
        dv/dt = -v/tau_m : 1
        du/dt = -u/tau_d : 1
        activity = 1/(1 + exp(-(v + bias))) : 1
        burst_probability = 1/(1 + exp(-(log(p_b/(1 - p_b)) + {evidence}))) : 1
        signal = abs(burst_probability - p_b) : 1
        spike_kind = int(draw < burst_probability) : 1
        draw : 1
        bias : 1
        arrived_at_soma : 1
        arrived_at_dendrite : 1
        """,
        parameters=kept
        | {
            "bias_rate": Parameter(Quantity(0.003), "learning rate of the bias", _OURS, clampable=True),
            "centred": Parameter(Quantity(0.0), "part of the mean input that the bias takes away at first", _OURS),
        },
        exact={"v": "tau_m", "u": "tau_d"},
        receptors={"soma": "arrived_at_soma", "dendrite": "arrived_at_dendrite"},
        first="""
        v += arrived_at_soma*(1 - exp(-dt/tau_m))/(rate_most*dt)
        u += arrived_at_dendrite*(1 - exp(-dt/tau_d))/(rate_most*dt)
        arrived_at_soma = 0
        arrived_at_dendrite = 0
        bias -= centred*centring*v
        """,
        events={"event": "{spike} and phase >= 1"} | at_once,
        # an event's number is drawn at the one before, so that few draws are made and monitors need none
        on_event={
            "event": "bias -= learning*bias_rate*p_b\ndraw = cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps)",
            "burst": "bias += learning*bias_rate",
        },
        initial={"draw": "pair_uniform(run_seed, noise_stream, i, 1)"},
        namespace={"cell_uniform": cell_uniform},
    )
    found = own + _own_rate(parameters, own_rate) + _trace(parameters)
    return found + _second_spike(burst_delay) if burst_delay else found


def hidden_cell(
    parameters: SigmoidalParameters,
    gain: Quantity | float,
    own_rate: str = "membrane",
    burst_delay: Quantity | None = None,
) -> Fragment:
    """A cell whose bursts carry what its dendrite gets from above: ``p = sigmoid(logit p_b + feedback_gain*u*(1 - s))``.

    It reads the signals ``learning`` and ``centring`` of its circuit: a factor on learning, and the part of the mean input
    that a step takes away.

    Parameters
    ----------
    parameters : SigmoidalParameters
    gain : float
        ``feedback_gain``.
    own_rate : str
        What s is in the burst probability. ``membrane``: the activity of now, a sigmoid of the potential. ``interval``: one
        over the last interval between its events times ``rate_most``, the mean activity since the event before.
        ``events``: its events, low-passed with ``tau_own`` and read in the middle of the jump that the present event makes.
    burst_delay : Quantity [ms], optional
        The burst of an event happens so much later, 1 to 30 steps, for everything that reads bursts; in the same step by
        default. Other events may come in between.

    Raises
    ------
    ArgumentError
        If ``own_rate`` is not known.
    """
    found = _unit(parameters, f"feedback_gain*u*(1 - {_read(own_rate)})", own_rate, burst_delay)
    doc = "gain of dendritic feedback on the logit of burst probability"
    declared = {"feedback_gain": Parameter(Quantity(gain), doc, _OURS, clampable=True)}
    return dataclasses.replace(found, name="hidden cell", parameters={**found.parameters, **declared})


def output_cell(
    parameters: SigmoidalParameters,
    gain: Quantity | float,
    high: Quantity | float,
    low: Quantity | float,
    own_rate: str = "membrane",
    burst_delay: Quantity | None = None,
) -> Fragment:
    """A cell whose bursts carry what a teacher wants more of it: ``p = sigmoid(logit p_b + teacher_gain*(T - s)/(s + 0.1))``.

    T is ``target_high`` in the cell of the right class and ``target_low`` in others, while ``taught`` is 1. It counts its
    events while ``counting`` is 1, and reports them by an event of its own when ``reporting`` is 1.

    Parameters
    ----------
    parameters : SigmoidalParameters
    gain, high, low : float
        ``teacher_gain``, ``target_high``, ``target_low``.
    own_rate, burst_delay
        As of `hidden_cell`.
    """
    answer = Fragment(
        "answer",
        equations="""
        right : 1
        counted : 1
        """,
        parameters={
            "teacher_gain": Parameter(
                Quantity(gain), "gain of the teacher on the logit of burst probability", _OURS, clampable=True
            ),
            "target_high": Parameter(Quantity(high), "wanted activity of the right class", _OURS),
            "target_low": Parameter(Quantity(low), "wanted activity of other classes", _OURS),
        },
        first="right = int(i == label)\ncounted = counted*(1 - beginning)",
        events={"reported": "reporting > 0.5"},
        on_event={"event": "counted += counting"},
    )
    own = _read(own_rate)
    wanted = f"(target_low + (target_high - target_low)*right - {own})"
    found = _unit(parameters, f"taught*teacher_gain*{wanted}/({own} + 0.1)", own_rate, burst_delay) + answer
    return dataclasses.replace(found, name="output cell")

"""The XOR network of Payeur et al. 2021, Figure 4: two input, two hidden and one output population of stochastic bursts.

Presentation, phases and teaching are signals of the circuit, so that training runs inside the compiled program.
"""

from __future__ import annotations

from typing import Any

from brian2.units import Hz, ms, pA, second

from burstnet.cells.averages import burst_averages
from burstnet.cells.background import background, steady_current
from burstnet.cells.fragment import Fragment, Parameter
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Readout, Signal
from burstnet.errors import unknown_name
from burstnet.models.payeur2021 import DT, Published, stochastic
from burstnet.plasticity.burst_dependent import AdaptiveBurstDependent
from burstnet.projection import Projection
from burstnet.synapses.connectivity import WithProbability

__all__ = ["ALPHA", "FEEDBACKS", "PATTERNS", "RULES", "TEACHER_INTERVAL", "circuit"]

#: The four patterns in the order in which they are shown.
PATTERNS = ((0, 0), (1, 0), (0, 1), (1, 1))
#: What bursts are compared with: the cell's own moving average (Payeur et al.), or a number (BurstCCN).
RULES = ("moving-average", "fixed-baseline")
#: Bursts alone (Payeur et al.), or also events that cancel them at rest (BurstCCN).
FEEDBACKS = ("published", "event-cancelled")
#: Time constant of the moving averages, and of the read-outs.
ALPHA = 2 * second
#: Steps of the clock on which the teaching current is latched.
TEACHER_INTERVAL = 400 * ms

_SOURCE = "Payeur et al. 2021"
_INHIBITION = 0.25
#: Weights of excitatory and inhibitory noise on the soma, and its rate [Hz].
_SOMATIC_NOISE = {
    "input_1": ((0.35, 0.35), 500),
    "input_2": ((0.35, 0.35), 500),
    "hidden_1": ((0.385, 0.49), 150),
    "hidden_2": ((0.385, 0.49), 150),
    "output": ((0.35, 0.35), 150),
}
_BURST_FEEDBACK = {"hidden_1": {"ampa": 0.26, "gaba": 0.06}, "hidden_2": {"ampa": 0.026, "gaba": 0.27}}
#: Feedback of events that cancels that of bursts while the output's burst probability is 0.4: receptor, weight, and
#: what the graph's name ends with that it repeats. Ours, after BurstCCN's Q.
_EVENT_FEEDBACK = {"hidden_1": ("gaba", 0.133, ""), "hidden_2": ("ampa", 0.062, "_gaba")}
#: Constant dendritic current [pA] of each population, by feedback.
_BIAS = {
    "published": {"hidden_2": 500, "output": 400},
    "event-cancelled": {"hidden_1": 480, "hidden_2": 470, "output": 400},
}
#: Burst probability at rest, by feedback, with which a fixed baseline compares.
_AT_REST = {
    "published": {"hidden_1": 0.285, "hidden_2": 0.26, "output": 0.404},
    "event-cancelled": {"hidden_1": 0.36, "hidden_2": 0.385, "output": 0.406},
}


def _noise(soma: tuple[float, float], rate: float) -> Fragment:
    return background(
        {
            "g_E_s": (rate * Hz, soma[0]),
            "g_I_s": (rate * Hz, soma[1]),
            "g_E_d": (500 * Hz, 0.05),
            "g_I_d": (500 * Hz, 0.05),
        }
    )


def _teacher() -> Fragment:
    """Teaching current of each output cell, from its own average of events when teaching starts."""
    down = "int(event_average > 3*hertz)*int(event_average < 9*hertz)/clip(10 - event_average/hertz, 1, 7) + int(event_average >= 9*hertz)"
    up = "int(event_average > 3*hertz)*int(event_average < 9*hertz)/clip(event_average/hertz - 2, 1, 7) + int(event_average <= 3*hertz)"
    return Fragment(
        name="teacher",
        equations="""
        I_teacher = taught*teaching : amp
        teaching : amp
        """,
        parameters={"teaching_strength": Parameter(1000 * pA, "largest teaching current", _SOURCE, clampable=True)},
        regularly={
            f"{float(TEACHER_INTERVAL / ms):g} ms": f"""
            wanted = teaching_strength*(target*({up}) - (1 - target)*({down}))
            teaching = teacher_looks*wanted + (1 - teacher_looks)*teaching
            """
        },
        contributions={"I_teacher": "dendrite"},
    )


def _schedule() -> tuple[tuple[Knob, ...], tuple[Signal, ...]]:
    """What is shown, when it is learned, and when the teacher looks: `presenting` and `training` are set by phases."""
    knobs = (
        Knob("presenting", 0.0),
        Knob("training", 0.0),
        Knob("first_pattern", 6 * second),
        Knob("pattern_duration", 8 * second),
        Knob("prediction", 7.2 * second),
        Knob("teacher_follows", 0.0),
    )
    time = "(control_step*dt - first_pattern)"
    shown = "presenting*({one}*input_one + (1 - {one})*input_zero)"
    signals = (
        Signal("pattern", f"clip(floor({time}/pattern_duration + 1e-9), 0, inf)"),
        Signal("elapsed", f"{time} - pattern*pattern_duration", 1 * second),
        Signal("first_is_one", "pattern - 2*floor(pattern/2)"),
        Signal("second_is_one", "floor(pattern/2) - 2*floor(pattern/4)"),
        Signal("target", "first_is_one + second_is_one - 2*first_is_one*second_is_one"),
        Signal("taught", "int(training > 0)*int(elapsed >= prediction - 0.5*dt)"),
        Signal("learning", "training*taught"),
        Signal("teacher_looks", "taught*clip(int(elapsed < prediction + 0.5*dt) + teacher_follows, 0, 1)"),
        Signal(
            "input_1_current",
            shown.format(one="first_is_one"),
            1 * pA,
            {
                "input_one": Parameter(150 * pA, "somatic current that shows a 1", _SOURCE),
                "input_zero": Parameter(-350 * pA, "somatic current that shows a 0", _SOURCE),
            },
        ),
        Signal("input_2_current", shown.format(one="second_is_one"), 1 * pA),
    )
    return knobs, signals


def _projections(sizes: dict[str, int], published: Published, feedback: str, density: float | None) -> list[Projection]:
    event, burst = published.sends

    def graph(source: str, like: str | None = None) -> WithProbability:
        return WithProbability(min(1.0, 100 / sizes[source] if density is None else density), like=like)

    found = []
    for source, target in [
        *((f"input_{i}", f"hidden_{j}") for j in (1, 2) for i in (1, 2)),
        *((f"hidden_{j}", "output") for j in (1, 2)),
    ]:
        name = f"{source}_to_{target}"
        rule = AdaptiveBurstDependent(eta=4e-3 if target == "output" else 8e-3, tau_trace=100 * ms, learning="learning")
        shared: dict[str, Any] = {"source": source, "target": target, "on": event, "connect": graph(source)}
        found.append(Projection(name, port="soma.ampa", weight=0.234, plasticity=rule, **shared))
        found.append(Projection(f"{name}_gaba", port="soma.gaba", weight=_INHIBITION, **shared))
    for target, weights in _BURST_FEEDBACK.items():
        for receptor, weight in weights.items():
            name = f"output_to_{target}" + ("_gaba" if receptor == "gaba" else "")
            found.append(
                Projection(name, "output", target, f"dendrite.{receptor}", weight, on=burst, connect=graph("output"))
            )
    if feedback == "event-cancelled":
        for target, (receptor, weight, same) in _EVENT_FEEDBACK.items():
            connect = graph("output", f"output_to_{target}{same}")
            found.append(
                Projection(
                    f"output_to_{target}_events",
                    "output",
                    target,
                    f"dendrite.{receptor}",
                    weight,
                    on=event,
                    connect=connect,
                )
            )
    return found


def circuit(
    n: int = 500,
    *,
    published: Published | None = None,
    rule: str = "moving-average",
    feedback: str = "published",
    density: float | None = None,
) -> Circuit:
    """The XOR network.

    Parameters
    ----------
    n : int
        Cells in each of the five populations.
    published : Published, optional
        Settings of the published program.
    rule : {"moving-average", "fixed-baseline"}
        What bursts are compared with.
    feedback : {"published", "event-cancelled"}
        What the output sends to the dendrites of hidden cells: bursts; or bursts, and events of the opposite sign on the
        same connections, so that at rest they cancel whatever the output's event rate. The published network has none of
        these: with them and a fixed baseline it learns in one phase.
    density : float, optional
        Probability of a connection; ``100/n`` by default, so that a cell has a hundred inputs from a population.

    References
    ----------
    Payeur et al. (2021), Figure 4 and Methods; published program, ``sim_xor``.
    """
    for name, value, allowed in (("rule", rule, RULES), ("feedback", feedback, FEEDBACKS)):
        if value not in allowed:
            raise unknown_name(name, value, allowed)
    published = published or Published()
    readout = Readout(ALPHA)
    populations = []
    for name, (soma, rate) in _SOMATIC_NOISE.items():
        bias = _BIAS[feedback].get(name, 0)
        cell = stochastic(published) + _noise(soma, rate) + steady_current(dendrite=bias * pA)
        if name.startswith("input"):
            populations.append(Population(name, n, cell, {"soma": f"{name}_current"}, readout=readout))
            continue
        cell = cell + burst_averages(
            ALPHA,
            rate_least=2 * Hz,
            rate_most=10 * Hz,
            homeostatic_rate=published.homeostatic_rate,
            p_b=_AT_REST[feedback][name] if rule == "fixed-baseline" else None,
        )
        reads: tuple[str, ...] = ()
        if name == "output":
            cell, reads = cell + _teacher(), ("taught", "teacher_looks", "target")
        populations.append(Population(name, n, cell, reads=reads, readout=readout))
    knobs, signals = _schedule()
    sizes = {p.name: p.n for p in populations}
    return Circuit(tuple(populations), tuple(_projections(sizes, published, feedback, density)), knobs, signals, DT)

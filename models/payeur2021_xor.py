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
from burstnet.plasticity.burst_dependent import AdaptiveBurstDependent, BurstDependent
from burstnet.projection import Projection
from burstnet.synapses.connectivity import WithProbability

__all__ = ["ALPHA", "PATTERNS", "RULES", "TEACHER_INTERVAL", "circuit"]

#: The four patterns in the order in which they are shown.
PATTERNS = ((0, 0), (1, 0), (0, 1), (1, 1))
#: What bursts are compared with: the cell's own moving average (Payeur et al.), or a number (BurstCCN).
RULES = ("moving-average", "fixed-baseline")
#: Time constant of the moving averages, and of the read-outs.
ALPHA = 2 * second
#: Steps of the clock on which the teaching current is latched.
TEACHER_INTERVAL = 400 * ms

_SOURCE = "Payeur et al. 2021"
_INHIBITION = 0.25
_FEEDBACK = {"hidden_1": (0.26, 0.06), "hidden_2": (0.026, 0.27)}


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
        I_teacher = learning*teaching : amp
        teaching : amp
        """,
        parameters={"teaching_strength": Parameter(1000 * pA, "largest teaching current", _SOURCE, clampable=True)},
        regularly={
            f"{float(TEACHER_INTERVAL / ms):g} ms": f"""
            wanted = teaching_strength*(target*({up}) - (1 - target)*({down}))
            teaching = teach_now*wanted + (1 - teach_now)*teaching
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
        Knob("teacher_looks_always", 0.0),
    )
    time = "(control_step*dt - first_pattern)"
    shown = "presenting*({one}*input_one + (1 - {one})*input_zero)"
    signals = (
        Signal("pattern", f"clip(floor({time}/pattern_duration + 1e-9), 0, inf)"),
        Signal("elapsed", f"{time} - pattern*pattern_duration", 1 * second),
        Signal("first_is_one", "pattern - 2*floor(pattern/2)"),
        Signal("second_is_one", "floor(pattern/2) - 2*floor(pattern/4)"),
        Signal("target", "first_is_one + second_is_one - 2*first_is_one*second_is_one"),
        Signal("learning", "training*int(elapsed >= prediction - 0.5*dt)"),
        Signal("teach_now", "learning*clip(int(elapsed < prediction + 0.5*dt) + teacher_looks_always, 0, 1)"),
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


def _projections(
    sizes: dict[str, int], published: Published, rule: str, density: float | None
) -> tuple[Projection, ...]:
    event, burst = published.sends

    def graph(source: str) -> WithProbability:
        return WithProbability(min(1.0, 100 / sizes[source] if density is None else density))

    found = []
    for source, target in [
        *((f"input_{i}", f"hidden_{j}") for j in (1, 2) for i in (1, 2)),
        *((f"hidden_{j}", "output") for j in (1, 2)),
    ]:
        name = f"{source}_to_{target}"
        eta = 4e-3 if target == "output" else 8e-3
        plasticity = (
            AdaptiveBurstDependent(eta=eta, tau_trace=100 * ms, learning="learning")
            if rule == "moving-average"
            else BurstDependent(
                eta=eta / ms,
                p_b={"hidden_1": 0.285, "hidden_2": 0.265, "output": 0.401}[target],
                w_min=0.0,
                w_max=1.0,
                tau_trace=100 * ms,
                learning="learning",
            )
        )
        shared: dict[str, Any] = {"source": source, "target": target, "on": event, "connect": graph(source)}
        found.append(Projection(name, port="soma.ampa", weight=0.234, plasticity=plasticity, **shared))
        found.append(Projection(f"{name}_gaba", port="soma.gaba", weight=_INHIBITION, **shared))
    for target, weights in _FEEDBACK.items():
        for port, weight in zip(("ampa", "gaba"), weights, strict=True):
            name = f"output_to_{target}" + ("_gaba" if port == "gaba" else "")
            found.append(
                Projection(
                    name,
                    "output",
                    target,
                    port=f"dendrite.{port}",
                    weight=weight,
                    on=burst,
                    connect=graph("output"),
                )
            )
    return tuple(found)


def circuit(
    n: int = 500,
    *,
    published: Published | None = None,
    rule: str = "moving-average",
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
    density : float, optional
        Probability of a connection; ``100/n`` by default, so that a cell has a hundred inputs from a population.

    References
    ----------
    Payeur et al. (2021), Figure 4 and Methods; published program, ``sim_xor``.
    """
    if rule not in RULES:
        raise unknown_name("rule", rule, RULES)
    published = published or Published()
    averages = burst_averages(ALPHA, rate_least=2 * Hz, rate_most=10 * Hz, homeostatic_rate=published.homeostatic_rate)
    readout = Readout(ALPHA)
    populations = []
    for name, (soma, rate, bias) in {
        "input_1": ((0.35, 0.35), 500, 0),
        "input_2": ((0.35, 0.35), 500, 0),
        "hidden_1": ((0.385, 0.49), 150, 0),
        "hidden_2": ((0.385, 0.49), 150, 500),
        "output": ((0.35, 0.35), 150, 400),
    }.items():
        cell = stochastic(published) + _noise(soma, rate) + steady_current(dendrite=bias * pA)
        if name.startswith("input"):
            populations.append(Population(name, n, cell, {"soma": f"{name}_current"}, readout=readout))
            continue
        cell = cell + averages
        reads: tuple[str, ...] = ()
        if name == "output":
            cell, reads = cell + _teacher(), ("learning", "teach_now", "target")
        populations.append(Population(name, n, cell, reads=reads, readout=readout))
    knobs, signals = _schedule()
    return Circuit(
        tuple(populations),
        _projections({p.name: p.n for p in populations}, published, rule, density),
        knobs,
        signals,
        DT,
    )

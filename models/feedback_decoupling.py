"""Spiking feedback decoupling: a cerebellum predicts a teaching current that reaches cortical dendrites late or seldom.

Input patterns drive a population of two-compartment cells, whose rate is to become that of the pattern. Bursts that the
teaching current causes change the weights of inputs that are active at the time. Imports burstnet, cerebellum and burstccn.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from brian2.units import Hz, ms, nA, nS, pA, second
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.averages import burst_averages
from burstnet.cells.cerebellar import NUCLEAR, PURKINJE, climbing_fibre, conductance_lif
from burstnet.cells.fragment import Parameter
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Readout, Signal
from burstnet.errors import unknown_name
from burstnet.models import burstccn
from burstnet.models.cerebellum import Convergence, Sizes, Weights, granular_layer
from burstnet.models.feedback_decoupling_cells import comparing_olive, patterned_input, thalamic_dendrite
from burstnet.plasticity import AdaptiveBurstDependent, BurstDependent
from burstnet.plasticity.cerebellar import ParallelFibre
from burstnet.projection import Projection
from burstnet.synapses.connectivity import AllToAll, FromArrays, OneToOne

__all__ = ["BASELINES", "CITATION", "SIZES", "circuit"]

CITATION = (
    "Boven, Pemberton, Chadderton, Apps & Costa (2023), Nature Communications 14: 51 (a cerebellum predicts cortical "
    "feedback, in rates); the spiking circuit is burstnet's own"
)
_OURS = "ours"
#: What a burst is compared with: each cell's own burst probability of the last 20 s, or one burst probability for all cells.
BASELINES = ("moving", "fixed")
_P_B = 0.357
#: The published step of the cortical cells; all delays are whole multiples of it.
DT = 1 * ms
#: Of the cerebellum; those from Purkinje cells on are of one microzone, with an olivary cell for each Purkinje cell.
SIZES = Sizes(mossy=150, granule=300, golgi=20, molecular_layer=16, purkinje=12, nuclei=12, olive=12)
WEIGHTS = Weights(
    mossy_to_granule=0.6 * nS,
    granule_to_molecular_layer=0.05 * nS,
    molecular_layer_to_purkinje=5 * nS,
    parallel_fibres=1.6 * nS,
    purkinje_to_nuclei=0.53 * nS,
)


def _within_zones(sources: int, targets: int) -> FromArrays:
    """All cells of a zone onto all of the same zone, of two zones."""
    i, j = np.divmod(np.arange(2 * sources * targets), targets)
    return FromArrays(i, (i // sources) * targets + j)


def _of_zone(zone: int, sources: int, targets: int) -> FromArrays:
    """All cells of one zone onto all cells."""
    i, j = np.divmod(np.arange(sources * targets), targets)
    return FromArrays(i + zone * sources, j)


def _cortex(inputs: int, outputs: int, eta: Quantity, baseline: str) -> tuple[list[Population], list[Projection]]:
    p = burstccn.BurstCCNParameters()
    weight = 95 * pA
    bounds = {"w_min": -5 * weight, "w_max": 5 * weight}
    cell = burstccn.cell(dt=DT) + thalamic_dendrite()
    rule: BurstDependent | AdaptiveBurstDependent
    if baseline == "moving":
        # homeostasis of rates has no part in it; averages begin at what untaught cells do
        rest = 6 * Hz
        never = {"rate_least": 0 * Hz, "rate_most": 1000 * Hz}
        cell += burst_averages(20 * second, event_rate_0=rest, burst_rate_0=_P_B * rest, **never)
        rule = AdaptiveBurstDependent(eta=eta * ms, tau_trace=20 * ms, learning="cortical_learning", **bounds)
    else:
        rule = BurstDependent(eta=eta, p_b=_P_B, learning="cortical_learning", **bounds)
    populations = [
        Population("inputs", inputs, patterned_input(), reads=("pattern", "showing")),
        Population(
            "output",
            outputs,
            cell,
            inject={"soma": "output_soma_bias", "dendrite": "output_dendrite_bias"},
            readout=Readout(100 * ms, float(p.p_b)),
        ),
    ]
    return populations, [
        Projection("feedforward", "inputs", "output", "soma", weight, "spike", AllToAll(), plasticity=rule)
    ]


def _microzones(
    sizes: Sizes, weights: Weights, outputs: int, eta: Quantity
) -> tuple[list[Population], list[Projection]]:
    """Two microzones, for more and for less; populations hold the cells of both, in this order."""
    populations = [
        Population("purkinje", 2 * sizes.purkinje, conductance_lif(PURKINJE.replace(tau_E=2 * ms)) + climbing_fibre()),
        Population("nuclei", 2 * sizes.nuclei, conductance_lif(NUCLEAR)),
        Population(
            "olive",
            2 * sizes.purkinje,
            comparing_olive(sizes.purkinje),
            reads=("showing", "starting", "shown_for", "arriving", "lack", "rest_rate", "span"),
        ),
    ]
    w = weights.parallel_fibres
    rule = ParallelFibre(eta=eta, form="centred", w_min=0 * w, w_max=3 * w, learning="cerebellar_learning")
    share = 1 / sizes.nuclei
    p = Projection
    projections = [
        p("parallel_fibres", "granule", "purkinje", "soma.ampa", w, "spike", AllToAll(), 5 * ms, plasticity=rule),
        p(
            "molecular_layer_to_purkinje", "molecular_layer", "purkinje", "soma.gaba",
            weights.molecular_layer_to_purkinje, "spike", AllToAll(), 4 * ms,
        ),
        p("climbing_fibres", "olive", "purkinje", "climbing", 1.0, "spike", OneToOne(), 4 * ms),
        p(
            "purkinje_to_nuclei", "purkinje", "nuclei", "soma.gaba", weights.purkinje_to_nuclei, "spike",
            _within_zones(sizes.purkinje, sizes.nuclei), 4 * ms,
        ),
        *(
            p(
                f"nuclei_to_output_{name}", "nuclei", "output", "dendrite.thalamic", sign * share, "spike",
                _of_zone(zone, sizes.nuclei, outputs), 8 * ms, gain="predicting",
            )
            for zone, (name, sign) in enumerate((("more", 1), ("less", -1)))
        ),
        p(
            "nuclei_to_olive", "nuclei", "olive", "output", share, "spike",
            _within_zones(sizes.nuclei, sizes.purkinje), 8 * ms,
        ),
    ]  # fmt: skip
    return populations, projections


def _schedule() -> tuple[tuple[Knob, ...], tuple[Signal, ...]]:
    """Trials one after the other from the start of the run; phases say what happens in them."""
    knobs = tuple(
        Knob(name, default, slots=4)
        for name, default in {
            "presenting": 0.0,
            "training": 0.0,  # there are trials of training between the tests
            "patterns": 4.0,
            "levels": 2.0,
            "trial": 600 * ms,
            "onset": 50 * ms,
            "duration": 200 * ms,
            "delay": 200 * ms,
            "every": 1.0,  # of the times that a pattern is shown, the teacher speaks in one of so many
            "block": 16.0,
            "tests": 8.0,
            "lowest": 6.5 * Hz,
            "highest": 11.5 * Hz,
            "cortical_rate": 0.0,
            "cerebellar_rate": 0.0,
            "replaced": 1.0,
            "rest_rate": 35 * Hz,
            "span": 25 * Hz,
        }.items()
    )
    since = "(since_onset + 0.25*dt)"
    p = burstccn.BurstCCNParameters().parameters()
    signals = (
        Signal("trial_number", "floor(control_step*dt/trial + 1e-9)"),
        Signal("since_onset", "control_step*dt - trial*trial_number - onset", 1 * second),
        Signal("pattern", "trial_number - patterns*floor(trial_number/patterns + 1e-9)"),
        Signal("showing", f"presenting*int({since} >= 0*second)*int({since} < duration)"),
        Signal("starting", f"int({since} >= 0*second)*int({since} < dt)"),
        Signal("shown_for", f"clip({since}, 0*second, duration)", 1 * second),
        Signal("in_block", "trial_number - (block + tests)*floor(trial_number/(block + tests) + 1e-9)"),
        Signal("trained", "training*int(in_block >= tests - 0.5)"),
        Signal("round_number", "floor((in_block - tests)/patterns + 1e-9)"),
        Signal("taught", "trained*int(round_number - every*floor(round_number/every + 1e-9) < 0.5)"),
        Signal(
            "arriving",
            f"presenting*taught*int({since} >= delay + hearing)*int({since} < delay + duration)",
            parameters={
                "hearing": Parameter(50 * ms, "of a pattern, before the teacher knows what rate comes of it", _OURS)
            },
        ),
        Signal("response_sum", "response_sum*(1 - starting) + showing*output_event_rate*dt"),
        Signal("response", "response_sum/clip(shown_for, 20*ms, 1*second)", 1 * Hz),
        Signal(
            "target",
            "lowest + (highest - lowest)*(pattern - levels*floor(pattern/levels + 1e-9))/clip(levels - 1, 1, 100)",
            1 * Hz,
        ),
        Signal(
            "lack",
            "clip((target - response)/error_span, -1, 1)",
            parameters={"error_span": Parameter(5 * Hz, "error that the teaching current is largest at", _OURS)},
        ),
        Signal(
            "teaching_current",
            "teaching_strength*arriving*lack",
            1 * pA,
            {"teaching_strength": Parameter(300 * pA, "dendritic current of the largest error", _OURS)},
        ),
        Signal(
            "predicting",
            f"trained*(1 - replaced*taught*int({since} >= delay)*int({since} < delay + duration))",
        ),
        Signal("cortical_learning", "cortical_rate*trained"),
        Signal("cerebellar_learning", "cerebellar_rate*trained"),
        Signal(
            "output_soma_bias",
            "output_soma_offset",
            1 * pA,
            {"output_soma_offset": Parameter(0 * pA, "constant current into the somata", _OURS)},
        ),
        Signal(
            "output_dendrite_bias",
            "output_constant - output_slope*output_event_average + teaching_current",
            1 * pA,
            {
                "output_constant": Parameter(32 * pA, "constant current into the dendrites", _OURS),
                "output_slope": p["output_bias_slope"],
            },
        ),
    )
    return knobs, signals


def circuit(
    *,
    inputs: int = 150,
    outputs: int = 100,
    sizes: Sizes | None = None,
    convergence: Convergence | None = None,
    weights: Weights | None = None,
    cortical_eta: Quantity = 15 * nA / second,
    baseline: str = "moving",
    eta: Quantity = 0.2 * nS,
    stages: int = 6,
    tau_eligibility: Quantity = 30 * ms,
) -> Circuit:
    """The cortex that learns, and the cerebellum that hears the same inputs.

    Parameters
    ----------
    outputs : int
        Cells of the cortex.
    sizes : Sizes, optional
        Of the cerebellum; mossy fibres are the inputs of the cortex.
    convergence : Convergence, optional
    weights : Weights, optional
    cortical_eta : Quantity [pA/second]
        Learning rate of the cortex.
    baseline : {"moving", "fixed"}
        What the cortex compares bursts with: each cell's own moving burst probability, as in Payeur et al., or one for all, as in BurstCCN.
    eta : Quantity [nS]
        Depression of a parallel fibre's synapse at a complex spike.
    stages, tau_eligibility : int, Quantity [ms]
        Of the eligibility of parallel fibres; its mean lag is their product.

    References
    ----------
    Boven et al. (2023), Nature Communications 14: 51, for the claim in rates; Greedy et al. (2022), NeurIPS 35, for the cells;
    Payeur et al. (2021), Nature Neuroscience 24, for the moving baseline.

    Raises
    ------
    ArgumentError
        If there is no such baseline.
    """
    if baseline not in BASELINES:
        raise unknown_name("baseline", baseline, BASELINES)
    sizes, convergence, weights = sizes or SIZES, convergence or Convergence(), weights or WEIGHTS
    populations, projections = _cortex(sizes.mossy, outputs, cortical_eta, baseline)
    layer, layer_projections = granular_layer("inputs", sizes, convergence, weights, stages=stages)
    granule = dataclasses.replace(layer[0], cell=layer[0].cell.with_parameters(tau_eligibility=tau_eligibility))
    zones, zone_projections = _microzones(sizes, weights, outputs, eta)
    knobs, signals = _schedule()
    return Circuit(
        (*populations, granule, *layer[1:], *zones),
        (*projections, *layer_projections, *zone_projections),
        knobs,
        signals,
        DT,
    )

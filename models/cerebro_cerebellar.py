"""A fixed spiking cortex in a loop with a cerebellum: microzones drive it along trajectories, olives compare with a target.

Cues, trajectories, guidance and learning are signals of the circuit, so that training runs inside the compiled program.
Imports burstnet, models.cerebellum, and this model's cells and zones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from brian2.units import Hz, ms, nS, pA, second
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.cerebellar import conductance_lif
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Signal
from burstnet.errors import ArgumentError, unknown_name
from burstnet.models.cerebellum import DT, Convergence, Sizes, Weights, granular_layer
from burstnet.models.cerebro_cerebellar_cells import (
    CORTICAL,
    CORTICAL_RESET,
    cued,
    effector,
    thalamic_drive,
)
from burstnet.models.cerebro_cerebellar_zones import LAG, ZONES, ListensTo, microzones, read_out_zones
from burstnet.projection import Projection
from burstnet.synapses.connectivity import WithProbability

__all__ = [
    "CITATION",
    "CORTICES",
    "FEEDBACKS",
    "SIZES",
    "ZONES",
    "CorticalSizes",
    "CorticalWeights",
    "ListensTo",
    "circuit",
    "fixed_cortex",
    "microzones",
    "read_out_zones",
]

CITATION = (
    "Pemberton, Chadderton & Costa (2024), Nature Communications 15: 10913 (a cerebellum drives a fixed cortex, in rates); "
    "the spiking circuit is burstnet's own"
)
_OURS = "ours"
#: Of the cerebellum; those from Purkinje cells on are of one microzone, with an olivary cell for each Purkinje cell.
SIZES = Sizes(mossy=400, granule=1000, golgi=40, molecular_layer=20, purkinje=8, nuclei=32, olive=8)


@dataclass(frozen=True, kw_only=True)
class CorticalSizes:
    """Numbers of cells of the fixed cortex, all of whose excitatory cells are mossy fibres too."""

    cortex: int = 400
    interneurons: int = 100


@dataclass(frozen=True, kw_only=True)
class CorticalWeights(ParameterSet):
    """Conductances that a spike opens in the fixed cortex."""

    cortex_to_cortex: Quantity = parameter(0.25 * nS, "excitatory onto excitatory cell, probability 0.1", _OURS)
    cortex_to_interneurons: Quantity = parameter(0.5 * nS, "excitatory cell onto interneuron, 0.2", _OURS)
    interneurons_to_cortex: Quantity = parameter(1 * nS, "interneuron onto excitatory cell, 0.3", _OURS)
    interneurons_to_interneurons: Quantity = parameter(1 * nS, "interneuron onto interneuron, 0.3", _OURS)


_DENSITY = {
    "cortex_to_cortex": 0.1,
    "cortex_to_interneurons": 0.2,
    "interneurons_to_cortex": 0.3,
    "interneurons_to_interneurons": 0.3,
}
#: Weaker mossy and parallel fibres than in eyeblink conditioning: a whole cortex of mossy fibres is always active.
WEIGHTS = Weights(
    mossy_to_granule=0.6 * nS,
    granule_to_molecular_layer=0.05 * nS,
    molecular_layer_to_purkinje=1.5 * nS,
    parallel_fibres=0.4 * nS,
    purkinje_to_nuclei=0.8 * nS,
)


def fixed_cortex(sizes: CorticalSizes, weights: CorticalWeights) -> tuple[list[Population], list[Projection]]:
    """Random excitatory and inhibitory cells whose synapses never learn.

    Parameters
    ----------
    sizes : CorticalSizes
    weights : CorticalWeights
    """
    excitatory = conductance_lif(CORTICAL) + cued() + thalamic_drive()
    reads = ("cue", "showing", "guided", "guide_x", "guide_y", "rest_rate")
    populations = [
        Population("cortex", sizes.cortex, excitatory, {"soma": "reset_current"}, reads=reads),
        Population("interneurons", sizes.interneurons, conductance_lif(CORTICAL)),
    ]
    projections = []
    for name, p in _DENSITY.items():
        source, _, target = name.partition("_to_")
        port = "soma.ampa" if source == "cortex" else "soma.gaba"
        connect = WithProbability(p, autapses=source != target)
        projections.append(Projection(name, source, target, port, getattr(weights, name), "spike", connect, 1 * ms))
    return populations, projections


#: Cortices by name. Each has a population ``cortex`` with the receptors ``soma.thalamic_x`` and ``soma.thalamic_y``.
CORTICES: Mapping[str, Callable[..., tuple[list[Population], list[Projection]]]] = {"fixed": fixed_cortex}


#: What drives the cortex, and by how much guidance runs ahead of the target to say what this would.
FEEDBACKS: Mapping[str, Quantity] = {"cerebellum": LAG, "readout": -58 * ms}


def _schedule(contexts: tuple[str, ...], ahead: Quantity) -> tuple[tuple[Knob, ...], tuple[Signal, ...]]:
    """Trials one after the other from the start of the run; phases say what happens in them."""
    slots = 6
    knobs = tuple(
        Knob(name, default, slots=slots)
        for name, default in {
            "presenting": 0.0,  # cues and resets
            "taught": 0.0,  # the olive is told the target
            "learning_rate": 0.0,
            "guidance": 0.0,  # part of the cortical drive that is the target's, before it fades
            "held": 0.0,  # the cortical drive is that of nuclei at rest
            "context": 0.0,
            "cues": 2.0,
            "trial": 1.4 * second,
            "cue_onset": 300 * ms,
            "cue_duration": 200 * ms,
            "movement": 1 * second,
            "first_angle": 0.3,
            "rotation": 0.0,
            "arc": 0.0,
            "rest_rate": 30 * Hz,
            "span": 25 * Hz,
            "ahead": ahead,
            "training_start": 0 * second,
            "training_length": 1 * second,
            "fade": 0.4,
            "anneal": 0.0,
        }.items()
    )
    since = "since_cue + 0.25*dt"
    along = "(1 - arc)*{p} + arc*(1 - cos(pi*{p}))/2"
    signals = [
        Signal("trial_number", "floor(control_step*dt/trial + 1e-9)"),
        Signal("since_cue", "control_step*dt - trial*trial_number - cue_onset", 1 * second),
        Signal("cue", "trial_number - cues*floor(trial_number/cues + 1e-9)"),
        Signal("showing", f"presenting*int({since} >= 0*second)*int({since} < cue_duration)"),
        Signal(
            "reset_current",
            f"-presenting*reset_strength*int({since} >= -reset_from)*int({since} < -reset_until)",
            1 * pA,
            CORTICAL_RESET,
        ),
        Signal("angle", "first_angle + rotation + 2*pi*cue/cues"),
        Signal("progress", "clip(since_cue/movement, 0, 1)"),
        Signal("progress_ahead", "clip((since_cue + ahead)/movement, 0, 1)"),
    ]
    for name, p in (("target", "progress"), ("lead", "progress_ahead")):
        signals += [
            Signal(f"{name}_along", along.format(p=p)),
            Signal(f"{name}_across", f"arc*sin(pi*{p})/2"),
            Signal(f"{name}_x", f"{name}_along*cos(angle) - {name}_across*sin(angle)"),
            Signal(f"{name}_y", f"{name}_along*sin(angle) + {name}_across*cos(angle)"),
        ]
    signals += [
        Signal("trained", "clip((control_step*dt - training_start)/training_length, 0, 1)"),
        Signal("guided", "clip(held + guidance*clip(1 - trained/fade, 0, 1), 0, 1)"),
        Signal("guide_x", "(1 - held)*span*lead_x", 1 * Hz),
        Signal("guide_y", "(1 - held)*span*lead_y", 1 * Hz),
        Signal("teaching", f"taught*int({since} > -50*ms)"),
    ]
    for k, name in enumerate(contexts):
        active = "context" if k else "(1 - context)"
        signals += [
            Signal(f"in_{name}", active),
            Signal(f"learning_{name}", f"learning_rate*{active}/(1 + anneal*trained)"),
        ]
    return knobs, tuple(signals)


def circuit(
    *,
    cortex: str = "fixed",
    feedback: str = "cerebellum",
    contexts: int = 1,
    cortical_sizes: CorticalSizes | None = None,
    sizes: Sizes | None = None,
    convergence: Convergence | None = None,
    cortical_weights: CorticalWeights | None = None,
    weights: Weights | None = None,
    eta: Quantity = 0.02 * nS,
    stages: int = 6,
    tau_eligibility: Quantity = 20 * ms,
    eta_read_out: float = 1e-5,
) -> Circuit:
    """The cortex, the granular layer that it drives, and one or two sets of microzones; or a read-out in their place.

    Parameters
    ----------
    cortex : {"fixed"}
        A key of `CORTICES`.
    feedback : {"cerebellum", "readout"}
        What drives the cortex: microzones, or in their place `read_out_zones` with as many cells as the nuclei.
    contexts : {1, 2}
        Sets of microzones; the knob ``context`` says which of two reaches the cortex and learns.
    cortical_sizes : CorticalSizes, optional
    sizes : Sizes, optional
        Of the cerebellum; mossy fibres are the excitatory cells of the cortex.
    convergence : Convergence, optional
    cortical_weights : CorticalWeights, optional
    weights : Weights, optional
    eta : Quantity [nS]
        Depression of a parallel fibre's synapse at a complex spike.
    stages, tau_eligibility : int, Quantity [ms]
        Of the eligibility of parallel fibres; its mean lag is their product.
    eta_read_out : float
        Change of a weight of the read-out at a cortical spike, for an error of the whole span.

    Raises
    ------
    ArgumentError
        If there is no such cortex or feedback, or the number of contexts is not allowed.

    References
    ----------
    Pemberton, Chadderton & Costa (2024), Nature Communications 15: 10913, for the loop in rates.
    """
    if cortex not in CORTICES:
        raise unknown_name("cortex", cortex, CORTICES)
    if feedback not in FEEDBACKS:
        raise unknown_name("feedback", feedback, FEEDBACKS)
    if contexts not in (1, 2):
        raise ArgumentError(f"contexts={contexts!r} is not allowed; it is 1 or 2.")
    sizes, convergence, weights = sizes or SIZES, convergence or Convergence(), weights or WEIGHTS
    found, projections = CORTICES[cortex](cortical_sizes or CorticalSizes(), cortical_weights or CorticalWeights())
    populations = [*found, Population("effectors", len(ZONES), effector(), reads=("span",))]
    if feedback == "cerebellum":
        layer, layer_projections = granular_layer("cortex", sizes, convergence, weights, stages=stages)
        granule = dataclasses.replace(layer[0], cell=layer[0].cell.with_parameters(tau_eligibility=tau_eligibility))
        populations += [granule, *layer[1:]]
        projections += layer_projections
    names = ("first", "second")[:contexts]
    for name, suffix in zip(names, ("", "_second"), strict=False):
        if feedback == "cerebellum":
            own, own_projections = microzones(sizes, weights, eta=eta, suffix=suffix, context=name)
        else:
            own, own_projections = read_out_zones(sizes.nuclei, eta=eta_read_out, suffix=suffix, context=name)
        populations += own
        projections += own_projections
    knobs, signals = _schedule(names, FEEDBACKS[feedback])
    return Circuit(tuple(populations), tuple(projections), knobs, signals, DT)

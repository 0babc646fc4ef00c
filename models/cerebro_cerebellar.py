"""A fixed spiking cortex in a loop with a cerebellum: microzones drive it along trajectories, olives compare with a target.

Cues, trajectories, guidance and learning are signals of the circuit, so that training runs inside the compiled program. One
population holds the cells of all four microzones of a set, in the order x+, x-, y+, y-. Imports burstnet and models.cerebellum.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from brian2.units import Hz, ms, nS, pA, second
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.cerebellar import NUCLEAR, PURKINJE, climbing_fibre, conductance_lif
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
    taught_olive,
    thalamic_drive,
)
from burstnet.plasticity.cerebellar import ParallelFibre
from burstnet.projection import Projection
from burstnet.synapses.connectivity import AllToAll, Connectivity, FromArrays, OneToOne, WithProbability

__all__ = [
    "CITATION",
    "CORTICES",
    "SIZES",
    "ZONES",
    "CorticalSizes",
    "CorticalWeights",
    "ListensTo",
    "circuit",
    "fixed_cortex",
    "microzones",
]

CITATION = (
    "Pemberton, Chadderton & Costa (2024), Nature Communications 15: 10913 (a cerebellum drives a fixed cortex, in rates); "
    "the spiking circuit is burstnet's own"
)
_OURS = "ours"
#: Microzones of a set: a direction of movement each.
ZONES = ("x+", "x-", "y+", "y-")
#: Of the cerebellum; those from Purkinje cells on are of one microzone, with an olivary cell for each Purkinje cell.
SIZES = Sizes(mossy=400, granule=1000, golgi=40, molecular_layer=20, purkinje=8, nuclei=16, olive=8)
#: From nuclei to the olive, and to what is scored.
LAG = 70 * ms


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


@dataclass(frozen=True)
class ListensTo(Connectivity):
    """Nuclear cells onto the cortical cells that listen to their microzone; the cortical cells say to which.

    Parameters
    ----------
    axis : {"x", "y"}
    nuclei : int
        Cells of a microzone.
    """

    axis: str
    nuclei: int
    seeded = True

    def arguments(self, stream: int) -> dict:
        """Keyword arguments of `brian2.Synapses.connect`."""
        first = 0 if self.axis == "x" else 2 * self.nuclei
        plus = f"int(i < {first + self.nuclei})"
        within = f"i >= {first} and i < {first + 2 * self.nuclei}"
        return {"condition": f"{within} and weight_{self.axis}_post > 0 and side_{self.axis}_post*(2*{plus} - 1) > 0"}


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


def _within_zones(sources: int, targets: int) -> FromArrays:
    """All cells of a zone onto all of the same zone."""
    i, j = np.divmod(np.arange(len(ZONES) * sources * targets), targets)
    return FromArrays(i, (i // sources) * targets + j)


def microzones(
    sizes: Sizes, weights: Weights, *, eta: Quantity, suffix: str = "", context: str
) -> tuple[list[Population], list[Projection]]:
    """Four microzones: Purkinje cells with an olivary cell each, and the nuclei that drive the cortex.

    Parameters
    ----------
    sizes : Sizes
        Of one microzone.
    weights : Weights
    eta : Quantity [nS]
        Depression of a parallel fibre at a complex spike.
    suffix : str
        What the names of populations and projections end with.
    context : str
        ``NAME`` of the signals ``in_NAME``, which lets the nuclei reach cortex and effectors, and ``learning_NAME``.
    """
    zones = len(ZONES)
    purkinje, nuclei, olive = (f"{name}{suffix}" for name in ("purkinje", "nuclei", "olive"))
    populations = [
        Population(
            purkinje, zones * sizes.purkinje, conductance_lif(PURKINJE.replace(tau_E=2 * ms)) + climbing_fibre()
        ),
        Population(nuclei, zones * sizes.nuclei, conductance_lif(NUCLEAR)),
        Population(
            olive,
            zones * sizes.purkinje,
            taught_olive(sizes.purkinje),
            reads=("rest_rate", "span", "target_x", "target_y", "teaching"),
        ),
    ]
    w = weights.parallel_fibres
    rule = ParallelFibre(eta=eta, form="centred", w_min=0 * w, w_max=3 * w, learning=f"learning_{context}")
    share = 1 / sizes.nuclei
    onto_nuclei = weights.purkinje_to_nuclei * 8 / sizes.purkinje
    active = f"in_{context}"
    p = Projection
    projections = [
        p(f"parallel_fibres{suffix}", "granule", purkinje, "soma.ampa", w, "spike", AllToAll(), 5 * ms, plasticity=rule),
        p(
            f"molecular_layer_to_purkinje{suffix}", "molecular_layer", purkinje, "soma.gaba",
            weights.molecular_layer_to_purkinje, "spike", AllToAll(), 4 * ms,
        ),
        p(f"climbing_fibres{suffix}", olive, purkinje, "climbing", 1.0, "spike", OneToOne(), 4 * ms),
        p(
            f"purkinje_to_nuclei{suffix}", purkinje, nuclei, "soma.gaba", onto_nuclei, "spike",
            _within_zones(sizes.purkinje, sizes.nuclei), 4 * ms,
        ),
        *(
            p(
                f"nuclei_to_cortex_{axis}{suffix}", nuclei, "cortex", f"soma.thalamic_{axis}", share, "spike",
                ListensTo(axis, sizes.nuclei), 8 * ms, gain=active,
            )
            for axis in "xy"
        ),
        p(
            f"nuclei_to_olive{suffix}", nuclei, olive, "output", share, "spike",
            _within_zones(sizes.nuclei, sizes.purkinje), LAG,
        ),
        p(
            f"nuclei_to_effectors{suffix}", nuclei, "effectors", "output", share, "spike",
            _within_zones(sizes.nuclei, 1), LAG, gain=active,
        ),
    ]  # fmt: skip
    return populations, projections


def _schedule(contexts: tuple[str, ...]) -> tuple[tuple[Knob, ...], tuple[Signal, ...]]:
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
            "ahead": LAG,
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
    contexts: int = 1,
    cortical_sizes: CorticalSizes | None = None,
    sizes: Sizes | None = None,
    convergence: Convergence | None = None,
    cortical_weights: CorticalWeights | None = None,
    weights: Weights | None = None,
    eta: Quantity = 0.05 * nS,
    stages: int = 6,
    tau_eligibility: Quantity = 20 * ms,
) -> Circuit:
    """The cortex, the granular layer that it drives, and one or two sets of microzones.

    Parameters
    ----------
    cortex : {"fixed"}
        A key of `CORTICES`.
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

    Raises
    ------
    ArgumentError
        If there is no such cortex, or the number of contexts is not allowed.

    References
    ----------
    Pemberton, Chadderton & Costa (2024), Nature Communications 15: 10913, for the loop in rates.
    """
    if cortex not in CORTICES:
        raise unknown_name("cortex", cortex, CORTICES)
    if contexts not in (1, 2):
        raise ArgumentError(f"contexts={contexts!r} is not allowed; it is 1 or 2.")
    sizes, convergence, weights = sizes or SIZES, convergence or Convergence(), weights or WEIGHTS
    found, projections = CORTICES[cortex](cortical_sizes or CorticalSizes(), cortical_weights or CorticalWeights())
    layer, layer_projections = granular_layer("cortex", sizes, convergence, weights, stages=stages)
    granule = dataclasses.replace(layer[0], cell=layer[0].cell.with_parameters(tau_eligibility=tau_eligibility))
    populations = [*found, granule, *layer[1:], Population("effectors", len(ZONES), effector(), reads=("span",))]
    projections += layer_projections
    names = ("first", "second")[:contexts]
    for name, suffix in zip(names, ("", "_second"), strict=False):
        own, own_projections = microzones(sizes, weights, eta=eta, suffix=suffix, context=name)
        populations += own
        projections += own_projections
    knobs, signals = _schedule(names)
    return Circuit(tuple(populations), tuple(projections), knobs, signals, DT)

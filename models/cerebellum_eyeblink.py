"""The cerebellum in delay eyeblink conditioning: mossy fibres that carry the conditioned stimulus, and an olive that is shocked.

Trials, stimuli and learning are signals of the circuit, so that a whole experiment runs inside the compiled program.
"""

from __future__ import annotations

from brian2.units import ms, pA, second

from burstnet.cells.cerebellar import mossy_fibre
from burstnet.cells.fragment import Parameter
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Signal
from burstnet.models.cerebellum import DT, Convergence, Sizes, Weights, granular_layer, microzone

__all__ = ["circuit"]

_OURS = "ours"


def _schedule() -> tuple[tuple[Knob, ...], tuple[Signal, ...]]:
    """Trials one after the other from the start of the run; phases say what happens in them."""
    knobs = (
        Knob("presenting", 0.0, slots=10),
        Knob("reinforced", 0.0, slots=10),
        Knob("learning", 0.0, slots=10),
        Knob("nuclear_plasticity", 0.0, slots=10),
        Knob("extension", 0 * ms, slots=10),
        Knob("trial", 1.2 * second, slots=10),
        Knob("cs_onset", 200 * ms, slots=10),
        Knob("isi", 300 * ms, slots=10),
        Knob("us_duration", 30 * ms, slots=10),
        Knob("us_shift", 0 * ms, slots=10),
    )
    since = "elapsed - cs_onset - 0.5*dt"
    shocked = f"int({since} >= isi + us_shift - dt)*int({since} < isi + us_shift + us_duration - dt)"
    signals = (
        Signal("elapsed", "control_step*dt - trial*floor(control_step*dt/trial + 1e-9)", 1 * second),
        Signal("cs", f"presenting*int({since} >= -dt)*int({since} < isi + us_duration + extension - dt)"),
        Signal("unconditioned", f"presenting*reinforced*{shocked}"),
        Signal(
            "us_current",
            "unconditioned*us_strength",
            1 * pA,
            {"us_strength": Parameter(340 * pA, "current of the unconditioned stimulus into the olive", _OURS)},
        ),
        Signal("nuclear_learning", "learning*nuclear_plasticity"),
    )
    return knobs, signals


def circuit(
    *,
    sizes: Sizes | None = None,
    convergence: Convergence | None = None,
    weights: Weights | None = None,
    rule: str = "covariance",
    stages: int = 6,
) -> Circuit:
    """One microzone with its granular layer.

    Parameters
    ----------
    sizes : Sizes, optional
    convergence : Convergence, optional
    weights : Weights, optional
    rule : str
        Of the parallel fibres; see `burstnet.plasticity.cerebellar.parallel_fibre_rule`.
    stages : int
        Of the eligibility.
    """
    sizes, convergence, weights = sizes or Sizes(), convergence or Convergence(), weights or Weights()
    layer, layer_projections = granular_layer("mossy", sizes, convergence, weights, stages=stages)
    zone, zone_projections = microzone("mossy", sizes, weights, rule=rule, teacher="us_current")
    mossy = Population("mossy", sizes.mossy, mossy_fibre("cs"), reads=("cs",))
    knobs, signals = _schedule()
    return Circuit((mossy, *layer, *zone), (*layer_projections, *zone_projections), knobs, signals, DT)

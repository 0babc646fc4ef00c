"""The cerebellum in delay eyeblink conditioning: mossy fibres that carry the conditioned stimulus, and an olive that is shocked.

Trials, stimuli and learning are signals of the circuit, so that a whole experiment runs inside the compiled program.
"""

from __future__ import annotations

from brian2.units import ms, mV, nS, pA, second

from burstnet.cells.cerebellar import OLIVE, conductance_lif, mossy_fibre
from burstnet.cells.fragment import Parameter
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Signal
from burstnet.models.cerebellum import DT, Convergence, Sizes, Weights, granular_layer, microzone

__all__ = ["ETA", "OLIVE_NOISE", "WEIGHTS", "circuit"]

_OURS = "ours"
#: Parallel fibres begin where a stimulus leaves Purkinje cells as they are, which is where learning leads without the
#: unconditioned stimulus; mossy fibres excite nuclei by little, since what they add is there after extinction too.
WEIGHTS = Weights(parallel_fibres=1.5 * nS, mossy_to_nuclei=0.15 * nS, nucleo_olivary_to_olive=1.6 * nS)
#: Depression of a parallel fibre by a complex spike.
ETA = 0.6 * nS
#: Raised with the inhibition of the olive, for two spikes a second at rest.
OLIVE_NOISE = 7.5 * mV


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
        `WEIGHTS` by default.
    rule : str
        Of the parallel fibres; see `burstnet.plasticity.cerebellar.parallel_fibre_rule`.
    stages : int
        Of the eligibility.
    """
    sizes, convergence, weights = sizes or Sizes(), convergence or Convergence(), weights or WEIGHTS
    layer, layer_projections = granular_layer("mossy", sizes, convergence, weights, stages=stages)
    olive = conductance_lif(OLIVE.replace(V_noise=OLIVE_NOISE))
    zone, zone_projections = microzone("mossy", sizes, weights, rule=rule, eta=ETA, olive=olive, teacher="us_current")
    mossy = Population("mossy", sizes.mossy, mossy_fibre("cs"), reads=("cs",))
    knobs, signals = _schedule()
    return Circuit((mossy, *layer, *zone), (*layer_projections, *zone_projections), knobs, signals, DT)

"""The spiking BurstCCN: areas of two-compartment pyramidal cells in which bursts carry errors down and events cancel their baseline.

Its published spiking program, and so this model, reads bursts and events directly: short-term plasticity and
interneurons are the paper's interpretation of the pathways Y and Q, not part of the simulation.

References
----------
Greedy, Zhu, Pemberton, Mellor & Costa (2022). Single-phase deep learning in cortico-cortical networks. NeurIPS 35;
and the spiking program of its journal version (2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from brian2.units import Hz, coulomb, ms, nA, pA, second
from brian2.units.fundamentalunits import Quantity

from burstnet.cells import (
    Fragment,
    Parameter,
    ParameterSet,
    PyramidalParameters,
    exact_isi,
    parameter,
    shot_noise,
    two_compartment,
)
from burstnet.circuit import Circuit, Population, Projection
from burstnet.control import Knob, Readout, Signal
from burstnet.errors import ArgumentError, unknown_name
from burstnet.plasticity import BurstDependent
from burstnet.synapses import AllToAll, FixedIndegree

__all__ = ["CITATION", "BurstCCNParameters", "cell", "chain_parameters", "circuit"]

CITATION = (
    "Greedy W, Zhu HW, Pemberton J, Mellor J, Costa RP (2022). Single-phase deep learning in cortico-cortical networks. "
    "Advances in Neural Information Processing Systems 35. arXiv:2206.11769."
)
_SOURCE = "Greedy et al. 2022, spiking program"
_OURS = "ours, not in the spiking program"
_PLASTICITY = ("always", "teaching")


@dataclass(frozen=True, kw_only=True)
class BurstCCNParameters(ParameterSet):
    """Parameters of the circuit around the cells."""

    drive_current: Quantity = parameter(200 * pA, "constant presynaptic activity of the lowest area's drive", _SOURCE)
    drive_weight: Quantity = parameter(0.4, "initial weight of the drive", _SOURCE)
    eta: Quantity = parameter(2.3e11 / coulomb, "learning rate of the drive", _SOURCE)
    p_b: Quantity = parameter(0.375, "baseline burst probability, of the rule and of Q", _SOURCE)
    w_max: Quantity = parameter(1.5, "upper bound of the drive's weight", _SOURCE)
    W_total: Quantity = parameter(22 * nA, "forward weights onto one cell, summed (0.55 * 40 nA)", _SOURCE)
    Y_ratio: Quantity = parameter(
        4.2, "summed burst feedback over summed forward weight (0.75 * 0.70 * 800 / 100)", _SOURCE
    )
    soma_bias: Quantity = parameter(50 * pA, "constant current into every soma", _SOURCE)
    soma_bias_slope: Quantity = parameter(
        143 * pA, "somatic current taken away per unit of the area's burst probability", _SOURCE
    )
    dendrite_bias: Quantity = parameter(-10 * pA, "constant current into every dendrite", _SOURCE)
    input_bias: Quantity = parameter(0 * pA, "further constant current into the lowest area's dendrites", _OURS)
    input_bias_slope: Quantity = parameter(
        0 * pA / Hz, "dendritic current taken away per Hz of the lowest area's event rate", _OURS
    )
    hidden_bias: Quantity = parameter(0 * pA, "further constant current into the dendrites of areas between", _OURS)
    hidden_bias_slope: Quantity = parameter(
        0 * pA / Hz, "dendritic current taken away per Hz of the event rate of an area between", _OURS
    )
    output_bias: Quantity = parameter(42 * pA, "further constant current into the top area's dendrites", _SOURCE)
    output_bias_slope: Quantity = parameter(
        1.71 * pA / Hz, "dendritic current taken away per Hz of the top area's event rate", _SOURCE
    )
    tau_average: Quantity = parameter(1 * second, "time constant of all moving averages", _SOURCE, positive=True)
    isi_limit: Quantity = parameter(16 * ms, "longest interval inside a burst", _SOURCE, positive=True)
    noise_s: Quantity = parameter(300 * pA, "somatic noise, mean current of each sign", _SOURCE)
    noise_rate_s: Quantity = parameter(150 * Hz, "somatic noise, pulses of each sign", _SOURCE, positive=True)
    noise_d: Quantity = parameter(400 * pA, "dendritic noise, mean current of each sign", _SOURCE)
    noise_rate_d: Quantity = parameter(300 * Hz, "dendritic noise, pulses of each sign", _SOURCE, positive=True)


def chain_parameters() -> BurstCCNParameters:
    """Parameters of three and more areas, where the published ones let burst probability and weights run up.

    Notes
    -----
    Burst probability at rest rises with the event rate, and each area passes on more than it gets from the one above.
    Weaker forward weights, and dendritic currents that fall with the area's own event rate, as in the published top
    area, hold it near the baseline.
    """
    return BurstCCNParameters(
        W_total=19 * nA,
        input_bias=28 * pA,
        input_bias_slope=5.5 * pA / Hz,
        hidden_bias=58 * pA,
        hidden_bias_slope=6 * pA / Hz,
    )


def cell(
    parameters: PyramidalParameters | None = None,
    network: BurstCCNParameters | None = None,
    *,
    adaptation_jump: str = "published",
    adaptation_order: str = "new",
    detector: Fragment | None = None,
    uniforms: np.ndarray | None = None,
    dt: Quantity = 1 * ms,
) -> Fragment:
    """The pyramidal cell of the model: two compartments, detector, shot noise.

    Parameters
    ----------
    parameters : PyramidalParameters, optional
    network : BurstCCNParameters, optional
        Its noise and burst limit are used.
    adaptation_jump, adaptation_order : str
        See `burstnet.cells.two_compartment`; the published program's by default.
    detector : Fragment, optional
        Another detector in the place of the exact inter-spike interval.
    uniforms : ndarray, shape (steps, cells, 4), optional
        Given random numbers, see `burstnet.cells.shot_noise`.
    dt : Quantity [ms]
        Step of the uniforms.
    """
    p = network or BurstCCNParameters()
    noise = shot_noise(
        soma=p.noise_s,
        soma_rate=p.noise_rate_s,
        dendrite=p.noise_d,
        dendrite_rate=p.noise_rate_d,
        uniforms=uniforms,
        dt=dt,
    )
    body = two_compartment(parameters, adaptation_jump=adaptation_jump, adaptation_order=adaptation_order)
    return body + (detector or exact_isi(p.isi_limit)) + noise


def circuit(
    *,
    areas: int | Sequence[str] = 2,
    sizes: int | Mapping[str, int] = 100,
    parameters: BurstCCNParameters | None = None,
    cells: Mapping[str, PyramidalParameters] | None = None,
    inputs_per_cell: int | None = None,
    adaptation_jump: str = "published",
    adaptation_order: str = "new",
    detector: Fragment | None = None,
    plasticity: str = "always",
    slots: int = 4,
    lesion_slots: int = 4,
    dt: Quantity = 1 * ms,
) -> Circuit:
    """Areas ``input`` to ``output`` with drive, W, Y and Q.

    Parameters
    ----------
    areas : int or sequence of str
        Number of areas, at least 2, or their names from the bottom up. With two areas the pathways are W, Y and Q; with
        more they are W1, Y1, Q1 between the lowest two, and so on. Between the ends areas are called hidden1, hidden2, ...
    sizes : int or mapping of str to int
        Cells of every area, or of those named (the others have 100).
    parameters : BurstCCNParameters, optional
        The published ones for two areas, `chain_parameters` for more.
    cells : mapping of str to PyramidalParameters, optional
        Cell parameters of single areas.
    inputs_per_cell : int, optional
        Sparse forward connections, so many per cell; all to all by default. Y and Q use the same pairs.
    adaptation_jump, adaptation_order, detector
        See `cell`.
    plasticity : {"always", "teaching"}
        Whether the drive learns all the time, as in the published program whatever its comments say, or only where a
        phase sets the knob ``learning`` to 1.
    slots : int
        Windows that each knob has room for.
    lesion_slots : int
        Windows of lesions, see `burstnet.Circuit`.
    dt : Quantity [ms]
        1 ms as published, or a whole fraction of it; charges of pulses, the weight change of an event and the width of
        the back-propagating current stay the same.

    Notes
    -----
    With other sizes the summed weights onto a cell stay: ``W = W_total/inputs``, ``Y = Y_ratio*W_total/outputs``. Forward
    events act one step after they happen, feedback two.

    The knobs are ``teaching_gain`` [pA/Hz], ``target_rate`` [Hz] and ``learning``.
    """
    names = _area_names(areas)
    p = parameters or (BurstCCNParameters() if len(names) == 2 else chain_parameters())
    n = _sizes(names, sizes)
    for name in cells or {}:
        if name not in names:
            raise unknown_name("area", name, names)
    if plasticity not in _PLASTICITY:
        raise unknown_name("plasticity", plasticity, _PLASTICITY)
    step = float(Parameter(1 * ms, positive=True).checked(dt, "dt"))
    fraction = 1e-3 / step
    if not (fraction >= 1 and abs(fraction - round(fraction)) < 1e-9):
        raise ArgumentError(
            f"dt={dt} is not allowed; the model is defined at 1 ms and scales to whole fractions of it, such as 0.5 ms."
        )

    populations = [
        Population(
            name,
            n[name],
            cell(
                (cells or {}).get(name),
                p,
                adaptation_jump=adaptation_jump,
                adaptation_order=adaptation_order,
                detector=detector,
            ),
            inject={"soma": f"{name}_soma_bias", "dendrite": f"{name}_dendrite_bias"},
            readout=Readout(p.tau_average, float(p.p_b)),
        )
        for name in names
    ]
    return Circuit(
        populations=tuple(populations),
        projections=(_drive(p, names[0]), *_pathways(p, names, n, inputs_per_cell, dt)),
        knobs=(
            Knob("teaching_gain", 0 * pA / Hz, slots),
            Knob("target_rate", 0 * Hz, slots),
            Knob("learning", float(plasticity == "always"), slots),
        ),
        signals=(*_soma_biases(p, names), *_dendrite_biases(p, names)),
        dt=dt,
        lesion_slots=lesion_slots,
    )


def _area_names(areas: int | Sequence[str]) -> tuple[str, ...]:
    if isinstance(areas, (int, np.integer)) and not isinstance(areas, bool) and areas >= 2:
        return ("input", *(f"hidden{k}" for k in range(1, areas - 1)), "output")
    if isinstance(areas, str) or not isinstance(areas, Sequence) or len(areas) < 2:
        raise ArgumentError(f"areas={areas!r} is not allowed; a BurstCCN has at least 2 areas, or give their names.")
    return tuple(areas)


def _sizes(names: tuple[str, ...], sizes: int | Mapping[str, int]) -> dict[str, int]:
    if isinstance(sizes, Mapping):
        for name in sizes:
            if name not in names:
                raise unknown_name("area", name, names)
        return {name: sizes.get(name, 100) for name in names}
    return dict.fromkeys(names, sizes)


def _drive(p: BurstCCNParameters, bottom: str) -> Projection:
    rule = BurstDependent(eta=p.eta, p_b=float(p.p_b), w_min=0.0, w_max=float(p.w_max), learning="learning")
    return Projection("drive", p.drive_current, bottom, "soma", weight=float(p.drive_weight), plasticity=rule)


def _pathways(
    p: BurstCCNParameters, names: tuple[str, ...], n: Mapping[str, int], inputs: int | None, dt: Quantity
) -> list[Projection]:
    found = []
    for k, (low, high) in enumerate(zip(names, names[1:], strict=False), start=1):
        number = str(k) if len(names) > 2 else ""
        if inputs is not None and not 1 <= inputs <= n[low]:
            raise ArgumentError(f"inputs_per_cell={inputs} is not allowed; {low!r} has {n[low]} cells.")
        forward = inputs or n[low]
        backward = n[high] * forward / n[low]
        ratio = float(p.Y_ratio) * forward / backward
        W, Y, Q = (f"{letter}{number}" for letter in "WYQ")
        found.append(
            Projection(
                W,
                low,
                high,
                "soma",
                weight=p.W_total / forward,
                connect=FixedIndegree(inputs) if inputs else AllToAll(),
            )
        )
        found.append(Projection(Y, high, low, "dendrite", on="burst", tied_to=W, scale=ratio, delay=dt))
        found.append(Projection(Q, high, low, "dendrite", on="event", tied_to=W, scale=-float(p.p_b) * ratio, delay=dt))
    return found


def _soma_biases(p: BurstCCNParameters, names: tuple[str, ...]) -> list[Signal]:
    declared = p.parameters()
    return [
        Signal(
            f"{name}_soma_bias",
            f"{name}_soma_offset - {name}_soma_slope*{name}_burst_probability",
            1 * pA,
            {f"{name}_soma_offset": declared["soma_bias"], f"{name}_soma_slope": declared["soma_bias_slope"]},
        )
        for name in names
    ]


def _dendrite_biases(p: BurstCCNParameters, names: tuple[str, ...]) -> list[Signal]:
    """The teaching current, and what enters the dendrites of every area."""
    declared = p.parameters()
    bottom, top = names[0], names[-1]
    found = [Signal("teaching_current", f"teaching_gain*(target_rate - {top}_event_average)", 1 * pA)]
    for name in names:
        place = {bottom: "input", top: "output"}.get(name, "hidden")
        bias = f"{name}_dendrite_offset + {name}_constant - {name}_slope*{name}_event_rate"
        found.append(
            Signal(
                f"{name}_dendrite_bias",
                f"{bias} + teaching_current" if name == top else bias,
                1 * pA,
                {
                    f"{name}_dendrite_offset": declared["dendrite_bias"],
                    f"{name}_constant": declared[f"{place}_bias"],
                    f"{name}_slope": declared[f"{place}_bias_slope"],
                },
            )
        )
    return found

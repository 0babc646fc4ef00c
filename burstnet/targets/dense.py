"""Loops over all-to-all synapses, in the place of Brian2's over a queue of synapses. Imports circuits.

Where every cell connects to every cell without a delay, the synapses of a cell that spikes are known from their place in
memory: nothing is queued, rows are read in order, and what a compiler knows of a row it makes vector code of. Every synapse
does what it did, and sums are in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..circuit import Circuit, Population
from ..neurons import is_broadcast
from ..plasticity import BurstDependent
from ..synapses.connectivity import AllToAll

__all__ = ["Dense", "applicable", "dense_loop", "dense_pathways", "without_queue"]

_IVDEP = "#if defined(__clang__)\n#pragma clang loop vectorize(assume_safety)\n#elif defined(__GNUC__)\n#pragma GCC ivdep\n#endif\n"


@dataclass(frozen=True)
class Dense:
    """A pathway of all-to-all synapses without a delay.

    Attributes
    ----------
    space : str
        C++ array of the cells that have the event that the pathway waits for; how many they are comes last.
    spiking, other : int
        Cells on the side that has the event, and on the other.
    after : bool
        Whether the event is the postsynaptic cell's. Synapses lie in memory by presynaptic cell.
    trace : str
        Variable of the presynaptic cell that learning is proportional to; empty where nothing is known of it.
    """

    space: str
    spiking: int
    other: int
    after: bool
    trace: str = ""


def dense_pathways(circuit: Circuit) -> dict[str, Dense]:
    """Pathways of all-to-all synapses without a delay, by their names in Brian2."""
    found = {}
    for p in circuit.projections:
        own = circuit.projection(p.tied_to) if p.tied_to else p
        if own.constant or is_broadcast(circuit, own) or not isinstance(own.connect, AllToAll):
            continue
        source, target = (circuit.population(str(name)) for name in (own.source, own.target))
        if not float(p.delay):
            found[f"{own.name}_{p.name}"] = _rows(p.on, source, target, bool(p.tied_to))
        rule = p.plasticity
        if rule:
            trace = (rule.trace or "") if isinstance(rule, BurstDependent) else ""
            decays = isinstance(rule, BurstDependent) and rule.decay > 0
            for event in rule.actions(p.name, "w", "x"):
                # at an event a weight that decays changes where the trace is zero too
                factor = "" if decays and event == "event" else trace
                found[f"{p.name}_{p.name}_{event}"] = _rows(event, source, target, rule.learns_at == "post", factor)
    return found


def _rows(event: str, source: Population, target: Population, after: bool, trace: str = "") -> Dense:
    """A pathway between these populations; `after`: the event is that of the target cell."""
    spiking, other = (target, source) if after else (source, target)
    return Dense(f"_array_{spiking.name}__{event}space", spiking.n, other.n, after, trace)


def without_queue(text: str) -> str:
    """A pathway's spikes are not put into its queue."""
    return re.sub(r"(?m)^[ ]*\w+\.(?:advance\(\)|push\(_ptr_array_\w+, [^;\n]*\));\n", "", text)


def applicable(texts: Mapping[str, str], dense: Mapping[str, Dense]) -> dict[str, Dense]:
    """Those pathways whose code object, by its name, has the text that is expected; others keep their queue."""
    found = {}
    for name, text in texts.items():
        pathway = re.fullmatch(r"(\w+)_codeobject(_\d+)?", name)
        known = dense.get(pathway[1]) if pathway else None
        if pathway and known and dense_loop(text, known):
            found[pathway[1]] = known
    return found


def dense_loop(text: str, known: Dense) -> tuple[str, str, str] | None:
    """A code object's text before its loop over queued synapses, the loop made one over rows, and the text after it.

    None where it is not as expected, or does something to the cell that spikes at every synapse.
    """
    found = re.search(
        r"(?sm)^[ ]*std::vector<int> \*_spiking_synapses = \w+\.peek\(\);\n[ ]*const int _num_spiking_synapses = [^\n]*\n(.*?)"
        r"^[ ]*for\(int _spiking_synapse_idx=0;.*?"
        r"const size_t _idx = \(\*_spiking_synapses\)\[_spiking_synapse_idx\];\n(.*?)^        \}\n",
        text,
    )
    mine, others = ("_postsynaptic_idx", "_presynaptic_idx")[:: 1 if known.after else -1]
    if not found or re.search(rf"(?m)^\s*_ptr_array_\w+\[{mine}\] =", found[2]):
        return None
    body = re.sub(r"(?m)^\s*const int32_t _(?:pre|post)synaptic_idx = [^\n]*\n", "", found[2])
    heads = [
        f"for(int _spike=0; _spike<_num_spikes; _spike++) {{\n        const int32_t {mine} = _spikes[_spike];\n",
        f"for(int32_t {others}=0; {others}<{known.other}; {others}++) {{\n",
    ]
    before, silent, apart = "", "", _IVDEP
    if known.after:
        heads.reverse()
        before, silent = _silent_sources(body, known.trace)
        apart = ""  # cells that spike may all act on one source
    size = known.spiking if known.after else known.other
    place = f"        const size_t _idx = (size_t)_presynaptic_idx*{size} + _postsynaptic_idx;\n"
    rows = f"        if (_num_spikes) {heads[0]}{silent}{apart}        {heads[1]}{place}{body}        }}\n        }}\n"
    spikes = f"    const int32_t* __restrict _spikes = {known.space};\n    const int _num_spikes = _spikes[{known.spiking}];\n"
    return text[: found.start()] + spikes + before + found[1], rows, text[found.end() :]


def _silent_sources(body: str, trace: str) -> tuple[str, str]:
    """Sources whose trace is exactly zero are passed over, as long as no weight lies where bounds alone would move it."""
    read = re.search(rf"const double {trace}_pre = (_ptr_array_\w+)\[_presynaptic_idx\];", body) if trace else None
    step = re.search(r"(?m)^\s*(w_\w+) = _clip\(\1 [+-] [^\n]*, (w_min_\w+), (w_max_\w+)\);$", body)
    store = step and re.search(rf"(_ptr_array_\w+)\[_idx\] = {step[1]};", body)
    if not read or not step or not store:
        return "", ""
    inside = (
        "    static const bool _inside = [&] {\n"
        f"        for (size_t _n = 0; _n < _num{step[1]}; _n++)\n"
        f"            if (!({store[1]}[_n] >= {step[2]} && {store[1]}[_n] <= {step[3]})) return false;\n"
        "        return true;\n    }();\n"
    )
    return inside, f"        if (_inside && {read[1]}[_presynaptic_idx] == 0.0) continue;\n"

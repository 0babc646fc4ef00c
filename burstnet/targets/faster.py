"""What a compiler cannot know of Brian2's C++ code objects, written into their text. Imports pulses and dense loops only.

Where a text is not the one that is expected, nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..pulses import SECOND_WORD
from .dense import Dense, dense_loop, without_queue

__all__ = ["LESION_WINDOW", "Hints", "faster", "quicker_queue"]

#: C++ expressions of the first step in which a lesion acts and the first after which none does.
LESION_WINDOW = ("_array_control_lesions_from[0]", "_array_control_lesions_until[0]")
_LESIONED = "_array_step_clock_timestep[0] >= {} && _array_step_clock_timestep[0] < {}".format(*LESION_WINDOW)
#: Cells that one pass of the widest vector unit takes; the rest gets a loop of its own, so that it is vectorised too.
_BLOCK = 16
#: Cells whose thresholds are tested at once; with fewer, compilers unroll the loop and make no vector code of it.
_TESTED = 32
#: Synapses between the one that is served and the one that is asked for.
_AHEAD = 32
#: Target cells from which on a variable does not stay in the nearest cache, so that asking ahead pays.
_FAR = 8000
_IVDEP = "#if defined(__clang__)\n#pragma clang loop vectorize(assume_safety)\n#elif defined(__GNUC__)\n#pragma GCC ivdep\n#endif\n"

#: e^x out of 2^k and a polynomial of a number below 0.35, for loops of which a call to a library would take all registers.
#: Relative errors are below 1e-15 for |x| < 10 and 4e-14 for |x| < 700; beyond that it stays where it is.
_EXP = r"""
    static inline __attribute__((always_inline)) double burstnet_exp(double x) {
      x = x < -708.0 ? -708.0 : x > 709.0 ? 709.0 : x;
      const double k = __builtin_floor(x * 1.4426950408889634 + 0.5);
      const double r = x - k * 0.6931471805599453;
      const double r2 = r * r, r4 = r2 * r2;
      const double first = 1.0 + r + r2 * (0.5 + r * (1.0 / 6.0));
      const double second = 1.0 / 24.0 + r * (1.0 / 120.0) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0));
      const double third = 1.0 / 40320.0 + r * (1.0 / 362880.0) + r2 * (1.0 / 3628800.0 + r * (1.0 / 39916800.0));
      const double p = first + r4 * (second + r4 * (third + r4 * (1.0 / 479001600.0)));
      const int64_t bits = ((int64_t)(int32_t)k + 1023) << 52;
      double scale;
      __builtin_memcpy(&scale, &bits, 8);
      return p * scale;
    }
"""


@dataclass(frozen=True)
class Hints:
    """What is known of code objects beyond their text.

    Attributes
    ----------
    among_spikes : mapping of str to str
        ``population_event`` of every custom event that only a spiking cell can have, to its population.
    learning : mapping of str to str
        Plastic projection to the knob that multiplies its learning.
    dense : mapping of str to Dense
        Pathways of all-to-all synapses without a delay.
    inlined : bool
        Write out the exponential function in place of a call, for programs that need not be exact to the last digit.
    """

    among_spikes: Mapping[str, str] = field(default_factory=dict)
    learning: Mapping[str, str] = field(default_factory=dict)
    dense: Mapping[str, Dense] = field(default_factory=dict)
    inlined: bool = False


def faster(name: str, text: str, hints: Hints) -> str:
    """A code object's text made quicker.

    Brian2 numbers the names of code objects when a process makes several programs, which is why ``_1`` may follow a name.
    """
    if re.search(r"_stateupdater_codeobject(_\d+)?$", name):
        return _without_overlap(text, hints.inlined)
    pathway = re.fullmatch(r"(\w+)_(codeobject|push_spikes)(_\d+)?", name)
    dense = hints.dense.get(pathway[1]) if pathway else None
    if pathway and dense and pathway[2] == "push_spikes":
        return without_queue(text)
    for projection, knob in hints.learning.items():
        own = re.fullmatch(rf"{projection}_{projection}(_event|_burst)?_(codeobject|push_spikes)(_\d+)?", name)
        if own and own[1]:
            return _asleep(_synaptic(text, "", dense) if dense else text, knob)
        if own and own[2] == "codeobject":
            return _synaptic(text, knob, dense)
    if "_synapses_create_generator_codeobject" in name:
        return _drawn_by_rows(text)
    if "_spiking_synapses" in text:
        return _synaptic(text, "", dense)
    found = re.fullmatch(r"(\w+)_thresholder_codeobject(_\d+)?", name)
    if not found:
        return text
    if found[1] in hints.among_spikes:
        spikes = f"_array_{hints.among_spikes[found[1]]}__spikespace"
        over_spikes = f"for (int32_t _k = 0; _k < {spikes}[N]; _k++)\n    {{\n        const size_t _idx = {spikes}[_k];"
        return re.sub(r"for\(size_t _idx=0; _idx<N; _idx\+\+\)\s*\{", over_spikes, text)
    return _in_blocks(text)


def _without_overlap(text: str, inlined: bool) -> str:
    """A state updater touches only its own cell, so its loop needs no check for overlapping arrays.

    The check costs more than the arithmetic at a hundred cells. Outside the windows of lesions the loop takes what lesions
    add for zero, so that a run without lesions reads none of it.
    """
    found = re.search(r"(?ms)^[ ]*for\(int _idx=0; _idx<_N; _idx\+\+\)\n(    \{\n.*?\n    \}\n)", text)
    if not found:
        return text
    before, after = text[: found.start()], text[found.end() :]
    drawing, body = _drawn_before(found[1])
    helpers = "namespace {\n"
    if inlined and helpers in before and re.search(r"(?<!\w)exp\(", body):
        before = before.replace(helpers, helpers + _EXP, 1)
        body = re.sub(r"(?<!\w)exp\(", "burstnet_exp(", body)
    return before + drawing + _apart(_in_vectors(body)) + after


def _in_vectors(body: str) -> str:
    """A loop over whole vectors, and one over the rest."""
    loops = (
        f"for(int _idx=0; _idx<_N/{_BLOCK}*{_BLOCK}; _idx++)",
        f"for(int _idx=_N/{_BLOCK}*{_BLOCK}; _idx<_N; _idx++)",
    )
    return "".join(f"{_IVDEP}    {loop}\n{body}" for loop in loops)


def _drawn_before(body: str) -> tuple[str, str]:
    """Background noise in a loop of its own, which draws for two cells at once, and the body that reads it."""
    if re.search(r"(?m)^\s*const \w+ (?:run_seed|noise_stream|t_in_timesteps) =", body):
        return "", body
    drawing, used = "", []

    def read(pulse: re.Match[str]) -> str:
        words = "_more_words" if pulse[1] == "pulses" and pulse[2] in "23" else "_words"
        if words not in used:
            used.append(words)
        return f"burstnet_{pulse[1]}({pulse[2]}, {pulse[3]}, {words}[_idx], t_in_timesteps)"

    place = r"run_seed, noise_stream, i, t_in_timesteps\)"
    body = re.sub(rf"cell_((?:other_)?pulse|pulses)\((\d), ([^;()]*), {place}", read, body)
    for words in used:
        stream = f"noise_stream ^ {SECOND_WORD}" if words == "_more_words" else "noise_stream"
        drawing += (
            f"    static std::vector<uint32_t> {words}_of(_N + 1);\n    uint32_t* __restrict {words} = {words}_of.data();\n"
            f"{_IVDEP}    for(int _k=0; _k<(_N + 1)/2; _k++)\n"
            f"        burstnet_words(_k, t_in_timesteps, run_seed, {stream}, {words}[2*_k], {words}[2*_k + 1]);\n"
        )
    return drawing, body


def _drawn_by_rows(text: str) -> str:
    """Connections are drawn for all targets of a source at once, two of them by a draw."""
    call = re.search(r"pair_bernoulli\(([-+.\de]+), run_seed_post, (\d+), i, _k\)", text)
    loop = re.search(r"(?m)^[ \t]*for\(long _k=_uiter_low; _k<_uiter_high; _k\+=_uiter_step\)\n", text)
    if not call or not loop:
        return text
    draw = (
        "        static std::vector<uint32_t> _words_of(_N_post + 1);\n        uint32_t* __restrict _words = _words_of.data();\n"
        f"{_IVDEP}        for(int _m=0; _m<(int)(_N_post + 1)/2; _m++)\n"
        f"            burstnet_words(_m, (uint32_t)_i, run_seed_post, {call[2]}, _words[2*_m], _words[2*_m + 1]);\n"
        f"        const uint64_t _below = burstnet_below({call[1]});\n"
    )
    text = text[: loop.start()] + draw + text[loop.start() :]
    return text.replace(call[0], "(_words[_k] < _below)")


def _apart(loops: str, knob: str = "") -> str:
    """Loops twice: as they are while lesions act or a knob is on, and with nothing of either otherwise."""
    plain = re.sub(r"(const double lesion_\w+) = _ptr_array_\w+\[\w+\];", r"\1 = 0.0;", loops)
    needed = [_LESIONED] if plain != loops else []
    if knob:
        plain = re.sub(rf"(?m)^\s*(w_\w+) = _clip\(\1 [+-] .*\bknob_{knob}\b.*\n", "", plain)
        needed.append(f"_array_control_{knob}[0] != 0.0")
    if plain == loops:
        return loops
    return (
        f"    if ({' || '.join(f'({condition})' for condition in needed)}) {{\n{loops}    }} else {{\n{plain}    }}\n"
    )


def _asleep(text: str, knob: str) -> str:
    """A pathway that does nothing but learn, without a delay, has nothing to do while learning is off."""
    return re.sub(
        r"(void _run_\w+\(\)\s*\{\s*using namespace brian;[^\n]*\n)",
        rf"\1    if (_array_control_{knob}[0] == 0.0) return;\n",
        text,
        count=1,
    )


def _synaptic(text: str, knob: str = "", dense: Dense | None = None) -> str:
    """The loop over synapses that transmit; where cells lie far apart, it asks for a later one while it serves one."""
    rows = dense_loop(text, dense) if dense else None
    if rows:
        return rows[0] + _apart(rows[1], knob) + rows[2]
    head = re.search(r"(?m)^[ ]*for\(int _spiking_synapse_idx=0;", text)
    end = re.search(r"(?m)^        \}\n", text[head.start() :]) if head else None
    if not head or not end:
        return text
    loop = text[head.start() : head.start() + end.end()]
    cells = re.search(r"= (\w+_synaptic_(?:pre|post))\[_idx\];", loop)
    here = re.search(r"(?m)^[ ]*const size_t _idx = \(\*_spiking_synapses\)\[_spiking_synapse_idx\];\n", loop)
    sizes = [int(n) for n in re.findall(r"const size_t _num\w+_(?:pre|post) = (\d+);", text)]
    plain = _apart(loop, knob)
    if cells and here and max(sizes, default=0) >= _FAR:
        later = f"_spiking_synapse_idx + {_AHEAD}"
        ask = f"if ({later} < _num_spiking_synapses) __builtin_prefetch(&{cells[1]}[(*_spiking_synapses)[{later}]]);\n"
        plain = plain.replace(here[0], here[0] + ask)
    return text[: head.start()] + plain + text[head.start() + end.end() :]


def _in_blocks(text: str) -> str:
    """A test of thresholds looks at whole vectors first; few cells spike in a step."""
    found = re.search(
        r"(?ms)^    for\(size_t _idx=0; _idx<N; _idx\+\+\)\n    \{\n(.*?const char _cond = [^\n]*;\n)\s*\n(        if\(_cond\) \{.*?\n        \}\n)    \}\n",
        text,
    )
    if not found:
        return text
    test, act = found[1], found[2]
    each = f"    {{\n{test}{act}    }}\n"
    blocks = (
        f"    for(size_t _block=0; _block<N/{_TESTED}*{_TESTED}; _block+={_TESTED})\n    {{\n    int64_t _any = 0;\n"
        f"    for(size_t _idx=_block; _idx<_block+{_TESTED}; _idx++)\n    {{\n{_bitwise(test)}        _any |= _cond;\n    }}\n"
        f"    if(_any) for(size_t _idx=_block; _idx<_block+{_TESTED}; _idx++)\n{each}    }}\n"
        f"    for(size_t _idx=N/{_TESTED}*{_TESTED}; _idx<N; _idx++)\n{each}"
    )
    return text[: found.start()] + blocks + text[found.end() :]


def _bitwise(test: str) -> str:
    """Conditions without short cuts, of which a compiler makes vector code."""
    head, mark, condition = test.rpartition("const char _cond = ")
    return (
        head
        + "const int64_t _cond = ("
        + condition.replace("&&", "&").replace("||", "|").replace(";", ") ? (int64_t)1 : (int64_t)0;")
        if mark
        else test
    )


def quicker_queue(text: str) -> str:
    """Brian2's queue of spikes: synapses are appended by one copy, without being zeroed first."""
    copied = re.compile(
        r"const int cur_homog_queue_size = homog_queue\.size\(\);\s*homog_queue\.resize\(cur_homog_queue_size\+num_indices\);.*?\}\n(?=\s*\})",
        re.DOTALL,
    )
    return copied.sub("homog_queue.insert(homog_queue.end(), cur_indices, cur_indices + num_indices);\n", text, count=1)

"""Measure a reproduction table again: quantity, published, measured, tolerance, verdict. Imports studies and result."""

from __future__ import annotations

import csv
import importlib
import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .datasets import has_images
from .errors import RunError, unknown_name
from .result import write_atomically

__all__ = ["MODELS", "Row", "verify_model", "write_verification"]

_PAGE = "docs/models/burstccn.rst#known-differences"


@dataclass(frozen=True)
class Row:
    """One line of a reproduction table.

    Attributes
    ----------
    condition, quantity, unit : str
    published, published_sd : float
        Mean and SD over the seeds of the published program; of a claim the bound, and 0.
    measured, measured_sd : float or None
    tolerance : float
        Largest difference of the means at which they agree.
    verdict : {"reproduced", "differs", "known-difference"}
    per_seed : list of float or None
    link : str
        Where a known difference is explained.
    bound : {"", "at least", "at most"}
        What a claim says of the measured mean.
    """

    condition: str
    quantity: str
    unit: str
    published: float
    published_sd: float
    measured: float | None
    measured_sd: float | None
    tolerance: float
    verdict: str
    per_seed: list[float | None]
    link: str = ""
    bound: str = ""

    def line(self) -> str:
        """The row as text."""
        measured = "-" if self.measured is None else f"{self.measured:.4g}"
        within = f"{self.bound:<10}" if self.bound else f"+-{self.tolerance:<8.3g}"
        return f"{self.condition:<16} {self.quantity:<28} {self.published:>9.4g} {measured:>9} {within} {self.verdict} {self.link}".rstrip()


@dataclass(frozen=True)
class _Condition:
    """One set of runs whose metrics stand in a published table.

    Attributes
    ----------
    settings : dict of str to str
    seeds, quick : int
        Seeds in full and in quick; with ``quick=0`` the quick verification leaves it out.
    known : str
        Where a difference is explained, if it is a known one.
    protocol : str
    lesions : str
        As one text, joined by `` + ``.
    joint : str
        ``"module:function"`` of what is measured on all seeds together, ``{quantity: number}`` of a result.
    images : str
        A set of images that is needed; where its files are absent the condition is left out.
    package : str
        One that is needed besides those that burstnet is installed with; the same holds.
    """

    settings: dict[str, str]
    seeds: int
    quick: int
    known: str = ""
    protocol: str = "target-rate"
    lesions: str = ""
    joint: str = ""
    images: str = ""
    package: str = ""

    @property
    def lacks(self) -> str:
        """What is not there of what it needs."""
        if self.images and not has_images(self.images):
            return "its images"
        return self.package if self.package and find_spec(self.package) is None else ""


_BURSTCCN = {
    "published": _Condition({}, 10, 5),
    "no-teacher": _Condition({"increase_gain": "0 pA/Hz", "decrease_gain": "0 pA/Hz"}, 5, 2),
    "no-feedback": _Condition({"Y.scale": "0", "Q.scale": "0"}, 5, 2),
    "full-adaptation": _Condition({"adaptation_jump": "full"}, 5, 2, known=_PAGE),
    "old-order": _Condition({"adaptation_order": "old"}, 5, 2),
    "float-clock": _Condition({}, 10, 5, known=_PAGE),
}


def _bp_curve(soma: int, inhibited: bool) -> _Condition:
    inhibition = {"recurrent_inhibition": "0.02"} if inhibited else {}
    return _Condition({"i_soma": f"{soma} pA", **inhibition}, 5, 3, protocol="bp-curve")


def _one_phase(rule: str, **more: str) -> _Condition:
    """The exclusive-or network with teacher and plasticity always on."""
    phase = {"prediction": "0s", "teacher_follows": "1", "learning_rate": "0.5", "feedback": "event-cancelled"}
    return _Condition({"examples": "240", "rule": rule} | phase | more, 3, 0, protocol="xor")


_PAYEUR2021 = {
    "pairing-periodic": _Condition({"train": "periodic"}, 1, 1, protocol="pairing"),
    "pairing-poisson-30": _Condition({"train": "poisson", "initial_p": "0.3"}, 5, 1, protocol="pairing"),
    "pairing-poisson-50": _Condition({"train": "poisson", "initial_p": "0.5"}, 5, 1, protocol="pairing"),
    "pairing-burst-poisson-5": _Condition({"train": "burst-poisson", "event_rate": "5 Hz"}, 5, 1, protocol="pairing"),
    "pairing-burst-poisson-10": _Condition({"train": "burst-poisson", "event_rate": "10 Hz"}, 5, 1, protocol="pairing"),
    "propagation": _Condition(
        {}, 5, 5, protocol="propagation", joint="burstnet.analysis.multiplexing:joint_correlations"
    ),
    "burst-plasticity": _Condition({}, 5, 2, protocol="burst-plasticity"),
    **{
        f"bp-curve-{soma}pA{'-inhibited' * inhibited}": _bp_curve(soma, inhibited)
        for inhibited in (False, True)
        for soma in (0, 100, 200)
    },
    "xor-before": _Condition({"examples": "4"}, 5, 3, protocol="xor"),
    "xor-100-epochs": _Condition({"examples": "400"}, 3, 0, protocol="xor"),
    "xor-2000-examples": _Condition({"examples": "2000"}, 3, 0, protocol="xor"),
    "one-phase-fixed": _one_phase("fixed-baseline"),
    "one-phase-moving": _one_phase("moving-average"),
    "one-phase-no-teacher": _one_phase("fixed-baseline", **{"output.cell.teaching_strength": "0 pA"}),
}


def _eyeblink(quick: int, lesions: str = "", *, seeds: int = 10, to: str = "acquired", **settings: str) -> _Condition:
    """Eyeblink conditioning up to a test: ``acquired``, ``extinguished`` or, of the whole run, ``reacquired``."""
    without = {"acquired": ("extinction", "reacquisition"), "extinguished": ("reacquisition",)}.get(to, ())
    return _Condition(dict.fromkeys(without, "0") | settings, seeds, quick, protocol="eyeblink", lesions=lesions)


#: From here on plasticity or the olive is off: the end of the test after acquisition.
_LATER = "@156s.."

_LINES = "docs/models/cerebro_cerebellar.rst#what-has-been-measured"

_FIVE_CUES = {
    "cues": "5",
    "trials": "1600",
    "fade": "0.25",
    "purkinje.n": "24",
    "parallel_fibres.eta": "0.015nS",
    "olive.cell.olive_gain": "16Hz",
    "olive.cell.olive_rest": "4Hz",
}

_CEREBELLUM = {
    "eyeblink": _eyeblink(3, to="reacquired"),
    "eyeblink-200ms": _eyeblink(3, isi="200ms"),
    "eyeblink-500ms": _eyeblink(3, isi="500ms"),
    "eyeblink-fixed-nuclei": _eyeblink(0, to="reacquired", nuclear_plasticity="0"),
    "eyeblink-frozen-olive": _eyeblink(
        3, f"parallel_fibres:freeze{_LATER} + mossy_to_nuclei:freeze{_LATER}", to="extinguished"
    ),
    "eyeblink-silent-olive": _eyeblink(0, f"olive:silence{_LATER}", to="extinguished"),
    "eyeblink-no-olive": _eyeblink(3, "olive:silence"),
    "eyeblink-no-us": _Condition(
        {"extinction": "0", "reacquisition": "0", "us_current.us_strength": "0pA"}, 10, 3, protocol="eyeblink"
    ),
    "eyeblink-unpaired": _eyeblink(0, us_shift="500ms"),
    "eyeblink-fixed-potentiation": _eyeblink(0, f"olive:silence{_LATER}", seeds=5, to="extinguished", rule="fixed-ltp"),
    "eyeblink-no-nuclei": _eyeblink(0, "nuclei:silence@144s..", seeds=3),
    "drawing": _Condition({}, 10, 1, protocol="feedback-horizon"),
    "drawing-no-cerebellum": _Condition({}, 10, 1, protocol="feedback-horizon", lesions="cerebellum:silence"),
    "drawing-frozen-olive": _Condition({}, 10, 0, protocol="feedback-horizon", lesions="olive:freeze@80s.."),
    "driven-lines": _Condition({}, 10, 2, protocol="cerebellar-drive"),
    "driven-lines-none": _Condition({"feedback": "none"}, 10, 2, protocol="cerebellar-drive"),
    "driven-lines-readout": _Condition({"feedback": "readout"}, 10, 2, protocol="cerebellar-drive"),
    "driven-lines-lag-0": _Condition({"lag": "0"}, 10, 0, protocol="cerebellar-drive"),
    "driven-lines-removed": _Condition({}, 10, 0, protocol="cerebellar-drive", lesions="cerebellum:silence@6s.."),
    "driven-lines-frozen-olive": _Condition({}, 10, 0, protocol="cerebellar-drive", lesions="olive:freeze@6s.."),
    "switching-in-rates": _Condition({}, 10, 1, protocol="cerebellar-switching"),
    "switching-in-rates-shared": _Condition({"shared": "1"}, 10, 0, protocol="cerebellar-switching"),
    "lines": _Condition({}, 10, 1, protocol="line-drawing"),
    "lines-unguided": _Condition({"guidance": "0"}, 5, 0, protocol="line-drawing"),
    "lines-readout": _Condition({"feedback": "readout"}, 10, 1, protocol="line-drawing"),
    "lines-five-cues": _Condition(_FIVE_CUES, 10, 0, protocol="line-drawing", known=_LINES),
    "lines-five-cues-readout": _Condition(
        {"cues": "5", "trials": "2000", "feedback": "readout"}, 10, 0, protocol="line-drawing"
    ),
    "switching-lines": _Condition({"tests": "480"}, 10, 0, protocol="task-switching"),
    "switching-lines-shared": _Condition({"tests": "120", "shared": "1"}, 10, 0, protocol="task-switching"),
    "late-teaching": _Condition({}, 20, 3, protocol="feedback-decoupling"),
    "late-teaching-no-nuclei": _Condition({}, 20, 3, protocol="feedback-decoupling", lesions="nuclei:silence"),
    "prompt-teaching": _Condition({"delay": "0 ms"}, 10, 0, protocol="feedback-decoupling"),
    "prompt-teaching-no-nuclei": _Condition(
        {"delay": "0 ms"}, 10, 0, protocol="feedback-decoupling", lesions="nuclei:silence"
    ),
    **{
        f"{name}{'-no-nuclei' * bool(lesion)}": _Condition(
            {"every": "4", "blocks": "28", "parallel_fibres.eta": "0.4 nS", **settings},
            20,
            0,
            protocol="feedback-decoupling",
            lesions=lesion,
        )
        for name, settings in (
            ("sparse-teaching", {"delay": "0 ms", "granule.cell.tau_eligibility": "15 ms"}),
            ("late-sparse-teaching", {"delay": "100 ms", "granule.cell.tau_eligibility": "20 ms"}),
        )
        for lesion in ("", "nuclei:silence")
    },
    **{
        f"late-teaching-{when}-lesion": _Condition(
            {}, 20, 0, protocol="feedback-decoupling", lesions=f"nuclei:silence@{start}.."
        )
        for when, start in (("early", "43.2s"), ("late", "100.8s"))
    },
    "sleep": _Condition({}, 5, 0, protocol="consolidation"),
    "sleep-none": _Condition({"rule": "none"}, 5, 0, protocol="consolidation"),
}


def _digits(seeds: int = 5, quick: int = 2, **settings: str) -> _Condition:
    return _Condition(settings, seeds, quick, protocol="digits")


def _mnist(areas: int) -> _Condition:
    """Feedback alignment as published, from a file of the user's own."""
    sizes = {"areas": str(areas), "hidden.n": "500", "epochs": "50", "learning_rate": "0.15"}
    return _Condition({"images": "mnist", "feedback": "random"} | sizes, 1, 0, protocol="digits", images="mnist")


def _convnet(seeds: int = 5, quick: int = 2, lesions: str = "", **settings: str) -> _Condition:
    """Convolutional networks, which need torch."""
    return _Condition(
        settings, seeds, quick, protocol="convnet", lesions=lesions, package="torch", images=settings.get("images", "")
    )


#: Only the output of a network of three hidden areas learns.
_LAST_LAYER = "area1:freeze + area2:freeze + area3:freeze"
_MNIST_CONVNET = {"images": "mnist", "epochs": "10"}


def _alignment(lesions: str) -> _Condition:
    """Single spiking neurons after one epoch, whose weights then stand still from 555 s on."""
    return _Condition({"areas": "2", "epochs": "1"}, 3, 0, protocol="gradient-alignment", lesions=lesions)


#: Three hidden areas learn where feedback does.
_THREE_AREAS = {
    "areas": "3",
    "epochs": "15",
    "feedback": "kolen-pollack",
    "teacher_from": "130 ms",
    "W2.spread": "0.81",
    "W3.spread": "0.81",
    "hidden2.cell.centred": "1",
    "hidden3.cell.centred": "1",
}


def _spiking(seeds: int, lesions: str = "", **settings: str) -> _Condition:
    """Digits by single spiking neurons."""
    return _Condition(settings, seeds, 0, protocol="classify", lesions=lesions)


_DEEP = {
    "backprop": _digits(rule="backprop"),
    "tied": _digits(),
    "random": _digits(feedback="random"),
    "feedback-alignment": _digits(rule="feedback-alignment"),
    "kolen-pollack": _digits(feedback="kolen-pollack"),
    "online-y": _digits(feedback="online-y"),
    "uncancelled": _digits(feedback="uncancelled"),
    "silencing": _Condition({}, 6, 6, protocol="silencing"),
    **{
        f"silencing-{kind}": _Condition({}, 6, 6, protocol="silencing", lesions=f"{kind}:silence")
        for kind in ("pv", "vip", "sst", "ndnf")
    },
    "many-sst": _Condition({"epochs": "60"}, 5, 1, protocol="feedback-rank"),
    "two-sst": _Condition({"epochs": "60", "sst": "2"}, 5, 1, protocol="feedback-rank"),
    "sine": _Condition({}, 10, 2, protocol="sine"),
    **{f"mnist-{areas}": _mnist(areas) for areas in (1, 2, 3, 4)},
    "convnet": _convnet(),
    "convnet-backprop": _convnet(rule="backprop"),
    "convnet-kolen-pollack": _convnet(feedback="kolen-pollack"),
    "convnet-random": _convnet(feedback="random"),
    "convnet-uncancelled": _convnet(feedback="uncancelled"),
    "convnet-last-layer": _convnet(lesions=_LAST_LAYER),
    "convnet-mnist": _convnet(1, 0, **_MNIST_CONVNET),
    "convnet-mnist-kolen-pollack": _convnet(1, 0, feedback="kolen-pollack", **_MNIST_CONVNET),
    "convnet-mnist-last-layer": _convnet(1, 0, _LAST_LAYER, **_MNIST_CONVNET),
    "spiking-digits": _spiking(5),
    "spiking-digits-two-areas": _spiking(5, areas="2"),
    "spiking-digits-no-feedback": _spiking(
        3, "Y2:scale=0 + Y3:scale=0 + Q2:scale=0 + Q3:scale=0", areas="2", epochs="15"
    ),
    "spiking-digits-three-areas": _spiking(3, **_THREE_AREAS),
    "spiking-digits-three-areas-last-layer": _spiking(
        3, " + ".join(f"W{k}:freeze + hidden{k}:clamp.bias_rate=0" for k in (1, 2, 3)), **_THREE_AREAS
    ),
    "gradient-alignment": _alignment(""),
    "gradient-alignment-no-feedback": _alignment(
        " + ".join(f"{kind}{k}:scale=0@545s.." for kind in "YQ" for k in (2, 3))
    ),
}

#: Model to its published table and conditions.
MODELS = {
    "burstccn": ("burstccn_published.csv", _BURSTCCN),
    "payeur2021": ("payeur2021_published.csv", _PAYEUR2021),
    "cerebellum": ("cerebellum_published.csv", _CEREBELLUM),
    "deep": ("burstccn_rate_published.csv", _DEEP),
}


def verify_model(
    model: str, *, quick: bool = False, report: Callable[[str, float], None] | None = None, folder: Path | None = None
) -> list[Row]:
    """Run every condition of a model's reproduction table and compare.

    Parameters
    ----------
    model : str
        A key of `MODELS`.
    quick : bool
        Fewer seeds, and no long runs; the tolerance widens accordingly. What needs images that are not there, or torch, is left
        out of a full one too, see `burstnet.datasets.image_set`.
    report : callable, optional
        Called with what is going on and how much of it is done.
    folder : Path, optional
        Where the runs are kept, so that a verification that was stopped goes on; a temporary one by default.

    Notes
    -----
    Where the table states a ``bound``, ``at least`` or ``at most``, its mean is a claim that the measured mean meets or not.
    Where the table states within what a mean agrees, that holds. Elsewhere a mean agrees if it differs by at most
    ``3*sqrt(SD**2/n_published + SD**2/n) + 3 %``, with the larger of the published and the measured SD: ten seeds or fewer
    often show too small a spread (0.142 Hz published for the input's rate while taught upwards, 0.231 Hz in 400 seeds of an
    independent transcription).
    """
    if model not in MODELS:
        raise unknown_name("model", model, MODELS)
    table, every = MODELS[model]
    wanted = {name: c for name, c in every.items() if c.quick or not quick}
    conditions = {name: c for name, c in wanted.items() if not c.lacks}
    if report:
        for name in wanted.keys() - conditions.keys():
            report(f"{name} is left out for want of {wanted[name].lacks}", 0.0)
    published: dict[str, list[dict[str, str]]] = {}
    with files("burstnet.models").joinpath(table).open() as source:
        for line in csv.DictReader(source):
            published.setdefault(line["condition"], []).append(line)
    rows: list[Row] = []
    measured: dict[tuple, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="burstnet-verify-") as scratch:
        for k, (name, condition) in enumerate(conditions.items()):
            seeds = condition.quick if quick else condition.seeds
            key = (condition.protocol, tuple(sorted(condition.settings.items())), condition.lesions, seeds)
            if key not in measured:
                told = partial(_tell, report, name, k, len(conditions)) if report else None
                measured[key] = _measure(condition, seeds, (folder or Path(scratch)) / f"{name}-{seeds}", told)
            rows += [_row(name, line, measured[key], seeds, condition.known) for line in published.get(name, ())]
            if report:
                report(name, (k + 1) / len(conditions))
    return rows


def _tell(report: Callable[[str, float], None], name: str, k: int, conditions: int, what: str, done: float) -> None:
    """How far a verification is, from how far one of its runs is."""
    report(f"{name}, {what}", (k + 0.99 * min(done, 1.0)) / conditions)


def _measure(
    condition: _Condition, seeds: int, folder: Path, report: Callable[[str, float], None] | None
) -> dict[str, Any]:
    """Metrics of a condition over its seeds, as plain data; only what is missing in the folder is run."""
    from .studies import Arm, Study, run_study

    arm = Arm("control", condition.lesions)
    study = Study(condition.protocol, (arm,), tuple(range(1, seeds + 1)), settings=condition.settings)
    outcome = run_study(study, folder, figures=False, report=report)
    if outcome.failed:
        seed, reason = next(iter(next(iter(outcome.failed.values())).items()))
        raise RunError(f"The run of seed {seed} of {condition.protocol} failed ({reason.rstrip('.')}).")
    found: dict[str, Any] = dict(outcome.summary["arms"]["control"]["metrics"])
    if condition.joint:
        module, _, function = condition.joint.partition(":")
        together = getattr(importlib.import_module(module), function)(outcome.result("control", spikes=False))
        found |= {
            name: {"unit": "1", "mean": value, "sd": None, "per_seed": [value]} for name, value in together.items()
        }
    return found


def _row(condition: str, line: dict[str, str], metrics: dict[str, Any], seeds: int, known: str) -> Row:
    found = metrics[line["quantity"]]
    mean, sd, n = float(line["mean"]), float(line["sd"] or 0), int(line["n"] or 1)
    spread = max(sd, found["sd"] or 0.0)
    stated, bound = line.get("within"), line.get("bound") or ""
    tolerance = 3 * math.sqrt(spread**2 / n + spread**2 / seeds) + 0.03 * abs(mean)
    tolerance = 0.0 if bound else float(stated) if stated else tolerance
    off = math.inf if found["mean"] is None else found["mean"] - mean
    agrees = _BOUNDS[bound](off) <= tolerance
    verdict = "reproduced" if agrees else "known-difference" if known else "differs"
    link = known if verdict == "known-difference" else ""
    return Row(
        condition,
        line["quantity"],
        found["unit"],
        mean,
        sd,
        found["mean"],
        found["sd"],
        tolerance,
        verdict,
        found["per_seed"],
        link,
        bound,
    )


#: How far a mean is from what the table says, out of its difference; a claim that is met is nowhere off.
_BOUNDS: dict[str, Callable[[float], float]] = {
    "": abs,
    "at most": lambda off: max(off, 0.0),
    "at least": lambda off: max(-off, 0.0) if math.isfinite(off) else off,
}


def write_verification(path: Path, model: str, rows: list[Row], quick: bool) -> None:
    """Write ``verify.json`` with every row and its per-seed values."""
    text = json.dumps(
        {"model": model, "quick": quick, "rows": [asdict(row) for row in rows]}, indent=1, allow_nan=False
    )
    write_atomically(path, lambda scratch: scratch.write_text(text + "\n"))

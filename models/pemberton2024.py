"""Pemberton et al. 2024, in rates: a cortical network that a cerebellum drives, trained by timing rules.

What a session of training is, what lesions reach, and what is scored after it. Imports its network and tasks, and the
interface of rate models.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Whole
from burstnet.models.pemberton2024_network import FEEDBACKS, PLASTICITIES, Best, Learner, Network, new_network, score
from burstnet.models.pemberton2024_scores import (
    BINS,
    SILENCED,
    Scorer,
    confidence,
    evidence_weights,
    mean_paths,
    selectivity,
)
from burstnet.models.pemberton2024_tasks import TASKS, Task, Trials, draw_task
from burstnet.rate_model import RateModel, RateRun, Recorded

__all__ = ["CITATION", "STRUCTURE", "CerebellarDrive", "DriveParameters"]

CITATION = (
    "Pemberton, Chadderton & Costa (2024). Cerebellar-driven cortical dynamics can enable task acquisition, switching and "
    "consolidation. Nature Communications 15: 10913. doi:10.1038/s41467-024-55315-6"
)
_SOURCE = "Pemberton et al. 2024, published code"
#: What learns in the published runs of a task; all others have a fixed cortex and plastic mossy fibres.
_PUBLISHED: Mapping[str, Mapping[str, Any]] = {
    "delayed-association": {"plasticity": "input", "mossy": "fixed", "cortex_rate": 2.5e-3},
}


@dataclass(frozen=True)
class DriveParameters(ParameterSet):
    """Numbers of the network that need no other size."""

    alpha: Quantity = parameter(0.1, "what is left of a cortical potential after a step", _SOURCE)
    noise: Quantity = parameter(0.1, "standard deviation of the noise on every input", _SOURCE)
    readout_rate: Quantity = parameter(1e-3, "learning rate of the read-out", _SOURCE)
    cerebellum_rate: Quantity = parameter(1e-3, "learning rate of the cerebellum", _SOURCE)
    cortex_rate: Quantity = parameter(1e-3, "learning rate of the cortex (2.5e-3 in delayed association)", _SOURCE)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.declared():
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={float(getattr(self, name)):g} is not allowed; it is at least 0.")


#: Settings of the network that are fixed when it is made.
STRUCTURE: dict[str, Any] = {
    "feedback": Choice("cerebellum", "what returns to the cortex, or reads it", FEEDBACKS),
    "plasticity": Choice(
        "published",
        "which cortical weights learn; as published for the task by default",
        ("published", *PLASTICITIES),
    ),
    "mossy": Choice("published", "whether mossy-fibre weights learn", ("published", "plastic", "fixed")),
    "lag": Whole(3, "steps by which the outcome follows the output that it teaches", least=0),
    "basis": Choice("single", "one lag, or an output for every lag up to it", ("single", "temporal")),
    "answers": Whole(None, "last steps of a choice whose outcome teaches; 5 in delayed-association, 1 in evidence"),
    "cortex.n": Whole(50, "cortical cells"),
    "granule.n": Whole(500, "granule cells; published 1000"),
    "trials": Whole(1000, "trials of a session; published 800"),
    "batch": Whole(10, "trials between two steps of learning"),
}


@dataclass(frozen=True, kw_only=True)
class CerebellarDrive(RateModel):
    """A network that learns one task, session after session.

    Parameters
    ----------
    task : str
        A key of `burstnet.models.pemberton2024_tasks.TASKS`.
    feedback : {"cerebellum", "none", "readout", "cerebellar-readout"}
        What returns to the cortex; with "cerebellar-readout" nothing does, and a cerebellum reads it out.
    plasticity : {"published", "fixed", "input", "full"}
        Which cortical weights learn, by e-prop: none; those of inputs and feedback; the recurrent ones too. As published:
        "input" in delayed association, fixed elsewhere.
    mossy : {"published", "plastic", "fixed"}
        Whether mossy-fibre weights learn; as published they are fixed in delayed association.
    lag : int
        Steps by which the outcome follows the cerebellar output that it teaches. The published code counts from the cortical
        state that the output was made of, which is a step more: its 3 is 2 here.
    basis : {"single", "temporal"}
        One lag, or an output for every lag from 0 up to it.
    answers : int, optional
        Last steps of a choice whose outcome teaches, see `burstnet.models.pemberton2024_tasks.draw_task`.
    cortex, granule : int
        Cells; published 50 and 1000.
    trials, batch : int
        Trials of a session, published 800; trials between two steps of learning.
    test : int
        Fresh trials of every test.
    parameters : DriveParameters

    References
    ----------
    Pemberton et al. (2024); published code.
    """

    task: str = "lines"
    feedback: str = "cerebellum"
    plasticity: str = "published"
    mossy: str = "published"
    lag: int = 3
    basis: str = "single"
    answers: int | None = None
    cortex: int = 50
    granule: int = 500
    trials: int = 1000
    batch: int = 10
    test: int = 240
    parameters: ParameterSet = field(default_factory=DriveParameters)
    name = "pemberton2024"

    def __post_init__(self) -> None:
        for rule, value in (
            (Choice("", "", tuple(TASKS)), "task"),
            (STRUCTURE["feedback"], "feedback"),
            (STRUCTURE["plasticity"], "plasticity"),
            (STRUCTURE["mossy"], "mossy"),
            (STRUCTURE["basis"], "basis"),
        ):
            rule.parse(getattr(self, value), value)
        if self.lag >= self.steps:
            raise ArgumentError(f"lag={self.lag} is not allowed; a trial of {self.task!r} has {self.steps} steps.")
        if self.trials % self.batch:
            raise ArgumentError(f"trials={self.trials} is not allowed; it is a multiple of batch={self.batch}.")

    @property
    def steps(self) -> int:
        """Steps of a trial."""
        return draw_task(self.task, np.random.default_rng(0)).steps

    @property
    def learns(self) -> tuple[str, bool]:
        """Cortical plasticity, and whether mossy fibres learn, with what is published for the task filled in."""
        usual = {"plasticity": "fixed", "mossy": "plastic"} | dict(_PUBLISHED.get(self.task, {}))
        plasticity = usual["plasticity"] if self.plasticity == "published" else self.plasticity
        return plasticity, (usual["mossy"] if self.mossy == "published" else self.mossy) == "plastic"

    @property
    def lags(self) -> tuple[int, ...]:
        """Lag of every group of cerebellar outputs."""
        return tuple(range(self.lag + 1)) if self.basis == "temporal" else (self.lag,)

    @property
    def populations(self) -> dict[str, int]:
        """Cells of each part; ``cerebellum`` is what leaves it, and each of its outputs has an olive of its own."""
        outputs = draw_task(self.task, np.random.default_rng(0)).outputs
        found = {"cortex": self.cortex}
        if self.feedback.startswith("cerebell"):
            number = outputs * (len(self.lags) if self.feedback == "cerebellum" else 1)
            found |= {"granule": self.granule, "cerebellum": number, "olive": number}
        return found | {"output": outputs}

    @property
    def projections(self) -> dict[str, tuple[str, str]]:
        """What connects them."""
        found = {"readout": ("cortex", "output")}
        if "cerebellum" in self.populations:
            found |= {"mossy": ("cortex", "granule"), "parallel": ("granule", "cerebellum")}
        if self.feedback == "cerebellum":
            found["drive"] = ("cerebellum", "cortex")
        return found

    @property
    def lesionable(self) -> dict[str, tuple[str, ...]]:
        """The cerebellum's output, its olive, cortical cells, and learning of the read-out."""
        found: dict[str, tuple[str, ...]] = {"cortex": ("silence", "scale"), "readout": ("freeze",)}
        if "cerebellum" in self.populations:
            found |= {"cerebellum": ("silence", "scale"), "olive": ("freeze",)}
        return found

    def session_s(self, protocol: Any) -> float:
        """Rough cost of a session: measured per step of a batch of ten."""
        granule = self.granule if "cerebellum" in self.populations else 0
        return 4e-5 * self.steps * self.trials / self.batch * (0.5 + self.batch / 20) * (1 + granule / 220)

    def new_task(self, run: RateRun, name: str = "") -> Task:
        """The task with this seed's cues."""
        return draw_task(name or self.task, run.random("cues"), noise=float(run.parameters.noise), answers=self.answers)

    def new_network(self, run: RateRun, task: Task) -> Network:
        """The network before learning, with this seed's weights."""
        return new_network(
            task,
            run.random("weights"),
            cortex=self.cortex,
            granule=self.granule,
            feedback=self.feedback,
            alpha=float(run.parameters.alpha),
            lags=self.lags if self.feedback == "cerebellum" else (0,),
        )

    def new_learner(self, run: RateRun, *, readout: bool = True) -> Learner:
        """The learning of a network at its beginning."""
        p, (plasticity, mossy) = run.parameters, self.learns
        rates = {"readout": float(p.readout_rate) * readout, "parallel": float(p.cerebellum_rate)}
        rates |= {"mossy": float(p.cerebellum_rate) * mossy}
        rates |= dict.fromkeys(("input", "feedback", "recurrent"), float(p.cortex_rate))
        return Learner(rates, plasticity)

    def lesioned(self, run: RateRun, session: int) -> dict[str, Any]:
        """What lesions make of `Learner.session`'s arguments in a session."""
        found: dict[str, Any] = {"cells": run.factor("cortex", session)}
        if "cerebellum" in self.populations:
            found |= {"gain": run.factor("cerebellum", session), "olive": run.learning("olive", session)}
        if not run.learning("readout", session).any():
            found["frozen"] = ("readout",)
        return found

    def run(self, run: RateRun) -> dict[str, Recorded]:
        """Train, and test after every session: no teacher, weights fixed, fresh trials."""
        task = self.new_task(run)
        network, learner = self.new_network(run, task), self.new_learner(run)
        scorer = Scorer(task, network, round(float(run.protocol.off_from)), round(float(run.protocol.off_until)))
        errors = np.full((run.stop + 1, len(SILENCED)), np.nan)
        errors[-1] = scorer.errors(self.fresh(run, task, run.stop))
        best = Best()
        left: dict[str, Any] = {}
        for session in run.sessions:
            lesions = self.lesioned(run, session)
            learner.session(
                network, task, run.random("trials", session), trials=self.trials, batch=self.batch, **lesions
            )
            left = {name: lesions[name] for name in ("gain", "cells") if name in lesions}
            errors[session] = scorer.errors(self.fresh(run, task, session), **left)
            best.look(network, errors[session, 0])
        what = "part of the choices that are wrong" if task.classes else "mean squared error"
        found = {
            "error": Recorded(errors[:-1, 0], ("session",), "1", f"{what} in fresh trials"),
            "error_silenced": Recorded(errors[:-1, 1], ("session",), "1", f"{what}, cerebellum off"),
            "error_silenced_part": Recorded(errors[:-1, 2], ("session",), "1", f"{what}, cerebellum off in a part"),
            "error_before": Recorded(errors[-1, 0], (), "1", f"{what}, before learning"),
            "test": Recorded(np.arange(len(SILENCED)), ("test",), "1", "0 intact, 1 off, 2 off in a part"),
        }
        shown = self.fresh(run, task, run.stop + 1, 4 * self.test)
        if not task.classes:
            drawn, target = mean_paths(scorer.activities(shown, **left), shown, task)
            return found | {
                "path": Recorded(drawn, ("test", "cue", "step", "coordinate"), "1", "mean output"),
                "target_path": Recorded(target, ("cue", "step", "coordinate"), "1", "what it should be"),
            }
        return found | self._choices(dataclasses.replace(scorer, network=best.of(network)), shown, left)

    def fresh(self, run: RateRun, task: Task, session: int, number: int | None = None) -> Trials:
        """Trials that no session was trained on, every cue equally often."""
        return task.draw(run.random("test", session), number or self.test, even=True)

    def _choices(self, scorer: Scorer, shown: Trials, left: dict[str, Any]) -> dict[str, Recorded]:
        """What the network of the best session does in trials that it was not chosen by."""
        activities = scorer.activities(shown, **left)
        wrong = [1 - score(a, shown, scorer.task) for a in activities]
        sure = [confidence(a, shown, scorer.task) for a in activities]
        found = {
            "best_error": Recorded(wrong, ("test",), "1", "part of the choices that are wrong, best session"),
            "best_confidence": Recorded(sure, ("test",), "1", "probability of the right choice, best session"),
            "selectivity": Recorded(
                selectivity(activities, shown), ("test", "step"), "1", "difference of cortical rates between classes"
            ),
        }
        if scorer.task.name == "evidence":
            weights = evidence_weights(scorer, shown, **left)
            found["evidence_off"] = Recorded(
                np.arange(BINS + 2), ("evidence_off",), "1", "0 never, then parts, then all"
            )
            found["evidence_weight"] = Recorded(weights, ("evidence_off", "evidence_part"), "1", "weight of a puff")
        return found


def as_arguments(structure: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `CerebellarDrive` for settings of `STRUCTURE` and a task."""
    found = {name.removesuffix(".n"): value for name, value in structure.items()}
    rate = _PUBLISHED.get(found.get("task", ""), {}).get("cortex_rate", 1e-3)
    return found | {"parameters": DriveParameters(cortex_rate=rate)}

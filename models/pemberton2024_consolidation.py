"""Pemberton et al. 2024, consolidation: replay in sleep moves what the cerebellum gives the cortex into the cortex.

Imports the model, its network, scores and tasks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError, unknown_name
from burstnet.models.pemberton2024 import CerebellarDrive, DriveParameters
from burstnet.models.pemberton2024_network import Best, Network, run_trials
from burstnet.models.pemberton2024_scores import Scorer
from burstnet.models.pemberton2024_tasks import Trials
from burstnet.rate_model import RateRun, Recorded

__all__ = ["RULES", "ConsolidationParameters", "CerebellarConsolidation", "consolidated", "drive_of"]

#: How recurrent weights learn in sleep; with "none" only the cerebellar weights decay.
RULES = ("least-squares", "local", "none")
#: Of a trial's steps the first have no cerebellar drive yet and are not used.
_UNUSED = 2
#: What the published local rule divides the summed changes by, for a rate of one: its steps over this.
_LOCAL = 1.5
_SOURCE = "Pemberton et al. 2024, published code"


@dataclass(frozen=True)
class ConsolidationParameters(DriveParameters):
    """Numbers of the network and of its sleep."""

    cortex_rate: Quantity = parameter(2.5e-3, "learning rate of the cortex before sleep", _SOURCE)
    consolidation_rate: Quantity = parameter(
        0.1, "part of the cerebellar weights that a session of sleep takes", _SOURCE
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if float(self.consolidation_rate) > 1:
            raise ArgumentError(
                f"consolidation_rate={float(self.consolidation_rate):g} is not allowed; it is at most 1."
            )


def consolidated(states: np.ndarray, drive: np.ndarray, rule: str, *, rate: float = 0.1) -> np.ndarray:
    """What a session of sleep adds to the recurrent weights.

    Parameters
    ----------
    states : ndarray, shape (steps, trials, cortex)
        Cortical rates before each step.
    drive : ndarray, shape (steps, trials, cortex)
        What the cerebellum gives each cortical cell in that step.
    rule : {"least-squares", "local", "none"}
        ``least-squares``: the weights that reproduce the drive out of the states, times `rate`. ``local``: drive of the
        receiving cell times the sign of the sending one, over the sum of all absolute rates.
    rate : float
        Part of the drive that is taken over.

    Returns
    -------
    ndarray, shape (cortex, cortex)

    Raises
    ------
    ArgumentError
        If there is no such rule.

    References
    ----------
    Pemberton et al. (2024), Fig. 8; published code. The local rule is averaged over trials and steps, and multiplied by 1.5.
    """
    if rule not in RULES:
        raise unknown_name("rule", rule, RULES)
    h, u = (np.asarray(a, dtype=float).reshape(-1, a.shape[2]) for a in (states, drive))
    if rule == "least-squares":
        return np.asarray(rate * np.linalg.lstsq(h, u, rcond=None)[0].T)
    if rule == "local":
        total = np.maximum(np.abs(h).sum(axis=1, keepdims=True), 1e-12)
        return np.asarray(rate * _LOCAL / len(h) * (u.T @ (np.sign(h) / total)))
    return np.zeros((h.shape[1], h.shape[1]))


def drive_of(network: Network, trials: Trials) -> tuple[np.ndarray, np.ndarray]:
    """Cortical rates before each step of trials, and what the cerebellum then gives the cortex."""
    activity = run_trials(network, trials.inputs)
    drive = activity.returned @ network.weights["feedback"].T
    return activity.before[_UNUSED:], drive[_UNUSED:]


@dataclass(frozen=True, kw_only=True)
class CerebellarConsolidation(CerebellarDrive):
    """A network that learns delayed association and then sleeps.

    Parameters
    ----------
    rule : {"least-squares", "local", "none"}
        See `consolidated`.
    replayed : int
        Trials that a session of sleep replays.
    **arguments
        See `burstnet.models.pemberton2024.CerebellarDrive`.

    References
    ----------
    Pemberton et al. (2024), Fig. 8; published code.
    """

    task: str = "delayed-association"
    rule: str = "least-squares"
    replayed: int = 10
    parameters: ParameterSet = field(default_factory=ConsolidationParameters)
    name = "pemberton2024_consolidation"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rule not in RULES:
            raise unknown_name("rule", self.rule, RULES)
        if self.feedback != "cerebellum":
            raise ArgumentError(
                f"feedback={self.feedback!r} is not allowed; sleep moves weights of feedback='cerebellum'."
            )

    def run(self, run: RateRun) -> dict[str, Recorded]:
        """Train, then replay without learning the task; after every session, accuracy with and without the cerebellum."""
        task = self.new_task(run)
        network, learner = self.new_network(run, task), self.new_learner(run)
        scorer = Scorer(task, network, 0, 0)
        weights, rate = network.weights, float(run.parameters.consolidation_rate)
        errors = np.full((run.stop, 2), np.nan)
        norm, alike = np.full(run.stop, np.nan), np.full(run.stop, np.nan)
        best, awake, before = Best(), network, np.full(3, np.nan)
        for session in run.sessions:
            lesions = self.lesioned(run, session)
            left = {name: lesions[name] for name in ("gain", "cells")}
            fresh = self.fresh(run, task, session)
            if run.phase(session).name == "training":
                learner.session(
                    network, task, run.random("trials", session), trials=self.trials, batch=self.batch, **lesions
                )
            else:
                if awake is network:
                    # sleep starts from the session that did best in trials of its own
                    awake = best.of(network)
                    weights.update({name: w.copy() for name, w in awake.weights.items()})
                    before[:2] = scorer.errors(self.fresh(run, task, run.stop), **left)[:2]
                    before[2] = np.linalg.norm(weights["feedback"])
                states, drive = drive_of(network, task.draw(run.random("replay", session), self.replayed))
                weights["recurrent"] += consolidated(states, drive, self.rule, rate=rate).astype(
                    weights["recurrent"].dtype
                )
                weights["feedback"] *= 1 - rate
                alike[session] = _alike(awake, network, fresh)
            errors[session] = scorer.errors(fresh, **left)[:2]
            if awake is network:
                best.look(network, errors[session, 0])
            norm[session] = np.linalg.norm(weights["feedback"])
        what = "part of the choices that are wrong in fresh trials"
        return {
            "error": Recorded(errors[:, 0], ("session",), "1", what),
            "error_silenced": Recorded(errors[:, 1], ("session",), "1", f"{what}, cerebellum off"),
            "error_awake": Recorded(before[0], (), "1", f"{what}, before sleep"),
            "error_awake_silenced": Recorded(before[1], (), "1", f"{what}, before sleep, cerebellum off"),
            "drive_norm_awake": Recorded(
                before[2], (), "1", "norm of the weights from cerebellum to cortex before sleep"
            ),
            "drive_norm": Recorded(norm, ("session",), "1", "norm of the weights from cerebellum to cortex"),
            "similarity": Recorded(
                alike, ("session",), "1", "cosine of recurrent input now and of all input when awake"
            ),
        }


def _alike(awake: Network, asleep: Network, trials: Trials) -> float:
    """Cosine of what recurrent weights now give the cortex and of what those and the cerebellum gave it when awake."""
    states, drive = drive_of(awake, trials)
    before = states @ awake.weights["recurrent"].T + drive
    now = states @ asleep.weights["recurrent"].T
    return float((before * now).sum() / (np.linalg.norm(before) * np.linalg.norm(now)))

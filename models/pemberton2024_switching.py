"""Pemberton et al. 2024, task switching: one cortex, a cerebellum for each context, or one that both share in part.

Imports the model, its network, scores and tasks.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError
from burstnet.models.pemberton2024 import CerebellarDrive, DriveParameters
from burstnet.models.pemberton2024_network import Network, run_trials, score
from burstnet.rate_model import RateRun, Recorded

__all__ = ["CONTEXTS", "CerebellarSwitching", "SwitchingParameters"]

#: The context of each phase.
CONTEXTS = {"first": 0, "second": 1, "again": 0}
_SOURCE = "Pemberton et al. 2024, published code"


@dataclass(frozen=True)
class SwitchingParameters(DriveParameters):
    """Numbers of the network of the two contexts."""

    alpha: Quantity = parameter(0.5, "what is left of a cortical potential after a step", _SOURCE)


@dataclass(frozen=True, kw_only=True)
class CerebellarSwitching(CerebellarDrive):
    """A network that learns the task of one context, then that of another, and comes back to the first.

    Cortex and read-out learn, if at all, in the first phase. The second cerebellum begins as a copy of the first as it is
    at the switch; a part of its granule cells, with their synapses, may be those of the first.

    Parameters
    ----------
    second_task : str
        The task of the second context, with the same cues; `task` is that of the first.
    shared : float
        Part of the granule cells that both contexts share: 0, a cerebellum of its own for each, keeps the first task by
        construction; 1 is one cerebellum for both.
    **arguments
        See `burstnet.models.pemberton2024.CerebellarDrive`.

    References
    ----------
    Pemberton et al. (2024); published code, where ``pf_overlap`` shares parallel-fibre weights alone.
    """

    second_task: str = "semicircles"
    shared: float = 0.0
    parameters: ParameterSet = field(default_factory=SwitchingParameters)
    name = "pemberton2024_switching"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.feedback != "cerebellum":
            raise ArgumentError(
                f"feedback={self.feedback!r} is not allowed; contexts have cerebella: feedback='cerebellum'."
            )
        if not 0 <= self.shared <= 1:
            raise ArgumentError(f"shared={self.shared!r} is not allowed; it is from 0 to 1.")

    def run(self, run: RateRun) -> dict[str, Recorded]:
        """Train phase after phase; after every session both contexts are scored, each with its own cerebellum."""
        tasks = [self.new_task(run, name) for name in (self.task, self.second_task)]
        networks = [self.new_network(run, tasks[0])]
        learners = [self.new_learner(run)]
        shared = run.random("shared").permutation(self.granule) < round(self.shared * self.granule)
        errors = np.full((2, run.stop + 1), np.nan)
        # the same fresh trials after every session, so that what has not changed scores the same
        shown = [self.fresh(run, task, 0) for task in tasks]
        errors[:, -1] = [score(run_trials(networks[0], s.inputs), s, t) for s, t in zip(shown, tasks, strict=True)]
        for session in run.sessions:
            context = CONTEXTS[run.phase(session).name]
            if context == len(networks):
                networks.append(_with_own_cerebellum(networks[0]))
                learners.append(self.new_learner(run))
            lesions = self.lesioned(run, session)
            frozen = ("readout", "input", "feedback", "recurrent") if len(networks) > 1 else lesions.pop("frozen", ())
            learners[context].session(
                networks[context],
                tasks[context],
                run.random("trials", session),
                trials=self.trials,
                batch=self.batch,
                **{**lesions, "frozen": frozen},
            )
            if len(networks) > 1:
                _share(networks[context], networks[1 - context], shared)
            left = {name: lesions[name] for name in ("gain", "cells")}
            for k, task in enumerate(tasks):
                network = networks[min(k, len(networks) - 1)]
                errors[k, session] = score(run_trials(network, shown[k].inputs, **left), shown[k], task)
        what = "mean squared error in fresh trials of the"
        return {
            "error_first": Recorded(errors[0, :-1], ("session",), "1", f"{what} first context"),
            "error_second": Recorded(errors[1, :-1], ("session",), "1", f"{what} second context"),
            "error_before": Recorded(errors[0, -1], (), "1", f"{what} first context, before learning"),
        }


def _with_own_cerebellum(network: Network) -> Network:
    """The same cortex and read-out with a copy of the cerebellum."""
    own = {name: network.weights[name].copy() for name in ("mossy", "parallel")}
    return dataclasses.replace(network, weights=network.weights | own)


def _share(one: Network, other: Network, shared: np.ndarray) -> None:
    """Give `other` what the granule cells that it shares with `one` have learned."""
    other.weights["mossy"][shared] = one.weights["mossy"][shared]
    other.weights["parallel"][:, shared] = one.weights["parallel"][:, shared]

"""A rate model of a few numbers, for tests of everything around rate models."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from brian2 import second
from brian2.units.fundamentalunits import Quantity

from burstnet import Experiment, Phase, Timeline
from burstnet.analysis.metrics import Metric
from burstnet.cells import ParameterSet, parameter
from burstnet.experiment import Choice, Whole
from burstnet.rate_model import RateModel, Recorded

CELLS = 10


@dataclass(frozen=True)
class ToyParameters(ParameterSet):
    rate: Quantity = parameter(0.1, "part of the error that a session takes away", positive=True)
    bias: Quantity = parameter(0.0, "input of the cortex", clampable=True)


@dataclass(frozen=True)
class Toy(RateModel):
    cells: int = CELLS
    task: str = "line"
    parameters: ParameterSet = field(default_factory=ToyParameters)
    name = "toy"

    @property
    def populations(self):
        return {"cortex": self.cells, "cerebellum": 20, "olive": 1}

    @property
    def projections(self):
        return {"feedback": ("cerebellum", "cortex")}

    @property
    def lesionable(self):
        return {
            "cortex": ("current", "clamp.bias"),
            "cerebellum": ("silence", "scale"),
            "olive": ("freeze",),
            "feedback": ("scale",),
        }

    def session_s(self, protocol):
        return 1e-3 + float(protocol.pause)

    def run(self, run):
        weight = np.zeros(self.cells)
        goal = 1 + 0.1 * run.random("goal").standard_normal(self.cells)
        error, sent = np.zeros(run.stop), np.zeros((run.stop, 20))
        for session in run.sessions:
            time.sleep(float(run.protocol.pause))
            noise = 0.01 * run.random("trials", session).standard_normal(self.cells)
            learning = float(run.parameters.rate) * run.learning("olive", session)
            weight += learning * (goal - weight + noise)
            sent[session] = run.factor("cerebellum", session)
            arrives = run.factor("feedback", session) * sent[session].mean() * weight
            arrives += run.current("cortex", session) + run.clamped("cortex", "bias", session)
            error[session] = np.mean((goal - arrives) ** 2)
        return {
            "error": Recorded(error, doc="mean squared error"),
            "sent": Recorded(sent, ("session", "cerebellum_cell")),
            "readout_weight": Recorded(weight, ("cortex_cell",)),
            "lag": Recorded([0, 1, 3], ("lag",), "ms"),
            "lag_error": Recorded(error[-1] * np.arange(3), ("lag",)),
        }


@dataclass(frozen=True)
class ToyLine(ParameterSet):
    early: Quantity = parameter(5.0, "sessions of the first half")
    late: Quantity = parameter(5.0, "sessions of the second half")
    pause: Quantity = parameter(0.0, "seconds that every session takes")

    NAME, TITLE = "toy", "A toy draws a line"

    def timeline(self):
        return Timeline([Phase("early", float(self.early) * second), Phase("late", float(self.late) * second)])

    def metrics(self, result):
        error = result.data["error"].values
        return {"final_error": Metric("1", error[:, -1]), "mean_error": Metric("1", error.mean(axis=1))}


def figure(result):
    from burstnet.plots import learning_curves

    return learning_curves({"control": result}, quantity="error").figure


EXPERIMENT = Experiment(
    name="toy",
    title=ToyLine.TITLE,
    citation="Nobody (2026).",
    protocol=ToyLine,
    build=lambda settings: Toy(**settings),
    structure={"cells": Whole(CELLS, "cortical cells"), "task": Choice("line", "what is drawn", ("line", "circle"))},
    figure="toy_rate:figure",
    headline=("final_error",),
    curves=("error",),
)


def installed(folder: Path) -> dict[str, str]:
    """An environment in which burstnet finds this experiment as that of an installed package, in every process."""
    package = folder / "toy-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[burstnet.protocols]\ntoy = toy_rate:EXPERIMENT\n")
    paths = [str(folder), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}

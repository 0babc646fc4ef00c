"""Tables that verify measures again name conditions, settings and lesions that exist; nothing is run here."""

import csv
from importlib.resources import files
from typing import get_type_hints

import pytest

from burstnet import Arm, Study
from burstnet.cli.tools import verify
from burstnet.experiment import find_experiment
from burstnet.verify import _BOUNDS, MODELS


@pytest.mark.parametrize("model", MODELS)
def test_every_row_has_a_condition_and_every_condition_a_row(model):
    table, conditions = MODELS[model]
    with files("burstnet.models").joinpath(table).open() as source:
        rows = list(csv.DictReader(source))
    assert {row["condition"] for row in rows} == set(conditions)
    assert all((row.get("bound") or "") in _BOUNDS for row in rows)
    # in quick there is something left to measure
    assert any(condition.quick for condition in conditions.values())


def test_conditions_of_the_cerebellum_are_studies():
    for condition in MODELS["cerebellum"][1].values():
        find_experiment(condition.protocol).prepare(condition.settings)
        Study(condition.protocol, (Arm("control", condition.lesions),), (1,), settings=condition.settings)


def test_the_command_line_names_every_model():
    said = get_type_hints(verify, include_extras=True)["model"].__metadata__[0].help
    assert all(model in said for model in MODELS)

"""A pyramidal cell with all its interneurons, or without one kind, learns as in every one of the published runs.

Source: tests/reference/data/burstccn/silencing.csv, results of the published code of BurstCCN (2026), six seeds of five arms.
The program draws the same numbers in double precision where the published one is in single: agreement within 1e-4 is asked for.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from burstnet.models.burstccn_dalean import BurstCCNDalean
from burstnet.protocols.silencing import Silencing
from burstnet.rate_program import RateProgram

SCAN = Path(__file__).parent / "data" / "burstccn" / "silencing.csv"
SEEDS = (1, 2, 3, 4, 5, 6)


def published(arm):
    with SCAN.open() as file:
        return {
            row["metric"]: np.array([float(row[f"seed{k}"]) for k in SEEDS])
            for row in csv.DictReader(file)
            if row["type"] == arm
        }


@pytest.mark.parametrize("arm", ["control", "pv", "vip", "sst", "ndnf"])
def test_every_published_run(arm):
    lesions = () if arm == "control" else f"{arm}:silence"
    data = RateProgram(BurstCCNDalean(), Silencing()).run(seeds=SEEDS, lesions=lesions).data
    measured = {
        "w_direct_initial": data["direct_weight_before"].values,
        "w_direct_final": data["direct_weight"].values[:, -1],
        "w_initial": data["weight_before"].values,
        "w_final": data["weight"].values[:, -1],
        "event_rate_initial": data["event_rate_before"].values,
        "event_rate_final": data["event_rate"].values[:, -1],
        "p_t_initial": data["burst_probability"].values[:, 0],
        "p_t_final": data["burst_probability"].values[:, -1],
        "new_target_value": data["target"].values,
    }
    wanted = published(arm)
    assert set(wanted) == set(measured)
    for name, values in measured.items():
        assert values == pytest.approx(wanted[name], abs=1e-4), name
    # without VIP cells SST cells inhibit whatever is taught: the cell goes the wrong way
    change = measured["event_rate_final"] - measured["event_rate_initial"]
    assert (change < 0).all() if arm == "vip" else (change > 0).all()

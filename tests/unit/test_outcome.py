"""The folder that a run leaves."""

import json

import numpy as np
from made_results import make_result

from burstnet.collect import provenance
from burstnet.errors import ArgumentError
from burstnet.outcome import kept_outcome, write_outcome


def test_a_figure_that_a_run_holds_too_little_for_costs_nothing_else(tmp_path):
    def draw(result):
        raise ArgumentError("This run has no test.")

    result = make_result({"output": (np.arange(3), np.arange(3))}, [("only", 2.0, {})], np.arange(3.0))
    made = provenance("", "", ())
    summary = write_outcome(tmp_path, result, {"seeds": result.seeds, "provenance": made}, draw)
    assert summary["no_figure"] == "This run has no test."
    assert json.loads((tmp_path / "summary.json").read_text()) == summary
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.nc", "summary.json"]
    assert kept_outcome(tmp_path) == summary

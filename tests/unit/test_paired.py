"""Paired statistics: known answers, missing seeds, and the cases where there is nothing to test."""

from __future__ import annotations

import csv
import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from burstnet.analysis.metrics import Metric
from burstnet.analysis.paired import compare, paired_values
from burstnet.analysis.tables import arms_of_summary, as_dataset, as_rows, tidy_rows, write_rows
from burstnet.errors import ArgumentError, ResultError

SEEDS = list(range(1, 11))
CONTROL = np.array([9.1, 9.8, 10.4, 9.9, 10.2, 9.5, 10.0, 9.7, 10.6, 10.1])
STEP = np.array([0.3, 0.1, 0.5, 0.45, 0.2, -0.05, 0.62, 0.33, 0.41, 0.27])


def arms(**others):
    values = {"control": CONTROL} | others
    return {label: {"rate": Metric("Hz", np.asarray(v, dtype=float))} for label, v in values.items()}


def only(comparisons):
    assert len(comparisons) == 1
    return comparisons[0]


def test_difference_effect_and_exact_wilcoxon_are_those_of_the_definition():
    found = only(compare(arms(more=CONTROL + STEP), SEEDS))
    assert (found.metric, found.unit, found.arm, found.n, found.dropped) == ("rate", "Hz", "more", 10, 0)
    assert found.difference == pytest.approx(STEP.mean()) == pytest.approx(found.mean - found.control_mean)
    assert found.d_z == pytest.approx(STEP.mean() / STEP.std(ddof=1))
    assert found.low < STEP.mean() < found.high
    # The exact p: of all 2**10 ways to sign the ranks, those with as small a sum on either side.
    ranks = np.argsort(np.argsort(np.abs(STEP))) + 1
    smaller = min(ranks[STEP > 0].sum(), ranks[STEP < 0].sum())
    sums = np.array([np.dot(signs, ranks) for signs in itertools.product((0, 1), repeat=10)])
    assert found.p == pytest.approx(2 * np.mean(sums <= smaller))
    assert found.note == "" and found.equivalent is None


def test_t_and_the_bootstrap_agree_on_many_normal_seeds():
    rng = np.random.default_rng(3)
    n = 200
    control, step = rng.normal(10, 1, n), rng.normal(0.2, 1, n)
    found = only(compare(arms(control=control, more=control + step), list(range(n)), test="t"))
    assert found.p == pytest.approx(stats.ttest_rel(control + step, control).pvalue)
    low, high = stats.t.interval(0.95, n - 1, step.mean(), step.std(ddof=1) / np.sqrt(n))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.02)


def test_same_numbers_in_every_call_and_whatever_else_is_compared():
    alone = compare(arms(more=CONTROL + STEP), SEEDS)
    beside = compare(arms(less=CONTROL - 2 * STEP, more=CONTROL + STEP), SEEDS)
    assert as_rows(alone) == as_rows(compare(arms(more=CONTROL + STEP), SEEDS))
    assert (alone[0].low, alone[0].high, alone[0].p) == (beside[1].low, beside[1].high, beside[1].p)


def test_holm_is_over_the_arms_of_a_metric():
    rng = np.random.default_rng(1)
    steps = {name: CONTROL + mean + rng.normal(0, 0.5, 10) for name, mean in (("a", 0.0), ("b", 0.3), ("c", 1.0))}
    found = compare(arms(**steps), SEEDS, test="t")
    order = sorted(found, key=lambda c: c.p)
    running = 0.0
    for k, comparison in enumerate(order):
        running = max(running, min(1.0, (3 - k) * comparison.p))
        assert comparison.p_holm == pytest.approx(running)


def test_seeds_are_paired_by_number_and_lonely_ones_counted():
    values = {"control": CONTROL, "more": (CONTROL + 1)[::-1][:8]}
    data = {label: {"rate": Metric("Hz", v)} for label, v in values.items()}
    data["more"]["rate"].per_seed[0] = np.nan  # of seed 10
    seeds = {"control": SEEDS, "more": SEEDS[::-1][:8]}
    both, one, other = paired_values(data, seeds, "rate", "more")
    assert both == [3, 4, 5, 6, 7, 8, 9] and one - other == pytest.approx(1)
    found = only(compare(data, seeds))
    assert (found.n, found.dropped) == (7, 3) and "3 seeds without a partner left out" in found.note
    assert "the same difference in every seed" in found.note
    assert (found.low, found.high) == pytest.approx((1, 1)) and math.isnan(found.d_z)


def test_identical_arms():
    found = only(compare(arms(same=CONTROL), SEEDS, margin=0.1))
    assert (found.difference, found.low, found.high, found.p, found.p_holm) == (0, 0, 0, 1, 1)
    assert math.isnan(found.d_z) and found.note == "identical in every seed" and found.equivalent is True


def test_zero_differences_are_left_out_of_wilcoxon_only():
    step = STEP.copy()
    step[:3] = 0
    found = only(compare(arms(more=CONTROL + step), SEEDS))
    assert found.n == 10 and found.difference == pytest.approx(step.mean())
    assert found.p == pytest.approx(stats.wilcoxon(step[3:]).pvalue) and "3 zero differences left out" in found.note


def test_few_pairs_say_what_cannot_be_found():
    four = only(compare(arms(control=CONTROL[:4], more=CONTROL[:4] + STEP[:4]), SEEDS[:4]))
    assert four.p == 0.125 and "p cannot fall below 0.125 with 4 pairs" in four.note
    one = only(compare(arms(control=CONTROL[:1], more=CONTROL[:1] + 1), SEEDS[:1], margin=1))
    assert one.difference == pytest.approx(1) and all(map(math.isnan, (one.low, one.p, one.d_z, one.p_equivalence)))
    assert "no test" in one.note and one.equivalent is False
    none = only(compare(arms(more=np.full(10, np.nan)), SEEDS))
    assert (none.n, none.dropped) == (0, 10) and math.isnan(none.difference) and "no seed" in none.note
    two = only(compare(arms(control=CONTROL[:2], more=CONTROL[:2] + STEP[:2]), SEEDS[:2]))
    assert two.low <= two.difference <= two.high


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [0, 1, 2, 3, 14, 60])
@pytest.mark.parametrize("test", ["wilcoxon", "t"])
@pytest.mark.parametrize("kind", ["zero", "constant", "ties", "normal"])
def test_no_warning_whatever_the_sample(n, test, kind):
    rng = np.random.default_rng(n)
    control = rng.normal(5, 1, n)
    step = {"zero": 0.0, "constant": 0.5, "ties": np.round(rng.normal(0, 1, n)), "normal": rng.normal(0, 1, n)}[kind]
    found = only(compare(arms(control=control, more=control + step), list(range(n)), test=test, margin=0.3))
    assert all(0 <= p <= 1 for p in (found.p, found.p_holm, found.p_equivalence) if not math.isnan(p))


def test_equivalence_is_two_one_sided_tests():
    small = STEP - STEP.mean() + 0.02
    found = only(compare(arms(more=CONTROL + small), SEEDS, margin={"rate": 0.3}))
    error = small.std(ddof=1) / np.sqrt(10)
    sides = stats.t.sf((small.mean() + 0.3) / error, 9), stats.t.cdf((small.mean() - 0.3) / error, 9)
    assert found.p_equivalence == pytest.approx(max(sides)) and found.equivalent is True
    assert only(compare(arms(more=CONTROL + small), SEEDS, margin=0.05)).equivalent is False


def test_rows_and_csv_hold_everything(tmp_path):
    found = compare(arms(more=CONTROL + STEP, same=CONTROL), SEEDS)
    rows = as_rows(found)
    assert [row["arm"] for row in rows] == ["more", "same"] and rows[1]["d_z"] is None and rows[0]["margin"] is None
    write_rows(tmp_path / "statistics.csv", rows)
    with (tmp_path / "statistics.csv").open() as stream:
        read = list(csv.DictReader(stream))
    assert list(read[0]) == list(rows[0]) and list(read[0])[-1] == "note"
    assert float(read[0]["difference"]) == rows[0]["difference"] and read[1]["d_z"] == ""


def test_dataset_is_indexed_by_metric_and_arm():
    data = as_dataset(compare(arms(more=CONTROL + STEP, same=CONTROL), SEEDS))
    assert float(data["difference"].sel(metric="rate", arm="more")) == pytest.approx(STEP.mean())
    assert str(data["note"].sel(metric="rate", arm="same").values) == "identical in every seed"
    assert data["unit"].values.tolist() == ["Hz"] and data.attrs == {
        "control": "control",
        "test": "wilcoxon",
        "level": 0.95,
    }
    assert as_dataset([]).sizes == {"metric": 0, "arm": 0}


def test_a_summary_becomes_arms_with_or_without_its_failed_seeds():
    def part(values, **more):
        return {"metrics": {"rate": {"unit": "Hz", "mean": 1.0, "sd": 0.0, "per_seed": values}}} | more

    summary = {
        "seeds": [4, 2, 7],
        "arms": {"control": part([1.0, None, 3.0]), "hurt": part([1.0, 3.0], failed={"2": "x"})},
    }
    found, seeds = arms_of_summary(summary)
    assert seeds == {"control": [4, 2, 7], "hurt": [4, 7]}
    assert np.isnan(found["control"]["rate"].per_seed[1]) and found["hurt"]["rate"].unit == "Hz"
    assert [(r["arm"], r["seed"], r["value"]) for r in tidy_rows(found, seeds)] == [
        ("control", 4, 1.0), ("control", 2, None), ("control", 7, 3.0), ("hurt", 4, 1.0), ("hurt", 7, 3.0)
    ]  # fmt: skip
    assert list(arms_of_summary({"seeds": [1]} | part([2.0]))[0]) == ["control"]
    for broken in (
        {},
        {"seeds": [1], "arms": {"control": {}}},
        {"seeds": [1, 2], "arms": {"control": part([1.0])}},
        {"seeds": 3},
    ):
        with pytest.raises(ResultError):
            arms_of_summary(broken)


def test_an_arm_without_the_metric_is_counted_as_missing():
    data = arms(more=CONTROL)
    data["more"] = {}
    assert only(compare(data, SEEDS)).dropped == 10


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"control": "contrl"}, ["'contrl'", "Did you mean 'control'"]),
        ({"test": "wilcox"}, ["'wilcox'", "Did you mean 'wilcoxon'"]),
        ({"metrics": ["rat"]}, ["metric", "'rat'", "Did you mean 'rate'"]),
        ({"margin": {"rat": 1}}, ["margin", "'rat'"]),
        ({"margin": 0}, ["margin=0", "above 0"]),
        ({"level": 95}, ["level=95", "0.95"]),
        ({"resamples": 1}, ["resamples=1", "100"]),
    ],
)
def test_errors_name_argument_and_what_is_allowed(options, words):
    with pytest.raises(ArgumentError) as caught:
        compare(arms(more=CONTROL), SEEDS, **options)
    assert all(word in str(caught.value) for word in words)


def test_values_that_are_not_one_a_seed():
    with pytest.raises(ArgumentError, match="'more' has 3 seeds, but 10 values of 'rate'"):
        compare(arms(more=CONTROL), [1, 2, 3])


def test_statsmodels_is_imported_only_to_compare():
    check = "import sys, burstnet.analysis.tables; sys.exit(any(m in sys.modules for m in ('statsmodels', 'scipy.stats', 'brian2')))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0

"""Studies described: arms, grids, study files, folder names; nothing is built."""

import pytest
from brian2 import Hz, ms
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from burstnet.errors import ArgumentError
from burstnet.seeds import parse_seeds
from burstnet.studies import Arm, Study, lesion_study, read_study, sweep_study
from burstnet.studies.plan import plan_study
from burstnet.studies.study import slugs
from burstnet.studies.study_file import parse_study, study_text

LESIONS = {"no-Y": "Y:scale=0@20s..50s", "both": "Y:scale=0@20s..50s + Q:scale=0@20s..50s"}


def test_a_lesion_study_has_a_control_and_arms_in_order():
    study = lesion_study("target-rate", LESIONS, range(1, 4))
    assert [arm.label for arm in study.arms] == ["control", "no-Y", "both"] and study.seeds == (1, 2, 3)
    assert study.arm("both").lesions == ("Y:scale=0@20s..50s", "Q:scale=0@20s..50s")
    with pytest.raises(ArgumentError, match="Did you mean 'no-Y'"):
        study.arm("no-y")


def test_a_grid_has_every_combination_and_keeps_quantities_to_the_last_digit():
    study = sweep_study("target-rate", {"increase_to": [8 * Hz, "10Hz"], "input.n": [10, 20]}, 1)
    assert [dict(arm.settings) for arm in study.arms] == [
        {"increase_to": a, "input.n": b} for a in ("8.0 hertz", "10Hz") for b in ("10", "20")
    ]
    odd = 1 / 3 * ms
    (arm,) = sweep_study("target-rate", {"input.cell.tau_s": [odd]}, 1).arms
    assert float(study.setup(arm).values["input.cell.tau_s"]) == float(odd)


def test_the_plan_knows_distinct_programs_and_every_parameter():
    plan = plan_study(
        sweep_study("target-rate", {"increase_to": ["8Hz", "9Hz"], "input.n": [10, 20]}, [1, 2], target="numpy")
    )
    assert len(plan.programs()) == 2
    assert plan.identity["arms"]["increase_to=9Hz, input.n=20"]["parameters"]["increase_to"] == "9 Hz"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Study("target-rat", (Arm("a"),), (1,)), "Did you mean 'target-rate'"),
        (lambda: Study("target-rate", (), (1,)), "arms=\\(\\)"),
        (lambda: Study("target-rate", (Arm("a"), Arm("a")), (1,)), "twice"),
        (lambda: Study("target-rate", (Arm("a"),), ()), "seeds=\\(\\)"),
        (lambda: Study("target-rate", (Arm("a"),), (1, 1)), "twice"),
        (lambda: Study("target-rate", (Arm("a"),), (-1,)), "whole numbers from 0"),
        (lambda: Study("target-rate", (Arm("a"),), (1,), {"x": [1]}), "x="),
        (lambda: Arm(""), "label"),
        (lambda: Arm("two\nlines"), "label"),
        (lambda: Arm("a", "Y:sale=0"), "scale"),
        (lambda: Arm.parse("no-Y:Y:scale=0"), "LABEL: LESION"),
        (lambda: lesion_study("target-rate", {"control": "Y:scale=0"}, 1), "always there"),
        (lambda: sweep_study("target-rate", {}, 1), "vary"),
        (lambda: sweep_study("target-rate", {"increase_to": []}, 1), "increase_to"),
        (lambda: plan_study(lesion_study("target-rate", {"a": "Z:scale=0"}, 1)), "'Z'"),
        (lambda: plan_study(Study("target-rate", (Arm("a"),), (1,), {"increse_to": "1Hz"})), "Did you mean 'increase_to'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(make, words):
    with pytest.raises(ArgumentError, match=words):
        make()


def test_folder_names_are_plain_and_each_its_own():
    found = slugs(["no-Y", "no y", "NO-Y", "increase_to=8Hz, input.n=100", "µ", "../x"])
    assert list(found.values()) == ["no-y", "no-y-2", "no-y-3", "increase-to-8hz-input-n-100", "arm", "x"]
    assert slugs(["NO-Y", "new"], {"no-Y": "no-y"}) == {"no-Y": "no-y", "NO-Y": "no-y-2", "new": "new"}


@pytest.mark.parametrize(
    "study",
    [
        lesion_study("target-rate", LESIONS, [3, 1], settings={"increase_to": "8Hz"}, target="numpy"),
        lesion_study("target-rate", LESIONS, 1, margins={"tail.w_end": 0.1}, continue_from="learned", until="40s"),
        sweep_study("target-rate", {"increase_to": ["8Hz", "9Hz"], "input.n": [10, 20]}, 1, lesions="Y:scale=0"),
        Study("target-rate", (Arm("control", "Y:scale=0"),), (1,)),
        lesion_study("target-rate", [Arm('q"\\µ', "Y:scale=0", {"increase_to": "8Hz"})], 1),
    ],
)  # fmt: skip
def test_a_written_study_reads_back(study):
    assert parse_study(study_text(study)) == study


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no protocol"),
        ("protocol = ", "not TOML"),
        ("protocol = 3", "protocol = 3"),
        ('protocol = "target-rat"', "Did you mean 'target-rate'"),
        ('protocol = "target-rate"\nsead = 1', "Did you mean 'seeds'"),
        ('protocol = "target-rate"\nseeds = "1:a"', "seeds"),
        ('protocol = "target-rate"\nseeds = [1.5]', "seeds"),
        ('protocol = "target-rate"\ntarget = "gpu"', "target"),
        ('protocol = "target-rate"\n[settings]\nincrease_to = [1]', "settings.increase_to"),
        ('protocol = "target-rate"\n[arms]\na = 3', "arms.a"),
        ('protocol = "target-rate"\n[arms]\na = {lesion = []}', "Did you mean 'lesions'"),
        ('protocol = "target-rate"\n[arms]\na = "Y:scale"', "Y:scale"),
        ('protocol = "target-rate"\n[vary]\nincrease_to = "8Hz"', "vary.increase_to"),
        ('protocol = "target-rate"\n[vary]\nx = ["1"]\n[arms]\na = []', "not both"),
        ('protocol = "target-rate"\nlesions = ["Y:scale=0"]\n[arms]\na = []', "beside arms"),
        ('protocol = "target-rate"\n[margins]\nx = -1', "margin x=-1"),
        ('protocol = "target-rate"\nfrom = "a"\ncontinue = "b"', "exclude each other"),
        ("a = " + "[" * 5000, "not TOML"),
    ],
)
def test_a_wrong_study_file_is_one_sentence(text, words):
    with pytest.raises(ArgumentError, match=words) as said:
        parse_study(text)
    assert "\n" not in str(said.value)


def test_a_study_file_is_named_in_its_error(tmp_path):
    (tmp_path / "s.toml").write_bytes(b"protocol = \xff")
    for path in (tmp_path / "s.toml", tmp_path / "none.toml", tmp_path):
        with pytest.raises(ArgumentError, match=path.name):
            read_study(path)


_WORDS = st.sampled_from(
    ["protocol", "target", "seeds", "settings", "lesions", "arms", "vary", "target-rate", "numpy", "1:3", "Y:scale=0",
     "increase_to", "8Hz", "control", "__import__('os').system('true')", "input.n", ""]
) | st.text(max_size=12)  # fmt: skip
_LEAVES = _WORDS | st.integers(-5, 2**40) | st.floats() | st.booleans() | st.datetimes().map(lambda t: t.isoformat())
_VALUES = st.recursive(
    _LEAVES, lambda v: st.lists(v, max_size=4) | st.dictionaries(_WORDS, v, max_size=4), max_leaves=10
)


def toml(value):
    """A value as TOML text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {toml(v)}" for k, v in value.items()) + "}"
    return quoted(value) if isinstance(value, str) else repr(value)


def quoted(text):
    return '"' + "".join(f"\\U{ord(c):08x}" if not 0xD800 <= ord(c) < 0xE000 else "?" for c in text) + '"'


def survives(text):
    """A valid study or one clear sentence, never anything else."""
    try:
        study = parse_study(text)
    except ArgumentError as said:
        assert str(said).strip() and "\n" not in str(said)
    else:
        assert isinstance(study, Study) and parse_study(study_text(study)) == study


FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
_FILES = st.dictionaries(_WORDS, _VALUES, max_size=5).map(
    lambda d: "\n".join(f"{quoted(k)} = {toml(v)}" for k, v in d.items())
)
_LIKELY = st.fixed_dictionaries(
    {"protocol": st.just("target-rate")},
    optional={
        "seeds": _VALUES | st.just("1:3"),
        "target": _VALUES | st.just("numpy"),
        "settings": st.dictionaries(_WORDS, _LEAVES, max_size=3) | _VALUES,
        "arms": st.dictionaries(_WORDS, st.just("Y:scale=0") | _VALUES, max_size=3) | _VALUES,
        "vary": st.dictionaries(_WORDS, st.lists(_LEAVES, max_size=3) | _VALUES, max_size=2) | _VALUES,
        "lesions": st.just(["Y:scale=0"]) | _VALUES,
    },
).map(lambda d: "\n".join(f"{quoted(k)} = {toml(v)}" for k, v in d.items()))


@FUZZ
@given(st.text(max_size=200) | _FILES | _LIKELY)
@example('protocol = "target-rate"\nseeds = [99999999999999999999999]')
@example("protocol = 1" + "0" * 5000)
@example('protocol = "target-rate"\nseeds = "٣"')
def test_any_study_file_is_a_study_or_one_sentence(text):
    survives(text)


@pytest.mark.slow
@MANY
@given(st.text(max_size=200) | _FILES | _LIKELY)
def test_ten_thousand_study_files(text):
    survives(text)


@FUZZ
@given(st.text(alphabet="0123456789:,- a٣²", max_size=30))
def test_any_seeds_are_numbers_or_one_sentence(text):
    try:
        found = parse_seeds(text)
    except ArgumentError as said:
        assert "\n" not in str(said)
    else:
        assert found and len(set(found)) == len(found)

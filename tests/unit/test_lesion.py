"""The grammar of lesions, and what a circuit refuses."""

import numpy as np
import pytest
from brian2 import ms, nF, nS, pA, second
from hypothesis import given, settings
from hypothesis import strategies as st

from burstnet import ArgumentError, Circuit, Lesion, Population, Projection, parse_lesions
from burstnet.cells import Fragment, Parameter, exact_isi
from burstnet.lesion import as_lesions
from burstnet.lesion_sites import lesion_numbers, lesion_sites, lesioned_cells
from burstnet.models import burstccn

SPECS = [
    "Y:scale=0@20s..50s",
    "output:silence:fraction=0.5@30s..40s,60s..70s",
    "input.dendrite:current=-200 pA@20s..",
    "drive:freeze@50s..",
    "input:clamp.g_d=800pA:onset=2s",
    "W:scale=1.25:fraction=0.125:onset=0.03s@0s..1s",
]


@pytest.fixture(scope="module")
def circuit():
    return burstccn.circuit()


@pytest.mark.parametrize("text", SPECS)
def test_text_and_back(text):
    lesion = Lesion.parse(text.replace(" ", ""))
    assert str(lesion) == text.replace(" ", "")
    assert Lesion.parse(str(lesion)) == lesion


def test_parts_of_a_lesion():
    lesion = Lesion.parse("output:silence:fraction=0.5:onset=100ms@30s..40s,60s..")
    assert (lesion.target, lesion.kind, lesion.value, lesion.fraction) == ("output", "silence", None, 0.5)
    assert float(lesion.onset) == 0.1
    assert [(float(a), b if b is None else float(b)) for a, b in lesion.windows] == [(30, 40), (60, None)]
    assert str(Lesion("Y", "scale", 0, windows=((20 * second, 50 * second),))) == SPECS[0]


def test_several_in_one_text():
    assert [str(x) for x in parse_lesions(f"{SPECS[0]} + {SPECS[3]}")] == [SPECS[0], SPECS[3]]
    assert as_lesions([SPECS[0], Lesion.parse(SPECS[3])]) == parse_lesions(f"{SPECS[0]} + {SPECS[3]}")
    assert parse_lesions("") == ()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Y", "has no kind"),
        ("Y:scal=0", "Did you mean 'scale'"),
        ("Y:scale", "give a factor"),
        ("Y:scale=-1", "at least 0"),
        ("Y:scale=3pA", "plain number"),
        ("a:silence=3", "silence takes none"),
        ("Y:scale=0@20s", "START..STOP"),
        ("Y:scale=0@50s..20s", "starts before it stops"),
        ("Y:scale=0@1s..3s,2s..4s", "overlap"),
        ("Y:scale=0:fraction=2", "from 0 to 1"),
        ("Y:scale=0:fracton=1", "Did you mean 'fraction'"),
        ("Y:scale=0:onset=3", "wrong unit"),
        ("Y:scale=0 @1s..2s", "without spaces"),
        ("Y:scale=__import__('os')", "not a quantity"),
        ("a.b.c:silence", "target"),
    ],
)
def test_what_a_text_must_not_be(text, part):
    with pytest.raises(ArgumentError) as problem:
        Lesion.parse(text)
    assert part in str(problem.value) and "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("lesions", "part"),
    [
        ("Z:scale=0", "allowed: Q, W, Y, drive, input, input.dendrite, input.soma, output"),
        ("outptu:silence", "Did you mean 'output'"),
        ("Y:silence", "allowed there: scale"),
        ("output:scale=0", "allowed there: silence"),
        ("Y:freeze", "tied to 'W'"),
        ("W:freeze", "those that learn: drive"),
        ("input:clamp.g_x=3pA", "Did you mean 'g_s'"),
        ("input:clamp.g_d=3mV", "wrong unit"),
        ("input.dendrite:current=3mV", "wrong unit"),
        ("input.axon:current=3pA", "lesion target"),
        ("Y:scale=0@200s..", "the run ends at 100 s"),
        ("Y:scale=0@1s..3s + Y:scale=2@2s..4s", "contradict"),
        ("output:silence + output:silence:fraction=0.5@2s..3s", "contradict"),
        ("Y:scale=0@1s..2s,3s..4s,5s..6s,7s..8s,9s..10s", "lesion_slots=5"),
    ],
)
def test_what_a_circuit_refuses(circuit, lesions, part):
    with pytest.raises(ArgumentError) as problem:
        lesion_numbers(circuit, parse_lesions(lesions), 100_000, 1)
    assert part in str(problem.value) and "\n" not in str(problem.value)


def test_currents_add_up_and_the_same_lesion_twice_is_an_error(circuit):
    lesion_numbers(circuit, parse_lesions("input:current=10pA + input.soma:current=20pA"), 1000, 1)
    with pytest.raises(ArgumentError, match="twice"):
        as_lesions([SPECS[0], SPECS[0]])


def test_a_circuit_without_slots_takes_no_lesion():
    circuit = burstccn.circuit(lesion_slots=0)
    assert lesion_sites(circuit) == ()
    with pytest.raises(ArgumentError, match="lesion_slots=0"):
        lesion_numbers(circuit, parse_lesions("Y:scale=0"), 1000, 1)


def test_numbers_of_a_lesion(circuit):
    numbers, window = lesion_numbers(circuit, parse_lesions("Y:scale=0.5:fraction=0.25:onset=2s@20s..50s"), 100_000, 3)
    assert window == (20_000, 50_001)
    own = {name.removeprefix("input_lesions.Y_scale_"): value for name, value in numbers.items() if "Y_scale" in name}
    assert (own["amount_0"], own["start_0"], own["stop_0"], own["rise_0"]) == (0.5, 20_000, 50_000, 1 / 2000)
    population, hit = lesioned_cells(circuit, Lesion.parse("Y:scale=0.5:fraction=0.25"), 3)
    assert population == "input" and hit.sum() == 25
    assert all(value == 0 for name, value in numbers.items() if "Y_scale" not in name)


@pytest.mark.parametrize("fraction", [0, 0.004, 0.006, 0.5, 1])
def test_a_fraction_is_a_number_of_cells(circuit, fraction):
    _, hit = lesioned_cells(circuit, Lesion("output", "silence", fraction=fraction), 9)
    assert hit.sum() == round(100 * fraction)


LEAKY = Fragment(
    "leaky",
    equations="dv/dt = (I - g*v)/C : volt",
    parameters={"C": Parameter(1 * nF), "g": Parameter(50 * nS, clampable=True)},
    threshold="v > 10*mV",
    reset="v = 0*mV",
    ports={"soma": "I"},
)


def test_a_cell_of_ones_own_can_be_lesioned():
    circuit = Circuit([Population("a", 2, LEAKY + exact_isi()), Population("b", 2, LEAKY)],
                      [Projection("W", "a", "b", weight=9 * pA)])  # fmt: skip
    assert {(s.target, s.kind) for s in lesion_sites(circuit)} == {
        ("a", "silence"), ("a.soma", "current"), ("a", "clamp.g"),
        ("b", "silence"), ("b.soma", "current"), ("b", "clamp.g"), ("W", "scale"),
    }  # fmt: skip
    assert LEAKY.held() == {"v": "0*mV"}


def test_a_cell_without_a_plain_reset_says_how_it_can_be_silenced():
    cell = Fragment("lif", "dv/dt = -v/(9*ms) : 1", threshold="v > 1", reset="v -= 1")
    circuit = Circuit([Population("a", 2, cell)], dt=1 * ms)
    with pytest.raises(ArgumentError, match="hold="):
        lesion_numbers(circuit, parse_lesions("a:silence"), 1000, 1)
    held = Fragment("lif", "dv/dt = -v/(9*ms) : 1", threshold="v > 1", reset="v -= 1", hold={"v": "0"})
    lesion_numbers(Circuit([Population("a", 2, held)]), parse_lesions("a:silence"), 1000, 1)


def test_names_that_lesions_need_are_kept_for_them():
    with pytest.raises(ArgumentError, match="lesion_"):
        Circuit([Population("lesion_a", 2, LEAKY)])
    with pytest.raises(ArgumentError, match="kept for lesions"):
        Circuit([Population("a", 2, LEAKY + Fragment("x", "lesion_soma : amp"))])


WORDS = st.sampled_from(
    ["Y", "input", "output.soma", "drive", ":", "=", "@", "..", ",", "scale", "silence", "freeze", "current",
     "clamp.g_d", "fraction", "onset", "0", "0.5", "-200pA", "20s", "50s", "1e9", "nan", "inf", " ", "+", " + ", "é", "\n"]
)  # fmt: skip


@st.composite
def from_parts(draw):
    """Texts that are lesions but for a part here and there."""
    text = draw(st.sampled_from(["Y", "W", "drive", "input", "output.dendrite"])) + ":"
    text += draw(
        st.sampled_from(["scale=0", "scale=1.5", "silence", "freeze", "current=-3pA", "clamp.g_d=1nA", "clamp.x=1"])
    )
    if draw(st.booleans()):
        text += f":fraction={draw(st.floats(-1, 2))!r}"
    if draw(st.booleans()):
        text += f":onset={draw(st.floats(-1, 1e6))!r}s"
    stops = st.one_of(st.just(""), st.floats(-1, 1e4).map(lambda stop: f"{stop!r}s"))
    windows = draw(st.lists(st.tuples(st.floats(-1, 1e4), stops), max_size=6))
    return text + ("@" if windows else "") + ",".join(f"{start!r}s..{stop}" for start, stop in windows)


TEXTS = st.one_of(st.lists(WORDS, max_size=14).map("".join), st.text(max_size=60), from_parts())


def survives(circuit, text):
    """A lesion that a program takes, or one sentence."""
    try:
        for lesion in parse_lesions(text):
            assert Lesion.parse(str(lesion)) == lesion
            numbers, window = lesion_numbers(circuit, (lesion,), 100_000, 1)
            assert np.isfinite(list(numbers.values())).all() and 0 <= window[0] <= window[1]
    except ArgumentError as problem:
        assert str(problem) and "\n" not in str(problem)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_any_text_is_a_lesion_or_one_sentence(circuit, text):
    survives(circuit, text)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(TEXTS)
def test_ten_thousand_texts(circuit, text):
    survives(circuit, text)

"""Quantities from text and back: what is understood, what is refused and how, and that nothing is evaluated."""

import pytest
from brian2 import Hz, amp, coulomb, ms, mV, nA, nS, pA, pF, second, um, volt
from brian2.units.fundamentalunits import Quantity
from hypothesis import given
from hypothesis import strategies as st

from burstnet.errors import ArgumentError
from burstnet.quantities import format_quantity, parse_quantity, parse_unit, same_dimensions, unit_name


def equal(one, other, tolerance=1e-15):
    return same_dimensions(one, other) and abs(float(one) - float(other)) <= tolerance * abs(float(other))


@pytest.mark.parametrize(
    "text, value",
    [
        ("10Hz", 10 * Hz),
        ("10 Hz", 10 * Hz),
        (" -200pA ", -200 * pA),
        ("-0.2 nA", -200 * pA),
        ("+.5 ms", 0.5 * ms),
        ("5. ms", 5 * ms),
        ("1e-3 V", 1 * mV),
        ("80 pA/Hz", 80 * pA / Hz),
        ("80 pA / Hz", 80 * pA / Hz),
        ("80 pA*Hz^-1", 80 * pA / Hz),
        ("80 pA*Hz**-1", 80 * pA / Hz),
        ("2.3e11/(amp*second)", 2.3e11 / coulomb),
        ("2.3e11 1/(amp*second)", 2.3e11 / coulomb),
        ("2.3e11 / (amp * second)", 2.3e11 / coulomb),
        ("2.3e11/coulomb", 2.3e11 / coulomb),
        ("3 mV^2/s", 3 * mV**2 / second),
        ("3/s^2", 3 / second**2),
        ("7 um", 7 * um),
        ("20 s", 20 * second),
        ("20 seconds", 20 * second),
        ("0.4", Quantity(0.4)),
        ("1e3", Quantity(1000.0)),
    ],
)
def test_text_to_quantity(text, value):
    assert equal(parse_quantity(text), value)
    assert equal(parse_quantity(text, like=value), value)


@pytest.mark.parametrize(
    "value, text",
    [
        (-70 * mV, "-70 mV"),
        (22 * nA, "22000 pA"),
        (80 * pA / Hz, "80 pA/Hz"),
        (13 * nS, "13 nS"),
        (370 * pF, "370 pF"),
        (16 * ms, "16 ms"),
        (0 * ms, "0 ms"),
        (20 * second, "20 s"),
        (1.5 * second, "1.5 s"),
        (10 * Hz, "10 Hz"),
        (0.375, "0.375"),
        (2.3e11 / coulomb, "230000000000 second**-1*amp**-1"),
    ],
)
def test_quantity_to_text_and_back(value, text):
    assert format_quantity(value) == text
    assert equal(parse_quantity(text), Quantity(value))


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30), st.sampled_from([
    mV, pA, nS, pF, ms, Hz, pA / Hz, 1 / coulomb, volt / second, amp**2, um**2, Quantity(1.0),
]))  # fmt: skip
def test_round_trip(number, unit):
    value = Quantity(number * unit)
    assert equal(parse_quantity(format_quantity(value), like=value), value, 1e-11)


@pytest.mark.parametrize(
    "value, name",
    [
        (1 * mV, "volt"),
        (1 * Hz, "hertz"),
        (1 / ms, "hertz"),
        (1 * pA / Hz, "coulomb"),
        (1 / coulomb, "second**-1*amp**-1"),
        (0.4, "1"),
        (mV / ms**0.5, "metre**2*kilogram*second**-3.5*amp**-1"),
    ],
)
def test_unit_names_are_those_of_equations(value, name):
    from brian2 import Equations

    assert unit_name(value) == name
    assert Equations(f"x : {unit_name(value)}")["x"].dim is Quantity(value).dim


@pytest.mark.parametrize(
    "text, says",
    [
        ("ten Hz", "is not a quantity"),
        ("", "is not a quantity"),
        ("Hz", "is not a quantity"),
        ("nan Hz", "is not a quantity"),
        ("inf", "is not a quantity"),
        ("- 5 mV", "is not a quantity"),
        ("5 foo", "the unit 'foo' is not known"),
        ("5 m V", "the unit 'm' is not known"),
        ("5 pA//Hz", "has no valid unit"),
        ("5 pA/(Hz", "has no valid unit"),
        ("5 Hz*", "has no valid unit"),
        ("5 Hz^x", "has no valid unit"),
        ("5 Hz^10", "has no valid unit"),
        ("5,0 mV", "has no valid unit"),
        ("5 mV + 1 mV", "has no valid unit"),
        ("10 1", "is two numbers"),
        ("1e400 mV", "is too large"),
        ("1e308 Gohm", "is too large"),
    ],
)
def test_other_text_is_refused_whole(text, says):
    with pytest.raises(ArgumentError) as caught:
        parse_quantity(text, name="increase_to")
    message = str(caught.value)
    assert message.startswith(f"increase_to={text!r}") and says in message
    assert message.endswith(".") and "\n" not in message


@pytest.mark.parametrize(
    "text, like, says",
    [
        ("10 mV", 5 * Hz, "write it in Hz, for instance 5 Hz"),
        ("10", 5 * Hz, "write it in Hz, for instance 5 Hz"),
        ("10 Hz", 0.4, "write it in plain numbers, for instance 0.4"),
        ("10 pA", 80 * pA / Hz, "write it in pA/Hz, for instance 80 pA/Hz"),
    ],
)
def test_a_wrong_unit_is_refused_with_the_right_one(text, like, says):
    with pytest.raises(ArgumentError, match=f"^x={text!r} has the wrong unit; {says}"):
        parse_quantity(text, like, name="x")


@pytest.mark.parametrize(
    "text",
    ["__import__('os').getcwd()", "1*__import__('os')", "5 brian2", "2**8", "(5) mV", "5 mV if 1 else 2", "5 Quantity",
     "5 _units", "5 mV;", "5 get_unit", "5 additional_units", "5 all_units"],
)  # fmt: skip
def test_nothing_is_evaluated(text):
    with pytest.raises(ArgumentError):
        parse_quantity(text)


UNIT_LIKE = st.lists(st.sampled_from([*"0123456789.eE+-*/^() ", "mV", "Hz", "**", "nan", "amp", "1", "Ym", "Gohm"]))


@given(st.one_of(st.text(), UNIT_LIKE.map("".join), st.builds("{}{}".format, st.floats(), UNIT_LIKE.map("".join))))
def test_any_text_is_a_finite_quantity_or_an_argument_error(text):
    for read in (parse_quantity, parse_unit):
        try:
            value = read(text)
        except ArgumentError as error:
            assert repr(text) in str(error)
        else:
            assert isinstance(value, Quantity) and value.shape == () and abs(float(value)) < float("inf")

"""Shared circuits of the target tests."""

import pytest
from brian2 import second

from burstnet.models import burstccn
from burstnet.protocols.target_rate import TargetRate


@pytest.fixture
def short() -> TargetRate:
    """Four seconds with one teaching phase."""
    zero = 0 * second
    return TargetRate(
        increase_pre=2 * second,
        increase_during=2 * second,
        increase_post=zero,
        decrease_pre=zero,
        decrease_during=zero,
        decrease_post=zero,
        tail=zero,
    )


@pytest.fixture
def circuit():
    return burstccn.circuit()

"""A spiking cerebellum drives a fixed cortex along lines, with the controls that must fail beside it.

Source: Pemberton et al. (2024) in rates, where the error falls to a third of the controls and lower; the aim in spikes is a third. One
seed was measured, 0.39, and the bound here is for any seed that learns at all. Tests are without guidance, teacher and plasticity.
"""

import pytest
from support import needs_compiler

import burstnet as bn
from burstnet.protocols.line_drawing import EXPERIMENT

pytestmark = [pytest.mark.slow, needs_compiler]


def test_lines_are_drawn_by_the_closed_loop_alone():
    setup = EXPERIMENT.prepare({})
    metrics = setup.protocol.metrics(bn.compile(setup.circuit, setup.protocol).run(seeds=1))
    assert metrics["after.relative_to_silent"].mean <= 0.5
    # neither the untrained loop nor trained microzones that do not reach the cortex draw anything
    for control in ("before", "cut"):
        assert metrics[f"{control}.error"].mean >= 0.15

"""What is written into the text of Brian2's code objects changes no result; where the text is another, it is left alone."""

import dataclasses

import numpy as np
import pytest
from brian2 import ms

from burstnet.models import burstccn_deep
from burstnet.targets.dense import Dense, applicable, dense_pathways
from burstnet.targets.faster import Hints, faster, quicker_queue

UPDATER = """
    const int64_t t_in_timesteps = _ptr_timestep[0];
    const int32_t run_seed = _ptr_seed[0];
    const int32_t noise_stream = _ptr_stream[0];
    for(int _idx=0; _idx<_N; _idx++)
    {
        const double lesion_g_d = _ptr_array_a_lesion_g_d[_idx];
        g += 0.1*cell_pulse(0, rate*dt, run_seed, noise_stream, i, t_in_timesteps);
        g += 0.1*cell_other_pulse(0, rate*dt, rate*dt, run_seed, noise_stream, i, t_in_timesteps);
        v = v + lesion_g_d;
    }
"""


def test_a_state_updater_draws_for_two_cells_at_once_before_its_loop():
    text = faster("a_stateupdater_codeobject", UPDATER, Hints())
    assert text.index("burstnet_words(_k, t_in_timesteps, run_seed, noise_stream") < text.index("_idx<_N/16*16")
    assert "cell_pulse(" not in text and "burstnet_pulse(0, rate*dt, _words[_idx], t_in_timesteps)" in text
    assert "burstnet_other_pulse(0, rate*dt, rate*dt, _words[_idx], t_in_timesteps)" in text


def test_outside_lesions_their_amounts_are_not_read():
    text = faster("a_stateupdater_codeobject_1", UPDATER, Hints())
    lesioned, plain = text.split("} else {")
    assert "_ptr_array_a_lesion_g_d" in lesioned and "_ptr_array_a_lesion_g_d" not in plain
    assert "lesion_g_d = 0.0;" in plain and "_array_control_lesions_from[0]" in lesioned


LEARNING = """
void _run_W_W_event_codeobject()
{
    using namespace brian;

    w = 1;
}
"""


def test_a_pathway_that_only_learns_sleeps_while_learning_is_off():
    text = faster("W_W_event_codeobject", LEARNING, Hints(learning={"W": "learning"}))
    assert "if (_array_control_learning[0] == 0.0) return;" in text
    assert faster("W_W_event_codeobject", LEARNING, Hints()) == LEARNING


@pytest.mark.parametrize(
    "name", ["a_stateupdater_codeobject", "a_event_thresholder_codeobject", "W_W_codeobject", "other"]
)
def test_another_text_is_left_alone(name):
    text = "void run()\n{\n    something_else();\n}\n"
    assert faster(name, text, Hints(among_spikes={"b_event": "b"}, learning={"W": "learning"})) == text
    assert quicker_queue(text) == text


FORWARD = """
    std::vector<int> *_spiking_synapses = W_W.peek();
    const int _num_spiking_synapses = _spiking_synapses->size();

    {
        for(int _spiking_synapse_idx=0;
            _spiking_synapse_idx<_num_spiking_synapses;
            _spiking_synapse_idx++)
        {
            const size_t _idx = (*_spiking_synapses)[_spiking_synapse_idx];
            const int32_t _postsynaptic_idx = _ptr_array_W__synaptic_post[_idx];
            double got_post = _ptr_array_b_got[_postsynaptic_idx];
            got_post += _ptr_array_W_w[_idx];
            _ptr_array_b_got[_postsynaptic_idx] = got_post;
        }
    }
"""
QUEUED = "    W_W.advance();\n    W_W.push(_ptr_array_a__eventspace, _ptr_array_a__eventspace[3]);\n"


def test_all_to_all_synapses_are_read_by_rows_and_not_queued():
    hints = Hints(dense={"W_W": Dense("_array_a__eventspace", 3, 5, after=False)})
    text = faster("W_W_codeobject", FORWARD, hints)
    assert "_spiking_synapses" not in text and "_spikes[3]" in text and "_presynaptic_idx*5 + _postsynaptic_idx" in text
    assert "push" not in faster("W_W_push_spikes", QUEUED, hints)
    assert faster("W_W_push_spikes", QUEUED, Hints()) == QUEUED


def test_rows_need_a_text_that_leaves_the_spiking_cell_alone():
    """A queue stays where rows do not take its place, or no synapse would transmit."""
    known = {"W_W": Dense("_array_b__eventspace", 5, 3, after=True)}
    assert applicable({"W_W_codeobject": FORWARD}, known) == {}
    assert applicable({"W_W_codeobject_1": FORWARD.replace("_postsynaptic_idx", "_presynaptic_idx")}, known) == known
    assert applicable({"W_W_codeobject": "something_else();"}, known) == {}


def test_only_pathways_of_all_to_all_synapses_without_delay_are_dense():
    pixels = np.random.default_rng(0).random((9, 4))
    circuit = burstccn_deep.circuit(burstccn_deep.Pictures(pixels, np.arange(9) % 3, 6), hidden=(5,))
    found = dense_pathways(circuit)
    assert found["W1_W1"] == Dense("_array_input__eventspace", 4, 5, after=False)
    assert found["W1_W1_burst"] == Dense("_array_hidden1__burstspace", 5, 4, after=True, trace="trace")
    assert found["Y2_Y2"] == Dense("_array_output__burstspace", 10, 5, after=False)
    late = dataclasses.replace(circuit.projection("W1"), delay=2 * ms)
    circuit = dataclasses.replace(circuit, projections=(late, *circuit.projections[1:]))
    assert "W1_W1" not in dense_pathways(circuit)

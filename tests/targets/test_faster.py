"""What is written into the text of Brian2's code objects changes no result; where the text is another, it is left alone."""

import pytest

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

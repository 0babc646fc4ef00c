"""The spiking BurstCCN target-rate experiment as a plain Brian2 script: C++ standalone, default flags, `rand()` noise.

What a user of Brian2 writes for this one model without burstnet; the middle column of `run.py`. It compiles a program
into FOLDER and does not run it: ``python plain_brian2.py FOLDER CELLS INPUTS SECONDS`` (INPUTS 0: all to all).
"""

import sys

import numpy as np
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    defaultclock,
    device,
    linked_var,
    ms,
    mV,
    nA,
    nS,
    pA,
    pF,
    prefs,
    second,
    set_device,
)

folder, cells, inputs, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
set_device("cpp_standalone", build_on_run=False)
prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
defaultclock.dt = 1 * ms

gain = np.zeros(10)
gain[[2, 3]], gain[[6, 7]] = 80, 100
constants = {
    "C_s": 370 * pF, "tau_s": 16 * ms, "C_d": 170 * pF, "tau_d": 7 * ms, "E_L": -70 * mV, "E_d": -38 * mV,
    "D_d": 6 * mV, "g_s": 1300 * pA, "g_d": 1200 * pA, "c_d": 2600 * pA, "th_inf": -50 * mV, "tau_th": 27 * ms,
    "tau_w": 100 * ms, "tau_wd": 30 * ms, "a_wd": 13 * nS, "q_s": 0.15, "q_d": 0.30, "A_s": 2000 * pA,
    "A_d": 400 * pA / 0.30, "p_b": 0.375, "limit": 16, "tau_average": 1 * second, "n": cells,
    "teaching_gain": TimedArray(gain * pA / Hz, dt=10 * second), "target": TimedArray([10, 5] * Hz, dt=50 * second),
}  # fmt: skip

statistics = """
de_average/dt = (e_rate - e_average)/tau_average : hertz
db_average/dt = (b_rate - b_average)/tau_average : hertz
e_rate : hertz
b_rate : hertz
e_count : 1
b_count : 1
p = (b_average + p_b*hertz*int(e_average <= 0*hertz))/(e_average + hertz*int(e_average <= 0*hertz)) : 1
soma_bias = 50*pA - 143*pA*p : amp
teacher = teaching_gain(t)*(target(t) - e_average) : amp
output_bias = 42*pA - 1.71*pA/Hz*e_rate + teacher : amp
"""
cell = """
dV/dt = (-(C_s/tau_s)*(V - E_L) + g_s*plateau + I_s - w)/C_s : volt
dth/dt = (th_inf - th)/tau_th : volt
dw/dt = -w/tau_w : amp
du/dt = (-(C_d/tau_d)*(u - E_L) + g_d*plateau + c_d*bap + I_d - wd)/C_d : volt
wd : amp
plateau = 1/(1 + exp(-(u - E_d)/D_d)) : 1
isi = t_in_timesteps - last : 1
bap = int(isi <= 2) + int(t_in_timesteps - before <= 2) : 1
last : 1
before : 1
in_burst : 1
x1 = rand() : 1 (constant over dt)
x2 = rand() : 1 (constant over dt)
x3 = rand() : 1 (constant over dt)
x4 = rand() : 1 (constant over dt)
I_s = soma_bias + soma_drive + A_s*(int(x1 < q_s) - int(x2 < q_s)) : amp
I_d = -10*pA + dendrite_drive + A_d*(int(x3 < q_d) - int(x4 < q_d)) : amp
soma_bias : amp (linked)
"""
own = {
    "input": """
    soma_drive = weight*200*pA : amp
    dendrite_drive = feedback : amp
    feedback : amp
    weight : 1
    """,
    "output": """
    soma_drive = forward : amp
    dendrite_drive = output_bias : amp
    forward : amp
    output_bias : amp (linked)
    """,
}
fires = "V >= th"
events = {"event": f"{fires} and isi > limit", "burst": f"{fires} and isi <= limit and in_burst < 0.5"}
reset = "V = E_L\nth += 2*mV\nw += 0.2*pA\nin_burst = int(isi <= limit)\nbefore = last\nlast = t_in_timesteps"

groups, rates, everything = {}, {}, []
for name in ("input", "output"):
    rate = NeuronGroup(1, statistics, method="euler", name=f"{name}_rate", namespace=constants)
    group = NeuronGroup(
        cells, cell + own[name], method="euler", threshold=fires, reset=reset, events=dict(events), name=name,
        namespace=constants,
    )  # fmt: skip
    group.V = group.u = "E_L"
    group.th = "th_inf"
    group.last = group.before = -1e9
    group.soma_bias = linked_var(rate, "soma_bias")
    if name == "output":
        group.output_bias = linked_var(rate, "output_bias")
    count = Synapses(
        group, rate, on_pre={"e": "e_count_post += 1", "b": "b_count_post += 1"}, on_event={"e": "event", "b": "burst"},
        name=f"{name}_count",
    )  # fmt: skip
    count.connect()
    adaptation = group.run_regularly("wd += dt*(-wd + a_wd*(u - E_L))/tau_wd", when="groups", order=1)
    consumed = group.run_regularly(f"{'feedback' if name == 'input' else 'forward'} = 0*pA", when="after_thresholds")
    counted = rate.run_regularly(
        "e_rate = e_count/(n*dt)\nb_rate = b_count/(n*dt)\ne_count = 0\nb_count = 0", when="after_synapses"
    )
    groups[name], rates[name] = group, rate
    everything += [rate, group, count, adaptation, consumed, counted, SpikeMonitor(group, name=f"{name}_spikes")]
    everything.append(StateMonitor(rate, ["e_average", "b_average"], record=True, dt=10 * ms, name=f"{name}_averages"))

groups["input"].weight = 0.4
learning = [
    groups["input"].run_on_event("burst", "weight = clip(weight + 0.046, 0, 1.5)"),
    groups["input"].run_on_event("event", "weight = clip(weight - 0.01725, 0, 1.5)"),
]
synapses = Synapses(
    groups["input"], groups["output"], "strength : amp",
    on_pre={"W": "forward_post += strength"},
    on_post={"Y": "feedback_pre += 4.2*strength", "Q": "feedback_pre -= 0.375*4.2*strength"},
    on_event={"W": "event", "Y": "burst", "Q": "event"},
    delay={"Y": 1 * ms, "Q": 1 * ms},
    name="synapses",
)  # fmt: skip
if inputs:
    synapses.connect(i=f"int(rand()*N_pre) for _ in range({inputs})")
else:
    synapses.connect()
synapses.strength = 22 * nA / (inputs or cells)
weights = StateMonitor(groups["input"], "weight", record=range(min(cells, 1000)), dt=100 * ms, name="weights")

network = Network(*everything, *learning, synapses, weights)
network.run(seconds * second)
device.build(directory=folder, run=False)

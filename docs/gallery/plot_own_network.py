"""
A circuit in a network of your own
==================================

A population is a Brian2 ``NeuronGroup`` and a projection a ``Synapses``, so a circuit can join any Brian2 objects.
Here a plain leaky neuron listens to the bursts of ``output``.
"""

# %%
# The preference is for this page alone: numpy compiles nothing.
from brian2 import Network, NeuronGroup, SpikeMonitor, StateMonitor, Synapses, mV, prefs, second
from matplotlib.figure import Figure

import burstnet as bn
from burstnet.models import burstccn

prefs.codegen.target = "numpy"

# %%
# The objects have the names of the circuit. A timeline sets the knobs, as in any run.
objects = bn.brian2_objects(burstccn.circuit(sizes=20), bn.Timeline([bn.Phase("rest", 1 * second)]), seed=1)
print(objects.populations["output"].name, sorted(objects.projections))

# %%
# Ours fire the custom events ``event`` and ``burst`` beside Brian2's ``spike``; any ``Synapses`` can listen to them.
# What shares a network with a circuit runs on its clock.
clock = objects.control.clock
leak = "dv/dt = -v/(20*ms) : volt"
listener = NeuronGroup(1, leak, threshold="v > 3*mV", reset="v = 0*mV", method="euler", clock=clock)
ears = Synapses(objects.populations["output"], listener, on_pre="v += 1*mV", on_event={"pre": "burst"}, clock=clock)
ears.connect()
potential = StateMonitor(listener, "v", record=True, clock=clock)
spikes = SpikeMonitor(listener)

Network(*objects.all(), listener, ears, potential, spikes).run(1 * second)
print(f"bursts of output: {objects.control.output_burst_total[0]:.0f}, spikes of the listener: {spikes.num_spikes}")

# %%
figure = Figure(figsize=(7.2, 2), layout="constrained")
ax = figure.subplots()
ax.plot(potential.t / second, potential.v[0] / mV)
ax.plot(spikes.t / second, [3.2] * spikes.num_spikes, "|", color="black")
ax.set(xlabel="time (s)", ylabel="potential of the listener (mV)")

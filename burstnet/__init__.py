"""burstnet: spiking circuits that learn with bursts, described in equations and run by Brian2."""

"""Noise currents for a cell, counter-based: a pure function of (seed, stream, cell, step)."""

from __future__ import annotations

import numpy as np
from brian2.input.timedarray import TimedArray
from brian2.units import Hz, pA
from brian2.units.fundamentalunits import Quantity

from ..errors import ArgumentError
from ..random import cell_bernoulli
from .fragment import Fragment, Parameter

__all__ = ["shot_noise"]

_SOURCE = "Greedy et al. 2022, spiking program"


def shot_noise(
    *,
    soma: Quantity = 300 * pA,
    soma_rate: Quantity = 150 * Hz,
    dendrite: Quantity = 400 * pA,
    dendrite_rate: Quantity = 300 * Hz,
    uniforms: np.ndarray | None = None,
    dt: Quantity | None = None,
) -> Fragment:
    """Balanced shot noise on both compartments: independent excitatory and inhibitory pulses of one step, mean zero.

    In each step a pulse of ``+amplitude/(rate*dt)`` comes with probability ``rate*dt``, and independently one of the
    opposite sign, so that a pulse carries the charge ``amplitude/rate`` at any dt.

    Parameters
    ----------
    soma, dendrite : Quantity [pA]
        Mean current of each sign.
    soma_rate, dendrite_rate : Quantity [Hz]
        Pulses per second of each sign.
    uniforms : ndarray, shape (steps, cells, 4), optional
        Given uniform numbers in the place of counter-based ones, in the order soma +, soma -, dendrite +, dendrite -.
        They are part of the program, so other values are another build.
    dt : Quantity [ms], optional
        The step of `uniforms`; needed with them.
    """
    namespace: dict = {"cell_bernoulli": cell_bernoulli}
    pulse = "cell_bernoulli({word}, {p}, run_seed, noise_stream, i, t_in_timesteps)"
    if uniforms is not None:
        values = np.ascontiguousarray(uniforms, dtype=float)
        if values.ndim != 3 or values.shape[2] != 4 or dt is None:
            raise ArgumentError(
                f"uniforms of shape {values.shape} is not allowed; give shape (steps, cells, 4) together with dt."
            )
        namespace = {
            f"given_uniform_{word}": TimedArray(values[:, :, word], dt=dt, name=f"given_uniform_{word}")
            for word in range(4)
        }
        pulse = "int(given_uniform_{word}(t, i) < {p})"
    plus_s, minus_s, plus_d, minus_d = (
        pulse.format(word=word, p=f"noise_rate_{c}*dt") for word, c in enumerate("ssdd")
    )
    return Fragment(
        name="shot_noise",
        equations=f"""
        I_noise_s = noise_s/(noise_rate_s*dt)*({plus_s} - {minus_s}) : amp
        I_noise_d = noise_d/(noise_rate_d*dt)*({plus_d} - {minus_d}) : amp
        """,
        parameters={
            "noise_s": Parameter(Quantity(soma), "mean current of each sign, soma", _SOURCE),
            "noise_rate_s": Parameter(Quantity(soma_rate), "pulses of each sign, soma", _SOURCE, positive=True),
            "noise_d": Parameter(Quantity(dendrite), "mean current of each sign, dendrite", _SOURCE),
            "noise_rate_d": Parameter(Quantity(dendrite_rate), "pulses of each sign, dendrite", _SOURCE, positive=True),
        },
        contributions={"I_noise_s": "soma", "I_noise_d": "dendrite"},
        namespace=namespace,
    )

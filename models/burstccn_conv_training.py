"""How a convolutional network learns, epoch by epoch, and what is scored after one. Imports its network and rules, and torch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from burstnet.analysis.alignment import angle
from burstnet.datasets import CLASSES, ImageSet
from burstnet.models.burstccn_conv_network import Activity, ConvNetwork, Intact, forward
from burstnet.models.burstccn_conv_rules import (
    RULES,
    ConvStrength,
    Signals,
    gradients,
    learned_bursts,
    learned_events,
)
from burstnet.models.burstccn_conv_shapes import TOGETHER, Shape
from burstnet.rate_model import RateRun

if TYPE_CHECKING:
    from burstnet.models.burstccn_conv import BurstCCNConv

__all__ = ["OnDevice", "Training", "reproducible"]

#: The first images of training, with which updates are compared.
_COMPARED = 256
#: How many images of training are scored.
_SCORED = 10_000


@contextmanager
def reproducible() -> Iterator[None]:
    """Sums on one core; on a GPU in full single precision, by algorithms that do the same every time.

    Torch's own random numbers, of noise and perturbations, and its settings are afterwards what they were.
    """
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    wanted: list[tuple[Any, str, Any]] = [(cudnn, "deterministic", True), (cudnn, "benchmark", False)]
    if hasattr(matmul, "fp32_precision"):  # since torch 2.9
        wanted += [(cudnn.conv, "fp32_precision", "ieee"), (matmul, "fp32_precision", "ieee")]
    else:
        wanted += [(cudnn, "allow_tf32", False), (matmul, "allow_tf32", False)]
    threads, before = torch.get_num_threads(), [getattr(place, name) for place, name, _ in wanted]
    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    torch.set_num_threads(1)
    for place, name, value in wanted:
        setattr(place, name, value)
    try:
        with torch.random.fork_rng(gpus), torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)
        for (place, name, _), value in zip(wanted, before, strict=True):
            setattr(place, name, value)


class OnDevice:
    """Images and targets where they are computed with."""

    def __init__(self, data: ImageSet, device: str) -> None:
        self.device = device
        self.train, self.test = (
            torch.from_numpy(part).reshape(-1, *data.shape).to(device) for part in (data.train, data.test)
        )
        self.train_target, self.test_target = (
            torch.from_numpy(data.targets(label)).to(device) for label in (data.train_label, data.test_label)
        )
        #: What a black pixel is, which stands around images that are moved.
        self.black = float(data.train.min())

    def tensor(self, values: np.ndarray) -> torch.Tensor:
        """The same numbers on the device."""
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    def moved(self, images: torch.Tensor, by: int, flip: bool, rng: np.random.Generator) -> torch.Tensor:
        """Images moved by as many pixels at most, the same for all channels, and half of them, at random, mirrored."""
        n, _, height, width = images.shape
        if by:
            padded = functional.pad(images, (by, by, by, by), value=self.black)
            down, right = (self.tensor(rng.integers(0, 2 * by + 1, n)) for _ in range(2))
            rows = down[:, None] + torch.arange(height, device=self.device)
            columns = right[:, None] + torch.arange(width, device=self.device)
            chosen = torch.arange(n, device=self.device)[:, None, None]
            # channels come last where indices stand around them
            images = padded[chosen, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()
        if flip:
            mirrored = self.tensor(rng.random(n) < 0.5)[:, None, None, None]
            images = torch.where(mirrored, images.flip(3), images)
        return images


class Training:
    """A network while it learns: what steps leave for the next, and what lesions leave of it."""

    def __init__(self, model: BurstCCNConv, run: RateRun, data: OnDevice, network: ConvNetwork) -> None:
        self.model, self.run, self.data, self.network = model, run, data, network
        p = self.parameters = {name: float(getattr(run.parameters, name)) for name in run.parameters.declared()}
        self.rule, self.exact = RULES[model.rule], RULES["backprop"]
        self.strength = ConvStrength(
            p["teacher"], p["feedback_scale"], perturbation=p["perturbation"],
            top_feedback=p["top_feedback_scale"], shift=p["output_shift"], gate=p["gate"],
        )  # fmt: skip
        self.velocity: dict[str, list[torch.Tensor]] = {}
        if model.weight_mode in ("online-y", "online-q") and network.cancels:
            self.part_events()

    def epoch(self, session: int) -> None:
        """Every image once, in an order of its own; or as many without a teacher, while only feedback learns."""
        run, data, p, batch = self.run, self.data, self.parameters, self.model.batch
        order, moves = run.random("images", session).permutation(len(data.train)), run.random("moves", session)
        taught = run.phase(session).name != "calibration"
        torch.manual_seed(int(run.random("noise", session).integers(2**62)))
        intact, learn = self.intact(session), self.learning(session)
        onto = {kind: self.onto(kind, session) for kind in ("burst", "event")}
        if (
            self.model.weight_mode == "kolen-pollack"
            and self.network.cancels
            and any(left.ndim for parts in onto.values() for left in parts)
        ):
            self.part_events()
        of_biases = [left.flatten() if left.ndim else left for left in learn]
        trained = max(0.0, session - round(run.timeline.span("training")[0]))
        for first in range(0, len(order) - batch + 1, batch):
            drawn = data.tensor(order[first : first + batch])
            images = data.moved(data.train[drawn], int(p["shift"]), bool(p["flip"]), moves)
            activity = forward(self.network, images, intact, noise=p["noise"])
            target = self.smoothed(data.train_target[drawn]) if taught else activity.events[-1]
            signals = self.rule(self.network, activity, target, self.strength)
            steps = gradients(self.network, activity, signals)
            rate = p["learning_rate"] * self.pace(trained + first / len(order) * taught, batch / len(order))
            if taught or self.model.weight_mode != "kolen-pollack":
                self.learn_feedback(activity, signals, steps, rate, onto)
            if taught:
                self.descend("weights", self.network.weights, [w for w, _ in steps], rate, learn)
                self.descend("biases", self.network.biases, [c for _, c in steps], rate, of_biases)
            if run.report and first % (64 * batch) == 0:
                run.report((session + first / len(order)) / run.stop)

    def pace(self, done: float, ahead: float = 0.0) -> float:
        """Part of the step that is taken in training: it rises for some epochs, then falls to 0 as a cosine, or not at all.

        Parameters
        ----------
        done, ahead : float
            Epochs of training that are over, and those that the next step adds.
        """
        start, stop = self.run.timeline.span("training")
        epochs, warmup = round(stop) - round(start), self.parameters["warmup"]
        warmup = warmup if warmup < epochs else 0.0
        if done < warmup:
            return min(1.0, (done + ahead) / warmup)
        if self.model.course == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (done - warmup) / (epochs - warmup)))

    def smoothed(self, target: torch.Tensor) -> torch.Tensor:
        """Targets of which all classes have a share."""
        part = self.parameters["smoothing"]
        return target * (1 - part) + part / CLASSES if part else target

    def descend(
        self, name: str, weights: list[torch.Tensor], steps: list[torch.Tensor], rate: float, learn: list[torch.Tensor]
    ) -> None:
        """Go against steps and decay with momentum; what does not learn stays."""
        p = self.parameters
        if name not in self.velocity:
            self.velocity[name] = [torch.zeros_like(w) for w in weights]
        for w, step, v, left in zip(weights, steps, self.velocity[name], learn, strict=True):
            v.mul_(p["momentum"]).add_(step).add_(w, alpha=p["weight_decay"])
            w.sub_(v if left.ndim == 0 else v * left, alpha=rate)

    def learn_feedback(
        self,
        activity: Activity,
        signals: Signals,
        steps: list[tuple[torch.Tensor, torch.Tensor]],
        rate: float,
        onto: dict[str, list[torch.Tensor]],
    ) -> None:
        """Change feedback weights, where they learn; `onto` is what lesions leave of that."""
        network, mode, p, branches = self.network, self.model.weight_mode, self.parameters, self.model.branches
        if mode == "kolen-pollack":
            products = [w for w, _ in steps[1:]]
            self.descend("bursts", network.bursts, products, rate, onto["burst"])
            if not network.cancels:
                less = [-network.baseline * w for w in products]
                self.descend("events", network.own_events, less, rate, onto["event"])
        elif mode == "online-y":
            learned = learned_bursts(network, activity, signals, branches)
            self.follow(network.bursts, learned, p["burst_rate"], onto["burst"])
        elif mode == "online-q":
            learned = learned_events(network, activity, signals, branches)
            self.follow(network.own_events, learned, p["event_rate"], onto["event"])

    def part_events(self) -> None:
        """From here on event feedback is a weight of its own, with the momentum that it would have."""
        self.network.own_events = self.network.events
        if "bursts" in self.velocity:
            self.velocity["events"] = [-self.network.baseline * v for v in self.velocity["bursts"]]

    def follow(
        self, weights: list[torch.Tensor], steps: list[torch.Tensor], rate: float, learn: list[torch.Tensor]
    ) -> None:
        """Go against steps that have no momentum and no decay."""
        for w, step, left in zip(weights, steps, learn, strict=True):
            w.sub_(step * left, alpha=rate)

    def learning(self, session: int) -> list[torch.Tensor]:
        """What is left of the learning of every layer's weights: of every cell of a dense area, and of every channel."""
        found = []
        for name, layer in zip(self.model.above, self.network.layers, strict=True):
            left = self.left(name, session, layer.above)
            found.append(left.reshape(-1, *[1] * (len(layer.shape) - 1)) if left.ndim else left)
        return found

    def onto(self, kind: str, session: int) -> list[torch.Tensor]:
        """What is left of the learning of feedback onto every cell below, or every channel below a convolution."""
        found = []
        for k, layer in enumerate(self.network.layers[1:], start=1):
            left = self.left(f"{kind}{k}", session, layer.below if layer.kernel else (math.prod(layer.below),))
            found.append(left[:, None, None] if left.ndim and layer.kernel else left)
        return found

    def left(self, name: str, session: int, shape: Shape) -> torch.Tensor:
        """What lesions leave of a target's learning, per cell or channel (the mean over its places); one number if that is all."""
        if name not in self.model.lesionable:
            return torch.ones(())
        cells = self.run.learning(name, session).astype(np.float32)
        whole = (cells == 1).all()
        return torch.ones(()) if whole else self.data.tensor(cells.reshape(shape[0], -1).mean(axis=1))

    def intact(self, session: int) -> Intact:
        """What lesions leave; nothing is multiplied where there are none."""
        layers, lesionable = self.network.layers, self.model.lesionable

        def left(names: list[str], shapes: list[Shape]) -> list[torch.Tensor]:
            found = [
                self.run.factor(name, session).astype(np.float32).reshape(shape)
                for name, shape in zip(names, shapes, strict=True)
                if name in lesionable
            ]
            return [self.data.tensor(one) for one in found] if any((one != 1).any() for one in found) else []

        shapes = [layer.above for layer in layers[:-1]]
        rates = left(self.model.above[:-1], shapes)
        if rates:
            rates.append(self.data.tensor(np.ones(layers[-1].above, np.float32)))
        hidden = range(1, len(layers))
        return Intact(rates, *(left([f"{kind}{k}" for k in hidden], shapes) for kind in ("burst", "event")))

    def scores(self, session: int) -> dict[str, Any]:
        """Errors of images, and updates of the first ones beside those of other rules."""
        network, data = self.network, self.data
        intact = self.intact(session) if session >= 0 else Intact()
        tested = self.outputs(data.test, intact)
        trained = self.outputs(data.train[:_SCORED], intact)
        found: dict[str, Any] = {
            "error": float((tested.argmax(dim=1) != data.test_target.argmax(dim=1)).double().mean()),
            "train_error": float((trained.argmax(dim=1) != data.train_target[:_SCORED].argmax(dim=1)).double().mean()),
            "mse": float((tested - data.test_target).square().mean()),
        }
        torch.manual_seed(int(self.run.random("perturbation", 0).integers(2**62)))
        activity, target = forward(network, data.train[:_COMPARED], intact), data.train_target[:_COMPARED]
        own = self.rule(network, activity, target, self.strength)
        whole = replace(activity, intact=Intact(intact.rates))
        update = [_numbers(w) for w, _ in gradients(network, activity, own)[:-1]]
        for name, feedback, passed in (("bp", network.transported(), whole), ("fa", network, activity)):
            signals = self.exact(feedback, passed, target, self.strength)
            other = [_numbers(w) for w, _ in gradients(network, passed, signals)[:-1]]
            found[f"angle_{name}"] = [angle(a, b) for a, b in zip(update, other, strict=True)]
            found[f"angle_{name}_hidden"] = angle(np.concatenate(update), np.concatenate(other))
        bursts = [_numbers(y) for y in network.bursts]
        for name, weights in (("wy", network.weights[1:]), ("qy", [-q for q in network.events])):
            one = [_numbers(w) for w in weights]
            found[f"angle_{name}"] = [angle(a, b) for a, b in zip(one, bursts, strict=True)]
            found[f"angle_{name}_hidden"] = angle(np.concatenate(one), np.concatenate(bursts))
        moved = [float(d.abs().mean()) for d in own.deviation[:-1]]
        found["deviation"] = moved or [np.nan] * len(bursts)
        return found

    def outputs(self, images: torch.Tensor, intact: Intact) -> torch.Tensor:
        """Rates of the output, some images at a time."""
        return torch.cat([forward(self.network, part, intact).events[-1] for part in images.split(TOGETHER)])


def _numbers(tensor: torch.Tensor) -> np.ndarray:
    """All of a tensor's numbers in a row, in double precision."""
    return tensor.flatten().cpu().numpy().astype(float)

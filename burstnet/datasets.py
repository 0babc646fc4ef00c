"""Images that networks classify: digits that scikit-learn brings, (Fashion-)MNIST and CIFAR-10 from one's own files. Imports errors.

Nothing is downloaded and nothing is unpickled; published archives are compared with their published checksums.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import tarfile
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import platformdirs

from .errors import ArgumentError, ResultError, unknown_name

__all__ = ["IMAGES", "ImageSet", "check_images", "data_folder", "has_images", "image_set", "small_digits"]

#: Sets of images by name.
IMAGES = ("digits", "mnist", "fashion-mnist", "cifar10")
#: Every set has ten.
CLASSES = 10
_HOLD_OUT = 360
_MNIST_TRAINING = 50_000
#: Name to MD5, as published with each set.
_MNIST = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
_CIFAR = {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"}
_FETCH = {
    "mnist": f"put {', '.join(_MNIST)} (https://ossci-datasets.s3.amazonaws.com/mnist/) or mnist.npz",
    "fashion-mnist": "put fashion-mnist.npz, its images as arrays (https://github.com/zalandoresearch/fashion-mnist),",
    "cifar10": f"put {next(iter(_CIFAR))} (https://www.cs.toronto.edu/~kriz/cifar.html, binary version) or cifar10.npz",
}
#: Archives as published, by name of the set.
_ARCHIVES = {"mnist": _MNIST, "cifar10": _CIFAR}
_CIFAR_ROW = 3 * 32 * 32
_NEEDS_SKLEARN = (
    "images of digits need scikit-learn; install it with: pip install 'burstnet[digits]', or give a file of your own."
)
_NPZ = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images for training and for testing.

    Attributes
    ----------
    name : str
    train, test : ndarray of float32, shape (images, pixels)
        Less the mean and divided by the standard deviation of all pixels of training images.
    train_label, test_label : ndarray of int, shape (images,)
    shape : tuple of int
        (channels, height, width); the pixels of a channel stand together.
    """

    name: str
    train: np.ndarray
    train_label: np.ndarray
    test: np.ndarray
    test_label: np.ndarray
    shape: tuple[int, ...]

    def targets(self, label: np.ndarray) -> np.ndarray:
        """One for the right class and zero for the others, shape (images, 10)."""
        return np.eye(CLASSES, dtype=np.float32)[label]


def data_folder() -> Path:
    """Where files of images are looked for: ``BURSTNET_DATA``, or ``data`` in burstnet's cache."""
    return Path(os.environ.get("BURSTNET_DATA") or Path(platformdirs.user_cache_dir("burstnet")) / "data")


@lru_cache(maxsize=2)
def image_set(name: str = "digits", path: str | None = None) -> ImageSet:
    """The images of that name; read once a process.

    Parameters
    ----------
    name : {"digits", "mnist", "fashion-mnist", "cifar10"}
        ``digits``: 1797 images of 8 x 8 pixels that scikit-learn brings, 360 of them for testing, drawn class by class with
        scikit-learn's ``train_test_split(random_state=0)``. ``mnist`` and ``fashion-mnist``: the first 50,000 for
        training, 10,000 for testing.
    path : str, optional
        An ``.npz`` file with ``x_train``, ``y_train``, ``x_test`` and ``y_test``, or a folder with such a file named after
        the set, or with the archives as published; `data_folder` by default.

    Returns
    -------
    ImageSet

    Raises
    ------
    ArgumentError
        If the name is not known, files are absent, or scikit-learn is needed and not installed; it says how to fetch them.
    ResultError
        If a file is not what it should be, or has another checksum than the published one.
    """
    if name not in IMAGES:
        raise unknown_name("images", name, IMAGES)
    if path is None and name == "digits":
        return _standardised(name, *_digits())
    place = Path(path) if path else data_folder()
    file = place if place.suffix == ".npz" else place / f"{name}.npz"
    if file.is_file():
        arrays = _from_npz(file)
    elif name in _ARCHIVES and all((place / one).is_file() for one in _ARCHIVES[name]):
        arrays = _mnist(place) if name == "mnist" else _cifar(place)
    else:
        raise _absent(name, place)
    if name in ("mnist", "fashion-mnist") and len(arrays[0]) > _MNIST_TRAINING:
        arrays = (arrays[0][:_MNIST_TRAINING], arrays[1][:_MNIST_TRAINING], *arrays[2:])
    return _standardised(name, *arrays)


def has_images(name: str) -> bool:
    """Whether the files of a set of images are there; what they hold is not looked at."""
    place = data_folder()
    archives = _ARCHIVES.get(name, ())
    return (place / f"{name}.npz").is_file() or bool(archives) and all((place / one).is_file() for one in archives)


def check_images(name: str) -> None:
    """Raise the `ArgumentError` of `image_set` if files, or scikit-learn for digits, are not there; what they hold is not looked at."""
    if name == "digits" and find_spec("sklearn") is None:
        raise ArgumentError(_NEEDS_SKLEARN)
    if name != "digits" and not has_images(name):
        raise _absent(name, data_folder())


def _absent(name: str, place: Path) -> ArgumentError:
    hint = _FETCH.get(name, f"put {name}.npz")
    return ArgumentError(
        f"images={name!r} are not there; {hint} into {place}, or set BURSTNET_DATA to a folder that has them."
    )


def small_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 1797 images of digits that scikit-learn brings, which is imported when they are asked for and not before.

    Returns
    -------
    images : ndarray, shape (1797, 8, 8)
        From 0 to 16.
    label : ndarray of int, shape (1797,)

    Raises
    ------
    ArgumentError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ArgumentError(_NEEDS_SKLEARN) from None
    found = load_digits()
    return found.images, found.target.astype(int)


def _digits() -> tuple[np.ndarray, ...]:
    images, label = small_digits()
    from sklearn.model_selection import train_test_split

    x, x_test, y, y_test = train_test_split(images, label, test_size=_HOLD_OUT, random_state=0, stratify=label)
    return x, y, x_test, y_test


def _standardised(name: str, x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> ImageSet:
    mean, deviation = float(x.mean(dtype=float)), float(x.std(dtype=float))
    if not deviation > 0:
        raise ResultError(f"images {name!r} are all of one grey; nothing can be told apart.")
    x, x_test = _channels_first(x), _channels_first(x_test)
    images = [((part.reshape(len(part), -1) - mean) / deviation).astype(np.float32) for part in (x, x_test)]
    labels = [part.astype(int) for part in (y, y_test)]
    return ImageSet(name, images[0], labels[0], images[1], labels[1], x.shape[1:])


def _channels_first(images: np.ndarray) -> np.ndarray:
    """Images as (images, channels, height, width): colours that come last are moved, rows of pixels are cut into squares."""
    n, pixels = len(images), int(np.prod(images.shape[1:]))
    if images.ndim == 4:
        return np.moveaxis(images, 3, 1) if images.shape[3] in (1, 3) and images.shape[1] not in (1, 3) else images
    if images.ndim == 3:
        return images[:, None]
    for channels in (1, 3):
        side = math.isqrt(pixels // channels)
        if channels * side**2 == pixels:
            return images.reshape(n, channels, side, side)
    return images.reshape(n, 1, 1, pixels)


def _from_npz(file: Path) -> tuple[np.ndarray, ...]:
    try:
        with np.load(file, allow_pickle=False) as held:
            absent = [name for name in _NPZ if name not in held]
            if absent:
                raise ResultError(f"{file} lacks {', '.join(absent)}; it needs the arrays {', '.join(_NPZ)}.")
            x, y, x_test, y_test = (held[name] for name in _NPZ)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ResultError(f"{file} cannot be read as an .npz file of arrays: {error}.") from None
    y, y_test = y.ravel(), y_test.ravel()
    for images, labels in ((x, y), (x_test, y_test)):
        numbers = images.dtype.kind in "uif" and labels.dtype.kind in "ui" and len(images) == len(labels) > 0
        if (
            not numbers
            or images.shape[1:] != x.shape[1:]
            or images.ndim < 2
            or not 0 <= labels.min() <= labels.max() < CLASSES
        ):
            raise ResultError(
                f"{file} holds images of shape {images.shape} and labels of shape {labels.shape}; images are numbers (images, ...), labels 0 to 9."
            )
        if not np.isfinite(images).all():
            raise ResultError(f"{file} holds images that are not finite.")
    return x, y, x_test, y_test


def _checked(file: Path, expected: str) -> bytes:
    """What a file holds, if it is the published one."""
    found = file.read_bytes()
    digest = hashlib.md5(found, usedforsecurity=False).hexdigest()
    if digest != expected:
        raise ResultError(f"{file} has the MD5 {digest}, the published one {expected}; fetch it again.")
    return found


def _mnist(place: Path) -> tuple[np.ndarray, ...]:
    raw = [gzip.decompress(_checked(place / name, digest)) for name, digest in _MNIST.items()]
    # after a header of 16 bytes for images and 8 for labels
    images = [np.frombuffer(part, np.uint8, offset=16).reshape(-1, 28, 28) for part in raw[::2]]
    labels = [np.frombuffer(part, np.uint8, offset=8) for part in raw[1::2]]
    return images[0], labels[0], images[1], labels[1]


def _cifar(place: Path) -> tuple[np.ndarray, ...]:
    ((name, digest),) = _CIFAR.items()
    _checked(place / name, digest)
    batches = []
    with tarfile.open(place / name) as archive:
        for part in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"):
            member = archive.extractfile(f"cifar-10-batches-bin/{part}.bin")
            if member is None:
                raise ResultError(f"{place / name} lacks {part}.bin.")
            batches.append(np.frombuffer(member.read(), np.uint8).reshape(-1, 1 + _CIFAR_ROW))
    train, test = np.concatenate(batches[:-1]), batches[-1]
    return train[:, 1:], train[:, 0], test[:, 1:], test[:, 0]

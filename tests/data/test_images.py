"""Pictures: MNIST-1D against its published numbers, the IDX format, label noise, the number of examples, wound spirals."""

import gzip
from dataclasses import replace

import jax
import numpy as np
import pytest

from nlpfeat.data import downloads
from nlpfeat.data.images import labelled, mnist1d, sets
from nlpfeat.data.points.spirals import SpiralSpec, spirals
from nlpfeat.data.points.wound_spirals import WoundSpiralSpec, rotation, wind, wound_spirals
from nlpfeat.errors import UserError
from nlpfeat.tasks.images import MlpSettings, WoundSpiralSettings
from nlpfeat.tasks.spec import resolve
from tests.toys import PICTURES

# The first six numbers of the first example, its label and that of eleven more, and the last three numbers of the last example, as
# the generator of Greydanus & Kobak (version of 2024) makes them at its defaults, and with 16,000 examples as their notebook on double
# descent does. Those of 5,000 are also the numbers of their published file.
GOLDEN = {
    5000: (
        [-0.33200567, -0.47191037, -0.77869708, -1.00974083, -0.88235257, 0.10393481],
        [2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9],
        [0.65987565, 0.87773435, 1.19315184],
    ),
    16_000: (
        [0.19054257, -0.06464255, -0.01249711, 0.1193443, 0.08904398, -1.00311818],
        [5, 6, 2, 6, 8, 3, 2, 0, 6, 9, 3, 4],
        [0.90593458, 0.86310238, 0.9823938],
    ),
}


@pytest.mark.parametrize("examples", sorted(GOLDEN))
def test_mnist1d_is_that_of_its_authors(examples):
    first, labels, last = GOLDEN[examples]
    x, y = mnist1d.mnist1d(examples)
    np.testing.assert_allclose(x[0, :6], first, atol=1e-8)
    np.testing.assert_array_equal(y[:12], labels)
    np.testing.assert_allclose(x[-1, -3:], last, atol=1e-8)
    assert x.shape == (examples, 40)
    np.testing.assert_allclose([x.mean(), x.std()], [0, 1], atol=1e-12)
    np.testing.assert_array_equal(np.bincount(y), examples // 10)


def test_the_extremes_of_the_published_file():
    x, _ = mnist1d.mnist1d(5000)
    np.testing.assert_allclose([x.min(), x.max()], [-5.47941907, 4.53351567], atol=1e-8)


def test_another_seed_makes_other_examples():
    assert not np.allclose(mnist1d.mnist1d(50, 1)[0], mnist1d.mnist1d(50, 2)[0])


def test_the_splits_are_rows_of_one_set():
    spec = sets.Mnist1dSpec(train=30, validation=20, test=40)
    dataset = sets.load_mnist1d(spec, None)
    x, y = mnist1d.mnist1d(90)
    np.testing.assert_allclose(dataset.arrays, x, rtol=1e-6)
    splits = labelled.make_splits(dataset.metadata, MlpSettings())
    rows = np.concatenate([splits[name].inputs for name in ("train", "validation", "test")])
    np.testing.assert_array_equal(rows, np.arange(90))
    np.testing.assert_array_equal(np.concatenate([splits[name].targets for name in splits]), y)
    batch = labelled.batch(dataset.arrays, splits["test"], np.array([0, 5]))
    np.testing.assert_allclose(batch.inputs, x[[50, 55]], rtol=1e-6)
    np.testing.assert_array_equal(batch.targets, y[[50, 55]])


def noisy(noise, seed=0, examples=0, n=20_000):
    metadata = labelled.LabelledSet(
        {"train": np.zeros(n, np.int32), "test": np.ones(100, np.int32)}, (4,), tuple("0123456789")
    )
    settings = replace(
        MlpSettings(), label_noise=np.float32(noise), seed=np.int32(seed), train_examples=np.int32(examples)
    )
    return labelled.make_splits(metadata, settings)


@pytest.mark.parametrize("noise", [0.0, 0.15, 1.0])
def test_label_noise_draws_from_all_classes(noise):
    """A share of .15 leaves 13.5 % of the labels wrong, each wrong class as often; the other splits stay as they are."""
    splits = noisy(noise)
    shares = np.bincount(splits["train"].targets, minlength=10) / 20_000
    np.testing.assert_allclose(shares[1:], noise / 10, atol=5 * np.sqrt(0.09 * noise / 20_000))
    assert (np.asarray(splits["test"].targets) == 1).all()


def test_label_noise_is_that_of_the_seed_and_grows_with_the_share():
    low, high, other = (np.asarray(noisy(*of)["train"].targets) for of in ((0.1, 0), (0.3, 0), (0.1, 1)))
    assert ((low != 0) <= (high != 0)).all()
    assert (low != other).any()


@pytest.mark.parametrize("examples", [1, 500, 20_000])
def test_each_of_the_first_examples_equally_often(examples):
    splits = noisy(0.5, examples=examples)
    rows, times = np.unique(splits["train"].inputs, return_counts=True)
    np.testing.assert_array_equal(rows, np.arange(examples))
    assert (times == 20_000 // examples).all()
    targets = np.asarray(splits["train"].targets).reshape(-1, examples)
    assert (targets == targets[0]).all()  # the noise belongs to the example


def test_a_number_of_examples_that_does_not_divide_is_refused():
    config = {"task": "mnist1d", "data": {"train": 4000}, "sweep": {"train_examples": (1000, 3000)}}
    with pytest.raises(
        UserError, match=r"config.sweep.train_examples: 3000 must divide config.data.train=4000.* is 2000"
    ):
        resolve(config)


def test_more_examples_than_the_set_has():
    with pytest.raises(UserError, match=r"config.data.train=1500 \+ .* is more than the 1,797 examples"):
        sets.load_digits(sets.DigitsSpec(train=1500), None)


def test_the_digits_of_scikit_learn():
    dataset = sets.load_digits(sets.DigitsSpec(), None)
    assert dataset.arrays.shape == (1797, 64)
    assert dataset.arrays.min() == 0
    assert dataset.arrays.max() == 1
    assert [len(labels) for labels in dataset.metadata.labels.values()] == [1000, 300, 497]
    assert dataset.metadata.shape == (8, 8)


def idx(array, kind=8, marker=b"\0\0"):
    head = marker + bytes([kind, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return head + array.tobytes()


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("kind", "dtype"), [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_idx_files_of_every_type(tmp_path, zipped, kind, dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(idx(array, kind)) if zipped else idx(array, kind))
    found = sets.read_idx(path)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.dtype(dtype).newbyteorder("=")


def whole():
    return idx(np.zeros((2, 3), np.uint8))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no IDX file"),
        (b"\x89PNG\r\n", "is no IDX file"),
        (b"\0\0\x08", "is no IDX file"),
        (b"\0\0\x07\x01\0\0\0\0", "is no IDX file"),
        (b"\0\0\x08\x02\0\0", "ends within its header"),
        (b"\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff", "declares"),
        (whole()[:-1], "fewer numbers"),
        (whole() + b"x", "more numbers"),
        (gzip.compress(whole(), mtime=0)[:-5], "cannot be read"),
        (b"\x1f\x8bnonsense", "cannot be read"),
    ],
)
def test_damaged_idx_files(tmp_path, content, message):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        sets.read_idx(path)


def test_pictures_of_ones_own():
    spec = sets.MnistSpec(path=PICTURES, train=40, validation=20, test=20)
    dataset = sets.load_mnist(spec, None)
    assert dataset.arrays.shape == (80, 144)
    assert dataset.metadata.classes == ("0", "1", "2")
    assert 0.9 < dataset.arrays.max() <= 1
    with pytest.raises(UserError, match=r"asks for 61 pictures in train and validation, and there are 60"):
        sets.load_mnist(replace(spec, train=41), None)
    with pytest.raises(UserError, match="has neither train-images"):
        sets.load_mnist(replace(spec, path="tests/data"), None)


def test_pictures_and_labels_that_do_not_fit(tmp_path):
    for file, array in (
        (downloads.MNIST_TRAIN_IMAGES, np.zeros((3, 4, 4), np.uint8)),
        (downloads.MNIST_TRAIN_LABELS, np.zeros(2, np.uint8)),
    ):
        (tmp_path / file.name).write_bytes(gzip.compress(idx(array)))
    with pytest.raises(UserError, match=r"\(3, 4, 4\) of uint8 and .* one \(2,\)"):
        sets.load_mnist(sets.MnistSpec(path=str(tmp_path)), None)


def test_published_mnist_files_come_from_the_folder_of_data(tmp_path, monkeypatch):
    """Under their published names in NLPFEAT_DATA; the checksums are of the published files."""
    for file, array in (
        (downloads.MNIST_TRAIN_IMAGES, np.arange(60 * 16).reshape(60, 4, 4).astype(np.uint8)),
        (downloads.MNIST_TRAIN_LABELS, np.arange(60).astype(np.uint8) % 10),
        (downloads.MNIST_TEST_IMAGES, np.zeros((20, 4, 4), np.uint8)),
        (downloads.MNIST_TEST_LABELS, np.zeros(20, np.uint8)),
    ):
        (tmp_path / file.name).write_bytes(gzip.compress(idx(array)))
        assert len(file.sha256) == 64
        assert file.urls[0].endswith(file.name)
    monkeypatch.setenv(downloads.FOLDER, str(tmp_path))
    dataset = sets.load_mnist(sets.MnistSpec(train=30, validation=10, test=20), None)
    assert dataset.metadata.shape == (4, 4)
    assert len(dataset.metadata.classes) == 10
    np.testing.assert_allclose(dataset.arrays[1], np.arange(16, 32) / 255, rtol=1e-6)


# --- wound spirals


@pytest.mark.parametrize("wound", [2, 3, 5])
def test_every_circle_keeps_its_points(wound):
    """At one radius the arms are as far apart as in the plane; the plane itself turns by a quarter per dimension."""
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    for radius in (0.2, 0.6, 1.0):
        plane = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
        points = np.asarray(wind(jax.numpy.asarray(plane, jax.numpy.float32), wound, 0.2))
        np.testing.assert_allclose(points @ points.T, plane @ plane.T, atol=1e-5)
    outer = np.asarray(
        wind(jax.numpy.eye(2), wound, 0.2)
    )  # radius 1: the second direction has arrived at the last
    np.testing.assert_allclose(outer[0], np.eye(wound)[0], atol=1e-6)
    np.testing.assert_allclose(np.abs(outer[1]), np.eye(wound)[-1], atol=1e-6)


def test_no_projection_to_the_plane_keeps_all_circles():
    spec = WoundSpiralSpec(arms=3, points=300, wound=3, rotated=False)
    points = np.asarray(wound_spirals(spec, jax.random.key(0), WoundSpiralSettings()).inputs)
    assert np.linalg.svd(points - points.mean(0), compute_uv=False)[2] > 4


def test_two_dimensions_are_the_plane_spirals():
    spec = WoundSpiralSpec(arms=3, points=50, wound=2, rotated=False)
    key = jax.random.key(3)
    found = wound_spirals(spec, key, WoundSpiralSettings())
    plane = spirals(SpiralSpec(3, 50, 0.2), jax.random.split(key)[0], 0.2)
    np.testing.assert_allclose(found.inputs, np.stack(plane.inputs, 1), atol=1e-6)
    np.testing.assert_array_equal(found.targets, plane.targets)


def test_flat_dimensions_and_rotation():
    spec = WoundSpiralSpec(arms=3, points=2000, wound=3, flat=4, rotated=False)
    settings = replace(WoundSpiralSettings(), flat_noise=0.5)
    points = np.asarray(wound_spirals(spec, jax.random.key(0), settings).inputs)
    assert points.shape == (6000, 7)
    np.testing.assert_allclose(points[:, 3:].std(0), 0.5, rtol=0.05)
    turned = np.asarray(wound_spirals(replace(spec, rotated=True), jax.random.key(0), settings).inputs)
    np.testing.assert_allclose(turned[:50] @ turned[:50].T, points[:50] @ points[:50].T, atol=1e-4)
    matrix = np.asarray(rotation(jax.random.key(1), 7))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(7), atol=1e-5)

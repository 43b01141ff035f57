"""Points of the plane: tables, pictures, shapes, and formulas that are read and never run."""

import math

import jax
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

import nlpfeat
from nlpfeat.data.points import formulas, plane_points
from nlpfeat.data.points.pictures import read_picture
from nlpfeat.data.points.plane_points import PlanePointsSpec
from nlpfeat.errors import UserError
from nlpfeat.tasks.points import PointSettings
from tests.data.tables import csv
from tests.toys import ROOT

EXAMPLES = ROOT / "configs" / "examples"


def splits_of(**spec):
    dataset = plane_points.load(PlanePointsSpec(**spec))
    drawn = plane_points.make_splits(dataset.metadata, PointSettings(seed=np.int32(1), noise=np.float32(0)))
    return dataset, {name: (np.stack(one.inputs, 1), np.asarray(one.targets)) for name, one in drawn.items()}


# --- formulas


def points():
    line = np.linspace(-1, 1, 41)
    x, y = (part.ravel().astype(np.float32) for part in np.meshgrid(line, line))
    return x, y


@pytest.mark.parametrize(
    ("text", "computed"),
    [
        ("y > sin(3*x)", lambda x, y: (y > np.sin(3 * x),)),
        ("x**2 + y**2 < 0.25; y > 0", lambda x, y: (x**2 + y**2 < 0.25, y > 0)),
        ("0.3 < r < 0.7", lambda x, y: ((np.hypot(x, y) > 0.3) & (np.hypot(x, y) < 0.7),)),
        ("not x > 0 and y > -1/4 or x >= 0.52", lambda x, y: (~(x > 0) & (y > -0.25) | (x >= 0.52),)),
        (
            "(floor(2.01*x) + floor(2.01*y)) % 2 == 1",
            lambda x, y: ((np.floor(2.01 * x) + np.floor(2.01 * y)) % 2 == 1,),
        ),
        ("abs(angle) > pi/2.03", lambda x, y: (np.abs(np.arctan2(y, x)) > math.pi / 2.03,)),
        ("max(x, -y) // 0.31 > 0", lambda x, y: (np.floor(np.maximum(x, -y) / np.float32(0.31)) > 0,)),
    ],
)
def test_a_formula_means_what_it_says(text, computed):
    x, y = points()
    found = np.asarray(formulas.classes_at(formulas.parse_conditions(text), x, y))
    conditions = computed(x, y)
    expected = np.select(conditions, range(len(conditions)), len(conditions))
    assert (found != expected).mean() < 0.002  # on a border, in the last digit


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("__import__('os').system('x')", "holds more than a formula"),
        ("exec('x')", "calls 'exec'"),
        ("x.real > 0", "holds more"),
        ("[x][0] > 0", "holds more"),
        ("(lambda: x)() > 0", "holds more"),
        ("x > 'a'", "holds more"),
        ("x > True", "holds more"),
        ("x if y else x", "holds more"),
        ("sin(x, y) > 0", "sin takes 1 arguments, not 2"),
        ("sin(x=1) > 0", "holds more"),
        ("y > z", "names 'z'"),
        ("y > xx", "did you mean 'x'"),
        ("y^2 > 1", "write \\*\\* for a power"),
        ("x + y", "a number and no condition"),
        ("y >", "cannot read 'y >'"),
        ("", "empty condition"),
        ("x > 0;", "empty condition"),
        ("x > " + "9" * 60, "too large"),
        ("x > 1e999", "too large"),
        ("-" * 100 + "x > 0", "more than 50 operations"),
        ("x" * 1001, "too long"),
        ("x\x00 > 0", "cannot read"),
    ],
)
def test_what_is_no_formula(text, told):
    with pytest.raises(UserError, match=told):
        formulas.parse_conditions(text)


PIECES = st.sampled_from(
    [*"xy()+-*/%<>=!.,;:01e[]{}'\"_ ", "sin", "log", "and", "not", "if", "**", "__", "lambda", "or "]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=40)))
@example("((((((((((((((((((((x))))))))))))))))))))>0")
@example("9**9**9**9 > x")
@example("x < y < x < y == x")
def test_any_text_is_a_formula_or_a_user_error(text):
    """Whatever is typed is either refused in one line, or computes a class for every point without a warning or a hang."""
    try:
        conditions = formulas.parse_conditions(text)
    except UserError as error:
        assert "\n" not in str(error)
        return
    x, y = (part[:5] for part in points())
    found = np.asarray(formulas.classes_at(conditions, x, y))
    assert found.shape == (5,)
    assert ((found >= 0) & (found <= len(conditions))).all()


def test_a_formula_is_tried_before_it_is_trained_on():
    with pytest.raises(UserError, match="is not a number at x = -1"):
        splits_of(formula="y > log(x)")
    splits_of(formula="y > log(x)", low=0.1, high=3.0)
    with pytest.raises(UserError, match="holds almost nowhere"):
        splits_of(formula="y > 2")
    dataset, splits = splits_of(formula="y > 2; x > 1", low=0.0, high=4.0, points=500)
    assert dataset.metadata.classes == ("y > 2", "x > 1", "otherwise")
    xy, classes = splits["train"]
    raw = 2 + 2 * xy  # from 0 to 4
    np.testing.assert_array_equal(classes, np.select([raw[:, 1] > 2, raw[:, 0] > 1], [0, 1], 2))


# --- pictures


def picture(tmp_path, array, name="p.png"):
    path = tmp_path / name
    Image.fromarray(np.asarray(array, np.uint8)).save(path)
    return str(path)


def test_a_picture_is_classes_with_its_lowest_row_first(tmp_path):
    image = np.full((20, 40, 3), 255)
    image[:10, :] = (255, 0, 0)  # red above
    image[:, 30:] = 0  # black to the right
    found = read_picture(picture(tmp_path, image))
    assert found.names == ("black", "#ff0000", "white")
    assert (found.classes[0, 0], found.classes[-1, 0], found.classes[5, 35]) == (2, 1, 0)
    _, splits = splits_of(path=picture(tmp_path, image), points=4000)
    xy, classes = splits["train"]
    assert np.abs(xy).max(0) == pytest.approx([1, 0.5], abs=0.01)
    expected = np.where(xy[:, 0] >= 0.5, 0, np.where(xy[:, 1] >= 0, 1, 2))
    assert (classes == expected).mean() > 0.999


def test_edges_and_compression_make_no_classes(tmp_path):
    circle = np.hypot(*np.mgrid[-50:50, -50:50]) < 30
    image = Image.fromarray(np.where(circle, 0, 255).astype(np.uint8)).resize((157, 157))  # soft edges
    for name in ("p.png", "p.jpg", "p.bmp"):
        image.save(tmp_path / name)
        assert read_picture(str(tmp_path / name)).names[-1] in ("white", "#fefefe", "#fdfdfd")
        assert len(read_picture(str(tmp_path / name)).names) == 2


def test_pictures_of_the_wrong_kind(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3))
    with pytest.raises(UserError, match="draw it in a few plain colours"):
        read_picture(picture(tmp_path, noise))
    ramp = np.linspace(0, 255, 120 * 120).reshape(120, 120)
    ramp = np.stack([ramp, ramp.T, ramp[::-1]], -1)
    with pytest.raises(UserError, match="draw it in a few plain colours"):
        read_picture(picture(tmp_path, ramp))
    with pytest.raises(UserError, match="one colour only"):
        read_picture(picture(tmp_path, np.zeros((9, 9))))
    with pytest.raises(UserError, match="no picture that can be read"):
        read_picture(csv(tmp_path, "x,y\n", "fake.png"))
    with pytest.raises(UserError, match="no file"):
        read_picture(str(tmp_path / "none.png"))


@pytest.mark.parametrize(("name", "share"), [("letters", 0.089), ("baarle", 0.211)])
def test_the_shipped_pictures(name, share):
    found = read_picture(str(EXAMPLES / f"{name}.png"))
    assert len(found.names) == 2
    assert (found.classes == 0).mean() == pytest.approx(share, abs=0.002)  # the darker colour


# --- shapes and tables


@pytest.mark.parametrize("shape", sorted(plane_points.SHAPES))
def test_shapes_fill_the_square_and_differ_by_seed(shape):
    metadata = plane_points.load(PlanePointsSpec(shape=shape, points=400)).metadata
    drawn = [
        plane_points.make_splits(metadata, PointSettings(seed=np.int32(seed), noise=np.float32(0)))["train"]
        for seed in (0, 0, 1)
    ]
    x, y = (np.asarray(part) for part in drawn[0].inputs)
    assert 0.5 < np.abs(x).max() <= 1.05
    assert 0.45 < np.bincount(drawn[0].targets).min() / 400 <= 0.5
    np.testing.assert_array_equal(drawn[0].inputs[0], drawn[1].inputs[0])
    assert np.abs(np.asarray(drawn[0].inputs[0]) - np.asarray(drawn[2].inputs[0])).max() > 0.1
    assert y.std() > 0.1


def rows(n=40, head="x,y,class"):
    return head + "\n" + "".join(f"{10 + i % 7},{i % 5},{'ab'[i % 3 == 0]}\n" for i in range(n))


def test_a_table_keeps_its_points(tmp_path):
    dataset, splits = splits_of(path=csv(tmp_path, rows()), test_share=0.25)
    known = dataset.metadata
    assert known.classes == ("a", "b")
    assert sum(len(classes) for _, classes in splits.values()) == 40
    every = np.concatenate([xy for xy, _ in splits.values()]) * known.radius + known.middle
    expected = np.array([[10 + i % 7, i % 5] for i in range(40)])
    np.testing.assert_allclose(np.sort(every.round(4), 0), np.sort(expected, 0), atol=1e-4)
    train, test = ({tuple(point) for point in splits[name][0].tolist()} for name in ("train", "test"))
    assert not train & test  # equal points stay together
    assert plane_points.fresh_splits(known, PointSettings()) == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a,b,class\n1,2,x\n3,4,y\n", "no column of x with a usual name"),
        ("1,2,x\n3,4,y\n", "first line must name its columns"),
        ("x,y,class\n1,two,a\n3,4,b\n", "line 2: y 'two' is no number"),
        ("x,y,class\n1,nan,a\n3,4,b\n", "line 2: y 'nan' is no number"),
        ("x,y,class\n1,2,\n3,4,b\n", "line 2: no class"),
        ("x,y,class\n1,2,a\n3,4,a\n", "only the class 'a'"),
        ("x,y,class\n", "no rows"),
        ("x,y,class\n" + "".join(f"{i},{i},{i}\n" for i in range(9)), "9 different values in 9 rows"),
        ("x,y,class,split\n1,2,a,train\n3,4,b,tset\n", "did you mean 'test'"),
        ("x,y,class,split\n1,2,a,train\n3,4,b,test\n", "no row of class 'b'"),
    ],
)
def test_what_is_wrong_with_a_table(content, told, tmp_path):
    with pytest.raises(UserError, match=told):
        splits_of(path=csv(tmp_path, content))


def test_columns_by_name_and_without_a_header(tmp_path):
    _, splits = splits_of(path=csv(tmp_path, rows(head="lon,lat,group")))
    assert set(splits) == {"train", "validation", "test"}
    bare = rows().split("\n", 1)[1]
    splits_of(path=csv(tmp_path, bare), columns="east,north,kind", x="east", y="north")


def test_own_points_have_every_view(tmp_path):
    data = {"path": csv(tmp_path, rows(60))}
    study = nlpfeat.sweep(
        "points:own",
        tmp_path / "study",
        width=(2, 4),
        seed=(0, 1),
        data=data,
        training={"steps": (30,), "snapshots": (0,)},
    )
    assert "success" not in study.table
    assert study.table["baseline"].iloc[0] == pytest.approx(2 / 3, abs=0.1)
    assert len(nlpfeat.regions(study.restore(width=4, seed="median"))) >= 4
    nlpfeat.measure(study)
    assert bool(study.folder.combined.exists())
    fresh = nlpfeat.open_study(study.path).results
    assert not fresh["violations"].isel(step=-1).any()


def test_the_same_seed_gives_the_same_points_in_a_program():
    metadata = plane_points.load(PlanePointsSpec(formula="r < 0.5", points=50)).metadata
    made = jax.jit(lambda settings: plane_points.make_splits(metadata, settings))
    settings_ = PointSettings(seed=np.int32(3), noise=np.float32(0.1))
    for one, other in zip(
        jax.tree.leaves(made(settings_)),
        jax.tree.leaves(plane_points.make_splits(metadata, settings_)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)

"""What a report says and holds beside its networks: sentences, groups of measures, the spreadsheet, texts of characters."""

import numpy as np
import pytest

from nlpfeat.analysis.ratings import item_map
from nlpfeat.analysis.word_maps import word_map
from nlpfeat.geometry.measures import MEASURES
from nlpfeat.report import measure_notes
from nlpfeat.report.characters import TEMPERATURES, characters_of_page
from nlpfeat.report.headline import headline, words_sentences
from nlpfeat.report.item_maps import item_map_page
from nlpfeat.report.members import members_of_page
from nlpfeat.report.parts import ReportOptions, study_part
from nlpfeat.report.spreadsheet import spreadsheet
from nlpfeat.study.session import open_study
from tests.toys import SPIRALS, TOYS, study, with_grid, with_training


def test_every_measure_is_in_one_group():
    names = [name for names in measure_notes.GROUPS.values() for name in names.split()]
    assert sorted(names) == sorted(MEASURES)
    assert set(measure_notes.FORMULAS) <= set(MEASURES) | set(measure_notes.SENTENCES)
    assert set(measure_notes.FIRST) <= set(MEASURES)


def test_the_headline_is_the_median_of_the_last_split(tmp_path):
    spec = with_grid(SPIRALS, width=(2, 8), seed=(0, 1, 2))
    _, dataset = study(spec, tmp_path / "study")
    dataset["accuracy"].loc[{"width": 2, "step": 30}] = 0.25
    dataset["accuracy"].loc[{"width": 8, "step": 30}] = 0.75
    opened = open_study(tmp_path / "study")
    opened.__dict__["results"] = dataset
    (first, *others) = headline(opened)
    assert first == (
        "Accuracy on test data, median of 3 seeds, 30 steps at rate 0.001: 25.0% at width 2, 75.0% at width 8 (chance, the best constant "
        f"prediction: {float(dataset.baseline.sel(split='test').mean()):.1%})."
    )
    assert others == []


def test_of_further_axes_each_width_has_its_best_point(tmp_path):
    spec = with_grid(SPIRALS, width=(2, 3, 8), seed=(0, 1), learning_rate=(1e-3, 1e-2))
    _, dataset = study(spec, tmp_path / "study")
    dataset["accuracy"][:] = 0.2
    for width, rate, value in ((2, 1e-2, 0.3), (3, 1e-3, 0.88), (8, 1e-2, 0.9)):
        dataset["accuracy"].loc[{"width": width, "learning_rate": rate}] = value
    opened = open_study(tmp_path / "study")
    opened.__dict__["results"] = dataset
    first, second = headline(opened)
    assert "30.0% at width 2 (learning rate 0.01), 90.0% at width 8 (learning rate 0.01)" in first
    assert "at rate" not in first
    assert second.startswith("Width 3 has nine tenths")


def test_a_study_that_diverged_says_so(tmp_path):
    spec = with_training(with_grid(SPIRALS, width=(3,), seed=(0,), learning_rate=(1e38,)), snapshots=())
    study(spec, tmp_path / "study")
    assert headline(open_study(tmp_path / "study")) == ["Every network diverged."]


def test_at_most_five_measures_to_start_with(tmp_path):
    study(with_grid(SPIRALS, width=(2, 3), seed=(0,)), tmp_path / "study")
    members = members_of_page(open_study(tmp_path / "study"))
    assert members.first == ["accuracy test", "loss test"]
    assert {measure.group for measure in members.measures} == {"recorded while training"}
    assert all(measure.about for measure in members.measures)


def test_the_spreadsheet_holds_the_ratings_of_the_busiest(tmp_path):
    study(with_grid(TOYS["ratings_bias"], width=(2,), seed=(0,)), tmp_path / "study")
    table = open_study(tmp_path / "study").dataset.metadata
    sheet = spreadsheet(table, side=4)
    rated = table.rated
    assert sheet.ratings.shape == (4, 4)
    for row, user in enumerate(sheet.users):
        for column, title in enumerate(sheet.items):
            here = (rated.user == rated.users.index(user)) & (rated.item == table.titles.index(title))
            expected = rated.stars[here]
            assert (
                np.isnan(sheet.ratings[row, column])
                if not len(expected)
                else sheet.ratings[row, column] == expected[0]
            )
    counts = np.bincount(rated.user)
    assert counts[[rated.users.index(user) for user in sheet.users]].min() >= np.sort(counts)[-4]


def test_the_ends_of_factors_are_named_and_one_factor_is_a_line(tmp_path):
    study(with_grid(TOYS["ratings_bias"], width=(1, 3), seed=(0,)), tmp_path / "study")
    opened = open_study(tmp_path / "study")
    line, plane = (
        item_map_page(item_map(opened.restore_converged(width=width, seed=0))).panels[0] for width in (1, 3)
    )
    assert line.line
    assert not plane.line
    assert len(line.ends) == 2
    assert len(plane.ends) == 4
    titles = opened.dataset.metadata.titles
    assert all(name in titles for text in (*line.ends, *plane.ends) for name in text.split("; "))
    assert plane.neighbours.shape == (len(plane.points), 10)


def test_words_of_one_dimension_are_said_to_have_one(tmp_path):
    study(with_grid(TOYS["reviews_bag"], width=(2, 3), seed=(0,)), tmp_path / "study")
    opened = open_study(tmp_path / "study")
    words = word_map(opened, [{"width": width, "seed": 0} for width in (2, 3)])
    why, moved = words_sentences(words)
    assert "fill 1 dimension of the space of each" in why
    assert "further units buy no further feature" in why
    assert "correlate by" in moved
    assert all(
        plane.neighbours.shape == (len(words.table), min(10, len(words.table) - 1)) for plane in words.planes
    )


def test_texts_of_characters_by_step_and_temperature(tmp_path):
    study(with_grid(TOYS["char_rnn"], width=(2,), seed=(0,)), tmp_path / "study")
    opened = open_study(tmp_path / "study")
    found = characters_of_page(opened, [{"width": 2, "seed": 0}])
    (network,) = found.networks
    assert network.steps == [0, 30]
    assert [len(texts) for texts in network.texts] == [len(TEMPERATURES)] * 2
    assert network.texts[0][0] != network.texts[0][-1]
    assert found.as_data()["prompt"] == found.prompt


@pytest.mark.parametrize("name", ["windows"])
def test_words_without_classes_keep_neighbours(tmp_path, name):
    study(with_grid(TOYS[name], width=(2, 8), seed=(0,)), tmp_path / "study")
    opened = open_study(tmp_path / "study")
    words = word_map(opened, [{"width": width, "seed": 0} for width in (2, 8)])
    said = words_sentences(words)
    assert "dimensions" in said[0]
    assert "nearest words" in said[1]


def test_the_widest_network_has_the_tree_of_its_units(tmp_path):
    spec = with_grid(TOYS["spirals"], width=(2, 8), seed=(0, 1))
    folder, _ = study(spec, tmp_path / "study")
    part = study_part(open_study(folder.path), ReportOptions(frames=0), 1e6)
    (picture,) = part.pictures
    assert picture.svg.startswith("<?xml")
    assert "of 8 count as copies" in picture.description
    assert part.as_data()["pictures"][0]["heading"] == picture.heading

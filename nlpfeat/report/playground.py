"""The playground: a page on which networks train on points of the plane while one looks at them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.report.live_recipe import recipe_of, trains_as_the_page
from nlpfeat.report.study_nets import plane_layers, starred_members
from nlpfeat.report.web_page import as_array, as_paragraph, web_page
from nlpfeat.store.atomic import write_atomic
from nlpfeat.store.provenance import commit
from nlpfeat.study.replay import replay
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import describe_settings
from nlpfeat.study.session import Study

ACTIVATIONS = {0.0: "relu", 0.1: "leaky", 0.5: "half"}  # negative slope -> name on the page
MAX_POINTS = 5000  # of a member's train split


def write_playground(
    path: str | Path = "playground.html",
    study: Study | None = None,
    widths: Sequence[float] = (),
    command: str = "nlpfeat.write_playground",
    track: Track = untracked,
) -> Path:
    """Write the playground as one page that needs no network.

        nlpfeat.write_playground("playground.html")

    Args:
      path: of the HTML file.
      study: of networks on the plane; one member per width then lends its first weights, its points and its record.
      widths: of these members; empty for all.
      command: that made the page, for its last line.
      track: follows the members.

    Raises:
      UserError: if the study has no such networks, or trains them in another way than the page.
    """
    path = expand_path(path)
    members = [] if study is None else members_of_playground(study, widths, track)
    write_atomic(path, playground_page(f"{command}   commit {commit()}", members).encode())
    return path


def playground_page(stamp: str, members: Sequence[dict[str, object]] = ()) -> str:
    """The page as HTML.

    Args:
      stamp: its last line.
      members: from `members_of_playground`.
    """
    return web_page(
        "What does width buy? A playground",
        "playground",
        "window.page = playground.startPlayground(root, {script: trainer, members: data.members});",
        {"members": list(members)},
        as_paragraph(stamp),
    )


def members_of_playground(
    study: Study, widths: Sequence[float] = (), track: Track = untracked
) -> list[dict[str, object]]:
    """One member per width, of median or best score, before its first step: as the page's script reads them.

    Raises:
      UserError: if the study's networks are not on the plane, or are trained in another way than on the page.
    """
    if study.task.views.plane is None or study.spec.model.embedding != 2:
        raise UserError(
            f"{study.path} is a study of {study.task.name}: the playground shows networks from the plane to the plane, such as those of spirals"
        )
    if not trains_as_the_page(study):
        raise UserError(
            f"{study.path} trains in another way than the playground, which knows Adam with L2 on all points at one constant rate"
        )
    dataset = study.results
    there = dataset["width"].to_numpy().tolist()
    missing = [width for width in widths if width not in there]
    if missing:
        raise UserError(
            f"{study.path} has no width {missing[0]:g}; it has {', '.join(f'{w:g}' for w in there)}"
        )
    chosen = starred_members(study, dataset.sel(width=list(widths)) if widths else dataset)
    unique = list({tuple(settings.items()): settings for settings in chosen}.values())
    return [_member_data(study, settings) for settings in track(unique, "members", len(unique))]


def _member_data(study: Study, settings: dict[str, float]) -> dict[str, object]:
    first = replay(study, settings, np.array([0])).members[0]
    layers = plane_layers(first)
    train = first.splits["train"]
    points, labels = np.stack(train.inputs, 1), np.asarray(train.targets)
    if len(points) > MAX_POINTS:
        raise UserError(
            f"{study.path} trains on {len(points):,} points, and the page trains on at most {MAX_POINTS:,}"
        )
    recipe = recipe_of(first)
    hidden = [float(slope) for _, _, slope in layers[:-2]]
    return {
        "id": first.id,
        "label": f"{describe_settings(settings)} of {study.path.name}",
        "width": int(settings["width"]),
        "depth": len(hidden),
        "activation": ACTIVATIONS.get(round(hidden[0], 6), ""),
        "rate": recipe.rate,
        "decay": recipe.decay,
        "seed": int(settings["seed"]),
        "net": {
            "shapes": [(len(bias), weight.shape[1]) for weight, bias, _ in layers],
            "activations": [float(slope) for _, _, slope in layers],
        },
        "parameters": as_array(
            np.concatenate([np.ravel(part) for layer in layers for part in layer[:2]]), "f4"
        ),
        "data": {
            "x": as_array(points[:, 0], "f8"),
            "y": as_array(points[:, 1], "f8"),
            "labels": as_array(labels, "u1"),
            "classes": len(layers[-1][1]),
        },
        "record": _record(study, first),
    }


def _record(study: Study, member: TrainedMember) -> dict[str, list[float]]:
    """The loss on the train split that the study recorded of a member, at the steps where it is finite."""
    where = study.results["member_id"] == member.id
    loss = study.results["loss"].sel(split="train").where(where).max([*where.dims]).to_numpy()
    known = np.isfinite(loss)
    steps = study.results["step"].to_numpy()
    return {"steps": steps[known].tolist(), "loss": loss[known].astype(float).tolist()}

"""Exact linear regions beside regioncam (Rust, float32), on identical weights.

Each size runs a few rounds, each rival in a process of its own, so that its peak memory is its own. Both compute the vertices,
the edges and the area of every region of the last hidden layer. Run it on a quiet machine: `make bench-regions`.

Usage: python -m benchmarks.regions [--rounds=3] [--figure=docs/regions-cost.png]
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from benchmarks.common import flags_of
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import count_regions, linear_regions

# widths of the hidden layers -> whether regioncam can finish within minutes
SIZES = {
    (100,): True,
    (300,): True,
    (1000,): True,
    (1800,): False,
    (128, 128, 128): True,
    (256, 256): True,
    (512, 512, 512): False,
}
BOX = 1.1


def weights(widths: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """He weights (out, in) and biases N(0, .5), float32."""
    rng = np.random.default_rng(0)
    pairs = zip((2, *widths), widths, strict=False)
    return [
        (
            (rng.standard_normal((n, m)) * np.sqrt(2 / m)).astype(np.float32),
            (rng.standard_normal(n) * 0.5).astype(np.float32),
        )
        for m, n in pairs
    ]


def ours(widths: tuple[int, ...]) -> tuple[int, float]:
    """(regions, seconds) to build them and their areas."""
    network = Network(tuple(Layer(w, b) for w, b in weights(widths)))
    began = time.perf_counter()
    regions = linear_regions(network, BOX)
    total = regions.area.sum()
    seconds = time.perf_counter() - began
    assert abs(total - (2 * BOX) ** 2) < 1e-9
    return len(regions), seconds


def count(widths: tuple[int, ...]) -> tuple[int, float]:
    """(regions, seconds) to count them."""
    network = Network(tuple(Layer(w, b) for w, b in weights(widths)))
    began = time.perf_counter()
    regions = count_regions(network, BOX)
    return regions, time.perf_counter() - began


def regioncam(widths: tuple[int, ...]) -> tuple[int, float]:
    """(regions, seconds) of regioncam, to build them and their areas."""
    from regioncam import Regioncam  # pyright: ignore[reportAttributeAccessIssue]

    made = weights(widths)
    began = time.perf_counter()
    found = Regioncam(size=BOX)
    for w, b in made:
        found.linear(np.ascontiguousarray(w.T), b)
        found.relu()
    total = sum(face.area for face in found.faces)
    seconds = time.perf_counter() - began
    assert total > 0
    return found.num_faces, seconds


RIVALS = {"ours": ours, "count": count, "regioncam": regioncam}


def one(rival: str, widths: tuple[int, ...]) -> dict[str, float]:
    """One run in a process of its own."""
    line = [sys.executable, "-m", "benchmarks.regions", "--one", rival, "--widths", json.dumps(widths)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Print a table, medians over rounds."""
    parser = flags_of(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--figure", metavar="FILE.png", help="plot cost against regions")
    parser.add_argument("--one", choices=RIVALS, help=argparse.SUPPRESS)
    parser.add_argument("--widths", type=json.loads)
    args = parser.parse_args()
    if args.one:
        regions, seconds = RIVALS[args.one](tuple(args.widths))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({"regions": regions, "seconds": seconds, "peak_gb": peak}))
        return

    print("| net | regions | build, s | count, s | peak, GB | regioncam finds | regioncam, s | × regioncam |")
    print("|---|---|---|---|---|---|---|---|")
    costs = []
    for widths, rival in SIZES.items():
        names = ["ours", "count", *(["regioncam"] if rival else [])]
        runs = {name: [] for name in names}
        for _ in range(args.rounds):
            for name in names:
                runs[name].append(one(name, widths))
        middle = {name: statistics.median(run["seconds"] for run in found) for name, found in runs.items()}
        regions, peak = runs["ours"][0]["regions"], max(run["peak_gb"] for run in runs["ours"])
        costs.append((regions, middle["ours"], middle["count"], middle.get("regioncam")))
        other = (
            f"{runs['regioncam'][0]['regions']:,} | {middle['regioncam']:.3g} | "
            f"{middle['regioncam'] / middle['ours']:.0f}"
            if rival
            else "– | – | –"
        )
        print(
            f"| 2-{'-'.join(map(str, widths))} | {regions:,} | {middle['ours']:.3g} | {middle['count']:.3g} | "
            f"{peak:.2g} | {other} |",
            flush=True,
        )
    if args.figure:
        plot(args.figure, costs, args.rounds)


def plot(path: str, costs: list[tuple[float, float, float, float | None]], rounds: int) -> None:
    """Cost against regions, on logarithmic axes, with a line of slope 1.

    Args:
      path: of the PNG.
      costs: (regions, seconds to build, to count, of regioncam) of each of SIZES.
      rounds: of the networks of one hidden layer that are timed besides.
    """
    import matplotlib.pyplot as plt

    from nlpfeat.plotting.style import BLUE, GREEN, GREY, RED, house_style, log_axis

    with house_style():
        figure, ax = plt.subplots(figsize=(7.5, 4.8))
        for rival, marker, colour in (("ours", "o", BLUE), ("count", "s", GREEN)):
            runs = [[one(rival, (n,)) for _ in range(rounds)] for n in (50, 100, 200, 400, 800, 1200, 1800)]
            regions = np.array([found[0]["regions"] for found in runs])
            seconds = [statistics.median(run["seconds"] for run in found) for found in runs]
            label = f"{'build' if rival == 'ours' else 'count'}, one hidden layer"
            ax.plot(regions, seconds, f"{marker}-", color=colour, label=label)
        deep = [(n, s) for (n, s, *_), widths in zip(costs, SIZES, strict=True) if len(widths) > 1]
        ax.plot(*zip(*deep, strict=True), "D", color=BLUE, mfc="white", label="build, two or three layers")
        rival = [(n, s) for n, _, _, s in costs if s is not None]
        ax.plot(*zip(*rival, strict=True), "^", color=RED, label="regioncam")
        line = np.array([1e3, 1e6])
        ax.plot(line, 1e-6 * line, ":", color=GREY, label="1 µs per region")
        log_axis(ax.xaxis)
        log_axis(ax.yaxis)
        ax.set(xlabel="regions", ylabel="seconds")
        ax.legend()
        figure.savefig(path, dpi=130)


if __name__ == "__main__":
    main()

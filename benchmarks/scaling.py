"""How the cost of a member grows: with the number of members, and with the width.

Times the compiled training program of one bucket at 1, 10, 100 and 1,000 members (width 16) and at widths 2 to 1,024
(32 members), with 1,000 points, and plots microseconds per step and member.

Usage: python -m benchmarks.scaling [--out=scaling.png] [--rounds=3]
"""

import json
import statistics
import sys
from pathlib import Path

from benchmarks.common import flags_of, machine, timed
from benchmarks.spirals import nlpfeat

MEMBERS = (1, 10, 100, 1000)
WIDTHS = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def main() -> None:
    """Measure, print JSON on stdout, plot."""
    parser = flags_of(__doc__)
    parser.add_argument("--out", type=Path, default=Path("scaling.png"))
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    cases = [(16, n) for n in MEMBERS] + [(w, 32) for w in WIDTHS]
    found: dict[tuple[int, int], list[float]] = {case: [] for case in cases}
    for turn in range(args.rounds):
        for width, members in cases:
            print(f"round {turn + 1}: width {width}, {members} members", file=sys.stderr)
            found[width, members].append(timed(nlpfeat(width, members, 200), members))
    medians = {case: statistics.median(values) for case, values in found.items()}
    by_members = {n: round(medians[16, n], 2) for n in MEMBERS}
    by_width = {w: round(medians[w, 32], 2) for w in WIDTHS}
    print(json.dumps({"machine": machine(), "members": by_members, "widths": by_width}, indent=2))
    plot(by_members, by_width, args.out)


def plot(by_members: dict[int, float], by_width: dict[int, float], path: Path) -> None:
    """Cost against members and against width, on logarithmic axes.

    Args:
      by_members: number of members -> µs per step and member.
      by_width: width -> µs per step and member.
      path: of the PNG.
    """
    import matplotlib.pyplot as plt

    from nlpfeat.plotting.style import BLUE, GREY, house_style, log_axis, width_axis

    with house_style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
        left.plot(list(by_members), list(by_members.values()), "o-", color=BLUE)
        log_axis(left.xaxis)
        log_axis(left.yaxis)
        left.set(xlabel="members in one program (width 16)", ylabel="µs per step and member", ylim=(1, 100))
        left.set_xticks(list(by_members), [f"{n:,}" for n in by_members])
        right.plot(list(by_width), list(by_width.values()), "o-", color=BLUE, label="measured")
        last = max(by_width)
        line = [by_width[last] * width / last for width in by_width]
        right.plot(list(by_width), line, ":", color=GREY, label="proportional to the width")
        log_axis(right.yaxis)
        width_axis(right, list(by_width), "width (32 members)")
        right.set_ylim(1, None)
        right.legend()
        figure.suptitle(f"1,000 points, {machine()}", fontsize=10, x=0.01, ha="left")
        figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()

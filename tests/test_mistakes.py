"""Mistakes of users, for all commands in one table: each is one line on stderr that names what is at fault, and exit code 2.

The table holds names, flags, values and files that the line has to mention, and not its wording.
"""

import shlex

import pytest

from tests.commands import ROOT, process, run

# The studies that the lines below name, at toy size: the config and what is set in it.
STUDIES = {
    "spirals": "configs/spirals.py:smoke --config.sweep.seed=(0,1) --config.sweep.width=(2,8)",
    "book": "configs/char_rnn.py:smoke --config.sweep.width=(8,) --config.sweep.seed=(0,)",
    "reviews": "configs/reviews_bag.py:smoke",
    "dishes": "configs/ratings_bayes.py:smoke --config.sweep.width=(4,) --config.sweep.seed=(0,)",
    "text": "configs/windows_noise.py:smoke --config.sweep.width=(8,) --config.sweep.seed=(0,)",
}

# A line a mistake: the command, then, behind a #, what its error has to name.
MISTAKES = """
sweep                                                                          # --config
sweep --config=configs/spirls.py                                               # configs/spirls.py configs/spirals.py
sweep --config=configs/spirals.py:smok                                         # smok full smoke
sweep --config=Makefile                                                        # Makefile
sweep --config=nlpfeat/cli/command.py                                          # get_config
sweep --config=configs/spirals.py --config.sweep.width=(2                      # config.sweep.width '(2'
sweep --config=configs/spirals.py --config.sweep.widht (2,8)                   # config.sweep.width?
sweep --config=configs/spirals.py --config.data.points                         # config.data.points
sweep --config=configs/spirals.py --config.data.path=none.csv                  # config.data.path
sweep --config=configs/planted_words.py "--config.training.frozen=(('wrods',),())" # 'wrods' 'words'
sweep --config=configs/spirals.py --shard=5/4                                  # --shard 5/4
sweep --config=configs/spirals.py --shard=4/4                                  # --shard 4/4
sweep --config=configs/spirals.py --shard=x                                    # --shard 'x'
sweep --config=configs/spirals.py --cluster=127.0.0.1:1                        # --cluster 127.0.0.1:1
sweep --config=configs/spirals.py --cluster=auto --shard=0/2                   # --cluster --shard
sweep --config=configs/spirals.py --cluster=auto --task_cpus=0                 # --task_cpus
sweep --config=configs/spirals.py --processes=here                             # HOST:PORT,i/n
sweep --config=configs/spirals.py --processes=127.0.0.1:99,2/2                 # --processes 2/2
sweep --config=configs/spirals.py --study=/proc/study                          # /proc/study
sweep --config=configs/spirals.py:smoke --study={spirals} --config.data.points=21 # data.points 20 21
sweep --config=configs/reviews_bag.py:smoke --config.data.label=lable          # 'lable' config.data.label=label
sweep --config=configs/reviews_bag.py:smoke --config.data.path=none.csv        # config.data.path 'none.csv'
sweep --config=configs/reviews_bag.py:smoke --config.data.path= --config.data.corpus=imbd # 'imbd' 'imdb'
sweep --config=configs/reviews_bag.py:smoke --config.training.batch_size=0     # config.training.batch_size
sweep --config=configs/reviews_bag.py:smoke --config.training.batch_size=33    # config.training.batch_size 32
sweep --config=configs/reviews_bag.py:smoke "--config.training.frozen=(('along',),)" # config.training.frozen
sweep --config=configs/reviews_bag.py:smoke --config.data.min_count=999        # config.data.min_count 999
restore --study={spirals} --width=9 --seed=1                                   # width 9 2, 8
restore --study={spirals} --width=8 --seed=77                                  # seed 77 0, 1
restore --study={spirals} --width=8                                            # --seed=0 or 1
restore --study={spirals} --width=eight --seed=1                               # --width 'eight'
restore --study={spirals} --width=8 --seed=1 --step=33                         # step 33 0, 40
restore --study={spirals} --width=8 --seed=1 --out=/dev/null/x.npz             # /dev/null/x.npz
restore --study={none}                                                         # {none} experiments.sweep
plot --study={none}                                                            # {none} experiments.sweep
plot --study={spirals} --at noise=7                                            # noise
measure --study={none}                                                         # {none} experiments.sweep
measure --study={book}                                                         # char_rnn experiments.characters width
compare --study={spirals}                                                      # --with
compare --study={spirals} --with={none}                                        # {none}
compare --study={spirals} --with={spirals} --loss=0                            # --loss 0
compare --study={spirals} --with={spirals} --loss=nan                          # --loss nan
compare --study={spirals} --with={spirals}                                     # {spirals} experiments.measure
film --study={spirals} --width=8                                               # --kind
film --study={spirals} --kind=movie --width=8                                  # 'movie' interpolation
film --study={spirals} --kind=training --width=9 --seed=0                      # width 9 2, 8
film --study={spirals} --kind=training --width=8 --seed=77                     # seed 77 0, 1
film --study={spirals} --kind=interpolation --width=8 --seed=77                # seed 77
film --study={spirals} --kind=training --width=8 --seed=x                      # --seed 'x'
film --study={spirals} --kind=training --widths=2,x                            # --widths 'x'
film --study={spirals} --kind=training --widths=                               # --widths ''
film --study={spirals} --kind=training --width=2,8                             # --width '2,8'
film --study={spirals} --kind=training --width=inf                             # --width 'inf'
film --study={spirals} --kind=training                                         # --width=N --widths=N,N
film --study={spirals} --kind=training --width=2 --widths=2,8                  # --width=N --widths=N,N
film --study={spirals} --kind=layers --width=8 --seed=0                        # layer 1 (2 → 8) layer 2 (8 → 2) width 2
film --study={spirals} --kind=training --width=8 --seed=0 --length=1           # 2 3000
film --study={spirals} --kind=training --width=8 --seed=0 --fps=60             # 1 50
film --study={spirals} --kind=training --width=8 --seed=0 --length=3 --frames=0,3 # '3' 0 2
film --study={spirals} --kind=training --width=8 --seed=0 --frames=x           # 'x'
film --study={spirals} --kind=training --width=8 --style=pink                  # 'pink'
film --study={book} --kind=training --width=8                                  # --kind=writing
write --study={book} --width=8 --seed=0 --prompt=                              # --prompt
write --study={book} --width=8 --seed=0 --temperature=-1                       # --temperature 0
write --study={book} --width=8 --seed=0 --length=0                             # --length 1
write --study={book} --width=8 --seed=0 --step=7                               # step 7
write --study={book} --width=4 --seed=0                                        # width 4 8
write --study={spirals} --width=2                                              # spirals char_rnn
characters --study={book} --width=8 width                                      # --width
characters --study={book} --length=10 signs                                    # --length 1,000
characters --study={spirals} width                                             # spirals char_rnn
words --study={reviews} --width=8 --seed=0 neighbours suberb                   # 'suberb' 'superb'
words --study={reviews} --width=8 --seed=0 neighbours qqqqqqqqqqqq             # qqqqqqqqqqqq
words --study={reviews} --width=8 --seed=0 neighbours                          # neighbours
words --study={reviews} --width=8 --seed=0 --by=cosin neighbours film          # 'cosine'
words --study={reviews} --width=8 --seed=0 --method=umap map                   # 'umap' pca
words --study={reviews} --width=9 --seed=0 neighbours film                     # width 9 2, 8
words --study={reviews} --widths=2,8 --seed=0 polarity                         # --width=N
words --study={reviews} --width=8 --seed=0 --step=11 neighbours film           # step 11 10, 30
words --study={reviews} --width=8 --seed=0 --count=0 polarity                  # --count 0
words --study={reviews} --seed=0 map                                           # --width=N
words --study={reviews} maps                                                   # maps
words --study={text} --width=8 --seed=0 neighbours suberb                      # 'suberb' 'superb'
words --study={text} --width=8 --seed=0 analogy good bad                       # analogy
words --study={text} --width=8 --seed=0 similarity none.txt                    # 'none.txt'
words --study={text} --width=8 --seed=0 analogies README.md                    # README.md
words --study={text} --width=8 --seed=0 translate                              # --onto
words --study={text} --width=8 --seed=0 --onto=none.txt translate              # 'none.txt' glove.6B.50d
words --study={text} --width=8 --seed=0 export                                 # --out
words --study={text} --width=8 --seed=0 --out=x.txt neighbours film            # --out export
words --study={text} --width=8 --seed=0 --similarity=x map                     # --similarity dimensions
words --study={text} --width=8 --seed=0 --most=3 map                           # --most 3
words --study={text} --width=8 --seed=0 polarity                               # {text} classes
words --study={text} separability                                              # {text} classes
words --study={text} --width=8 dimensions                                      # --width dimensions
words --vectors=none.txt neighbours film                                       # 'none.txt'
words --vectors={vectors} --width=8 neighbours man                             # --width
words --vectors={vectors} dimensions                                           # --study
words --vectors={vectors} --rows=-1 neighbours man                             # --rows -1
words --vectors={vectors} --onto={vectors} translate                           # 6 ten
words --vectors={vectors} --onto=. translate                                   # --onto --study
factors --study={dishes} recommend                                             # --user --rating
factors --study={dishes} --user=Zoe recommend                                  # 'Zoe' --rating
factors --study={dishes} --user=Ana predict                                    # --item
factors --study={dishes} --user=Ana '--item=Peking duck' predict               # 'Peking duck'
factors --study={dishes} --rating=Ramen=11 recommend                           # Ramen=11 0.5 5
factors --study={dishes} --rating=Ramen recommend                              # 'Ramen'
factors --study={dishes} --rating=Ramen=4 --most=1 recommend                   # --most 1
factors --study={dishes} similar                                               # similar
factors --study={dishes} similar soup                                          # soup Carrot
factors --study={dishes} top Ramen                                             # top
factors --study={dishes} map --components=2,2                                  # components
factors --study={dishes} map --components=1,9                                  # 4
factors --study={dishes} top --count=0                                         # --count
factors --study={dishes} top --user=Ana                                        # --user
factors --study={dishes} --user=Ana --item=Ramen recommend                     # --item
factors --study={dishes} --rating=Ramen=4 --rating=ramen=5 recommend           # Ramen (2008)
factors --study={dishes} components --most=2                                   # --most
factors --study={dishes} stability --most=7                                    # --most
batch_norm --study={reviews} --width=8 --seed=0                                # reviews_bag
batch_norm --study={spirals} --width=8 --seed=0 --rates=a                      # --rates 'a'
batch_norm --study={spirals} --width=8 --seed=0 --rates=0,1                    # --rates
batch_norm --study={spirals} --width=8 --seed=0 --steps=0                      # --steps 0
batch_norm --study={spirals} --width=8 --seed=0 --repeats=0                    # --repeats 0
batch_norm --study={spirals} --width=7 --seed=0                                # width 7
predict --study={reviews} --width=9 --text=good                                # width 9
report --study={none}                                                          # {none}
report --study={spirals} --frames=-1                                           # --frames -1
sweep --config=configs/spirals.py:smoke --jsno                                 # --jsno '--json'
restore --study={spirals} --jsno                                               # --jsno '--json'
measure --study={spirals} --jsno                                               # --jsno '--json'
plot --study={spirals} --jsno                                                  # --jsno '--json'
report --study={spirals} --jsno                                                # --jsno '--json'
compare --study={spirals} --with={spirals} --jsno                              # --jsno '--json'
film --study={spirals} --kind=training --jsno                                  # --jsno '--json'
batch_norm --study={spirals} --jsno                                            # --jsno '--json'
words --study={reviews} map --jsno                                             # --jsno '--json'
predict --study={reviews} --jsno                                               # --jsno '--json'
factors --study={dishes} map --jsno                                            # --jsno '--json'
characters --study={book} width --jsno                                         # --jsno '--json'
write --study={book} --jsno                                                    # --jsno '--json'
trace --jsno                                                                   # --jsno '--json'
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What stands in braces in the table."""
    folder = tmp_path_factory.mktemp("mistakes")
    for name, config in STUDIES.items():
        done = run("sweep", *f"--config={config}".split(), f"--study={folder / name}")
        assert done.returncode == 0, done.stderr
    (folder / "vectors.txt").write_text("man 1 0\nwoman 1 1\nking 3 0\nqueen 3 2\ntree -1 0.5\nbush -1 0.4\n")
    return {name: folder / name for name in STUDIES} | {
        "none": folder / "none",
        "vectors": folder / "vectors.txt",
    }


def test_every_mistake_is_one_line_that_names_it(names):
    wrong, folder = [], names["none"].parent
    for row in MISTAKES.strip().splitlines():
        line, _, named = row.format(**names).rpartition("#")
        command, *arguments = shlex.split(line)
        if command == "sweep" and "--study" not in line:
            arguments.append(f"--study={folder / 'study'}")
        before = sorted(folder.rglob("*"))
        done = run(command, *arguments)
        told = [text for text in done.stderr.splitlines() if text.startswith("error: ")]
        complaints = [
            (done.returncode != 2, f"exit {done.returncode}"),
            (done.stdout != "", "something on stdout"),
            (len(told) != 1 or "Traceback" in done.stderr, done.stderr[-500:]),
            (bool(told) and any(name not in told[0] for name in named.split()), f"names less: {told}"),
            (sorted(folder.rglob("*")) != before, "something was written"),
        ]
        wrong += [f"{row}\n    {what}" for bad, what in complaints if bad]
    assert not wrong, "\n".join(wrong)


COMMANDS = sorted(
    path.stem for path in (ROOT / "experiments").glob("*.py") if "if __name__" in path.read_text()
)


def test_the_table_holds_every_command():
    assert sorted({row.split()[0] for row in MISTAKES.strip().splitlines()}) == COMMANDS


def test_help_has_examples():
    for done in [process("sweep", "--help"), *(run(command, "--help") for command in COMMANDS)]:
        assert done.returncode == 0
        assert "examples:\n  python -m experiments." in done.stdout
        assert done.stderr == ""

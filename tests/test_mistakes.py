"""Mistakes of users, for all commands in one table: each is one line on stderr that names what is at fault, and exit code 2.

The table holds names, flags, values and files that the line has to mention, and not its wording.
"""

import json
import shlex
import shutil
import subprocess
import sys

import pytest

from nlpfeat.cli.main import COMMANDS
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
sweep --config=nlpfeat/cli/parsing.py                                          # get_config
sweep --config=configs/spirals.py --config.sweep.width=(2                      # config.sweep.width '(2'
sweep --config=configs/spirals.py --config.sweep.widht (2,8)                   # config.sweep.width?
sweep --config=configs/spirals.py --config.data.points                         # config.data.points
sweep --config=configs/spirals.py --config.data.path=none.csv                  # config.data.path
sweep --config=configs/planted_words.py "--config.training.frozen=(('wrods',),())"# 'wrods' 'words'
sweep mnist1d --config.sweep.train_examples=(1000,3000)                        # config.sweep.train_examples 3000 config.data.train 2000
sweep mnist1d --config.settings.depth=3                                        # config.settings.depth 2
sweep mnist --data=tests/data                                                  # tests/data train-images-idx3-ubyte.gz
sweep digits --config.data.train=1700                                          # config.data.train 1,797
sections --study={spirals} --width=2 --examples=0,1                            # --examples 0,
sections --study={spirals} --width=2 --examples=0,1,x                          # --examples 0,1,x
sections --study={spirals} --width=2 --split=none                              # 'none' validation
sections --study={book} --width=8                                              # char_rnn spirals
units prune --study={spirals} --width=8 --kept=9                                # --kept 9 8
units prune --study={spirals} --width=7                                        # width 7 8
units prune --study={spirals} --criteria=size                                  # --criteria 'size' magnitude
units prune --study={spirals} --rates=0                                        # --rates
units prune --study={reviews}                                                  # reviews_bag spirals
units match --study={dishes}                                                   # ratings_bayes spirals
units match --study={spirals} --widths=3                                       # width 3 8
units match --study={spirals} --points=2                                       # --points 3
units ensembles --study={dishes}                                               # ratings_bayes classes
units ensembles --study={spirals}                                              # width 2 seeds
units redundancy --study={spirals} --agreement=2                               # --agreement
units redundancy --study={spirals} --tree=3                                    # --tree 3 8
units luck --study={text}                                                      # windows_noise spirals
superposition --study={spirals}                                                # spirals superposition
sweep sparse_parity --config.data.relevant=40                                  # config.data.relevant 30
sweep superposition --config.settings.sparsity=1                               # config.settings.sparsity
double-descent --study={book}                                                  # no accuracy
double-descent --study={spirals}                                               # three
sweep imdb_ngrams:own                                                          # --data=FILE
sweep imdb_ngrams:own --data=none.csv                                          # 'none.csv'
sweep points:own --data=none.png                                               # 'none.png'
sweep points:own "--classes=__import__('os')"                                  # config.data.formula '__import__'
sweep points:own "--classes=y > log(x)"                                        # 'y > log(x)' config.data.low
sweep points:own --data=tests/reviews.csv                                      # --config.data.x
sweep points:own --data=/dev/null                                              # holds no rows
sweep spirals --threshold=x                                                    # --threshold
recommend-model                                                                # FILE
recommend-model none.csv                                                       # 'none.csv'
recommend-model tests/reviews.csv --folds=1                                    # --folds 2
recommend-model tests/reviews.csv --config.model.embedding=3                   # --config.model.embedding data
most-wrong --study={reviews} --width=8 --split=tset                            # --split 'tset' train
most-wrong --study={reviews} --width=8 --top-k=0                               # --top-k
most-wrong --study={spirals} --width=8                                         # word vectors
predict --study={reviews} --width=8 --data=none.csv                            # 'none.csv'
predict --study={reviews} --width=8 --text=a --data=b.csv                      # --data --text
predict --study={reviews} --width=8 --out=a.csv                                # --out --data
predict --study={reviews} --width=bets                                         # --width 'bets'
words polarity --study={reviews} --width=8 --class=happy                       # --class 'happy'
factors evaluate --study={dishes} --split=train                                # --split 'train'
factors evaluate --study={dishes} --relevant=99                                # relevant
factors predict --study={dishes} --data=tests/reviews.csv                      # 'user'
factors predict --study={dishes} --user=1                                      # --item --data
factors recommend --study={dishes} --all-users --user=1                        # --user --all-users
factors recommend --study={dishes} --user=1 --out=a.csv                        # --out --all-users
sweep --config=configs/spirals.py --shard=5/4                                  # --shard 5/4
sweep --config=configs/spirals.py --shard=4/4                                  # --shard 4/4
sweep --config=configs/spirals.py --shard=x                                    # --shard 'x'
sweep --config=configs/spirals.py --cluster=127.0.0.1:1                        # --cluster 127.0.0.1:1
sweep --config=configs/spirals.py --cluster=auto --shard=0/2                   # --cluster --shard
sweep --config=configs/spirals.py --cluster=auto --task-cpus=0                 # --task-cpus
sweep --config=configs/spirals.py --processes=here                             # HOST:PORT,i/n
sweep --config=configs/spirals.py --processes=127.0.0.1:99,2/2                 # --processes 2/2
sweep --config=configs/spirals.py --study=/proc/study                          # /proc/study
sweep --config=configs/spirals.py:smoke --study={spirals} --config.data.points=21# data.points 20 21
sweep --config=configs/reviews_bag.py:smoke --config.data.label=lable          # 'lable' config.data.label=label
sweep --config=configs/reviews_bag.py:smoke --config.data.path=none.csv        # config.data.path 'none.csv'
sweep --config=configs/reviews_bag.py:smoke --config.data.path= --config.data.corpus=imbd# 'imbd' 'imdb'
sweep --config=configs/reviews_bag.py:smoke --config.training.batch_size=0     # config.training.batch_size
sweep --config=configs/reviews_bag.py:smoke --config.training.batch_size=33    # config.training.batch_size 32
sweep --config=configs/reviews_bag.py:smoke "--config.training.frozen=(('along',),)"# config.training.frozen
sweep --config=configs/reviews_bag.py:smoke --config.data.min_count=999        # config.data.min_count 999
sweep --config=configs/spirals.py --config.settings.parametrisation=mup        # settings.parametrisation 'mup'
sweep --config=configs/spirals.py --config.sweep.schedule=(cosin,linear)       # sweep.schedule 'cosin' 'cosine'
sweep --config=configs/spirals.py --config.settings.base_width=0.5             # settings.base_width 1
sweep --config=configs/spirals.py --config.settings.warmup_steps=2000          # settings.warmup_steps 2000
sweep --config=configs/spirals.py --config.settings.average_share=0.0001       # settings.average_share nothing
sweep --config=configs/spirals.py --config.settings.average_decay=1            # settings.average_decay
sweep --config=configs/ratings_bayes.py:smoke --config.settings.parametrisation=ntk# settings.parametrisation rule
sweep --config=configs/eleven_lines.py --config.settings.label_smoothing=0.1   # settings.label_smoothing eleven_lines
measure --study={spirals} --at-step=33                                         # --at-step 33 30 40
measure --study={spirals} --select=learning_rate                               # --select learning_rate
measure --study={spirals} --at=noise=2                                         # --at noise
compile-for                                                                    # tpu, cuda
compile-for cuda nosuch                                                        # nosuch spirals
coordinate-check                                                               # --config
coordinate-check --config=configs/spirals.py:smoke --widths=8                  # --widths two
coordinate-check --config=configs/spirals.py:smoke --widths=8,x                # --widths '8,x'
coordinate-check --config=configs/spirals.py:smoke --seeds=2                   # --seeds 3
coordinate-check --config=configs/spirals.py:smoke --steps=0                   # --steps 1
coordinate-check --config=configs/spirals.py:smoke --parametrisations=mup      # --parametrisations 'mup'
coordinate-check --config=configs/reviews_bag.py:smoke                         # reviews_bag rule
width --study={spirals} --level=0.998                                          # level 0.998 test points
width --study={spirals} --level=0.9995                                         # level 0.9995 Bayes
check --study={none}                                                           # is not a study
check --study={spirals} --width=2                                              # --width
restore --study={spirals} --width=9 --seed=1                                   # width 9 2, 8
restore --study={spirals} --width=8 --seed=77                                  # seed 77 0, 1
restore --study={spirals} --width=8                                            # seed=0 or 1
restore --study={spirals} --width=eight --seed=1                               # --width 'eight'
restore --study={spirals} --width=8 --seed=1 --step=33                         # step 33 0, 40
restore --study={spirals} --width=8 --seed=1 --out=/dev/null/x.npz             # /dev/null/x.npz
restore --study={none}                                                         # {none} nlpfeat
plot --study={none}                                                            # {none} nlpfeat
plot --study={spirals} --at noise=7                                            # noise
plot --study={spirals} --select=noise                                          # --select 'noise' step
width --study={none}                                                           # {none} nlpfeat
width --study={reviews} --select=step                                          # --select --config.data.validation_share
width --study={spirals} --select=width                                         # --select width
width --study={reviews} --early-stopping                                       # --early-stopping --config.data.validation_share
width --study={spirals} --at-step=33                                           # --at-step 33 30 40
width --study={spirals} --at-loss=0.00001                                      # --at-loss
width --study={spirals} --at-loss=-1                                           # --at-loss -1
width --study={spirals} --at-flops=1                                           # --at-flops
width --study={spirals} --at-flops=nan                                         # --at-flops nan
width --study={spirals} --at-loss=1 --at-convergence                           # --at-loss --at-convergence
width --study={spirals} --level=high                                           # --level 'high'
width --study={spirals} --level=inf                                            # --level inf
width --study={spirals} --loss=0                                               # --loss 0
width --study={spirals} --at=depth=3                                           # --at depth
width --study={spirals} --jsno                                                 # --jsno '--json'
compare --study={spirals} --with={spirals} --select=noise                      # --select noise
across-tasks --folder={none} --at-loss=0                                       # --at-loss 0
measure --study={none}                                                         # {none} nlpfeat
measure --study={book}                                                         # char_rnn text
compare --study={spirals}                                                      # --with
compare --study={spirals} --with={none}                                        # {none}
compare --study={spirals} --with={spirals} --loss=0                            # --loss 0
compare --study={spirals} --with={spirals} --loss=nan                          # --loss nan
compare --study={spirals} --with={spirals}                                     # {spirals} nlpfeat
film --study={spirals} --width=8                                               # training
film movie --study={spirals} --width=8                                         # 'movie' interpolation
film training --study={spirals} --width=9 --seed=0                             # width 9 2, 8
film training --study={spirals} --width=8 --seed=77                            # seed 77 0, 1
film interpolation --study={spirals} --width=8 --seed=77                       # seed 77
film training --study={spirals} --width=8 --seed=x                             # --seed 'x'
film training --study={spirals} --widths=2,x                                   # --widths 'x'
film training --study={spirals} --widths=                                      # --widths ''
film training --study={spirals} --width=2,8                                    # --width '2,8'
film training --study={spirals} --width=inf                                    # --width 'inf'
film training --study={spirals}                                                # --width=N --widths=N,N
film training --study={spirals} --width=2 --widths=2,8                         # --width=N --widths=N,N
film layers --study={spirals} --width=8 --seed=0                               # layer 1 (2 → 8) layer 2 (8 → 2) width 2
film training --study={spirals} --width=8 --seed=0 --frames=1                  # 2 3,000
film training --study={spirals} --width=8 --seed=0 --fps=60                    # 1 50
film training --study={spirals} --width=8 --seed=0 --frames=3 --stills=0,3     # '3' 0 2
film training --study={spirals} --width=8 --seed=0 --stills=x                  # 'x'
film training --study={spirals} --width=8 --style=pink                         # 'pink'
film training --study={book} --width=8                                         # writing
write --study={book} --width=8 --seed=0 --prompt=                              # --prompt
write --study={book} --width=8 --seed=0 --temperature=-1                       # --temperature 0
write --study={book} --width=8 --seed=0 --characters=0                         # --characters 1
write --study={book} --width=8 --seed=0 --step=7                               # step 7
write --study={book} --width=4 --seed=0                                        # width 4 8
write --study={spirals} --width=2                                              # spirals char_rnn
characters width --study={book} --width=8                                      # --width
characters statistics --study={book} --characters=10                           # --characters 1,000
characters width --study={spirals}                                             # spirals char_rnn
words neighbours --study={reviews} --width=8 --seed=0 suberb                   # 'suberb' 'superb'
words neighbours --study={reviews} --width=8 --seed=0 qqqqqqqqqqqq             # qqqqqqqqqqqq
words neighbours --study={reviews} --width=8 --seed=0                          # neighbours
words neighbours --study={reviews} --width=8 --seed=0 --metric=cosin film      # 'cosine'
words map --study={reviews} --width=8 --seed=0 --method=umap                   # 'umap' pca
words neighbours --study={reviews} --width=9 --seed=0 film                     # width 9 2, 8
words polarity --study={reviews} --widths=2,8 --seed=0                         # --widths map
words neighbours --study={reviews} --width=8 --seed=0 --step=11 film           # step 11 10, 30
words polarity --study={reviews} --width=8 --seed=0 --top-k=0                  # --top-k 0
words map --study={reviews} --seed=0                                           # --width=N
words maps --study={reviews}                                                   # maps
words neighbours --study={text} --width=8 --seed=0 suberb                      # 'suberb' 'superb'
words analogy --study={text} --width=8 --seed=0 good bad                       # analogy
words similarity --study={text} --width=8 --seed=0 none.txt                    # 'none.txt'
words analogies --study={text} --width=8 --seed=0 README.md                    # README.md
words translate --study={text} --width=8 --seed=0                              # --target
words translate --study={text} --width=8 --seed=0 --target=none.txt            # 'none.txt' glove.6B.50d
words export --study={text} --width=8 --seed=0                                 # --out
words neighbours --study={text} --width=8 --seed=0 --out=x.txt film            # --out export
words map --study={text} --width=8 --seed=0 --similarity=x                     # --similarity dimensions
words map --study={text} --width=8 --seed=0 --max-items=3                      # --max-items 3
words polarity --study={text} --width=8 --seed=0                               # {text} classes
words separability --study={text}                                              # {text} classes
words dimensions --study={text} --width=8                                      # --width dimensions
words neighbours --vectors=none.txt film                                       # 'none.txt'
words neighbours --vectors={vectors} --width=8 man                             # --width
words dimensions --vectors={vectors}                                           # --vectors map
words neighbours --vectors={vectors} --rows=-1 man                             # --rows -1
words translate --vectors={vectors} --target={vectors}                         # 6 ten
words translate --vectors={vectors} --target=.                                 # --target --study
factors recommend --study={dishes}                                             # --user --rating
factors recommend --study={dishes} --user=Zoe                                  # 'Zoe' --rating
factors predict --study={dishes} --user=Ana                                    # --item
factors predict --study={dishes} --user=Ana '--item=Peking duck'               # 'Peking duck'
factors recommend --study={dishes} --rating=Ramen=11                           # Ramen=11 0.5 5
factors recommend --study={dishes} --rating=Ramen                              # 'Ramen'
factors recommend --study={dishes} --rating=Ramen=4 --max-items=1              # --max-items 1
factors similar --study={dishes}                                               # similar
factors similar --study={dishes} soup                                          # soup Carrot
factors top --study={dishes} Ramen                                             # top
factors map --study={dishes} --components=2,2                                  # components
factors map --study={dishes} --components=1,9                                  # 4
factors top --study={dishes} --top-k=0                                         # --top-k
factors top --study={dishes} --user=Ana                                        # --user
factors recommend --study={dishes} --user=Ana --item=Ramen                     # --item
factors recommend --study={dishes} --rating=Ramen=4 --rating=ramen=5           # Ramen (2008)
factors components --study={dishes} --max-items=2                              # --max-items
factors stability --study={dishes} --max-items=7                               # --max-items
batch-norm --study={reviews} --width=8 --seed=0                                # reviews_bag
batch-norm --study={spirals} --width=8 --seed=0 --learning-rates=a                      # --learning-rates 'a'
batch-norm --study={spirals} --width=8 --seed=0 --learning-rates=0,1                    # --learning-rates
batch-norm --study={spirals} --width=8 --seed=0 --steps=0                      # --steps 0
batch-norm --study={spirals} --width=8 --seed=0 --repeats=0                    # --repeats 0
batch-norm --study={spirals} --width=7 --seed=0                                # width 7
predict --study={reviews} --width=9 --text=good                                # width 9
report --study={none}                                                          # {none}
report --study={spirals} --frames=-1                                           # --frames -1
sweep --config=configs/spirals.py:smoke --jsno                                 # --jsno '--json'
restore --study={spirals} --jsno                                               # --jsno '--json'
measure --study={spirals} --jsno                                               # --jsno '--json'
plot --study={spirals} --jsno                                                  # --jsno '--json'
report --study={spirals} --jsno                                                # --jsno '--json'
playground --out=nowhere/page.html                                             # nowhere
compare --study={spirals} --with={spirals} --jsno                              # --jsno '--json'
film training --study={spirals} --jsno                                         # --jsno '--json'
batch-norm --study={spirals} --jsno                                            # --jsno '--json'
words map --study={reviews} --jsno                                             # --jsno '--json'
predict --study={reviews} --jsno                                               # --jsno '--json'
factors map --study={dishes} --jsno                                            # --jsno '--json'
characters width --study={book} --jsno                                         # --jsno '--json'
write --study={book} --jsno                                                    # --jsno '--json'
across-tasks --folder={none}                                                   # {none}
list nothing                                                                   # 'nothing'
list spirls                                                                    # 'spirls' 'spirals'
completion fish                                                                # 'fish' bash
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
        arguments = shlex.split(line)
        if arguments[0] == "sweep" and "--study" not in line:
            arguments.append(f"--study={folder / 'study'}")
        before = sorted(folder.rglob("*"))
        done = run(*arguments)
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


def leaves(commands, before=()):
    """Every command, or subcommand where there are such, as typed."""
    for command in commands:
        path = (*before, command.name)
        yield from leaves(command.subcommands, path) if command.subcommands else [path]


EVERY = sorted(leaves(COMMANDS))


def test_the_table_holds_every_command():
    named = {row.split()[0] for row in MISTAKES.strip().splitlines()}
    assert {path[0] for path in EVERY} == named


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_help_has_a_summary_and_takes_only_flags_of_its_own(path):
    done = run(*path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: nlpfeat {' '.join(path)}" in done.stdout
    flags = [word.partition("=")[0] for word in done.stdout.split() if word.startswith("--")]
    assert "_" not in "".join(flags)


def test_a_flag_of_another_subcommand_is_told_whose_it_is(names):
    done = run("words", "neighbours", f"--study={names['reviews']}", "--target=x", "film")
    assert done.returncode == 2
    assert "translate" in done.stderr
    assert "--target" in done.stderr


@pytest.mark.parametrize(
    ("line", "word"),
    [("swep", "sweep"), ("words neighbors", "neighbours"), ("words", "neighbours"), ("", "sweep")],
)
def test_an_unknown_subcommand_is_named_with_its_nearest(line, word):
    done = run(*line.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr


def test_a_study_of_another_format_is_refused_in_one_line(names, tmp_path):
    path = tmp_path / "old"
    shutil.copytree(names["spirals"], path)
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | {"format": 2}))
    for command in (("plot",), ("measure",), ("restore", "--width=8", "--seed=0"), ("report",)):
        done = run(*command, f"--study={path}")
        (line,) = [one for one in done.stderr.splitlines() if one.startswith("error: ")]
        assert (done.returncode, "format 2" in line) == (2, True), done.stderr


def test_the_doors_of_experiments_lead_to_the_same_command():
    line = [sys.executable, "-m", "experiments.sweep", "--help"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, process("sweep", "--help").stdout)
    assert "examples:\n  nlpfeat sweep" in done.stdout

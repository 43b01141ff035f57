"""Published files: from NLPFEAT_DATA, else from the cache, else from their authors' pages.

A download that breaks off is resumed where it stopped, by the same page or the next; one whose checksum is wrong is
kept aside under another name.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pooch
import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

FOLDER = "NLPFEAT_DATA"  # the environment variable: a folder of files that are there already
CHUNK = 2**14
SECONDS = 30  # without an answer, before the next page is asked


class File(NamedTuple):
    """A file as its authors publish it."""

    name: str
    sha256: str
    bytes: int
    urls: tuple[str, ...]  # the authors' own page first, then mirrors


_TRASK = (
    "https://raw.githubusercontent.com/iamtrask/Grokking-Deep-Learning/master/",
    "https://raw.githubusercontent.com/udacity/deep-learning-v2-pytorch/master/sentiment-analysis-network/",
    "https://raw.githubusercontent.com/udacity/deep-learning/master/sentiment-network/",
)
REVIEWS = File(
    "reviews.txt",
    "d7c2f21e5c8f5240859910ba5331b9baa88310aa978dbd8747ebd4ff6ebbefa6",
    33678267,
    tuple(page + "reviews.txt" for page in _TRASK),
)
LABELS = File(
    "labels.txt",
    "301d18424e95957a000293f5d8393239451d7f54622a8f21613172aebe64ca06",
    225000,
    tuple(page + "labels.txt" for page in _TRASK),
)
IMDB = File(  # Maas et al., Learning word vectors for sentiment analysis, ACL 2011
    "aclImdb_v1.tar.gz",
    "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    84125825,
    ("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",),
)

GLOVE = File(  # Pennington, Socher & Manning, GloVe: global vectors for word representation, EMNLP 2014
    "glove.6B.zip",
    "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
    862182613,
    ("https://nlp.stanford.edu/data/glove.6B.zip", "https://downloads.cs.stanford.edu/nlp/data/glove.6B.zip"),
)
QUESTIONS = File(  # Mikolov et al., Efficient estimation of word representations in vector space, 2013
    "questions-words.txt",
    "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",
    603955,
    (
        "https://raw.githubusercontent.com/tmikolov/word2vec/master/questions-words.txt",
        "https://raw.githubusercontent.com/nicholas-leonard/word2vec/master/questions-words.txt",
    ),
)
NIETZSCHE = File(  # Beyond Good and Evil and a part of Human, All Too Human, in translations out of copyright
    "nietzsche.txt",
    "23cf69874ab69d3d256099ab530ea4be24d47d9675b673bcc67cbcd6298ec647",
    600901,
    ("https://s3.amazonaws.com/text-datasets/nietzsche.txt",),
)
# Harper & Konstan, The MovieLens datasets: history and context, TiiS 2015; the edition of 2018
MOVIELENS = File(
    "ml-latest-small.zip",
    "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    978202,
    ("https://files.grouplens.org/datasets/movielens/ml-latest-small.zip",),
)


def cache() -> Path:
    """Where downloads are kept."""
    return Path(pooch.os_cache("nlpfeat"))


def fetch(file: File) -> Path:
    """The path of a published file on this machine.

    A file in the folder NLPFEAT_DATA is taken as it is: it may be an edition of one's own.

    Raises:
      UserError: if it is nowhere and cannot be downloaded, naming what to fetch, from where, and where to put it; if
        what came has another checksum, naming where it was put aside.
    """
    own = os.environ.get(FOLDER)
    if own:
        folder = expand_path(own)
        if not folder.is_dir():
            raise UserError(f"{FOLDER}={own} is no folder: name one that holds {file.name}, or unset it")
        if (folder / file.name).is_file():
            return folder / file.name
    kept = cache() / file.name
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        download(file, kept)
    elif kept.stat().st_size != file.bytes:
        raise UserError(
            f"{kept} has {kept.stat().st_size:,} bytes, not the {file.bytes:,} published: delete it, and run the same "
            f"command again to download it; an edition of your own belongs into a folder that {FOLDER} names"
        )
    return kept


def download(file: File, path: Path) -> None:
    """Download a file to `path`, from the first of its pages that has it.

    Raises:
      UserError: as `fetch`.
    """
    part = path.with_name(path.name + ".part")
    aside = path.with_name(path.name + ".wrong-checksum")
    failures = []

    def resume(url: str, output: str, _: Any) -> None:
        _resume(url, part, file)
        if pooch.file_hash(str(part)) != file.sha256:
            part.replace(aside)
            raise WrongFileError(f"another file than published, put aside as {aside}")
        shutil.copyfile(part, output)

    retrieve: Any = pooch.retrieve  # its types ask for the names of a downloader's arguments
    pooch.get_logger().setLevel("WARNING")
    for url in file.urls:
        try:
            retrieve(url, f"sha256:{file.sha256}", path.name, path.parent, downloader=resume)
        except requests.RequestException as error:
            failures.append(f"{url} ({_reason(error)})")
        else:
            part.unlink(missing_ok=True)
            return
    raise UserError(
        f"no {file.name} here, and it could not be downloaded: {'; '.join(failures)}. Fetch it where there is a "
        f"network, from {file.urls[0]}, and put it into {path.parent}, or into a folder that {FOLDER} names"
    )


class WrongFileError(requests.RequestException):
    """A page sent something else than was published."""


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, WrongFileError):
        return str(error)
    return type(error).__name__ if error.response is None else f"HTTP {error.response.status_code}"


def _resume(url: str, part: Path, file: File) -> None:
    """Add to `part` what it lacks of the file at `url`."""
    have = part.stat().st_size if part.exists() else 0
    if have == file.bytes:
        return None
    if have > file.bytes:
        part.unlink()
        have = 0
    # Not compressed on the way: a range counts the bytes that are sent.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=SECONDS) as response:
        if have and response.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()
            return _resume(url, part, file)
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            have = 0  # the page does not resume: from the start
        coming = int(response.headers.get("Content-Length", file.bytes - have))
        if have + coming != file.bytes:
            raise WrongFileError(f"{have + coming:,} bytes, not the {file.bytes:,} published")
        print(f"downloading {file.name} ({file.bytes / 1e6:.0f} MB) from {url}", file=sys.stderr, flush=True)
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with (
            Progress(*columns, console=console, disable=not console.is_terminal) as bars,
            part.open("ab" if have else "wb") as out,
        ):
            bar = bars.add_task(file.name, total=file.bytes, completed=have)
            for chunk in response.iter_content(CHUNK):
                out.write(chunk)
                bars.update(bar, advance=len(chunk))
    if part.stat().st_size < file.bytes:
        raise requests.ConnectionError("the connection broke off")
    return None

"""Published files: from the folder NLPFEAT_DATA, else from the cache, else from the pages of their authors.

An interrupted download is resumed, from the same page or from a mirror. A file with a wrong checksum is set aside under
another name. Pooch checks the checksums; it cannot resume a download, so that part is written here.
"""

import logging
import os
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import pooch
import requests
from pooch import file_hash

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

FOLDER = "NLPFEAT_DATA"  # environment variable: a folder of files that the user has already
CHUNK = 2**14
TIMEOUT = 30  # seconds without an answer before the next page is tried
SECONDS_BETWEEN_NOTES = 10

log = logging.getLogger(__name__)


class File(NamedTuple):
    """A published file.

    Attributes:
      urls: the page of the authors first, then mirrors.
    """

    name: str
    sha256: str
    bytes: int
    urls: tuple[str, ...]


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
SHAKESPEARE = File(  # 40,000 lines of Shakespeare's plays: A. Karpathy's char-rnn, 2015
    "tinyshakespeare.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    1115394,
    ("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",),
)
# Harper & Konstan, The MovieLens datasets: history and context, TiiS 2015; the edition of 2018
MOVIELENS = File(
    "ml-latest-small.zip",
    "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    978202,
    ("https://files.grouplens.org/datasets/movielens/ml-latest-small.zip",),
)
MOVIELENS_100K = File(
    "ml-100k.zip",
    "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
    4924029,
    ("https://files.grouplens.org/datasets/movielens/ml-100k.zip",),
)
MOVIELENS_1M = File(
    "ml-1m.zip",
    "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    5917549,
    ("https://files.grouplens.org/datasets/movielens/ml-1m.zip",),
)
_MNIST = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)


def _mnist(name: str, sha256: str, size: int) -> File:
    return File(name, sha256, size, tuple(page + name for page in _MNIST))


# LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition, 1998
MNIST_TRAIN_IMAGES = _mnist(
    "train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9912422
)
MNIST_TRAIN_LABELS = _mnist(
    "train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28881
)
MNIST_TEST_IMAGES = _mnist(
    "t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1648877
)
MNIST_TEST_LABELS = _mnist(
    "t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4542
)


def cache() -> Path:
    """The folder that keeps downloads."""
    return Path(pooch.os_cache("nlpfeat"))


def fetch(file: File) -> Path:
    """The path of a published file on this machine, after downloading it if necessary.

    A file in the folder NLPFEAT_DATA is used without a check: it may be an edition of the user.

    Raises:
      UserError: if the file cannot be downloaded (the message names the page, and where to put the file), or if the
        download has a wrong checksum (the message names the file that was set aside).
    """
    own = os.environ.get(FOLDER)
    if own:
        folder = expand_path(own)
        if not folder.is_dir():
            raise UserError(f"{FOLDER}={own} is no folder: name one that contains {file.name}, or unset it")
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
    """Download a file to `path`, from the first of its pages that serves it.

    Raises:
      UserError: as `fetch`.
    """
    part = path.with_name(path.name + ".part")
    aside = path.with_name(path.name + ".wrong-checksum")
    failures = []

    def resume(url: str, output_file: str, pooch: object) -> None:
        _resume(url, part, file)
        if file_hash(str(part)) != file.sha256:
            part.replace(aside)
            raise WrongFileError(f"another file than published, put aside as {aside}")
        shutil.copyfile(part, output_file)

    pooch.get_logger().setLevel("WARNING")
    for url in file.urls:
        try:
            pooch.retrieve(url, f"sha256:{file.sha256}", path.name, path.parent, downloader=resume)  # pyright: ignore[reportArgumentType]
        except requests.RequestException as error:
            failures.append(f"{url} ({_reason(error)})")
        else:
            part.unlink(missing_ok=True)
            return
    raise UserError(
        f"{file.name} is not on this machine and could not be downloaded: {'; '.join(failures)}. Fetch it on a machine with "
        f"network access, from {file.urls[0]}, and put it into {path.parent}, or into a folder that {FOLDER} names"
    )


class WrongFileError(requests.RequestException):
    """A page served another file than the published one."""


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, WrongFileError):
        return str(error)
    return type(error).__name__ if error.response is None else f"HTTP {error.response.status_code}"


def _resume(url: str, part: Path, file: File) -> None:
    """Append the missing bytes of the file at `url` to `part`."""
    have = part.stat().st_size if part.exists() else 0
    if have == file.bytes:
        return None
    if have > file.bytes:
        part.unlink()
        have = 0
    # No compression in transit: the offsets of a range would count compressed bytes.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if have and response.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()
            return _resume(url, part, file)
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            have = 0  # the page cannot resume, and sends the whole file
        promised = response.headers.get("Content-Length", str(file.bytes - have))
        if not promised.isascii() or not promised.isdigit():
            raise WrongFileError(f"a length of {promised[:40]!r}")
        if have + int(promised) != file.bytes:
            raise WrongFileError(f"{have + int(promised):,} bytes, not the {file.bytes:,} published")
        log.warning("downloading %s (%.0f MB) from %s", file.name, file.bytes / 1e6, url)
        noted = time.monotonic()
        with part.open("ab" if have else "wb") as out:
            for chunk in response.iter_content(CHUNK):
                out.write(chunk[: file.bytes - out.tell()])
                if out.tell() == file.bytes:  # more is not the published file
                    break
                if time.monotonic() - noted > SECONDS_BETWEEN_NOTES:
                    noted = time.monotonic()
                    log.warning("%s: %.0f of %.0f MB", file.name, out.tell() / 1e6, file.bytes / 1e6)
    if part.stat().st_size < file.bytes:
        raise requests.ConnectionError("the connection broke off")
    return None

"""Good and bad words, by the texts' counts and by what a net says of each alone."""

import json

import numpy as np

from nlpfeat.analysis.predictions import log_odds, score_documents
from nlpfeat.cli.tables import print_columns
from nlpfeat.data.text.bags import BagTexts
from nlpfeat.data.text.sequences import SequenceTexts
from nlpfeat.data.text.vocabulary import FEWEST
from nlpfeat.embeddings.separability import polar_words
from nlpfeat.errors import UserError
from nlpfeat.study.restore import Member
from nlpfeat.study.words import Words


def polarity(words: Words, member: Member, asked: list[int], count: int, *, as_json: bool) -> int:
    """Print polarities, and what the net makes of each word alone; without any asked for, of the extremes."""
    words.require_classes()
    texts = words.texts
    assert isinstance(texts, BagTexts | SequenceTexts)
    extremes = polar_words(words.polarity, count).words
    places = asked or extremes.tolist()
    if not places:
        raise UserError(
            f"no word is seen {FEWEST} times or more in the training part: name some words to look at"
        )
    alone = [texts.alone(place) for place in places]
    odds = log_odds(score_documents(member, alone)["scores"], len(texts.corpus.classes) - 1)
    rows = [
        {
            "word": texts.vocabulary.words[place],
            "polarity": None if np.isnan(words.polarity[place]) else round(float(words.polarity[place]), 4),
            **{
                f"in {name}": int(count)
                for name, count in zip(texts.corpus.classes, texts.vocabulary.counts[place], strict=True)
            },
            "net": round(float(net), 4),
        }
        for place, net in zip(places, odds, strict=True)
    ]
    if as_json:
        print(json.dumps(rows))
        return 0
    columns = {name: ["rare" if row[name] is None else str(row[name]) for row in rows] for name in rows[0]}
    print_columns(
        columns,
        f"polarity: log ratio of the counts in {texts.corpus.classes[-1]} texts and others; net: log-odds of {texts.corpus.classes[-1]} for the word alone",
    )
    return 0

"""Find words with ``*`` and ``?`` in text, in time that grows with the product of both lengths and no faster."""

from __future__ import annotations

import re
from functools import lru_cache

_IS_WORD = re.compile(r"\w")


def has_words(wanted: str, text: str) -> bool:
    """Whether `wanted` occurs in `text` as whole words, as in a full-text index.

    ``*`` stands for any number of letters, digits and underscores, ``?`` for one. A regular expression would try all
    ways to share out the characters among the ``*``, which may take for ever; here all ways are followed at once. The
    bits of `states` are the numbers of pattern characters that have been matched by what ends at this place.
    """
    length, stars, ones, literals = _compiled(wanted)
    states, was_word = 0, False
    for character in (*text, ""):
        is_word = _IS_WORD.match(character) is not None
        if not is_word and states >> length & 1:
            return True
        if not was_word:
            states |= 1
        states |= (states & stars) << 1
        if not is_word and states >> length & 1:
            return True
        follows = literals.get(character, 0) | (ones if is_word else 0)
        states = (states & follows) << 1 | (states & stars if is_word else 0)
        states |= (states & stars) << 1
        was_word = is_word
    return False


@lru_cache(maxsize=64)
def _compiled(wanted: str) -> tuple[int, int, int, dict[str, int]]:
    """The pattern's length, and bits for the places of ``*``, of ``?`` and of every other character."""
    pattern = re.sub(r"\*+", "*", wanted)
    places: dict[str, int] = {}
    for place, character in enumerate(pattern):
        places[character] = places.get(character, 0) | 1 << place
    return len(pattern), places.pop("*", 0), places.pop("?", 0), places

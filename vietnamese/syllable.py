"""Is this a syllable Vietnamese could write? Rules of spelling, no word list.

Used to mark doubtful words of a scan: OCR errors mostly break the rules (`nguyẻén`, `qưyết`), names of
ethnic minorities and foreign words break them too, so the answer is a reason to look, never to reject.
"""

from functools import lru_cache

from vietnamese.text import ACUTE, DOT, canon, fold, split_tone

_ONSET_LIST = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
# Rhymes without tone, as sounds go: nucleus with what may close it.
_RHYME_LIST = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
o oc oi om on ong op ot oong ooc oa oac oach oai oam oan oang oanh oao oap oat oay
oăc oăm oăn oăng oăt oe oem oen oeo oet
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u uc ui um un ung up ut ua uân uâng uât uây uê uêch uên uênh uôc uôi uôm uôn uông uôt uơ
uy uya uych uyn uynh uyp uyt uyu uyên uyêt
ư ưc ưi ưm ưn ưng ưt ưu ưa ươc ươi ươm ươn ương ươp ươt ươu
y yêm yên yêng yêt yêu
"""
_AFTER_QU_LIST = "ôc y ych yn ynh yp yt yu yên yêt"
_ONSETS = frozenset(_ONSET_LIST.split())
_RHYMES = frozenset(_RHYME_LIST.split())
_AFTER_QU = frozenset(_AFTER_QU_LIST.split())
_Y_ONSETS = frozenset(("", "h", "k", "l", "m", "s", "t"))
_STOPS = ("c", "ch", "p", "t")
_FRONT = ("e", "ê", "i", "y")


def is_valid_syllable(word: str) -> bool:
    """Return whether the word obeys the spelling of one Vietnamese syllable, in any case.

    Checks onset, rhyme, the k/gh/ngh rule before e, ê, i, and that p, t, c, ch close only sắc and nặng
    tones. Digits, punctuation, several syllables or the empty string give False.
    """
    if not word.isalpha():
        return False
    plain, tone = split_tone(canon(word))
    return any(_fits(plain[:cut], plain[cut:], tone) for cut in range(4) if cut == 0 or plain[:cut] in _ONSETS)


@lru_cache(maxsize=50_000)
def is_plain_syllable(word: str) -> bool:
    """Return whether the word could be one Vietnamese syllable typed without marks ("nguyen", "quyet", "dang")."""
    return word.isascii() and word.isalpha() and word.lower() in _plain_syllables()


@lru_cache(maxsize=1)
def _plain_syllables() -> frozenset[str]:
    toned = {True: (ACUTE,), False: ("",)}
    return frozenset(
        fold(onset + rhyme)
        for onset in ("", *_ONSETS)
        for rhyme in _RHYMES | _AFTER_QU
        for tone in toned[rhyme.endswith(_STOPS)]
        if _fits(onset, rhyme, tone)
    )


def _fits(onset: str, rhyme: str, tone: str) -> bool:
    if rhyme.endswith(_STOPS) and tone not in (ACUTE, DOT):
        return False
    if onset == "qu":
        return rhyme in _AFTER_QU or (rhyme in _RHYMES and rhyme[0] not in "oôuưy")
    if rhyme not in _RHYMES:
        return False
    if rhyme[0] == "y":
        return onset in _Y_ONSETS if rhyme == "y" else onset == ""
    return _onset_before(onset, rhyme)


def _onset_before(onset: str, rhyme: str) -> bool:
    front = rhyme.startswith(_FRONT)
    if onset in ("k", "gh", "ngh"):
        return front
    if onset in ("c", "ng"):
        return not front
    if onset == "g":
        # gì, gìn: the i belongs to both gi- and the rhyme.
        return not front or rhyme.startswith("i")
    return True

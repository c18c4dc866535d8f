"""Names across scripts: which Latin spellings a word of another script has. Pure text; no roster.

A word becomes a pattern that its Latin spellings fit (``pattern``), and the consonants of those spellings
(``skeletons``), by which an index finds it. Readings follow the usual romanisations (ISO 9, BGN/PCGN, ELOT 743, ISO
259, Hunterian, Revised Romanization of Korean, Hepburn, Pinyin) and what people really write on forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import product

from guardian.core.names_tables import PINYIN
from guardian.core.scripts import plain

_V = "[aeiou]{0,2}"
_MOST_SKELETONS = 8
_LONGEST_WORD = 20

_CYRILLIC = (
    "а:a б:b в:v|w|f г:g|h д:d е:e|ye|ie|je|yo|io|jo ё:yo|e|io|jo ж:zh|j|z|g з:z|s и:i|y|j|iy й:y|i|j| к:k|c|q"
    " л:l м:m н:n о:o п:p р:r с:s|c т:t у:u|ou|o|w ф:f|ph х:kh|h|ks|ch ц:ts|c|tz|z ч:ch|c|tch|tsch|cz"
    " ш:sh|s|sch|ch|sz щ:shch|sch|sh|stch|sc ъ:|a|u ы:y|i|j ь:|i|j|y э:e ю:yu|iu|ju|u|you я:ya|ia|ja|a"
    " є:ye|ie|e|je і:i|y ї:yi|i|ji ґ:g ј:j|y|i љ:lj|l|ly њ:nj|n|ny ћ:c|ch|tj ђ:dj|d|j џ:dz|dzh|dj|j ѓ:gj|g|dj"
    " ќ:kj|k|c ѕ:dz|z ў:u|w қ:k|q ғ:g|gh ҳ:h ә:a|e ө:o ү:u ұ:u ң:ng|n һ:h"
)
_GREEK = (
    "ου:u|ou|o|oy αυ:av|af|au|ay ευ:ev|ef|eu|ey ει:i|ei|y οι:i|oi|y υι:i|yi|y αι:e|ai|ae μπ:b|mp ντ:d|nt|nd"
    " γκ:g|gk|ng|k γγ:ng|g τζ:tz|j|ts τσ:ts|ch α:a β:v|b γ:g|y|gh δ:d|dh ε:e ζ:z η:i|e θ:th|t ι:i|y|j κ:k|c λ:l"
    " μ:m ν:n ξ:ks ο:o π:p ρ:r|rh σ:s τ:t υ:y|i|u φ:f|ph χ:ch|h|kh|ks ψ:ps ω:o"
)
_ARMENIAN = (
    "ու:u|ou|w|ow ա:a բ:b|p գ:g|k դ:d|t ե:e|ye զ:z է:e ը:y|e| թ:t|th ժ:zh|j ի:i|y լ:l խ:kh|h|ks ծ:ts|c|dz|tz"
    " կ:k|g|c հ:h| ձ:dz|ts ղ:gh|g|l ճ:ch|j|tch մ:m յ:y|h|i|j| ն:n շ:sh ո:o|vo չ:ch պ:p|b ջ:j|dj|ch ռ:r ս:s վ:v|w"
    " տ:t|d ր:r ց:ts|c|tz ւ:v|u|w փ:p|ph ք:k|q|c օ:o ֆ:f և:ev|yev եւ:ev|yev"
)
_GEORGIAN = (
    "ა:a ბ:b გ:g დ:d ე:e ვ:v|w ზ:z თ:t|th ი:i|y კ:k|c ლ:l მ:m ნ:n ო:o პ:p ჟ:zh|j რ:r ს:s ტ:t უ:u|ou ფ:p|ph|f"
    " ქ:k|q|c ღ:gh|g ყ:q|k|y შ:sh ჩ:ch ც:ts|c|tz ძ:dz|z წ:ts|tz|c ჭ:ch|tch ხ:kh|h|ks ჯ:j|dj|dzh ჰ:h"
)
_HEBREW = (
    "א: ב:b|v ג:g|j ד:d ה:h| ו:v|w|o|u|ou| ז:z ח:ch|h|kh ט:t י:y|i|j|e|ei|ai|ie|ey|ay| כ:k|ch|kh|c ך:k|ch|kh|c"
    " ל:l מ:m ם:m נ:n ן:n ס:s ע: פ:p|f|ph ף:p|f|ph צ:ts|tz|z|c ץ:ts|tz|z|c ק:k|q|c ר:r ש:sh|s ת:t|th"
)
_ARABIC = (
    "ا: ب:b پ:p ت:t ث:th|s|t ج:j|g|dj چ:ch|tch ح:h خ:kh|h|ks د:d ذ:dh|z|th|d ر:r ز:z ژ:zh|j س:s ش:sh|ch ص:s"
    " ض:d|dh|z ط:t ظ:z|dh ع: غ:gh|g ف:f|p|ph ق:q|k|g|gh ك:k|c|q گ:g ل:l م:m ن:n ه:h| و:w|v|u|o|ou|au"
    " ي:y|i|j|e|ei|ai|ie|ay|iy ء: ئ:y| ؤ:w|u|"
)
_THAI = (
    "ก:k|g ข:kh|k ค:kh|k ฆ:kh|k ง:ng จ:ch|j|t ฉ:ch ช:ch|t ฌ:ch ซ:s|t ญ:y|n ฎ:d|t ด:d|t ฏ:t|d ต:t|d ฐ:th|t"
    " ถ:th|t ท:th|t ธ:th|t ฑ:th|t ฒ:th|t ณ:n น:n บ:b|p ป:p|b ผ:ph|p พ:ph|p ภ:ph|p ฝ:f ฟ:f|p ม:m ย:y|i ร:r|n|"
    " ล:l|n ฬ:l|n ว:w|v|u ศ:s|t ษ:s|t ส:s|t ห:h| อ:|o ฮ:h"
)
_INDIC = (
    "k:k|c kh:kh|k g:g gh:gh|g ng:n|ng c:ch|c ch:ch|chh|c j:j|z jh:jh|j|z ny:n|ny|gn tt:t|d tth:th|t dd:d|r"
    " ddh:dh|d|rh nn:n t:t|th th:th|t d:d dh:dh|d n:n p:p ph:ph|f|p b:b|v|w bh:bh|b|v m:m y:y|j|i r:r l:l"
    " v:v|w|b sh:sh|s ss:sh|s|kh s:s|sh h:h ll:l|r rr:r|d rrh:rh|dh yy:y|j| nnn:n lll:zh|l|z w:w|v|b rra:r"
    " dddh:r|rh dddha:rh khh:kh ghh:gh za:z fa:f"
)
_TAMIL = "k:k|g|h c:c|ch|s|sh tt:t|d t:t|d|th p:p|b rr:r|tr|t"
_INDIC_VOWELS = (
    "a:a|o aa:a|aa i:i|e|y ii:i|e|y u:u|o uu:u|o e:e|a|i ee:e|i ai:ai|e|oi|ay|ei o:o|u|a oo:o|u"
    " au:au|ou|o|aw|ow vocalic:ri|ru|r|ree"
)
_INDIC_BLOCKS = ("DEVANAGARI", "BENGALI", "GUJARATI", "GURMUKHI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM")
# Surnames that are read otherwise than the character alone (list of Chinese surnames with unusual readings).
_SURNAMES = dict(
    pair.split(":")
    for pair in (
        "单:shan 單:shan 曾:zeng 仇:qiu 解:xie 查:zha 区:ou 區:ou 朴:piao 翟:zhai 盖:ge 蓋:ge 乐:yue 樂:yue 覃:qin"
        " 种:chong 员:yun 員:yun 繁:po 薄:bo 缪:miao 繆:miao 秘:bi 召:shao 折:she 黑:he 冼:xian 吕:lv 呂:lv 尉:yu"
    ).split()
)

# The letters of a Korean syllable, in the order of Unicode: what is before, in and after the vowel.
_INITIALS = ("g|k|c k|g n|l|r d|t d|t r|l|n| m b|p|v p|b s|sh s - j|ch|z|c j|ch ch|c|tch k t p|ph h").split()
_VOWELS = (
    "a ae|e|ai|ay ya|ia yae|ye eo|u|o|e|ou e yeo|yu|yo|you|ye|io|eo ye|e o|ou|oo wa|oa|ua wae|we oe|oi|oy|we"
    " yo|io u|ou|o|oo|wo|w|wu wo|weo|uo|won we wi|ui|we|wie yu|you|yo|iu|yiu|u eu|u|e ui|eui|i|ee i|y|ie|ih|yi"
).split()
_FINALS = ("- k|g|c k k n n n t|d l|r k m l l l p l m p|b p t|s t ng t|j t k t p t|h|").split()
_NO_LETTER = "-"


def latin(word: str) -> str:
    """A word in Latin letters as it is compared: plain, doubled letters once, x as ks; "" if it has other letters."""
    folded = _Q.sub("", plain(word))
    if not folded.isascii() or not folded.isalpha():
        return ""
    return _TWICE.sub(r"\1", folded.replace("x", "ks").replace("ck", "k"))


def uncollapsed(word: str) -> str:
    """As ``latin``, doubled letters as typed."""
    folded = _Q.sub("", plain(word))
    return folded.replace("x", "ks") if folded.isascii() and folded.isalpha() else ""


_TWICE = re.compile(r"(.)\1+")
_Q = re.compile(r"['’ʼʻ`´-]")
_HISSES = re.compile(r"t?s?c[hz]|tsch|[dt]?[sz]h?|c(?=[eiy])|tz|ch")
_TO_CLASS = str.maketrans({"b": "p", "f": "p", "v": "p", "g": "k", "q": "k", "c": "k", "d": "t", "m": "n"})


@lru_cache(maxsize=8192)
def consonants(word: str) -> str:
    """The classes of the consonants of a Latin word: lips p, teeth t, throat k, hisses s, n, l, r; none of h, j, w."""
    return re.sub("[aeiouyhjw]", "", _HISSES.sub("s", word).translate(_TO_CLASS))


def settled(parts: Iterable[str]) -> str:
    """Skeletons of parts as one; a t before a hiss belongs to it."""
    return "".join(parts).replace("ts", "s")


def skeletons_of_latin(word: str) -> tuple[str, ...]:
    """Both skeletons of a Latin word: w as a vowel, and as a v."""
    one = consonants(word)
    return (one, consonants(word.replace("w", "v"))) if "w" in word else (one,)


@cache
def _table(text: str) -> dict[str, tuple[str, ...]]:
    pairs = (entry.split(":", 1) for entry in text.split())
    return {letters: tuple(dict.fromkeys(readings.split("|"))) for letters, readings in pairs}


@lru_cache(maxsize=4096)
def spellings(word: str, *, surname: bool = False) -> tuple[str, tuple[str, ...], bool] | None:
    """The pattern of a word's Latin spellings, its skeletons, and whether the pattern is precise; None for Latin words.

    ``surname``: the first of a Chinese or Korean name, which is spelled more freely.
    """
    if len(word) > _LONGEST_WORD:
        return None
    pieces, precise = _pieces(unicodedata.normalize("NFC", word), surname=surname)
    if not pieces:
        return None
    found = "".join(f"(?:{'|'.join(sorted(options, key=len, reverse=True))}){after}" for options, after in pieces)
    ways = [tuple(dict.fromkeys(consonants(option) for option in options)) for options, _ in pieces]
    keys: list[str] = []
    for choice in product(*ways):
        if len(keys) >= _MOST_SKELETONS * 8:
            break
        keys.append("".join(choice))
    return found, tuple(dict.fromkeys(keys))[: _MOST_SKELETONS * 4], precise


_Pieces = list[tuple[tuple[str, ...], str]]


def _pieces(word: str, *, surname: bool) -> tuple[_Pieces, bool]:
    first = word[:1]
    if "가" <= first <= "힣":
        return _hangul(word, surname=surname), True
    if "\u4e00" <= first <= "\u9fff":
        return _han(word, surname=surname), True
    if "\u3040" <= first <= "\u30ff":
        return _kana(word), True
    script = unicodedata.name(first, "").partition(" ")[0] if first else ""
    simple = {"CYRILLIC": _CYRILLIC, "GREEK": _GREEK, "ARMENIAN": _ARMENIAN, "GEORGIAN": _GEORGIAN}.get(script)
    if simple:
        return _alphabet(plain(word), _table(simple), ""), True
    if script in {"HEBREW", "ARABIC"}:
        return _alphabet(plain(word), _table(_HEBREW if script == "HEBREW" else _ARABIC), _V), True
    if script == "THAI":
        silent = re.sub(".[\u0e34-\u0e39]?\u0e4c", "", word)
        letters = "".join(c for c in silent if c in _table(_THAI))
        return _alphabet(letters, _table(_THAI), "[aeiouwy]{0,3}"), False
    if script in _INDIC_BLOCKS:
        return _indic(word, script), True
    return [], False


def _alphabet(word: str, table: dict[str, tuple[str, ...]], after: str) -> _Pieces:
    pieces: _Pieces = [(("",), after)] if after else []
    place = 0
    while place < len(word):
        two = table.get(word[place : place + 2])
        options = two or table.get(word[place])
        if options is None:
            return []
        pieces.append((options, after))
        place += 2 if two else 1
        if len(pieces) > 1 and pieces[-1] == pieces[-2] == (("",), after):
            pieces.pop()  # vowels only: once is enough, and a long row of them would take long to try
    return pieces


def _hangul(word: str, *, surname: bool) -> _Pieces:
    pieces: _Pieces = []
    for number, char in enumerate(word):
        code = ord(char) - 0xAC00
        if not 0 <= code < 11172:
            return []
        initial, rest = divmod(code, 588)
        vowel, final = divmod(rest, 28)
        lead = _INITIALS[initial].replace(_NO_LETTER, "")
        lenient = surname and number == 0
        if initial == 11 and lenient and vowel in {2, 6, 12, 17, 20}:
            lead = "|l|r|y"  # 이, 임, 유: Lee, Lim, Ryu
        pieces.append((tuple(lead.split("|")), ""))
        pieces.append((tuple(_VOWELS[vowel].split("|")), "[iueh]?" if lenient else "h?"))
        pieces.append((tuple(_FINALS[final].replace(_NO_LETTER, "").split("|")), ""))
    return pieces


@cache
def _mandarin() -> dict[str, str]:
    return {char: reading for group in PINYIN.split() for reading, _, chars in [group.partition(":")] for char in chars}


def _han(word: str, *, surname: bool) -> _Pieces:
    pieces: _Pieces = []
    for number, char in enumerate(word):
        reading = _mandarin().get(char)
        if reading is None:
            return []
        options = [reading]
        if surname and number == 0 and char in _SURNAMES:
            options = [_SURNAMES[char], reading]
        options += [o.replace("u", v, 1) for o in list(options) if o in {"lu", "nu", "lue", "nue"} for v in ("v", "yu")]
        pieces.append((tuple(dict.fromkeys(o.replace("x", "ks") for o in options)), ""))
    return pieces


_KANA_MORE = {
    "si": "shi|si", "ti": "chi|ti", "tu": "tsu|tu", "hu": "fu|hu", "zi": "ji|zi", "di": "ji|di", "du": "zu|du",
    "n": "n|m", "wo": "o|wo",
}  # fmt: skip


def _kana(word: str) -> _Pieces:
    pieces: _Pieces = []
    for char in word:
        name = unicodedata.name(char, "").split()
        sound = name[-1].casefold() if name[1:2] == ["LETTER"] else ""
        if char == "ー" or (sound == "tu" and "SMALL" in name):
            continue
        if not sound or not sound.isalpha():
            return []
        if "SMALL" in name and pieces:
            before = pieces.pop()[0]
            merged = [
                b[:-1] + ("" if b.startswith(("sh", "ch", "j")) and sound[0] == "y" else sound[:1]) + sound[1:]
                for b in before
            ]
            pieces.append((tuple(merged), "[uo]?"))
            continue
        after = "h?" if sound[-1] in "oe" else ""
        options = ("", sound) if sound in {"u", "o", "i"} and pieces else tuple(_KANA_MORE.get(sound, sound).split("|"))
        if sound[0] == "r":
            options = (*options, "l" + sound[1:])
        if sound[-1] == "u":  # "Baraku" is how Barak is written
            options = (*options, *(option[:-1] for option in options if option.endswith("u")))
        pieces.append((tuple(dict.fromkeys(options)), after))
    return pieces


def _indic(word: str, script: str) -> _Pieces:
    consonant = _table(_INDIC) | (_table(_TAMIL) if script == "TAMIL" else {})
    pieces: _Pieces = []
    for char in word:
        kind, sound = _indic_name(char)
        if kind == "virama" and pieces:
            pieces[-1] = (pieces[-1][0], "")
        elif kind == "vowel" and pieces and sound:
            pieces[-1] = (pieces[-1][0], "")
            pieces.append((_table(_INDIC_VOWELS).get(sound, ("",)), ""))
        elif kind == "nasal":
            pieces.append((("n", "m", "ng", ""), ""))
        elif kind == "vowel_letter":
            pieces.append((_table(_INDIC_VOWELS).get(sound, ("",)), ""))
        elif kind == "letter":
            pieces.append((consonant.get(sound, (sound[:1],)), "h?[aoeu]?"))
        elif kind != "nothing":
            return []
    return pieces


@lru_cache(maxsize=2048)
def _indic_name(char: str) -> tuple[str, str]:
    """What an Indic character is, by its Unicode name: "BENGALI LETTER KHA" is the consonant kh with its own vowel."""
    words = unicodedata.name(char, "").split()
    if "VIRAMA" in words:
        return "virama", ""
    if "NUKTA" in words or "VISARGA" in words or unicodedata.category(char) == "Cf":
        return "nothing", ""
    if "ANUSVARA" in words or "CANDRABINDU" in words or "TIPPI" in words or "BINDI" in words:
        return "nasal", ""
    last = "vocalic" if "VOCALIC" in words else words[-1].casefold() if words else ""
    if "SIGN" in words and "VOWEL" in words:
        return "vowel", last
    if "LETTER" not in words:
        return "other", ""
    if last in _table(_INDIC_VOWELS):
        return "vowel_letter", last
    return "letter", last[:-1] if last.endswith("a") and len(last) > 1 else last

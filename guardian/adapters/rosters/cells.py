"""What one cell of a roster may hold, pure. A fault is a sentence about the cell that never quotes it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guardian.adapters.rosters.headings import plain
from guardian.core.names import LONGEST_NAME, normalise
from guardian.core.roster import Role

_WORDS: Mapping[Role, str] = {
    Role.HOST: (
        "host, teacher, lecturer, professor, instructor, coach, trainer, trainerin, lehrer, lehrerin, lehrkraft,"
        " dozent, dozentin, enseignant, enseignante, professeur, profesor, profesora, maestro, maestra, docente,"
        " insegnante, professora, leraar, docent, lärare, lærer, opettaja, nauczyciel, nauczycielka, učitel,"
        " učitelka, tanár, profesoară, öğretmen, учитель, преподаватель, вчитель, καθηγητής, δάσκαλος, معلم, מורה,"
        " अध्यापक, 老师, 教师, 先生, 教員, 교사, 선생님"
    ),
    Role.STAFF: (
        "staff, assistant, aide, proctor, administrator, teaching assistant, co host, cohost, assistent, assistentin,"
        " mitarbeiter, mitarbeiterin, betreuer, betreuerin, assistante, personnel, asistente, personal, assistente,"
        " medewerker, personale, avustaja, asystent, asistent, asszisztens, ассистент, помощник, 助教, 직원"
    ),
    Role.PUPIL: (
        "pupil, student, learner, child, participant, member, schüler, schülerin, teilnehmer, teilnehmerin, kind,"
        " mitglied, élève, étudiant, étudiante, participant, alumno, alumna, estudiante, alunno, alunna, studente,"
        " studentessa, aluno, aluna, leerling, elev, oppilas, uczeń, uczennica, žák, žákyně, žiak, diák, tanuló,"
        " elevă, öğrenci, ученик, ученица, студент, учень, учениця, μαθητής, μαθήτρια, طالب, طالبة, תלמיד, תלמידה,"
        " छात्र, छात्रा, 学生, 生徒, 児童, 학생"
    ),
    Role.GUEST: (
        "guest, visitor, gast, besucher, invité, invitée, invitado, invitada, ospite, convidado, convidada, gäst,"
        " gæst, gjest, vieras, gość, vendég, oaspete, misafir, гость, гостья, гість, επισκέπτης, ضيف, אורח, 来宾,"
        " ゲスト, 손님"
    ),
}
_ROLES = {plain(word): role for role, words in _WORDS.items() for word in words.split(",")} | {"": Role.PUPIL}
_YES = frozenset("yes y true 1 x ja j oui o si s sim da tak ano igen evet kylla да так ναι نعم כן 是 はい 예".split())
_NO = frozenset("no n false 0 nein non nao nee nej nei nie ne nem hayir ei нет ні οχι لا לא 否 いいえ 아니요".split())
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}")
_ACCOUNT = re.compile(r"[^\s\"'<>&|;]{1,256}")
_PHONE = re.compile(r"\+?[0-9 ()/.-]{3,40}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(.*)")
_JOINERS = "\u200c\u200d"  # Persian and Indian names are spelled with them
_SUFFIXES = frozenset("jr sr ii iii iv phd md dds esq".split())


def several(cell: str) -> tuple[str, ...]:
    """The values of a cell that may hold several, apart by ``;`` or ``|``; each once."""
    if ";" not in cell and "|" not in cell:
        alone = cell.strip()
        return (alone,) if alone else ()
    parts = (part.strip() for part in re.split(r"[;|]", cell))
    return tuple(dict.fromkeys(part for part in parts if part))


def name(cell: str, wrong: list[str], what: str = "the name") -> str:
    """A name: NFC, spaces collapsed; hidden characters (left by a spreadsheet) dropped; "Family, Given" turned."""
    spaced = " ".join(unicodedata.normalize("NFC", cell).split())
    kept = spaced
    if not spaced.isascii() or not spaced.isprintable():
        kept = "".join(c for c in spaced if unicodedata.category(c)[0] != "C" or c in _JOINERS)
    family, comma, given = kept.partition(",")
    if comma and "," not in given and plain(given) and not _suffix(given):
        kept = f"{given.strip()} {family.strip()}".strip()
    if not normalise(kept):
        wrong.append(f"{what} is missing")
    elif len(kept) > LONGEST_NAME:
        wrong.append(f"{what} is longer than {LONGEST_NAME} characters")
    return kept


def _suffix(words: str) -> bool:
    return all(word in _SUFFIXES for word in plain(words).split())


def role(cell: str, wrong: list[str], otherwise: Role = Role.PUPIL) -> Role:
    """A role by its word; empty: ``otherwise``."""
    if not cell.strip():
        return otherwise
    found = _ROLES.get(plain(cell))
    if found is None:
        wrong.append("no such role; write host, staff, pupil or guest")
    return found or otherwise


def yes(cell: str) -> bool | None:
    """Whether a cell says yes or no; None: neither."""
    word = plain(cell)
    return True if word in _YES else False if word in _NO else None


def email(cell: str, wrong: list[str]) -> str:
    """A bare mail address."""
    if not _EMAIL.fullmatch(cell) or not cell.isprintable():
        wrong.append("this is no mail address")
    return cell


def account(cell: str, wrong: list[str]) -> str:
    """A platform's account or token id; opaque to us."""
    if not _ACCOUNT.fullmatch(cell) or not cell.isprintable():
        wrong.append("this is no account id")
    return cell


def registrant(cell: str, wrong: list[str]) -> str:
    """A platform's registrant, pinned to this person by a human: the account ``registrant:ID``."""
    return account("registrant:" + cell.removeprefix("registrant:"), wrong)


def phone(cell: str, wrong: list[str]) -> str:
    """A telephone number as people write it."""
    if not _PHONE.fullmatch(cell) or sum(c.isdigit() for c in cell) < 3:
        wrong.append("this is no telephone number")
    return cell


def identifier(cell: str, wrong: list[str]) -> str | None:
    """An id of the school's own; empty: one is made. It is written to logs, so it should name nobody."""
    found = cell.strip()
    if found and not _ID.fullmatch(found):
        wrong.append("an id is up to 64 letters, digits, dots, hyphens or underscores")
    return found or None


def moment(cell: str, zone: ZoneInfo, wrong: list[str], what: str, *, whole_day: bool = False) -> float | None:
    """A date or a time in seconds UTC; local to ``zone`` unless it bears an offset. Empty: None.

    ``whole_day``: a bare date means the end of that day, not its begin. ``30.11.2026`` is day, month, year everywhere
    that writes dots; dates with slashes are refused, for nobody can tell the day from the month.
    """
    found = cell.strip()
    if not found:
        return None
    if dotted := _DOTTED.fullmatch(found):
        found = f"{dotted[3]}-{dotted[2]:0>2}-{dotted[1]:0>2}{dotted[4]}"
    try:
        if _DAY.fullmatch(found):
            day = date.fromisoformat(found) + timedelta(days=1 if whole_day else 0)
            return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
        time = datetime.fromisoformat(found)
        return (time if time.tzinfo else time.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        wrong.append(f"{what} is no date; write 2026-11-30 or 2026-11-30 16:00")
        return None


def script_of(letter: str) -> str:
    """The script of a letter, as Unicode's name of it begins: ``LATIN``, ``CJK``, ``HANGUL``."""
    return unicodedata.name(letter, "").split(" ", 1)[0]

"""What the columns of a list are called, in many languages, pure: a heading in, a field out. No row is read here.

A guess is shown by ``guardian roster check`` and can be overruled in the configuration (``columns``).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

IGNORE = "ignore"
SEVERAL = frozenset({"aliases", "emails", "accounts", "registrants", "phones", "links_to", "barred"})
"""Fields that may stand in several columns, if the configuration says so or the headings are numbered."""

_WORDS: Mapping[str, str] = {
    "id": "id, person id, student id, pupil id, sourced id, schülernummer, matrikelnummer, id alumno, id élève",
    "name": (
        "name, full name, display name, student name, pupil name, participant, participant name, names, student,"
        " pupil, schüler, schülerin, schülername, teilnehmer, vollständiger name, vor und nachname, vorname nachname,"
        " nom, nom complet, nom et prénom, nom prénom, élève, nom de l élève, nombre, nombre completo,"
        " nombre y apellidos, apellidos y nombre, alumno, alumna, estudiante, nome, nome completo, nome e cognome,"
        " cognome e nome, alunno, studente, nome do aluno, aluno, naam, volledige naam, leerling, namn,"
        " fullständigt namn, elev, navn, fulde navn, fullt navn, nimi, koko nimi, imię i nazwisko, nazwisko i imię,"
        " uczeń, jméno a příjmení, celé jméno, meno a priezvisko, név, teljes név, nume și prenume, nume complet,"
        " ime i prezime, ime in priimek, ad soyad, adı soyadı, isim, tam ad, фио, ф и о, полное имя, имя и фамилия,"
        " фамилия имя, ученик, піб, повне ім я, ονοματεπώνυμο, ονομα και επωνυμο, الاسم, الاسم الكامل, اسم الطالب,"
        " שם, שם מלא, שם התלמיד, नाम, पूरा नाम, নাম, பெயர், ชื่อ นามสกุล, họ và tên, họ tên, nama, nama lengkap,"
        " 姓名, 氏名, 名前, 이름, 성명"
    ),
    "given": (
        "given name, first name, forename, given names, firstname, christian name, vorname, vornamen, rufname,"
        " prénom, prénoms, nombre de pila, primer nombre, nombres, primo nome, nome próprio, voornaam, roepnaam,"
        " förnamn, tilltalsnamn, fornavn, etunimi, imię, jméno, křestní jméno, meno, keresztnév, utónév, prenume,"
        " ime, ad, adı, имя, ім я, име, όνομα, الاسم الأول, שם פרטי, प्रथम नाम, ชื่อ, tên, 名"
    ),
    "middle": "middle name, middle names, zweiter vorname, tussenvoegsel, отчество, по батькові, tên đệm, mellannamn",
    "family": (
        "family name, last name, surname, lastname, second name, nachname, familienname, zuname, nom de famille,"
        " apellido, apellidos, primer apellido, cognome, sobrenome, apelido, achternaam, efternamn, efternavn,"
        " etternavn, sukunimi, nazwisko, příjmení, priezvisko, vezetéknév, családnév, nume, nume de familie, prezime,"
        " priimek, soyad, soyadı, фамилия, прізвище, επώνυμο, اللقب, اسم العائلة, שם משפחה, उपनाम, นามสกุล, họ, 姓,"
        " 성"
    ),
    "aliases": (
        "alias, aliases, nickname, nicknames, preferred name, known as, preferred first name, spitzname, surnom,"
        " apodo, soprannome, apelido preferido, roepnamen, kallas, псевдоним, прозвище"
    ),
    "role": (
        "role, roles, function, rolle, funktion, rôle, fonction, rol, función, ruolo, função, papel, rooli,"
        " role name, szerep, rola, роль, ρόλος, rol adı, الدور, תפקיד, 角色, 役割, 역할"
    ),
    "emails": (
        "email, emails, e mail, e mails, mail, email address, e mail address, mail address, email addresses,"
        " school email, student email, e mail adresse, e mailadresse, emailadresse, mailadresse, schul e mail,"
        " courriel, adresse e mail, adresse email, adresse mail, adresse électronique, adresse courriel, mél, correo,"
        " correo electrónico, email alumno, dirección de correo, posta elettronica, indirizzo email,"
        " indirizzo e mail, endereço de e mail, endereço de email, correio eletrónico, e mailadres, emailadres,"
        " e post, e postadress, epost, epostadresse, sähköposti, sähköpostiosoite, adres e mail, adres email,"
        " e mail cím, adresă de email, e posta, eposta, e posta adresi, электронная почта, эл почта, почта,"
        " электронна пошта, email адрес, имейл, ηλεκτρονικό ταχυδρομείο, البريد الإلكتروني, דואר אלקטרוני, דוא ל,"
        " ईमेल, อีเมล, surel, 邮箱, 电子邮件, 电子邮箱, メールアドレス, メール, 이메일"
    ),
    "accounts": (
        "account, accounts, account id, zoom id, zoom user id, zoom account, jitsi id, jitsi account,"
        " platform account, konto, kontokennung, compte, cuenta, conta"
    ),
    "registrants": "registrant, registrants, registrant id, zoom registrant, zoom registrant id",
    "phones": (
        "phone, phones, phone number, telephone, mobile, mobile number, cell phone, telefon, telefonnummer, handy,"
        " handynummer, mobil, téléphone, portable, teléfono, móvil, celular, telefono, cellulare, telefone,"
        " telemóvel, telefoon, telefoonnummer, puhelin, telefonszám, телефон, τηλέφωνο, الهاتف, טלפון, फ़ोन, 电话,"
        " 手机, 電話番号, 전화번호"
    ),
    "valid_from": "valid from, gültig ab, gültig von, válido desde, valable du, valido dal",
    "valid_until": ("valid until, valid to, expires, gültig bis, válido hasta, valable jusqu au, valido fino al"),
    "class": (
        "class, group, course, form, homeroom, klasse, gruppe, kurs, classe, groupe, clase, grupo, curso, gruppo,"
        " corso, turma, klas, groep, klass, luokka, osztály, clasă, sınıf, класс, клас, τάξη, الصف, כיתה, कक्षा,"
        " 班级, クラス, 반"
    ),
    "links_to": (
        "link to, links to, send link to, link recipients, may receive link, may receive the link, receives link,"
        " receives the link, link an, link geht an, darf link erhalten, darf den link erhalten, lien à,"
        " peut recevoir le lien, enlace a, puede recibir el enlace, link a, può ricevere il link"
    ),
    "barred": (
        "barred, no contact, must not receive, must not receive link, must not receive the link, do not contact,"
        " do not send, do not send to, kein kontakt, kontaktverbot, gesperrt, ne pas contacter, no contactar,"
        " non contattare, não contactar"
    ),
}
_OFTEN = frozenset(
    "name|full name|display name|first name|last name|given name|family name|role|alias|aliases|email|"
    "emails|e mail|e mails|account|accounts|phone|phones|registrant|valid from|valid until|link to|barred".split("|")
)
_CONTACTS = frozenset(
    "parent parents guardian guardians mother father mum mom dad carer eltern elternteil mutter vater"
    " erziehungsberechtigte erziehungsberechtigter sorgeberechtigte sorgeberechtigter pere mere padre madre padres"
    " genitore genitori mae pai responsavel ouder ouders moeder vader foralder foraldrar foresatt foresatte rodzic"
    " rodzice matka ojciec мать отец родитель родители мама папа veli anne baba".split()
)
_MAY = frozenset(
    "may receive link|may receive the link|receives link|receives the link|link|may receive|darf link erhalten|"
    "darf den link erhalten|erhalt link|peut recevoir le lien|lien|puede recibir el enlace|enlace".split("|")
)

FIELDS: Mapping[str, str] = {
    "id": "id",
    "name": "name",
    "given": "given name",
    "middle": "middle name",
    "family": "family name",
    "aliases": "other names",
    "role": "role",
    "emails": "e-mail",
    "accounts": "account",
    "registrants": "pinned registrant",
    "phones": "telephone",
    "valid_from": "valid from",
    "valid_until": "valid until",
    "class": "class",
    "links_to": "who may receive the link",
    "barred": "who must not receive the link",
    "contact_name": "a parent's name",
    "contact_email": "a parent's e-mail",
    "contact_may": "whether this parent may receive the link",
    IGNORE: "left alone",
}
"""Every field that a column may be read as, with the words for it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it stands, its heading, what it is read as ("": not read). ``key`` tells contacts apart."""

    position: int
    heading: str
    field: str
    key: str = ""


def plain(heading: str) -> str:
    """A heading as it is compared: no case, marks, punctuation or ``[Required]``; ``givenName`` is two words."""
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", heading) if heading.strip()[:1] not in {"[", "("} else heading
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = unicodedata.normalize("NFKD", text.casefold()).replace("ı", "i")  # Turkish capitals know two of them
    text = "".join(c if c.isalnum() else " " for c in text if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFC", text).split())


def _index() -> dict[str, str]:
    index: dict[str, str] = {}
    for field, words in _WORDS.items():
        for word in words.split(","):
            index.setdefault(plain(word), field)
    for field in FIELDS:
        index.setdefault(plain(field), field)
    del index[IGNORE]
    return index


KNOWN: Mapping[str, str] = _index()


def known(heading: str) -> bool:
    """Whether a heading is one that we read."""
    return bool(_guess(plain(heading))[0])


def columns(headings: Sequence[str], said: Mapping[str, str]) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """What each column is read as, and what is wrong with the header. ``said``: heading → field, by the configuration.

    Columns that we do not know are passed over; misspelt ones are a fault, since a proof would be lost unseen.
    """
    told = {plain(heading): field for heading, field in said.items()}
    found: list[Column] = []
    problems: list[str] = []
    for position, heading in enumerate(headings):
        form = plain(heading)
        field, key = (told[form], str(position)) if form in told else _guess(form)
        if not field and (near := difflib.get_close_matches(form, _OFTEN, n=1, cutoff=0.8)):
            problems.append(f"column {position + 1}: did you mean {near[0]}?")
        if field and field != IGNORE and any((c.field, c.key) == (field, key) for c in found):
            problems.append(f"column {position + 1}: a second column for {field}")
            continue
        found.append(Column(position, heading.strip(), field, key))
    problems += _twice(found, told)
    problems += [f"there is no column {name!r}" for name in said if plain(name) not in map(plain, headings)]
    return tuple(found), tuple(problems)


def _guess(form: str) -> tuple[str, str]:
    """The field of a heading and, for numbered ones and for contacts, which of several it is."""
    if form in KNOWN:
        return KNOWN[form], ""
    number = "".join(re.findall(r"\b[0-9]\b", form))
    words = [word for word in form.split() if not re.fullmatch(r"[0-9]", word)]
    rest = " ".join(words)
    if number and KNOWN.get(rest) in SEVERAL:
        return KNOWN[rest], number
    contact = next((word for word in words if word in _CONTACTS), None)
    if contact is None:
        return "", ""
    rest = " ".join(word for word in words if word != contact)
    if rest in _MAY:
        return "contact_may", contact + number
    kind = KNOWN.get(rest)
    if kind == "emails":
        return "contact_email", contact + number
    return ("contact_name", contact + number) if not rest or kind == "name" else ("", "")


def _twice(found: Sequence[Column], told: Mapping[str, str]) -> list[str]:
    """Fields with room for one value that the configuration gave to several columns."""
    seen: set[str] = set()
    faults = []
    for column in found:
        if column.field in seen and plain(column.heading) in told and column.field not in SEVERAL | {IGNORE}:
            faults.append(f"column {column.position + 1}: a second column for {column.field}")
        if column.field and not column.field.startswith("contact_"):
            seen.add(column.field)
    return faults

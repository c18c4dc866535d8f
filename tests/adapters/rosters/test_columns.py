"""Columns of any name: what they are read as, how the configuration overrules it, and the exports that people have."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from guardian.adapters.rosters.entries import Reading
from guardian.adapters.rosters.headings import IGNORE, columns
from guardian.adapters.rosters.reading import read
from guardian.adapters.rosters.spec import Source
from guardian.core.roster import Role

PAYLOADS = Path(__file__).parents[2] / "payloads" / "rosters"


def reading(
    text: str | bytes,
    said: dict[str, str] | None = None,
    *,
    role: Role | None = None,
    group: str = "",
    encoding: str = "",
) -> Reading:
    raw = text.encode() if isinstance(text, str) else text
    source = Source(Path("list.csv"), columns=said or {}, group=group, role=role, encoding=encoding)
    return read([(source, raw)], ZoneInfo("Europe/Berlin"), b"salt")


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        ("Nachname|Vorname|E-Mail-Adresse|Klasse|Rolle", "family given emails class role"),
        ("Nom de famille|Prénom|Adresse e-mail|Classe|Rôle", "family given emails class role"),
        ("Apellidos|Nombre de pila|Correo electrónico|Teléfono", "family given emails phones"),
        ("Cognome|Nome|Indirizzo email|Classe", "family name emails class"),
        ("Sobrenome|Nome próprio|Endereço de e-mail|Turma", "family given emails class"),
        ("Achternaam|Tussenvoegsel|Voornaam|E-mailadres|Groep", "family middle given emails class"),
        ("Efternamn|Förnamn|E-post|Klass", "family given emails class"),
        ("Nazwisko|Imię|Adres e-mail|Klasa", "family given emails "),
        ("Фамилия|Имя|Отчество|Электронная почта|Класс", "family given middle emails class"),
        ("Επώνυμο|Όνομα|Τηλέφωνο|Τάξη", "family given phones class"),
        ("SOYADI|ADI|E-posta|Sınıf", "family given emails class"),
        ("姓名|邮箱|班级", "name emails class"),
        ("氏名|メールアドレス|クラス", "name emails class"),
        ("이름|이메일|반", "name emails class"),
        ("שם פרטי|שם משפחה|דואר אלקטרוני", "given family emails"),
        ("الاسم الكامل|البريد الإلكتروني|الصف", "name emails class"),
        ("नाम|ईमेल|कक्षा", "name emails class"),
        ("First Name [Required]|Last Name [Required]|Email Address [Required]", "given family emails"),
        ("displayName|givenName|zoom_user_id|Zoom Registrant ID", "name given accounts registrants"),
        ("Parent 1 Name|Parent 1 Email|Parent 1 may receive link", "contact_name contact_email contact_may"),
        ("Birthday|Notes|Gender|Address|Nota|Phase", "     "),
    ],
)
def test_headings_of_many_languages_are_understood(headings: str, fields: str) -> None:
    found, problems = columns(headings.split("|"), {})
    assert [column.field for column in found] == fields.split(" ")
    assert problems == ()


def test_a_german_export_in_windows_1252_with_a_title_and_semicolons() -> None:
    found = reading((PAYLOADS / "windows-1252.csv").read_bytes())
    assert found.sources[0].kind == "Windows-1252, semicolons"
    assert [(p.name, p.role) for p in found.roster.people] == [
        ("Zoë Größmann", Role.PUPIL),
        ("Änne Brück geb. Noll", Role.PUPIL),
        ("Jürgen Thöne", Role.HOST),
    ]
    assert dict(found.sources[0].read_as)["Vater darf Link erhalten"] == "whether this parent may receive the link"


def test_a_french_export_with_a_byte_order_mark_and_only_one_of_its_classes() -> None:
    found = reading((PAYLOADS / "bom.csv").read_bytes(), group="4b")
    assert [p.name for p in found.roster.people] == ["Éloïse Lagarde", "Maël Brunet", "Inès Caron"]
    assert found.sources[0].left_out == ("1 rows of other classes",)
    assert reading("name\nAda\n", group="4b").told == ("there is no column for the class; name it in columns",)
    assert reading("name,class\nAda,5a\n", group="4b").told == ("nobody is in a class of this name",)


def test_a_name_beside_a_first_name_is_the_family_name_unless_it_holds_both() -> None:
    assert reading("Name;Vorname\nLovelace;Ada\n").roster.people[0].name == "Ada Lovelace"
    assert reading("Name,First name\nAda Lovelace,Ada\n").roster.people[0].name == "Ada Lovelace"
    assert reading("Apellidos,Nombre\nde la Cruz,Inés\n").roster.people[0].name == "Inés de la Cruz"


def test_a_name_that_is_turned_round_a_comma_is_turned_back_and_a_suffix_is_not() -> None:
    people = reading('name\n"Lovelace, Ada"\n"Martin King, Jr."\n').roster.people
    assert [person.name for person in people] == ["Ada Lovelace", "Martin King, Jr."]


def test_the_configuration_overrules_every_guess() -> None:
    text = "Wer,Name,Zugang,Zugang 2\nAda,Turing-Haus,ada@auth,ada2@auth\n"
    found = reading(text, {"Wer": "name", "Name": IGNORE, "Zugang": "accounts", "Zugang 2": "accounts"})
    (person,) = found.roster.people
    assert (person.name, person.accounts) == ("Ada", ("ada@auth", "ada2@auth"))
    assert found.sources[0].read_as[1] == ("Name", "left alone")


def test_a_column_that_the_configuration_names_must_be_there_and_only_once() -> None:
    assert reading("name,x\nAda,1\n", {"y": "accounts"}).told == ("line 1: there is no column 'y'",)
    assert reading("a,b\nAda,1\n", {"a": "name", "b": "name"}).told == ("line 1: column 2: a second column for name",)


def test_numbered_columns_are_several_values() -> None:
    person = reading("name,Email 1,Email 2\nAda,a@x.example,b@x.example\n").roster.people[0]
    assert person.emails == ("a@x.example", "b@x.example")


def test_a_role_for_the_whole_file_holds_where_a_row_names_none() -> None:
    people = reading("name,role\nAda,\nBo,teacher\n", role=Role.STAFF).roster.people
    assert [person.role for person in people] == [Role.STAFF, Role.HOST]


@pytest.mark.parametrize("word", ["Schülerin", "élève", "Alumno", "ученица", "uczeń", "学生", "leerling"])
def test_pupils_are_called_so_in_many_languages(word: str) -> None:
    assert reading(f"name,role\nAda,{word}\n").roster.people[0].role is Role.PUPIL


def test_a_pinned_registrant_is_an_account_of_its_own_kind() -> None:
    person = reading("name,registrant\nAda,aBcD123\n").roster.people[0]
    assert person.accounts == ("registrant:aBcD123",)


def test_letters_of_another_encoding_are_refused_unless_it_is_named() -> None:
    raw = "Имя;Фамилия\nАда;Лавлейс\n".encode("windows-1251")
    assert reading(raw).told == ("the letters are in another encoding; save the file as UTF-8, or name its encoding",)
    assert reading(raw, encoding="windows-1251").roster.people[0].name == "Ада Лавлейс"


def test_what_people_write_into_an_empty_cell_is_nothing() -> None:
    person = reading("name,email,phone\nAda,-,n/a\n").roster.people[0]
    assert (person.emails, person.phones) == ((), ())


def test_dates_with_dots_are_read_and_those_with_slashes_are_not() -> None:
    assert reading("name,gültig bis\nAda,1.12.2026\n").roster.people[0].valid_until is not None
    assert reading("name,valid until\nAda,01/12/2026\n").told[0].startswith("line 2: valid_until is no date")


# --- who may receive a child's link ---------------------------------------------------------------------------

PARENTS = "name,email,mother email,mother may receive link,father email,father may receive link\n"


def links(text: str) -> tuple[str, ...]:
    (entry,) = reading(text).entries
    return entry.links_to


def test_a_parent_gets_the_link_only_if_the_list_says_so() -> None:
    assert links(PARENTS + "Ada,a@x.example,m@x.example,yes,f@x.example,no\n") == ("a@x.example", "m@x.example")
    assert links(PARENTS + "Ada,,m@x.example,,f@x.example,\n") == ()
    assert reading(PARENTS + "Ada,,m@x.example,perhaps,,\n").told == (
        "line 2: whether a parent may receive the link is neither yes nor no",
    )


def test_a_column_of_addresses_decides_alone_and_silence_means_nobody() -> None:
    head = "name,email,send link to\n"
    assert links(head + "Ada,a@x.example,aunt@x.example\n") == ("aunt@x.example",)
    assert links(head + "Ada,a@x.example,\n") == ()
    assert links(head + "Ada,a@x.example,no\n") == ()
    assert links(head + "Ada,a@x.example,yes\n") == ("a@x.example",)


def test_a_barred_parent_gets_nothing_whatever_else_is_said() -> None:
    head = PARENTS.strip() + ",barred\n"
    assert links(head + "Ada,a@x.example,m@x.example,yes,f@x.example,yes,father\n") == ("a@x.example", "m@x.example")
    assert links(head + "Ada,a@x.example,,,,,F@x.example\n") == ("a@x.example",)
    assert reading("name,send link to,barred\nAda,f@x.example,F@X.example\n").told == (
        "line 2: the same address may and must not receive the link",
    )


def test_a_barred_address_can_never_prove_who_the_child_is() -> None:
    (told,) = reading("name,email,no contact\nAda,f@x.example,f@x.example\n").told
    assert told.startswith("line 2: a barred address is the person's own")


def test_a_parents_address_is_never_the_childs_own() -> None:
    assert reading(PARENTS + "Ada,,m@x.example,yes,,\n").roster.people[0].emails == ()

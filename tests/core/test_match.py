"""Whom a display name alone fits: readings as people really type, and what attackers type. No address, no account."""

from __future__ import annotations

import pytest

from guardian.core.identity import Evidence, Proof
from guardian.core.match import Fit, Found, NameIndex
from guardian.core.roster import Match, MatchKind, Person, Roster

NAMES = {
    "ada": "Ada Lovelace",
    "bjorn": "Bjørn Håkon Sørensen",
    "robert": "Robert Kowalczyk",
    "marie": "Anne-Marie O'Neill",
    "maria": "María José dos Santos",
    "yen": "Phạm Yến",
    "seo": "서지훈",
    "wang": "王秀英",
    "olga": "Ольга Щербакова",
    "giorgos": "Γιώργος Χατζηδάκης",
    "deva": "राधिका शर्मा",
    "tamar": "თამარ ბერიძე",
    "ani": "Անի Պետրոսյան",
    "rami": "رامي خليل",
    "noa": "נועה שפירא",
    "sakura": "さくら やまだ",
    "emre": "Emre Yılmaz",
    "kwame": "Kwame Akyerεko",
}
CLASS = Roster("v", tuple(Person(key, name) for key, name in NAMES.items()))


def match(name: str) -> Match:
    return CLASS.match(Evidence(name))


def fits(found: Match) -> tuple[str | None, frozenset[Proof]]:
    return (found.person.id if found.person else None, found.proofs)


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("ADA LOVELACE", "ada"),
        ("lovelace, ada", "ada"),
        ("Lovelace Ada", "ada"),
        ("AdaLovelace", "ada"),
        ("ada.lovelace", "ada"),
        ("ada_lovelace", "ada"),
        ("Ada\u00a0\u00a0Lovelace", "ada"),
        ("Ａｄａ　Ｌｏｖｅｌａｃｅ", "ada"),
        ("Ada Lovelace (she/her)", "ada"),
        ("Ada Lovelace she/her", "ada"),
        ("Ada Lovelace [any pronouns]", "ada"),
        ("5-B Ada Lovelace", "ada"),
        ("12. Ada Lovelace", "ada"),
        ("Ada Lovelace | Year 7", "ada"),
        ("Ada Lovelace (my mic is broken)", "ada"),
        ("🎀 Ada Lovelace 👍🏽", "ada"),
        ("❤️ Ada Lovelace", "ada"),
        ("Mrs Ada Lovelace", "ada"),
        ("Bjorn Hakon Sorensen", "bjorn"),
        ("Bjoern Haakon Soerensen", "bjorn"),
        ("Anne Marie O’Neill", "marie"),
        ("annemarie oneill", "marie"),
        ("pham yen", "yen"),
        ("EMRE YILMAZ", "emre"),
        ("Kwame Akyerεko", "kwame"),
        ("Kwame Akyereko", "kwame"),
        ("지훈 서", "seo"),
        ("王 秀英", "wang"),
        ("ОЛЬГА ЩЕРБАКОВА", "olga"),
        ("Щербакова Ольга", "olga"),
        ("Γιωργος Χατζηδακης", "giorgos"),
        ("ΓΙΏΡΓΟΣ ΧΑΤΖΗΔΆΚΗΣ", "giorgos"),
    ],
)
def test_case_marks_order_spacing_and_tags_do_not_change_who_it_is(name: str, person: str) -> None:
    assert fits(match(name)) == (person, frozenset({Proof.NAME_EXACT}))


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("Bjørn Sørensen", "bjorn"),
        ("Bjørn H. Sørensen", "bjorn"),
        ("Ada B. Lovelace", "ada"),
        ("Ada Byron Lovelace", "ada"),
        ("Lovelace, Ada Byron", "ada"),
        ("Bob Kowalczyk", "robert"),
        ("Ada L", "ada"),
        ("Ada L.", "ada"),
        ("Ada Lovelace's iPad", "ada"),
        ("iPhone de Ada Lovelace", "ada"),
        ("Ada Lovelace-PC", "ada"),
        ("서지훈의 iPad", "seo"),
        ("𝓐𝓭𝓪 𝓛𝓸𝓿𝓮𝓵𝓪𝓬𝓮", "ada"),
        ("BjÃ¸rn HÃ¥kon SÃ¸rensen", "bjorn"),
        ("\ufeffAda Lovelace", "ada"),
        ("Ada Lovelace\u200b", "ada"),
    ],
)
def test_what_can_be_nobody_else_on_the_list_is_a_close_name(name: str, person: str) -> None:
    assert fits(match(name)) == (person, frozenset({Proof.NAME_CLOSE}))


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("Seo Ji-hoon", "seo"),
        ("Jihun Seo", "seo"),
        ("Xiuying Wang", "wang"),
        ("WANG Xiu Ying", "wang"),
        ("Olga Shcherbakova", "olga"),
        ("Giorgos Chatzidakis", "giorgos"),
        ("Yiorgos Hatzidakis", "giorgos"),
        ("Radhika Sharma", "deva"),
        ("Tamar Beridze", "tamar"),
        ("Ani Petrosyan", "ani"),
        ("Rami Khalil", "rami"),
        ("Noa Shapira", "noa"),
        ("Yamada Sakura", "sakura"),
        ("Ада Лавлейс", None),
        ("Роберт Ковальчик", None),
        ("Έμρε Γιλμάζ", None),
    ],
)
def test_the_letters_of_another_script_do_not_change_who_it_is(name: str, person: str | None) -> None:
    found = match(name)
    assert found.kind is MatchKind.PERSON or person is None
    assert person is None or fits(found) == (person, frozenset({Proof.NAME_CLOSE}))


def test_a_listed_latin_name_is_found_by_its_owner_who_writes_it_in_her_own_script() -> None:
    roster = Roster("v", (Person("k", "Kim Seonyeong"), Person("p", "Natalia Popova")))
    assert fits(roster.match(Evidence("김선영")))[0] == "k"
    assert fits(roster.match(Evidence("Наталья Попова")))[0] == "p"


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "Lovelace",
        "Lovelace family",
        "Mother of Ada Lovelace",
        "Ada Lovelace (parent)",
        "Ada's mum",
        "iPad de Ada",
        "pizza (Ada Lovelace)",
        "Ada Lovelace (Host)",
        "Teacher Ada Lovelace",
        "A. Lovelace",
        "AL",
        "Ada Lovelacq",
        "Ada Smith",
        "Grace Lovelace",
        "Ada Sørensen",
        "Ada Kowalczyk Lovelace Sørensen",
        "Ada Lovelace, Robert Kowalczyk",
        "Ada Lovelace and Robert Kowalczyk",
        "Ada & Robert Lovelace",
        "Ada, Robert Lovelace",
        "Bjørn Harald Sørensen",
        "Ada da Lovelace",
        "Ada Lovelace Ada Lovelace",
        "Ada Lovelace (Robert)",
        "Adal Ovelace",
        "Adas Lovelace iPad",
    ],
)
def test_what_fits_only_in_part_or_several_or_claims_too_much_is_a_doubt(name: str) -> None:
    found = match(name)
    assert found.kind is MatchKind.DOUBT
    assert found.candidates
    assert not found.proofs
    assert found.reason


@pytest.mark.parametrize(
    "name",
    [
        "Аda Lovelace",
        "Ada Lоvelасe",
        "Ada Loveⅼace",
        "Аԁа Lovelace",
        "Ada Love\u200blace",
        "Ada Love\u00adlace",
        "Ada\u200b Lovelace",
        "\u202eAda Lovelace",
        "Ada Love\u200dlace",
        "Ada Love\u034flace",
        "Ada Love\u3164lace",
        "Ada Lovelace\x00admin",
        "A\u0337d\u0337a\u0337 L\u0337o\u0337v\u0337e\u0337lace",
        "𝐀da Lovelace",
        "Ada Love1ace",
        "4da Lov3lace",
        "ᴀᴅᴀ ʟᴏᴠᴇʟᴀᴄᴇ",
        "Emɾe Yılmaz",
        "Ada Lovelаce (hi)",
    ],
)
def test_a_name_made_with_look_alike_or_hidden_characters_is_refused_with_a_reason(name: str) -> None:
    found = match(name)
    assert found.person is None
    assert found.kind in {MatchKind.CONTRADICTED, MatchKind.DOUBT}
    assert found.kind is MatchKind.CONTRADICTED or name == "Emɾe Yılmaz"


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "Your Teacher", "Zoom Support", "Admin", "Recorder", "Barack Obama", "skibidi", "zoom bomber"),
        *(
            "Grace Hopper",
            "Владимир Смирнов",
            "이수민",
            "Mohammed Ali",
            "x" * 200,
            "'; DROP TABLE roster;--",
            "Zoltan's iPad",
        ),
    ],
)
def test_who_has_nothing_of_anybody_is_nobody(name: str) -> None:
    assert match(name).kind is MatchKind.NOBODY


@pytest.mark.parametrize(
    "name", ["", " ", "\r\n", "🦖", "-", "iPad (2)", "USER-PC", "DESKTOP-4F2K1QB", "student", "+44 20 7946 0000"]
)
def test_a_device_a_blank_or_a_number_may_be_anybody(name: str) -> None:
    found = match(name)
    assert (found.kind, found.candidates) == (MatchKind.DOUBT, ())


def find(name: str, *listed: str | tuple[str, ...]) -> Found:
    return NameIndex([(one,) if isinstance(one, str) else one for one in listed]).find(name)


def test_a_name_without_its_marks_that_fits_two_is_a_doubt_and_with_them_it_is_one() -> None:
    listed = ("Zoe Smith", "Zoë Smith")
    assert find("Zoë Smith", *listed) == Found(Fit.EXACT, "the full name", (1,), whole=True)
    assert find("zoe smith", *listed).who == (0, 1)
    assert find("zoe smith", *listed).fit is Fit.DOUBT


def test_an_exact_name_goes_before_a_nickname_and_a_nickname_that_fits_two_is_a_doubt() -> None:
    assert find("Tom Hill", "Tom Hill", "Thomas Hill").who == (0,)
    assert find("Thom Hill", "Tom Hill", "Thomas Hill").fit is Fit.DOUBT
    assert find("Tom Hill", "Thomas Hill").fit is Fit.CLOSE
    assert find("Ron Hill", "Aaron Hill", "Ronnie Hill").fit is Fit.DOUBT


@pytest.mark.parametrize(
    ("shown", "listed"),
    [
        ("Mary Blanc", "Marie Blanc"),
        ("Catalina Bermudez", "Carolina Bermudez"),
        ("Olivia Kay", "Olive Kay"),
        ("Mirjami Pelkonen", "Mirja Pelkonen"),
        ("Leonardo Posch", "Leonardo Bösch"),
        ("Kim Peters iPad", "Kim Peter"),
        ("Ravi Rocha", "Ravi da Rocha"),
        ("Ravi da Rocha", "Ravi Rocha"),
        ("Anna Dams", "Ann Adams"),
        ("Anne O'Neill", "Anne-Marie O'Neill"),
    ],
)
def test_a_near_but_different_name_is_never_the_listed_one(shown: str, listed: str) -> None:
    assert find(shown, listed).fit is Fit.DOUBT


def test_a_first_name_with_an_initial_that_fits_two_is_a_doubt() -> None:
    assert find("Kim W.", "Kim Widman", "Kim Weiss").fit is Fit.DOUBT
    assert find("Kim W.", "Kim Widman", "Kim Ames").who == (0,)
    assert find("Kim W.", "Kim Ames", "Jo Weiss").fit is Fit.DOUBT


def test_a_middle_name_that_agrees_is_a_help_and_one_that_does_not_is_a_doubt() -> None:
    assert find("Sam Lee Ray", "Sam Lee Jo Ray").fit is Fit.CLOSE
    assert find("Sam K. Ray", "Sam Lee Ray").fit is Fit.DOUBT
    assert find("Sam Lee Kit Ray", "Sam Lee Ray").fit is Fit.CLOSE
    assert find("Sam Ray", "Sam Lee Ray", "Sam Kit Ray").fit is Fit.DOUBT
    assert find("Sam Ray", "Sam A B C Ray").fit is Fit.DOUBT


def test_joiners_are_what_the_list_has_or_a_doubt() -> None:
    persian, bengali, hebrew = "علی\u200cاصغر نوری", "জয়ন্ত রাও", "עתי נבון"
    assert find(persian, persian).fit is Fit.EXACT
    assert find(persian.replace("\u200c", ""), persian).fit is Fit.EXACT
    assert find(persian, persian.replace("\u200c", "")).fit is Fit.DOUBT
    assert find(bengali[:2] + "\u200d" + bengali[2:], bengali).fit is Fit.DOUBT
    assert find(hebrew[:1] + "\u200f" + hebrew[1:], hebrew).fit is Fit.DOUBT
    assert find(hebrew.replace(" ", "\u200f "), hebrew).fit is Fit.DOUBT
    assert find(hebrew + "\u200f", hebrew).fit is Fit.CLOSE


def test_an_alias_is_a_name_like_any_other() -> None:
    assert find("panda77", ("Thea Moe", "Panda77")).fit is Fit.EXACT
    assert find("Panda 77", ("Thea Moe", "Panda77")).fit is Fit.EXACT
    assert find("panda78", ("Thea Moe", "Panda77")).fit is Fit.DOUBT


def test_a_name_garbled_on_the_way_is_mended_but_a_real_name_is_left_alone() -> None:
    assert find("ZoÃ« GroÃ\x9f", "Zoë Groß").fit is Fit.CLOSE
    assert find("Ãngela Dias", "Ãngela Dias").fit is Fit.EXACT


def test_a_listed_name_of_two_scripts_is_no_attack_of_its_owner() -> None:
    assert find("Kwame Akyerεko", "Kwame Akyerεko").fit is Fit.EXACT
    assert find("Kwame Akyerεko", "Kwame Akyereko").fit is Fit.ATTACK


@pytest.mark.parametrize("listed", [("",), ("🦖",), ()])
def test_a_listed_name_without_a_letter_fits_nobody(listed: tuple[str, ...]) -> None:
    assert find("Ada Lovelace", listed).fit is Fit.NONE
    assert find("", listed).who == ()

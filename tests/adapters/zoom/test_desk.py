"""Who is let in at the desk, and to which meeting."""

from urllib.parse import parse_qs, urlsplit

import pytest

from guardian.adapters.zoom.desk import PanelDesk
from guardian.errors import DeniedError, TemporaryError
from guardian.ports import Desk, Seat
from tests.adapters.zoom.panel_page import CLIENT, MID, SECRET, FakeRoom, Page, context, desk_of, seal
from tests.support.virtual import clock, later

pytestmark = pytest.mark.looptime

HEADER = "X-Zoom-App-Context"


def _hello(token: str, **more: object) -> dict[str, object]:
    return {"type": "hello", "token": token, **more}


async def test_it_fits_the_port() -> None:
    desk: Desk = desk_of(FakeRoom())
    seat: Seat = desk.seat(_hello(desk.page({HEADER: context(clock())})))
    assert (seat.meeting, seat.who, seat.close_code) == ("robotics", "Grace Hopper", 1000)
    welcome = {"type": "welcome", "meeting": "robotics", "title": "Saturday Robotics", "you": "Grace Hopper"}
    assert await seat.next() == welcome


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Panel.example.org", "https://panel.example.org"),
        ("https://panel.example.org:443/", "https://panel.example.org"),
        ("https://panel.example.org:8443/guardian", "https://panel.example.org:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_origin_is_spelled_as_browsers_do(url: str, origin: str) -> None:
    assert PanelDesk(CLIENT, SECRET, url, list, clock).origin == origin


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "anotherApp"},
        {"iss": "example.org"},
        {"uid": None},
        {"uid": "uid-stranger"},
        {"attendrole": "participant"},
        {"attendrole": None},
        {"typ": "panel"},
        {"typ": "webinar"},
        {"mid": None},
        {"exp": 1_700_000_000_000},
    ],
)
async def test_a_context_that_proves_no_host_gets_neither_page_nor_seat(changed: dict[str, object]) -> None:
    desk = desk_of(FakeRoom())
    with pytest.raises(DeniedError) as caught:
        desk.page({HEADER: context(clock(), **changed)})
    assert "uid-" not in str(caught.value)
    with pytest.raises(DeniedError):
        Page.open(desk, **changed)


async def test_a_page_without_a_context_or_with_a_broken_one_is_refused() -> None:
    desk = desk_of(FakeRoom())
    good = context(clock())
    claims = {"typ": "meeting", "uid": "uid-grace", "mid": MID, "aud": CLIENT, "iss": "marketplace.zoom.us"}
    lasting: dict[str, object] = claims | {"exp": int(clock() * 1000) + 60_000, "attendrole": "host"}
    assert desk.page({HEADER: seal(lasting)})
    for headers in (
        {},
        {"X-Other": good},
        {HEADER: ""},
        {HEADER: good[:-4]},
        {HEADER: seal(lasting, tag=4)},
        {HEADER: context(clock(), secret="another")},
        {HEADER: good, HEADER.lower(): good},
    ):
        with pytest.raises(DeniedError):
            desk.page(headers)


async def test_without_a_client_secret_nobody_is_let_in() -> None:
    desk = PanelDesk(CLIENT, "", "https://panel.example.org", lambda: [FakeRoom()], clock)
    with pytest.raises(DeniedError):
        desk.page({HEADER: context(clock(), secret="")})


async def test_a_token_is_good_once_and_for_a_minute() -> None:
    desk = desk_of(FakeRoom())
    first, second = (desk.page({HEADER: context(clock())}) for _ in range(2))
    desk.seat(_hello(first))
    with pytest.raises(DeniedError, match="before"):
        desk.seat(_hello(first))
    await later(60.5)
    with pytest.raises(DeniedError, match="too long ago"):
        desk.seat(_hello(second))
    desk.page({HEADER: context(clock())})
    with pytest.raises(DeniedError):
        desk.seat(_hello(first))


async def test_a_token_of_another_run_of_the_service_is_refused() -> None:
    token = desk_of(FakeRoom()).page({HEADER: context(clock())})
    with pytest.raises(DeniedError):
        desk_of(FakeRoom()).seat(_hello(token))


async def test_a_token_is_worth_nothing_when_its_host_may_host_no_more() -> None:
    room = FakeRoom()
    desk = desk_of(room)
    token = desk.page({HEADER: context(clock())})
    del room.hosts["uid-grace"]
    with pytest.raises(DeniedError, match="none of the hosts"):
        desk.seat(_hello(token))


@pytest.mark.parametrize("hello", [{}, {"type": "hello"}, {"type": "ready"}, {"type": "hello", "token": 7}])
async def test_a_first_message_of_another_kind_is_refused(hello: dict[str, object]) -> None:
    with pytest.raises(DeniedError):
        desk_of(FakeRoom()).seat(hello)


async def test_it_is_told_whose_client_is_there_and_what_that_cannot_do() -> None:
    told: list[tuple[str, tuple[str, ...]]] = []
    desk = PanelDesk(
        CLIENT,
        SECRET,
        "https://panel.example.org",
        lambda: [FakeRoom()],
        clock,
        on_client=lambda uid, notes: told.append((uid, notes)),
    )
    Page.open(desk).ready()
    Page.open(desk, uid="uid-alan", attendrole="co-host").ready(product="mobile")
    assert [uid for uid, _ in told] == ["uid-grace", "uid-alan"]
    assert told[0][1] == ()
    assert "mobile" in told[1][1][0]


# To which meeting.


async def test_the_run_that_zoom_names_decides_whatever_number_the_page_reports() -> None:
    desk = desk_of(FakeRoom("chess", "99999999999", instance="other=="), FakeRoom())
    assert Page.open(desk, number="99999999999").seat.meeting == "robotics"


async def test_a_run_that_nobody_has_heard_of_counts_by_the_number_that_the_page_reports() -> None:
    desk = desk_of(FakeRoom("chess", "99999999999"), FakeRoom(instance="unlike=="))
    assert Page.open(desk, mid="new==", number="812 3456 7890").seat.meeting == "robotics"
    with pytest.raises(DeniedError, match="not the meeting of a class"):
        Page.open(desk, mid="new==")
    with pytest.raises(DeniedError, match="not the meeting of a class"):
        Page.open(desk, mid="new==", number="70000000000")


async def test_before_any_run_is_known_a_host_of_one_class_is_seated_and_one_of_two_must_say_the_number() -> None:
    desk = desk_of(FakeRoom(instance=""))
    assert Page.open(desk).seat.meeting == "robotics"
    with pytest.raises(DeniedError):
        Page.open(desk, number="70000000000")
    two = desk_of(FakeRoom(instance=""), FakeRoom("chess", "99999999999", instance=""))
    with pytest.raises(DeniedError):
        Page.open(two)
    assert Page.open(two, number="99999999999").seat.meeting == "chess"


async def test_of_two_classes_with_one_number_the_running_one_is_meant() -> None:
    desk = desk_of(FakeRoom("autumn", instance=""), FakeRoom("spring", instance="unlike=="))
    assert Page.open(desk, mid="new==", number="81234567890").seat.meeting == "spring"


async def test_a_host_of_another_class_is_not_let_into_this_one() -> None:
    room, other = FakeRoom(), FakeRoom("chess", "99999999999", instance="other==")
    room.hosts = {"uid-alan": "Alan Turing"}
    with pytest.raises(DeniedError):
        Page.open(desk_of(room, other))


# The OAuth redirect.


async def test_a_host_who_adds_the_app_by_our_link_or_zooms_button_is_thanked() -> None:
    desk = desk_of(FakeRoom())
    query = parse_qs(urlsplit(desk.invitation()).query)
    assert query["redirect_uri"] == ["https://panel.example.org/zoom/oauth"]
    assert SECRET not in desk.invitation()
    state = query["state"][0]
    await desk.added({"code": "abc", "state": state})
    await desk_of(FakeRoom()).added({"code": "abc", "state": state})
    await desk.added({"code": "abc"})
    await later(3601)
    with pytest.raises(DeniedError, match="too old"):
        await desk.added({"code": "abc", "state": state})


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": ""},
        {"code": "c" * 3000},
        {"code": "abc", "state": "forged"},
        {"code": "abc", "state": ""},
        {"code": "abc", "state": "ä" * 9000},
        {"error": "access_denied <script>"},
    ],
)
async def test_any_other_redirect_is_refused_without_quoting_it(query: dict[str, str]) -> None:
    with pytest.raises(DeniedError) as caught:
        await desk_of(FakeRoom()).added(query)
    assert "script" not in str(caught.value)


async def test_a_code_is_traded_where_somebody_trades_it_and_a_failure_is_said() -> None:
    traded: list[tuple[str, str]] = []

    async def trade(code: str, redirect: str) -> None:
        traded.append((code, redirect))
        if code == "bad":
            raise TemporaryError("429")

    desk = PanelDesk(CLIENT, SECRET, "https://panel.example.org/", list, clock, exchange=trade)
    await desk.added({"code": "abc"})
    assert traded == [("abc", "https://panel.example.org/zoom/oauth")]
    with pytest.raises(DeniedError, match="did not confirm"):
        await desk.added({"code": "bad"})

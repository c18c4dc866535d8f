"""The measures run and give rows of the right shape; what is made of figures is exact. Nothing here is timed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import core, door, growth, host, ingest, journal, many, prosody, recovery, start, zoom
from benchmarks.__main__ import main, measures, wanted, write
from benchmarks.crowd import Wish
from benchmarks.people import lesson
from benchmarks.report import as_json, figure, table
from benchmarks.rows import FULL, QUICK, Goal, Row, bottlenecks, percentile, ratio, reached, share
from benchmarks.sender import Errand
from benchmarks.webhooks import BY_HAND, Load, bodies, place_of, repeated, request, told, who_of
from benchmarks.zoom_lesson import Bucket, Lesson
from guardian.adapters.zoom import wire, wire_events

FLOOR = Row("floor", "the least", "ms", (1.0, 2.0, 3.0))
OURS = Row("ours", "the same, decided", "ms", (5.0, 3.0, 4.0), "floor", Goal("≤ 3 ms", 3.0))
BOTH = {row.name: row for row in (FLOOR, OURS)}
TINY = replace(QUICK, repetitions=1, knocks=2, matches=50, appends=20, callers=5, cycles=2)


def well_formed(rows: Sequence[Row], names: Sequence[str]) -> bool:
    """Every row there, once, with positive figures, and each floor among them."""
    known = {row.name for row in rows}
    return (
        [row.name for row in rows] == list(names)
        and all(row.samples and min(row.samples) > 0 for row in rows)
        and all(row.floor is None or row.floor in known for row in rows)
    )


def test_a_client_that_had_no_time_to_spare_forbids_publishing_and_is_named() -> None:
    busy = [replace(OURS, name="just-so", client_busy=0.9), replace(OURS, name="too-much", client_busy=0.91)]
    (reason,) = bottlenecks([FLOOR, *busy])
    assert reason.startswith("too-much: the load-making client was 91% busy")


def test_a_row_without_a_client_never_forbids_publishing() -> None:
    assert bottlenecks([FLOOR, OURS]) == ()


def test_how_busy_a_process_was_is_its_share_of_one_core() -> None:
    assert share(0.5, 2.0) == 0.25
    assert share(3.0, 2.0) == 1.5
    assert share(0.1, 0.0) == 0.0


def test_a_ratio_is_that_of_the_medians_and_absent_without_its_floor() -> None:
    assert ratio(OURS, BOTH) == 2.0
    assert ratio(FLOOR, BOTH) is None
    assert ratio(OURS, {"ours": OURS}) is None


@pytest.mark.parametrize(
    ("goal", "kept"),
    [
        (None, None),
        (Goal("≤ 4 ms", 4.0), True),
        (Goal("≤ 3 ms", 3.0), False),
        (Goal("≥ 4 ms", 4.0, at_most=False), True),
        (Goal("≥ 5 ms", 5.0, at_most=False), False),
        (Goal("≤ 2 ×", 2.0, on_ratio=True), True),
        (Goal("≤ 1.9 ×", 1.9, on_ratio=True), False),
    ],
)
def test_a_goal_is_kept_by_the_median_or_by_the_ratio(goal: Goal | None, kept: bool | None) -> None:
    assert reached(replace(OURS, goal=goal), BOTH) is kept


def test_a_goal_on_a_ratio_is_open_while_its_floor_was_not_measured() -> None:
    row = replace(OURS, goal=Goal("≤ 2 ×", 2.0, on_ratio=True))
    assert reached(row, {"ours": row}) is None


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
    assert percentile([7.0], 0.99) == 7.0
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 0.5)


def test_figures_are_short_and_readable() -> None:
    assert [figure(v) for v in (0.00123, 1.234, 12.34, 1234.5, 0.0)] == ["0.00123", "1.23", "12.3", "1,234", "0"]


def test_the_table_is_aligned_and_says_what_was_not_reached() -> None:
    lines = table([FLOOR, OURS])
    assert len({len(line) for line in lines}) == 1
    assert [cell.strip() for cell in lines[3].split("|")[5:11]] == ["4", "3 – 5", "2.00", "floor", "≤ 3 ms", "NO"]


def test_the_object_for_programs_carries_every_sample() -> None:
    told = json.loads(as_json({"cores": "2"}, [FLOOR, OURS]))
    assert told["host"] == {"cores": "2"}
    assert told["rows"][1]["samples"] == [5.0, 3.0, 4.0]
    assert told["rows"][1]["reached"] is False
    assert told["rows"][1]["ratio"] == 2.0


def test_both_result_files_are_written_or_neither_is(tmp_path: Path) -> None:
    assert write(tmp_path, {"cores": "2"}, [FLOOR, replace(OURS, client_busy=0.95)])
    assert list(tmp_path.iterdir()) == []
    assert write(tmp_path, {"cores": "2"}, [FLOOR, OURS]) == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json", "results.md"]


def test_the_header_names_the_machine_and_how_busy_it_was(tmp_path: Path) -> None:
    about = host.describe(tmp_path)
    assert {"processor", "cores", "python", "sqlite", "date", "load at the start"} <= about.keys()
    assert all(about.values())


def test_no_two_rows_have_one_name() -> None:
    names = [name for measure in measures(FULL) for name in measure.rows]
    assert len(names) == len(set(names))


def test_a_row_is_chosen_by_how_its_name_begins_and_an_unknown_one_is_told_the_others() -> None:
    assert [m.rows for m in wanted(QUICK, ["match"])] == [core.MATCH_ROWS]
    assert len(wanted(QUICK, [])) == len(measures(QUICK))
    with pytest.raises(ValueError, match=r"no row is called 'mach'.*match-30"):
        wanted(QUICK, ["mach"])


def test_a_quick_run_prints_its_table_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "match", "--only", "core"], tmp_path) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in (*core.MATCH_ROWS, *core.CORE_ROWS))
    assert "nothing was written" in out
    assert list(tmp_path.iterdir()) == []


def test_the_lesson_that_is_measured_with_ends_with_everybody_inside() -> None:
    state = lesson(5, 1_800_000_000.0).state
    assert sum(c.inside and not c.facts.is_self for c in state.connections.values()) == 6
    assert (state.counts.asked, state.counts.confirmed) == (5, 5)


async def test_the_journal_is_measured_beside_bare_sqlite() -> None:
    assert well_formed(await journal.measure(TINY), journal.ROWS)


async def test_one_joiner_is_measured_through_the_whole_guardian() -> None:
    assert well_formed(await door.measure_knock(TINY), door.KNOCK_ROWS)


async def test_sixty_joiners_are_measured_through_the_whole_guardian() -> None:
    assert well_formed(await door.measure_crowd(TINY), door.CROWD_ROWS)


async def test_webhooks_are_measured_into_the_ordinary_command_beside_a_bare_handler() -> None:
    rows = await ingest.measure(replace(TINY, classes=1))
    assert well_formed(rows, ingest.ROWS)
    assert all(row.client_busy is not None for row in rows)


async def test_a_class_on_zoom_is_measured_from_its_webhooks_to_the_panel_of_its_host() -> None:
    rows = {row.name: row for row in await zoom.measure(TINY)}
    assert list(rows) == list(zoom.ROWS)
    assert rows["class-refused"].samples == (0.0,)
    assert all(min(row.samples) > 0 for name, row in rows.items() if name != "class-refused")


async def test_one_joiner_is_measured_while_many_classes_are_guarded() -> None:
    rows = await many.measure(TINY)
    assert [row.name for row in rows] == list(many.ROWS)
    assert all(min(row.samples) > 0 for row in rows)


async def test_growth_is_measured_against_the_fewest_meetings() -> None:
    rows = await growth.measure(TINY)
    assert well_formed(rows, growth.rows(TINY))
    assert {row.floor for row in rows} == {None, rows[0].name}


async def test_recovery_is_measured_in_a_process_of_its_own() -> None:
    assert well_formed(await recovery.measure(TINY), recovery.ROWS)


async def test_the_start_is_measured_with_the_ordinary_command() -> None:
    assert well_formed(await start.measure(TINY), start.ROWS)


@pytest.mark.prosody
async def test_over_a_real_server_the_crowd_is_a_process_of_its_own_and_says_how_busy_it_was() -> None:
    rows = await prosody.measure(TINY)
    assert [row.name for row in rows] == list(prosody.ROWS)
    assert all(row.samples and row.client_busy is not None for row in rows)


def test_what_the_crowd_is_to_do_fits_one_line() -> None:
    wish = Wish({"domain": "meet.example.test"}, "class", [("ann", "secret", "Ann\nAdams")], together=True)
    assert json.loads(wish.coded())["people"] == [["ann", "secret", "Ann\nAdams"]]
    assert wish.coded().count("\n") == 1


def test_an_errand_and_a_lesson_fit_one_line_each_and_come_back_as_they_were() -> None:
    errand = Errand(8080, "secret", Load(("81000000000",), 30, 2, 1, BY_HAND), 64, 500.0)
    assert errand.coded().count("\n") == 1
    assert Errand.read(errand.coded()) == errand
    lesson = Lesson(8080, "81000000000", 60, answer=0.1)
    assert Lesson(**json.loads(lesson.coded())) == lesson


def test_a_load_is_what_zoom_would_send_in_order_and_nothing_in_it_is_said_twice() -> None:
    load = Load(("81000000000", "81000000001"), 3, 2, 1, BY_HAND)
    deliveries = [wire_events.decode(body) for body in bodies(load, 1_795_251_600.0)]
    assert len({delivery.key for delivery in deliveries}) == len(deliveries) == load.happenings() - len(load.numbers)
    assert [delivery.at for delivery in deliveries] == sorted(delivery.at for delivery in deliveries)
    assert {delivery.who.evidence.account for delivery in deliveries if delivery.who} == {"pupil0", "pupil1", "pupil2"}


def test_a_request_is_whole_and_signed_over_its_body() -> None:
    body = told("joined", place_of("81000000000"), who_of(1, "uuid"), 1_795_251_600.0)
    head, _, sent = request(body, "secret", 1_795_251_600.0).partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name.lower(): value for name, _, value in lines}
    assert (sent, int(headers["content-length"])) == (body, len(body))
    assert wire.verify(["secret"], headers["x-zm-request-timestamp"], sent, headers["x-zm-signature"])


def test_some_requests_come_again_a_little_later() -> None:
    sent = [b"%d" % n for n in range(10)]
    assert list(repeated(sent, again=4, later=3)) == [
        *(b"0", b"1", b"2", b"3", b"0", b"4", b"5", b"6", b"7", b"4", b"8", b"9"),
    ]


def test_a_limit_takes_what_its_bucket_holds_and_no_more_at_once() -> None:
    bucket = Bucket(rate=0.001, size=3)
    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]

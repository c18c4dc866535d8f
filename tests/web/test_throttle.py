"""Failed logins are counted per address, in bounded memory."""

from guardian.web.throttle import MOST_FAILURES, WINDOW, FailedLogins


def test_an_address_may_fail_a_few_times_and_then_must_wait() -> None:
    failures = FailedLogins()
    assert [failures.failed("a", 0.0) for _ in range(MOST_FAILURES)] == [0.0] * MOST_FAILURES
    assert failures.failed("a", 1.0) == WINDOW - 1.0


def test_one_address_does_not_pay_for_another() -> None:
    failures = FailedLogins()
    for _ in range(MOST_FAILURES + 1):
        failures.failed("a", 0.0)
    assert failures.failed("b", 0.0) == 0.0


def test_after_the_window_it_may_fail_again() -> None:
    failures = FailedLogins()
    for _ in range(MOST_FAILURES + 5):
        failures.failed("a", 0.0)
    assert failures.failed("a", WINDOW) == 0.0


def test_memory_is_bounded_however_many_addresses_fail() -> None:
    failures = FailedLogins()
    for number in range(3000):
        failures.failed(f"a{number}", 0.0)
    assert len(failures._failures) <= 1024

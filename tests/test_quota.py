"""WhatsApp's tier: so many different people in any 24 hours, each of the others with a time of their own."""

from __future__ import annotations

from bot.quota import DAY_MS, MARGIN_MS, REFUSED_MS, Quota

NOW = 1_700_000_000_000
FREE = DAY_MS + MARGIN_MS + 1


def test_each_person_takes_one_place() -> None:
    trial = Quota(2).trial(NOW)
    assert [trial.room(one) for one in "aabbcab"] == [True, True, True, True, False, True, True]


def test_nothing_counts_before_it_is_kept() -> None:
    quota = Quota(1)
    assert quota.trial(NOW).room("a")
    kept = quota.trial(NOW)
    assert kept.room("b")
    kept.keep()
    assert not quota.trial(NOW).room("a")
    assert quota.trial(NOW).room("b")


def test_a_place_falls_free_a_day_after_it_was_last_used() -> None:
    quota = Quota(1, [("a", NOW)])
    assert not quota.trial(NOW + DAY_MS).room("b")
    assert quota.trial(NOW + FREE).room("b")
    quota = Quota(1, [("a", NOW)])
    quota.take("a", NOW + 1000)
    assert not quota.trial(NOW + FREE).room("b")


def test_who_finds_none_is_promised_one_of_their_own() -> None:
    quota = Quota(2, [("a", NOW), ("b", NOW + 1000)])
    trial = quota.trial(NOW + 2000)
    assert [trial.promise() - NOW for _ in range(3)] == [FREE, FREE + 1000, FREE + DAY_MS]
    trial.keep()
    assert quota.trial(NOW + 2000).promise() - NOW == FREE + 1000 + DAY_MS
    # A day later the first place is free, for the first of them.
    assert quota.trial(NOW + FREE).room("c")


def test_none_is_without_end_and_a_refusal_is_for_everybody() -> None:
    assert all(Quota(0).trial(NOW).room(str(one)) for one in range(1000))
    quota = Quota(10, [("a", NOW)])
    quota.refused(NOW)
    trial = quota.trial(NOW)
    assert not trial.room("a")
    assert trial.promise() == NOW + REFUSED_MS
    assert quota.trial(NOW + REFUSED_MS).room("b")


def test_a_refusal_counts_also_where_there_is_no_tier() -> None:
    quota = Quota(0)
    quota.refused(NOW)
    trial = quota.trial(NOW)
    assert not trial.room("a")
    assert trial.promise() == NOW + REFUSED_MS
    assert quota.trial(NOW + REFUSED_MS).room("a")

from __future__ import annotations

from datetime import datetime

from streamtrack.dialects.elapsed import Elapsed


def test_moments_count_from_the_first_whatever_their_time_zone() -> None:
    elapsed = Elapsed()
    moments = ["2026-03-02T10:00:00Z", "2026-03-02T11:00:01.250+01:00", "2026-03-02T10:00:02"]
    assert [elapsed.seconds(datetime.fromisoformat(moment)) for moment in moments] == [0.0, 1.25, 2.0]


def test_no_moment_is_no_time() -> None:
    assert Elapsed().seconds(None) is None

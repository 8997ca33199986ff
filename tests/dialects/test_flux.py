from __future__ import annotations

import pytest

from streamtrack.dialects import open_dialect
from streamtrack.errors import InvalidMessage
from tests.dialects.recordings import fragments, read, recording, said

REQUEST = "b6a1f6a2-33a6-4a35-8b0f-0f0c0f1f2a33"


def test_only_the_end_of_a_turn_is_final_since_an_eager_one_may_be_taken_back() -> None:
    told = said(read("deepgram-flux", recording("deepgram-flux")))
    assert [(text, final) for name, text, final, _ in told if name == f"{REQUEST}-0"] == [
        ("I", False),
        ("I want to", False),
        ("I want to cancel my plan", False),
        ("I want to cancel my plan", False),
        ("I want to cancel my plan from", False),
        ("I want to cancel my plan from May.", False),
        ("I want to cancel my plan from May.", True),
    ]


def test_an_utterance_lasts_from_the_first_audio_window_of_its_turn_to_the_newest() -> None:
    final = next(one for one in fragments(read("deepgram-flux", recording("deepgram-flux"))) if one.final)
    assert (final.start_s, final.end_s) == (0.0, 3.4)
    moving = [
        {"type": "TurnInfo", "event": "Update", "turn_index": 3, "transcript": "so", "audio_window_start": start}
        | {"audio_window_end": start + 0.5}
        for start in (8.0, 8.5)
    ]
    assert [(one.start_s, one.end_s) for one in fragments(read("deepgram-flux", moving))] == [(8.0, 8.5), (8.0, 9.0)]


def test_a_turn_cut_off_by_the_end_of_the_stream_stays_open_for_our_own_stop() -> None:
    last = said(read("deepgram-flux", recording("deepgram-flux")))[-1]
    assert last == (f"{REQUEST}-1", "thank you", False, None)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        ({"type": "TurnInfo", "event": "Update", "turn_index": 0}, "Deepgram Flux: transcript: required"),
        ({"type": "TurnInfo", "event": "Pause", "turn_index": 0, "transcript": ""}, "event: .*Pause"),
        ({"type": "Results"}, "type: 'Results' is none of"),
    ],
)
def test_a_wrong_shape_is_refused_by_the_name_of_the_field(frame: object, complaint: str) -> None:
    with pytest.raises(InvalidMessage, match=complaint):
        open_dialect("deepgram-flux", "here").read(frame)

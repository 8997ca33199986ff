from __future__ import annotations

from streamtrack.core.messages import FragmentMessage
from streamtrack.dialects.segments import (
    SEGMENTS_LIMIT,
    SOURCES_LIMIT,
    Numbered,
    Opened,
    Segment,
    Segments,
    SpokenWord,
)


def words(*spoken: tuple[str, str | None], start_s: float = 0.0) -> list[SpokenWord]:
    return [
        SpokenWord(text=text, start_s=start_s + number, end_s=start_s + number + 0.5, speaker=speaker)
        for number, (text, speaker) in enumerate(spoken)
    ]


def segment(text: str, *spoken: tuple[str, str | None], final: bool = False, **more: object) -> Segment:
    return Segment(segment_id="s", text=text, final=final, words=words(*spoken), **more)  # type: ignore[arg-type]


def told(fragments: list[FragmentMessage]) -> list[tuple[str, str, object]]:
    return [(one.utterance_id, one.text, one.speaker) for one in fragments]


def test_a_segment_of_one_speaker_keeps_the_text_of_the_vendor() -> None:
    (only,) = Segments().fragments(segment("That is 25 %.", ("twenty", "a"), ("five", "a")))
    assert (only.text, only.speaker, only.start_s, only.end_s) == ("That is 25 %.", "a", 0.0, 1.5)


def test_no_fragment_crosses_speakers_and_the_text_is_cut_where_they_change() -> None:
    spoken = segment("Why? Because. Oh!", ("why", "a"), ("because", "b"), ("oh", "a"))
    pieces = Segments().fragments(spoken)
    assert told(pieces) == [("s", "Why?", "a"), ("s/2", "Because.", "b"), ("s/3", "Oh!", "a")]
    assert [(piece.start_s, piece.end_s) for piece in pieces] == [(0.0, 0.5), (1.0, 1.5), (2.0, 2.5)]


def test_words_that_do_not_stand_in_the_text_are_joined_instead() -> None:
    pieces = Segments().fragments(segment("25? OK", ("twenty-five", "a"), ("okay", "b")))
    assert told(pieces) == [("s", "twenty-five", "a"), ("s/2", "okay", "b")]


def test_a_word_without_a_speaker_belongs_to_the_word_before_it_and_a_first_one_to_the_next() -> None:
    pieces = Segments().fragments(
        segment("So, why? Because", ("so", None), ("why", "a"), ("?", None), ("because", "b"))
    )
    assert told(pieces) == [("s", "So, why?", "a"), ("s/2", "Because", "b")]


def test_a_piece_that_the_final_no_longer_has_is_emptied() -> None:
    segments = Segments()
    segments.fragments(segment("yes no", ("yes", "a"), ("no", "b")))
    finals = segments.fragments(segment("Yes no.", ("yes", "a"), ("no", "a"), final=True))
    assert told(finals) == [("s", "Yes no.", "a"), ("s/2", "", None)]
    assert all(one.final for one in finals)


def test_an_empty_result_says_nothing_unless_it_empties_what_was_said() -> None:
    segments = Segments()
    assert segments.fragments(segment("", final=True)) == []
    segments.fragments(segment("yes"))
    assert told(segments.fragments(segment("", final=True))) == [("s", "", None)]


def test_an_empty_result_is_empty_whatever_words_it_lists() -> None:
    segments = Segments()
    segments.fragments(segment("yes no", ("yes", "a"), ("no", "b")))
    assert told(segments.fragments(segment("", ("yes", "a"), ("no", "b"), final=True))) == [
        ("s", "", None),
        ("s/2", "", None),
    ]


def test_a_text_whose_small_letters_are_longer_is_cut_in_the_right_place() -> None:
    pieces = Segments().fragments(segment("İzmir İstanbul. Yes", ("İzmir", "a"), ("İstanbul", "a"), ("yes", "b")))
    assert [piece.text for piece in pieces] == ["İzmir İstanbul.", "Yes"]


def test_times_that_cannot_be_right_are_left_out_and_the_words_stay_in_the_text() -> None:
    backwards = [SpokenWord(text="yes", start_s=2.0, end_s=1.0), SpokenWord(text="no", start_s=3.0, end_s=4.0)]
    (only,) = Segments().fragments(
        Segment(segment_id="s", text="yes no", final=True, start_s=5.0, end_s=4.0, words=backwards)
    )
    assert (only.text, only.start_s, only.end_s) == ("yes no", 5.0, None)
    assert [word.text for word in only.words] == ["no"]


def test_numbered_utterances_of_two_sources_run_side_by_side() -> None:
    ids = Numbered("x")
    assert [ids.current("a"), ids.current("b"), ids.current("a")] == ["x-1", "x-2", "x-1"]
    ids.finish("a")
    assert [ids.current("a"), ids.current("b")] == ["x-3", "x-2"]
    ids.finish_all()
    assert ids.current("b") == "x-4"


def test_the_sources_remembered_are_bounded_and_no_id_is_given_twice() -> None:
    ids = Numbered("x")
    given = [ids.current(f"source {number}") for number in range(SOURCES_LIMIT + 1)]
    assert ids.current("source 0") not in given
    assert ids.current(f"source {SOURCES_LIMIT}") == given[-1]


def test_an_utterance_remembers_when_it_was_opened() -> None:
    ids = Numbered("x")
    assert [ids.opened("a", 1.0), ids.opened("a", 2.0)] == [Opened("x-1", 1.0)] * 2
    ids.finish("a")
    assert ids.opened("a", 3.0) == Opened("x-2", 3.0)


def test_the_segments_remembered_are_bounded_and_the_oldest_counts_as_new() -> None:
    segments = Segments()
    for number in range(SEGMENTS_LIMIT + 1):
        segments.fragments(Segment(segment_id=f"s{number}", text="yes", final=False))
    assert segments.fragments(Segment(segment_id="s0", text="", final=True)) == []
    assert len(segments.fragments(Segment(segment_id="s1", text="", final=True))) == 1

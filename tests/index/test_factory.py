from streamtrack.index import SnapshotFactory
from streamtrack.runtime.matching import encode_texts
from streamtrack.testing import WordEncoder
from streamtrack.types import Kind, Sensitivity
from tests.index.conftest import tracker

ANY = Sensitivity(threshold=-1.0)


def test_every_phrase_is_encoded_once_in_one_batch() -> None:
    encoder = WordEncoder()
    SnapshotFactory(encoder)(
        [tracker("One", "cancel it", "stop", exclude=("go on",)), tracker("Two", "stop", "go on")], 1
    )
    [batch] = encoder.batches
    assert sorted(batch) == ["cancel it", "go on", "stop"]


def test_a_sample_worded_twice_counts_once_under_its_first_wording() -> None:
    encoder = WordEncoder()
    texts = encode_texts(encoder, ["we must stop this now"])
    once = SnapshotFactory(encoder)([tracker("One", "Stop this!", sensitivity=ANY)], 1).search(texts)
    twice = SnapshotFactory(encoder)([tracker("One", "Stop this!", "stop this", sensitivity=ANY)], 1).search(texts)
    assert [(hit.sample, hit.score, hit.kind) for hit in twice[0]] == [("Stop this!", 1.0, Kind.EXACT)]
    assert [hit.score for hit in once[0]] == [hit.score for hit in twice[0]]


def test_no_trackers_need_no_encoder() -> None:
    encoder = WordEncoder()
    assert SnapshotFactory(encoder)([], 3).trackers == ()
    assert encoder.batches == []

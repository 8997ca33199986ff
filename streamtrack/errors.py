"""Every error the program raises on purpose, in one tree.

An error tells the peer what to do: ``code`` names it on the wire, ``retryable`` says whether the same request may
succeed later, ``close_code`` is set where a connection ends with it. Close codes 4000 to 4499 mean come back and
resume, 4500 to 4999 mean do not.

    StreamtrackError
    ├── InvalidInput                 what was sent breaks a rule; the message names field, value and rule
    │   ├── InvalidMessage           not JSON, unknown type, missing or wrong field
    │   ├── FrameTooLarge
    │   ├── BinaryFrame
    │   ├── TextTooLong
    │   ├── NotStarted               a message that needs ``start`` before it
    │   ├── AlreadyStarted
    │   ├── DuplicateSeq
    │   ├── StaleFragment            older than what is known of its utterance
    │   ├── AlreadyFinal             an interim after its final
    │   ├── UnknownTracker
    │   ├── InvalidTrackerFile
    │   ├── InvalidConversationFile
    │   └── InvalidRequest           a socket address with a wrong part; the socket is closed
    ├── Overloaded                   a bound was reached; come back after ``retry_after_s``
    ├── EncodingFailed               the encoder refused a batch; its members may be sent again
    ├── TooSlow                      a reader fell behind its outbox
    ├── TooManyErrors
    ├── IdleTimeout
    ├── ShuttingDown
    ├── Unrecoverable                a gap cannot be filled whole
    ├── ModelError                   a missing, corrupt or unsuitable model; the message says what to run
    └── InvalidSetting
"""

from __future__ import annotations

from typing import ClassVar


class StreamtrackError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False
    close_code: ClassVar[int | None] = None


class InvalidInput(StreamtrackError):
    """What was sent breaks a rule; the message names the field, the value and the rule."""

    code = "invalid_input"


class InvalidMessage(InvalidInput):
    """A frame that is no message of the protocol; the connection lives on."""

    code = "invalid_message"


class FrameTooLarge(InvalidInput):
    """A frame above the size limit; it was not read."""

    code = "frame_too_large"


class BinaryFrame(InvalidInput):
    """A binary frame on a socket that speaks JSON text."""

    code = "binary_frame"


class TextTooLong(InvalidInput):
    """A fragment's text above the limit; nothing of it was taken."""

    code = "text_too_long"


class NotStarted(InvalidInput):
    """A message that needs ``start`` before it."""

    code = "not_started"


class AlreadyStarted(InvalidInput):
    """A second ``start`` on one connection."""

    code = "already_started"


class DuplicateSeq(InvalidInput):
    """A ``seq`` used before on this connection for something else."""

    code = "duplicate_seq"


class StaleFragment(InvalidInput):
    """A fragment older, by its ``seq``, than what is known of its utterance."""

    code = "stale_fragment"


class AlreadyFinal(InvalidInput):
    """An interim for an utterance that already has its final."""

    code = "already_final"


class UnknownTracker(InvalidInput):
    """A tracker id or name that the catalog does not hold."""

    code = "unknown_tracker"


class InvalidTrackerFile(InvalidInput):
    """A tracker file with a mistake; the message names file, line, field and what is allowed."""

    code = "invalid_tracker_file"


class InvalidConversationFile(InvalidInput):
    """A conversation file with a mistake; the message names file, line, field, value and rule."""

    code = "invalid_conversation_file"


class InvalidRequest(InvalidInput):
    """A socket address with a wrong part; mend it before coming back."""

    code = "invalid_request"
    close_code = 4501


class Overloaded(StreamtrackError):
    """A bound was reached; the same request may succeed after ``retry_after_s``."""

    code = "overloaded"
    retryable = True
    close_code = 4013

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class EncodingFailed(StreamtrackError):
    """The encoder refused a batch; its members, and only they, are told."""

    code = "encoding_failed"
    retryable = True


class TooSlow(StreamtrackError):
    """A reader fell behind its outbox; it resumes from its last offset."""

    code = "too_slow"
    retryable = True
    close_code = 4008


class TooManyErrors(StreamtrackError):
    """A client that sends mistake after mistake; it must be mended before it comes back."""

    code = "too_many_errors"
    close_code = 4500


class IdleTimeout(StreamtrackError):
    """Neither a message nor a keepalive for too long; come back and resume."""

    code = "idle_timeout"
    retryable = True
    close_code = 4009


class ShuttingDown(StreamtrackError):
    """The server is going away; come back and resume."""

    code = "shutting_down"
    retryable = True
    close_code = 1001


class Unrecoverable(StreamtrackError):
    """A gap that cannot be filled whole; the reader starts afresh."""

    code = "unrecoverable"


class ModelError(StreamtrackError):
    """A missing, corrupt or unsuitable model; the message says what to run."""

    code = "model_error"


class InvalidSetting(StreamtrackError):
    """A setting with a wrong name or value."""

    code = "invalid_setting"


def alone(error: BaseException) -> BaseException:
    """The one error inside nested exception groups; a group that holds several is returned as it is."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error

from __future__ import annotations

from pathlib import Path

import pytest

from streamtrack.errors import InvalidSetting
from streamtrack.settings import Settings


def test_the_environment_overlays_the_defaults() -> None:
    settings = Settings.from_env({"STREAMTRACK_PORT": "9000", "STREAMTRACK_DATA": "/tmp/x", "HOME": "/root"})
    assert (settings.port, settings.data, settings.host) == (9000, Path("/tmp/x"), "127.0.0.1")
    assert settings.model_dir == Path("/tmp/x/models")


def test_options_come_before_the_environment_and_none_is_no_option() -> None:
    settings = Settings.from_env({"STREAMTRACK_PORT": "9000"})
    assert settings.overlaid(port=1, host=None).port == 1
    assert settings.overlaid(port=None) == settings


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("STREAMTRACK_PROT", "1", "STREAMTRACK_PROT is no setting; the settings are STREAMTRACK_HOST"),
        ("STREAMTRACK_PORT", "many", "port: 'many' is not a whole number"),
        ("STREAMTRACK_IDLE_SECONDS", "nan", "idle_seconds: 'nan' is below 1"),
        ("STREAMTRACK_HISTORY_EVENTS", "0", "history_events: '0' is below 1"),
        ("STREAMTRACK_RESUME_SECONDS", "soon", "resume_seconds: 'soon' is not a number"),
        ("STREAMTRACK_LOG_LEVEL", "loud", "log_level: 'loud' is not one of debug, info"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Settings.from_env({name: value})

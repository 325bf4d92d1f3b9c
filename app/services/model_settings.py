"""The settings that a person chose for a model: checked, and kept with the version, so that building anew keeps them."""

from collections.abc import Mapping

from app.services.errors import InvalidRequestError
from core.config import ConfigError, DmadConfig
from storage.records import VersionKind
from storage.workspace import Work

Settings = Mapping[str, object]  # names and values of `DmadConfig`, those that differ from the usual ones
CHOSEN_SETTINGS = "chosen_settings"  # where a version's report keeps them


def config_with(usual: str, chosen: Settings) -> DmadConfig:
    """Return the usual settings (JSON; "" for Twinbank's own) with the chosen ones in their place.

    Raises:
        InvalidRequestError: a setting that does not exist, or a value it can't have.
    """
    config = DmadConfig.from_json(usual) if usual else DmadConfig()
    try:
        return config.with_settings(chosen)
    except ConfigError as error:
        raise InvalidRequestError(f"The model can't be built with these settings: {error}.") from error


def last_chosen(work: Work) -> Settings:
    """Return the settings chosen for the last model that was built."""
    built = [version for version in work.versions.all() if version.kind is VersionKind.FIT]
    return built[-1].report.get(CHOSEN_SETTINGS, {}) if built else {}

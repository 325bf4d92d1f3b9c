"""The rows of the paper's ablation (its table 4), each a change of a configuration (section 4.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.config import DmadConfig


@dataclass(frozen=True)
class AblationRow:
    """One row: which parts of the method it has."""

    name: str
    has_seen: bool  # painted defects, as many as the evaluation's largest number
    parts: tuple[str, ...]  # of "filter", "M_n", "M_o", "M_as", "M_p", "distance", "attention"
    image_auroc: float  # published, per cent, MVTec-AD
    pixel_auroc: float


ROWS = (
    AblationRow("normal bank", False, ("M_n", "distance"), 94.9, 96.0),
    AblationRow("+ attention", False, ("M_n", "distance", "attention"), 95.8, 97.1),
    AblationRow("+ outliers", False, ("M_n", "M_o", "distance", "attention"), 96.3, 97.2),
    AblationRow("seen defects, no filter", True, ("M_n", "M_o", "M_as", "distance"), 93.6, 72.3),
    AblationRow("seen defects", True, ("filter", "M_n", "M_o", "M_as", "distance"), 98.7, 98.1),
    AblationRow(
        "seen defects + attention",
        True,
        ("filter", "M_n", "M_o", "M_as", "distance", "attention"),
        95.4,
        97.1,
    ),
    AblationRow(
        "seen defects + centres", True, ("filter", "M_n", "M_o", "M_as", "M_p", "distance"), 99.0, 98.2
    ),
)
PREFIX = "ablation: "


def row_config(row: AblationRow, config: DmadConfig) -> DmadConfig:
    """Return `config` with exactly the row's parts.

    Attention needs batches of whole images. Where the configuration trains on single patches, rows with attention
    train on small batches of whole images for two epochs: some hundred steps like the other rows, not the paper's 48.
    """
    attends = "attention" in row.parts
    centres = "regions" if config.centres == "none" else config.centres  # where the row has them
    whole = {"balanced": False, "epochs": 2, "batch_images": 8} if attends and config.balanced else {}
    return replace(
        config.with_settings(whole),
        mask_filter=config.mask_filter if "filter" in row.parts or not row.has_seen else "none",
        abnormal_knowledge="M_o" in row.parts,
        centres=centres if "M_p" in row.parts else "none",
        attention="always" if attends else "never",
    )


def row_of(experiment: str) -> AblationRow | None:
    """Return the row that an experiment's name stands for, or None."""
    return next((row for row in ROWS if experiment == PREFIX + row.name), None)

"""From the lines that the training process wrote to rows of the workspace."""

from datetime import datetime
from pathlib import Path

from app.worker_specs import ScoreLine, read_score_lines
from storage.records import Call, NewScore


def read_scores(file: Path, version_id: int, at: datetime) -> list[NewScore]:
    return [_to_row(line, version_id, at) for line in read_score_lines(file)]


def _to_row(line: ScoreLine, version_id: int, at: datetime) -> NewScore:
    return NewScore(
        image_id=line.image_id,
        version_id=version_id,
        score=line.score,
        limit=line.limit,
        rule=line.rule,
        call=Call.REJECT if line.is_reject else Call.PASS,
        taught=line.taught,
        distance=line.distance,
        head=line.head,
        head_weight=line.head_weight,
        patch_scores=line.patch_scores,
        grid_height=line.grid[0],
        grid_width=line.grid[1],
        evidence=dict(line.evidence),
        at=at,
    )

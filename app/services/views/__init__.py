"""What the services hand to pages, routes and commands: frozen records without any library behind them.

Verdicts are "good", "defect", "unsure" (None: not judged yet); calls "pass", "reject" (None: not scored yet).
Boxes are (left, top, right, bottom) in pixels of the image they belong to.
"""

from app.services.views.book import Agreement, BookPage, Cut
from app.services.views.exchange import (
    ExportPreview,
    ExportReport,
    ImageFacts,
    ImportPreview,
    ImportReport,
    IncomingFile,
    KeptExport,
    RefusedFile,
)
from app.services.views.images import Box, ImageCard, ImageDetails, ImageFilter, MediaFile, ProductSummary
from app.services.views.lessons import (
    ChangedImage,
    JobView,
    LessonResult,
    PaintingPreview,
    ProductFigures,
    Waiting,
)
from app.services.views.painting import (
    DefectTypeView,
    Inbox,
    Mask,
    PaintedLayer,
    Painting,
    PaintingDraft,
    Said,
    SavedPainting,
    Standing,
    TakenBack,
)
from app.services.views.review import Evidence, Histogram, NearestGood, NearestPatch, ReviewCard
from app.services.views.versions import VersionComparison, VersionName, VersionView

__all__ = [
    "Agreement",
    "BookPage",
    "Box",
    "ChangedImage",
    "Cut",
    "DefectTypeView",
    "Evidence",
    "ExportPreview",
    "ExportReport",
    "Histogram",
    "ImageCard",
    "ImageDetails",
    "ImageFacts",
    "ImageFilter",
    "ImportPreview",
    "ImportReport",
    "Inbox",
    "IncomingFile",
    "JobView",
    "KeptExport",
    "LessonResult",
    "Mask",
    "MediaFile",
    "NearestGood",
    "NearestPatch",
    "PaintedLayer",
    "Painting",
    "PaintingDraft",
    "PaintingPreview",
    "ProductFigures",
    "ProductSummary",
    "RefusedFile",
    "ReviewCard",
    "Said",
    "SavedPainting",
    "Standing",
    "TakenBack",
    "VersionComparison",
    "VersionName",
    "VersionView",
    "Waiting",
]

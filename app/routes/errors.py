"""Turn what goes wrong into {"detail": sentence} with a fitting status."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from app.canvas.run_lengths import RunLengthError
from app.routes.bodies import painting_json
from app.services.errors import (
    ConflictError,
    NotFoundError,
    NotNowError,
    OwnerOnlyError,
    SendWholeError,
    ServiceError,
    StalePaintingError,
    StorageError,
)

_log = logging.getLogger("twinbank")


def install(app: FastAPI) -> None:
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(StorageError, _storage_error)
    app.add_exception_handler(RunLengthError, _bad_runs)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(Exception, _unexpected)


def _service_error(_request: Request, error: Exception) -> JSONResponse:
    content: dict[str, object] = {"detail": str(error)}
    if isinstance(error, StalePaintingError):
        content["painting"] = painting_json(error.painting)
    return JSONResponse(content, status_of(error))


def _storage_error(_request: Request, error: Exception) -> JSONResponse:
    _log.error("storage: %s", error)
    return JSONResponse({"detail": str(error)}, 500)


def status_of(error: Exception) -> int:
    if isinstance(error, NotFoundError):
        return 404
    if isinstance(error, OwnerOnlyError):
        return 403
    if isinstance(error, SendWholeError):
        return 412
    if isinstance(error, NotNowError):
        return 503
    return 409 if isinstance(error, ConflictError) else 400


def _bad_runs(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": f"The painting could not be read: {error}."}, 400)


def _bad_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    places = [f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}" for found in error.errors()]
    return JSONResponse({"detail": f"The request is not of the expected form ({'; '.join(places)})."}, 422)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return JSONResponse(
        {"detail": "Twinbank made a mistake here; its log says where. Nothing was lost."}, 500
    )

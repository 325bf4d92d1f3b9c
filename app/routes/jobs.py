"""Long work: start it, follow it, cancel it."""

from fastapi import APIRouter

from app.routes.bodies import Author, FitBody, job_json, lesson_json
from app.services import Services

Json = dict[str, object]


def router(services: Services) -> APIRouter:
    routes = APIRouter(prefix="/api")
    teaching = services.teaching

    @routes.get("/jobs/current")
    def current() -> Json | None:
        job = teaching.current()
        return job_json(job) if job else None

    @routes.get("/jobs/{job_id}")
    def job(job_id: int) -> Json:
        return job_json(teaching.job(job_id))

    @routes.get("/jobs/{job_id}/log")
    def log(job_id: int) -> Json:
        return {"log": teaching.log(job_id)}

    @routes.get("/jobs/{job_id}/lesson")
    def lesson(job_id: int) -> Json:
        return lesson_json(teaching.result(job_id))

    @routes.post("/jobs/{job_id}/cancel")
    def cancel(job_id: int, _author: Author) -> Json:
        teaching.cancel(job_id)
        return job_json(teaching.job(job_id))

    @routes.post("/fit")
    def fit(author: Author, body: FitBody | None = None) -> Json:
        return {"job": teaching.start_fit(author, body.settings if body else None)}

    @routes.post("/teach")
    def teach(author: Author) -> Json:
        return {"job": teaching.start_teach(author)}

    return routes

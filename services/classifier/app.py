"""The HTTP face of the classifier. It translates; it decides nothing."""

import hashlib
import math
from typing import Annotated

from fastapi import BackgroundTasks, FastAPI, Form, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pydantic.json_schema import SkipJsonSchema
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser

from services import food
from services.classifier import feedback, page
from services.classifier.answers import (
    GONE,
    KEEPS_NOTHING,
    NOT_KEPT,
    REFUSALS,
    Health,
    Photos,
    Prediction,
    Version,
)
from services.classifier.errors import BrokenModelError, BusyError, UnknownLabelError
from services.classifier.feedback import Correction
from services.classifier.metrics import CONTENT_TYPE
from services.classifier.model import Classifier
from services.classifier.service import Service
from services.classifier.settings import Settings
from services.classifier.wrapping import (
    MAX_BODY,
    Application,
    Bounded,
    Marked,
    State,
    is_mirrored,
)

# A photo stays in memory while it is received; no disk ever holds it.
MultiPartParser.spool_max_size = MAX_BODY

STATUS: dict[type[Exception], int] = {
    food.TooLargeError: 413,
    food.UnknownFormatError: 415,
    food.BadPhotoError: 422,
    UnknownLabelError: 422,
    BrokenModelError: 500,
}
Label = Annotated[str, Form(json_schema_extra={"enum": list(food.LABELS)})]
GOING = "This server is going away: ask another one."


def create_app(classifier: Classifier, settings: Settings, state: State) -> Application:
    """Build the service around a loaded classifier.

    The classifier is passed in, so tests hand over a tiny one and nothing is loaded,
    read or connected when this module is imported.
    """
    service = Service(classifier, settings)
    app = FastAPI(
        title="Food photo classifier",
        version=service.version_text,
        docs_url=None,
        redoc_url=None,
    )
    _add_predicting(app, service)
    _add_feedback(app, service)
    _add_watching(app, service, state)
    _add_errors(app)
    return Marked(Bounded(app), service.version_text, service.metrics, state)


def _add_predicting(app: FastAPI, service: Service) -> None:
    html, policy = page.build(
        keeps_feedback=service.feedback is not None,
        keeps_recordings=service.recorder is not None,
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    picture = page.built_in_picture()

    @app.get("/", response_class=HTMLResponse)
    async def index() -> HTMLResponse:
        """The page: send a photo, see its label, correct it."""
        return HTMLResponse(html, headers=headers)

    @app.post("/predict", responses=REFUSALS)
    async def predict(photo: UploadFile, later: BackgroundTasks, request: Request) -> Prediction:
        """Name the food on the photo in the form field `photo`."""
        is_live = not is_mirrored(request.scope)
        return await service.predict(await _take(photo), later if is_live else None)

    @app.get("/test", responses={503: REFUSALS[503]})
    async def test() -> Prediction:
        """Name the food on a picture that is built in and that nobody can change."""
        return await service.predict(picture)


def _add_feedback(app: FastAPI, service: Service) -> None:
    @app.post("/feedback", status_code=201, responses=REFUSALS | NOT_KEPT)
    async def give_feedback(
        photo: UploadFile,
        predicted: Label,
        corrected: Label,
        version: Annotated[int | SkipJsonSchema[None], Form(ge=1, le=10**9)] = None,
    ) -> Correction:
        """Keep the right label of a photo, so that a later model can learn it."""
        shelf = service.feedback
        if shelf is None:
            raise HTTPException(404, KEEPS_NOTHING)
        data = await _take(photo)
        name = hashlib.sha256(data).hexdigest()
        correction = Correction(name, version, predicted, corrected)
        await service.line.run(lambda: feedback.keep(shelf, data, correction))
        service.metrics.correction(str(version or "none"), predicted, corrected)
        return correction


def _add_watching(app: FastAPI, service: Service, state: State) -> None:
    facts, settings = service.classifier.facts, service.settings
    version = Version(
        settings.model_name,
        facts.version,
        settings.digest,
        facts.commit,
        facts.data_hash,
        facts.run,
        settings.environment,
    )

    @app.get("/version")
    async def tell_version() -> Version:
        """Say which model this is and where it comes from."""
        return version

    @app.get("/photos")
    async def photos() -> Photos:
        """Say how the photos of each hour were answered, in sums, and those of the training."""
        return Photos(facts.version, service.classifier.reference, service.hours.told())

    @app.get("/healthz")
    async def health() -> Health:
        """Answer as long as this process can."""
        return Health("ok")

    @app.get("/readyz", responses=GONE)
    async def ready() -> Health:
        """Answer while requests are welcome here."""
        if state.draining:
            raise HTTPException(503, GOING)
        return Health("ready")

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Everything that is counted, for Prometheus."""
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(food.BadPhotoError)
    @app.exception_handler(UnknownLabelError)
    @app.exception_handler(BrokenModelError)
    async def refused(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, STATUS[type(error)])

    @app.exception_handler(BusyError)
    async def busy(_request: Request, error: BusyError) -> JSONResponse:
        seconds = str(math.ceil(error.deadline))
        return JSONResponse({"detail": str(error)}, 503, {"Retry-After": seconds})

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": _sentence(error)}, 422)

    @app.exception_handler(500)
    async def broken(_request: Request, error: Exception) -> JSONResponse:
        detail = f"This server is broken ({type(error).__name__}): see its log."
        return JSONResponse({"detail": detail}, 500)


async def _take(photo: UploadFile) -> bytes:
    """Read an upload, and let go of the copy that the form holds."""
    data = await photo.read()
    await photo.close()
    return data


def _sentence(error: RequestValidationError) -> str:
    first = {"".join(map(str, found["loc"][1:2])): found["msg"] for found in error.errors()[::-1]}
    problems = "; ".join(f"{field}: {message}" for field, message in first.items())
    return f"The form cannot be used: {problems}."

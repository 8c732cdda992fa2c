"""The page, put together when the server starts: one file, and nothing from elsewhere.

Its parts lie in `web/`; the sample pictures in `samples/`, named for what is on them.
"""

import base64
import hashlib
import json
from pathlib import Path

from services import food

WEB = Path(__file__).parent / "web"
SAMPLES = Path(__file__).parent / "samples"
TEST_PICTURE = SAMPLES / "egg.webp"


def build(*, keeps_feedback: bool, keeps_recordings: bool) -> tuple[str, str]:
    """Return the HTML, and the content security policy that it works under."""
    style, script = (WEB / "style.css").read_text(), (WEB / "script.js").read_text()
    facts = json.dumps(
        {
            "labels": food.LABELS,
            "maxBytes": food.MAX_BYTES,
            "keepsFeedback": keeps_feedback,
            "samples": [
                {"name": path.stem.replace("-", " "), "url": _data_url(path)}
                for path in sorted(SAMPLES.glob("*.webp"))
            ],
        }
    )
    script = script.replace("/* FACTS */ {}", facts)
    html = (WEB / "index.html").read_text()
    html = html.replace("<!-- KEPT -->", _what_is_kept(keeps_feedback, keeps_recordings))
    html = html.replace("/* STYLE */", style).replace("/* SCRIPT */", script)
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
        "img-src data: blob:; connect-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return html, policy


def built_in_picture() -> bytes:
    """Return the built-in picture that `/test` classifies."""
    return TEST_PICTURE.read_bytes()


def _what_is_kept(feedback: bool, recordings: bool) -> str:
    corrected = "A photo that you correct is kept as a small copy without its metadata. "
    recorded = "Some other photos are kept for a while as squares of 224 pixels, to compare models."
    looked_at = "Other photos are looked at and not kept."
    return (corrected if feedback else "") + (recorded if recordings else looked_at)


def _data_url(path: Path) -> str:
    return f"data:image/webp;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

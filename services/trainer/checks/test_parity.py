"""The exported model answers as the one that was trained. Only this test loads PyTorch."""

from pathlib import Path

import pytest

from services.trainer import modelfile
from services.trainer.dataset import Picture
from services.trainer.inference import Model
from services.trainer.settings import Thresholds


def test_it_answers_as_pytorch_does(
    request: pytest.FixtureRequest,
    folder: Path,
    evaluation: tuple[Picture, ...],
    model: Model,
    thresholds: Thresholds,
) -> None:
    trained: Path | None = request.config.getoption("--trained")
    if trained is None:
        pytest.skip("the weights that PyTorch trained are not at hand")
    import torch

    from services.trainer import parity

    torch.set_num_threads(request.config.getoption("--threads"))
    photos = parity.sample(evaluation)
    is_int8 = modelfile.read(folder)["quantised"]
    wanted = thresholds.parity_int8_agreement if is_int8 else thresholds.parity_fp32_agreement

    found = parity.compare(parity.torch_logits(*parity.load(trained), photos), model.photos(photos))

    assert found.agreement >= wanted, (
        f"{found.agreement:.3f} of the answers are those of PyTorch, "
        f"{wanted - found.agreement:.3f} below the {wanted} that is asked for"
    )
    if not is_int8:
        allowed = thresholds.parity_fp32_difference
        assert found.difference <= allowed, (
            f"logits differ from PyTorch's by up to {found.difference:.2g}, "
            f"{found.difference - allowed:.2g} more than the {allowed} that is allowed"
        )

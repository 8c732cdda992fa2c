"""Run an ONNX model over photos, a batch at a time, on at most so many cores."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services import food

Array: TypeAlias = NDArray[np.float32]
BATCH = 16


class Model:
    """A loaded ONNX model."""

    def __init__(self, file: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A thread that waits sleeps: the core is needed to decode the next batch.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"]
        )
        self.input = self.session.get_inputs()[0]
        self.output = self.session.get_outputs()[0]

    def __call__(self, tensor: Array) -> Array:
        """Run one batch of tensors."""
        answer: Array = self.session.run([self.output.name], {self.input.name: tensor})[0]
        return answer

    def photos(
        self, photos: Iterable[bytes], advance: Callable[[int], None] = lambda count: None
    ) -> Array:
        """Run photos; the next batch is decoded while one is run."""
        answers = []
        for batch in tensors(photos):
            answers.append(self(batch))
            advance(len(batch))
        if not answers:
            return np.zeros((0, self.output.shape[1]), dtype=np.float32)
        return np.concatenate(answers)


def tensors(photos: Iterable[bytes]) -> Iterator[Array]:
    """Decode photos into batches of tensors, one batch ahead."""
    todo = iter(photos)
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(_decode, list(islice(todo, BATCH)))
        while (batch := ahead.result()) is not None:
            ahead = pool.submit(_decode, list(islice(todo, BATCH)))
            yield batch


def _decode(photos: Sequence[bytes]) -> Array | None:
    return np.concatenate([food.to_tensor(photo) for photo in photos]) if photos else None

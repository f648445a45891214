"""What TensorBoard shows by its plugins: curves, charts of several numbers, meshes, boxes, videos and embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferrotorch.utils.tensorboard import _projector, _records

if TYPE_CHECKING:
    from ferrotorch.utils.tensorboard.writer import FileWriter


class ChartWriter:
    """The methods of a writer that write records of plugins."""

    _projector_config: Any = None

    def _get_file_writer(self) -> FileWriter:
        raise TypeError("a SummaryWriter opens the file")

    def _add(self, record: Any, step: int | None, walltime: float | None) -> None:
        self._get_file_writer().add_summary(record, step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: float,
        max: float,
        num: int,
        sum: float,
        sum_squares: float,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Write how values are spread that have been counted already.

        Raises:
            ValueError: there is not one count for each limit.
        """
        record = _records.histogram_raw(tag, (min, max, num, sum, sum_squares), bucket_limits, bucket_counts)
        self._add(record, global_step, walltime)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: Any = None,
    ) -> None:
        """Write a picture with boxes (left, top, right, bottom), and a word at each where there are as many."""
        words = [labels] if isinstance(labels, str) else labels
        if words is not None and len(words) != len(box_tensor):
            words = None
        record = _records.image_with_boxes(tag, img_tensor, box_tensor, rescale, dataformats, words)
        self._add(record, global_step, walltime)

    def add_video(
        self, tag: str, vid_tensor: Any, global_step: int | None = None, fps: float = 4, walltime: float | None = None
    ) -> None:
        """Write videos (N, T, C, H, W), side by side."""
        self._add(_records.video(tag, vid_tensor, fps), global_step, walltime)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Write precision and recall of predictions from 0 to 1 at thresholds between."""
        count = min(num_thresholds, 127)
        data = _records.precision_and_recall(labels, predictions, count, weights)
        self._add(_records.curve(tag, data, count), global_step, walltime)

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Write precision and recall that have been counted already. ``weights`` are part of the counts."""
        rows = (true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts)
        data = _records.stacked((*rows, precision, recall))
        self._add(_records.curve(tag, data, min(num_thresholds, 127)), global_step, walltime)

    def add_custom_scalars(self, layout: dict[str, dict[str, Any]]) -> None:
        """Write which numbers are shown together.

        ``layout`` has by category and title ``["Multiline", tags]`` or ``["Margin", tags]``.
        """
        self._add(_records.custom_scalars(layout), None, None)

    def add_custom_scalars_multilinechart(
        self, tags: list[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Show numbers as lines of one chart."""
        self.add_custom_scalars({category: {title: ["Multiline", tags]}})

    def add_custom_scalars_marginchart(
        self, tags: list[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Show a number within bounds: the tags of the value, the lower and the upper bound.

        Raises:
            AssertionError: not three tags.
        """
        if len(tags) != 3:
            raise AssertionError(f"Expected 3 tags, got {len(tags)}.")
        self.add_custom_scalars({category: {title: ["Margin", tags]}})

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: dict[str, Any] | None = None,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Write bodies (B, N, 3): vertices, their colours from 0 to 255, and triples of vertices that are faces."""
        self._add(_records.mesh(tag, vertices, colors, faces, config_dict), global_step, walltime)

    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: int | None = None,
        tag: str = "default",
        metadata_header: Any = None,
    ) -> None:
        """Write points (N, D) for the projector, with labels or pictures.

        Raises:
            AssertionError: not a matrix, or another number of labels or pictures than of points.
        """
        if self._projector_config is None:
            from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

            self._projector_config = ProjectorConfig()
        root = Path(self._get_file_writer().get_logdir())
        info = _projector.write(root, tag, global_step or 0, mat, metadata, label_img, metadata_header)
        self._projector_config.embeddings.append(info)
        _projector.write_config(root, self._projector_config)

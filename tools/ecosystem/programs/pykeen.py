# ruff: noqa: E741
import numpy as np
from pykeen.pipeline import pipeline
from pykeen.triples import TriplesFactory

rng = np.random.default_rng(0)
t = np.unique(
    np.stack(
        [
            rng.integers(0, 12, 80).astype(str),
            np.char.add("r", rng.integers(0, 3, 80).astype(str)),
            rng.integers(0, 12, 80).astype(str),
        ],
        1,
    ),
    axis=0,
)
tf = TriplesFactory.from_labeled_triples(t)
tr, te = tf.split([0.8, 0.2], random_state=0)
for name in ("TransE", "DistMult", "ComplEx", "RotatE", "TuckER"):
    r = pipeline(
        training=tr,
        testing=te,
        model=name,
        model_kwargs={"embedding_dim": 8},
        training_kwargs={"num_epochs": 3, "batch_size": 16, "use_tqdm": False},
        evaluation_kwargs={"use_tqdm": False, "batch_size": 4},
        random_seed=0,
        device="cpu",
    )
    print(
        name,
        [round(l, 3) for l in r.losses],
        round(r.get_metric("mrr"), 3),
        tuple(r.model.score_hrt(tr.mapped_triples[:3]).shape),
    )

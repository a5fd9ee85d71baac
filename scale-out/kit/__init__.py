"""The experiment of ESMM Playground that is written below, as a PyTorch training script for one machine or many.

Install
    pip install torch numpy pyarrow safetensors         # and, for --workers:  pip install "ray[train,data]"

Run
    python train.py --log log.csv                       # several files, gzipped ones and Parquet as well
    python train.py --log log/*.parquet --workers 8 --use-gpu --storage /shared/esmm
    python train.py --log log.csv --weights w           # trains nothing: predicts with the playground's weights

A generated log is no file yet: save it with the page's Export, "Log (CSV)", or draw it with `lab generate`.

What comes out, in --out, in the playground's own formats: `lab evaluate --predictions out/predictions.csv` adds every
other metric with its interval, and tests/recompute/recompute.py computes each prediction again.
    <model>-<seed>.safetensors, .json    weights by name; encoders, behaviour tree and plan beside them
    predictions.csv                      P(event) of the held-out rows
    metrics.json                         AUC, log-loss and PCOC of every event, labels taken as final: what is still to come
                                         counts as none (the lab and the page make up for it)

How a log of any size is read
    In three passes, piece by piece: a survey (which rows are held out), the encoders, the encoding. Encoded rows go to
    <storage>/prepared as Parquet, once for all models. With --workers each worker streams its shard of them (Ray Data);
    without, the encoded training rows are held in memory. Held-out rows are predicted file by file, but their
    predictions are in memory when they are measured. Exact: vocabularies (memory grows with the number of different
    values), means and deviations. Bucket edges, and the time from which rows are held out, are exact up to a million
    rows and from there on those of a uniform sample of a million. --storage is a folder that every worker sees.

Batches and steps with N workers
    `training.batch_size` is the whole step's: each worker takes batch_size / N rows (rounded up) and gradients are
    averaged, so steps, learning rate and schedule stay as they are. A worker's loss is the mean over its own rows;
    of a loss that is a mean over clicks, the average of N such means is not exactly the mean over all. All workers
    see equally many rows: up to N - 1 are left out of an epoch. Rows are shuffled by file and within a buffer
    (--shuffle-rows), not throughout the log. On several GPUs (NCCL) gradients of the table are dense: with lazy
    embeddings a row counts as touched where its gradient is not 0. A lost worker's run goes on from the last
    epoch's checkpoint.

Rows that stand for several impressions
    Where the roles have `weight`, `sampling_rate` or `negative_rate`, losses, metrics and the ends of runs are of the
    impressions that rows stand for, as in the playground; predictions have a column `weight`.

Not as in the browser
    Random numbers are PyTorch's: the same seed starts from other weights. A split by time holds out the same rows; by
    user, users are drawn by a hash, so the share is met on average; by row likewise, without regard to labels. The
    page's limit on rows does not hold. GBDT is no network and is skipped. Numbers have a decimal point, times are
    numbers or ISO 8601 dates, several values in a cell are joined by \\x01, as the page's export joins them. Repairs of
    rows, labels that count within a span of time, and early stopping by metrics that are not computed here are refused.
"""

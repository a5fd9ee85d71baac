"""ESMM in PyTorch on one thread of the CPU: the peer of `cargo xtask bench training` outside the browser.

    python3 esmm_pytorch.py FOLDER SECONDS dense|sparse|compiled

FOLDER holds the network, the encoded rows and the labels (network.json, rows.bin, labels.bin). Prints one line of JSON: `rows`,
`seconds`, `losses` of each step in nats per impression, and the `version`. As many seconds are trained twice before the clock
starts, at most one each.

Tuned: fields of a pooled group are one `embedding_bag`, which sums without the fields' rows in between; Adam is the fused one;
the log is tensors from the start; losses are read once, at the end. `dense`: one Adam for all, whose step costs as much as the
vocabulary is long. `sparse`: the table's gradient is its rows of the batch, and SparseAdam moves those alone. `compiled`: `dense`
through `torch.compile`, which wants a C++ compiler and cannot do `sparse`.
"""

import json
import pathlib
import sys
import time

import torch
from torch.nn import functional

VARIANTS = ("dense", "sparse", "compiled")


class Esmm(torch.nn.Module):
    def __init__(self, network, is_sparse):
        super().__init__()
        self.sizes = network["fields_by_pooled_group"]
        self.is_sparse = is_sparse
        self.table = torch.nn.Parameter(0.05 * torch.randn(network["table_rows"], network["embedding_size"]))
        self.towers = torch.nn.ModuleList(self.tower(network) for _ in range(2))

    def tower(self, network):
        sizes = [len(self.sizes) * network["embedding_size"], *network["hidden"]]
        layers = []
        for entering, leaving in zip(sizes, sizes[1:]):
            layers += [torch.nn.Linear(entering, leaving), torch.nn.ReLU()]
        return torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], 1))

    def forward(self, rows, labels):
        """Loss of a batch: `rows` `[batch, fields]`, `labels` `[2, batch]`, click and purchase."""
        batch = len(rows)
        if max(self.sizes) == 1:
            pooled = functional.embedding(rows, self.table, sparse=self.is_sparse).view(batch, -1)
        else:
            groups = rows.split(self.sizes, dim=1)
            bags = [functional.embedding_bag(group, self.table, mode="sum", sparse=self.is_sparse) for group in groups]
            pooled = torch.cat(bags, dim=1)
        click, purchase = (tower(pooled).squeeze(1) for tower in self.towers)
        log_both = functional.logsigmoid(click) + functional.logsigmoid(purchase)
        of_purchase = labels[1] * log_both + (1 - labels[1]) * torch.log1p(-torch.exp(log_both).clamp(max=1 - 1e-6))
        return functional.binary_cross_entropy_with_logits(click, labels[0]) - of_purchase.mean()


class Run:
    def __init__(self, folder, variant):
        is_sparse = variant == "sparse"
        folder = pathlib.Path(folder)
        network = json.loads((folder / "network.json").read_text())
        self.batch_size = network["batch_size"]
        rows = torch.frombuffer(bytearray((folder / "rows.bin").read_bytes()), dtype=torch.int32).to(torch.int64)
        self.rows = rows.view(network["train_rows"], len(network["fields"]))
        labels = torch.frombuffer(bytearray((folder / "labels.bin").read_bytes()), dtype=torch.uint8)
        self.labels = labels.view(-1, 2).t().to(torch.float32).contiguous()
        torch.manual_seed(1)
        self.model = Esmm(network, is_sparse)
        numbers = {
            "lr": network["learning_rate"],
            "betas": (network["beta1"], network["beta2"]),
            "eps": network["epsilon"],
        }
        towers = list(self.model.towers.parameters())
        if is_sparse:
            self.optimizers = [torch.optim.SparseAdam([self.model.table], **numbers), torch.optim.Adam(towers, fused=True, **numbers)]
        else:
            self.optimizers = [torch.optim.Adam([self.model.table, *towers], fused=True, **numbers)]
        if variant == "compiled":
            self.model = torch.compile(self.model, dynamic=False)
        self.losses = []
        self.epochs = self.batches()

    def batches(self):
        """Shuffled full batches without end; the rest of an epoch is left out."""
        while True:
            order = torch.randperm(len(self.rows))
            yield from order[: len(order) // self.batch_size * self.batch_size].split(self.batch_size)

    def train(self, seconds):
        """Rows that were trained on, and the seconds that it took."""
        n_rows, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            batch = next(self.epochs)
            loss = self.model(self.rows[batch], self.labels[:, batch])
            for optimizer in self.optimizers:
                optimizer.zero_grad(set_to_none=True)
            loss.backward()
            for optimizer in self.optimizers:
                optimizer.step()
            self.losses.append(loss.detach())
            n_rows += len(batch)
        return n_rows, time.perf_counter() - start


def main(folder, seconds, variant):
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    if variant not in VARIANTS:
        sys.exit(f"{variant!r} is none of {VARIANTS}")
    run = Run(folder, variant)
    # Twice: where the step is compiled the first is over with that.
    for _ in range(2):
        run.train(min(float(seconds), 1.0))
    n_rows, took = run.train(float(seconds))
    losses = torch.stack(run.losses).tolist()
    print(json.dumps({"rows": n_rows, "seconds": took, "losses": losses, "version": torch.__version__}))


if __name__ == "__main__":
    main(*sys.argv[1:])

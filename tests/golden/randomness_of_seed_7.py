"""The engine's randomness for seed 7, from ChaCha8 written anew: what the ten golden steps of every objective draw.

    python3 randomness_of_seed_7.py > randomness_of_seed_7.json

The generator is that of the crate rand_chacha: the key from the seed by PCG32, one stream for each purpose
(src/engine/random.rs). The engine's test checks that it draws the same.
"""

import json
import struct

SEED, ROWS, TRAIN, BATCH, STEPS = 7, 60, 50, 16, 10
M32, M64 = (1 << 32) - 1, (1 << 64) - 1


def key(seed):
    words = []
    for _ in range(8):
        seed = (seed * 6364136223846793005 + 11634580027462260723) & M64
        shifted, turn = (((seed >> 18) ^ seed) >> 27) & M32, seed >> 59
        words.append(((shifted >> turn) | (shifted << (-turn & 31))) & M32)
    return words


def block(words, counter, stream):
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *words, counter & M32, counter >> 32, stream & M32, stream >> 32]
    x = list(start)

    def quarter(a, b, c, d):
        for first, second, third, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[first] = (x[first] + x[second]) & M32
            x[third] ^= x[first]
            x[third] = ((x[third] << turn) | (x[third] >> (32 - turn))) & M32

    for _ in range(4):
        for column in range(4):
            quarter(column, column + 4, column + 8, column + 12)
        for a, b, c, d in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(a, b, c, d)
    return [(a + b) & M32 for a, b in zip(x, start)]


class Random:
    def __init__(self, stream):
        self.key, self.stream, self.counter, self.words = key(SEED), stream, 0, []

    def next_u64(self):
        if not self.words:
            self.words = block(self.key, self.counter, self.stream)
            self.counter += 1
        low, high = self.words.pop(0), self.words.pop(0)
        return low | high << 32

    def draws(self, count):
        """Uniform in (0, 1], rounded to 32 bits."""
        values = [1.0 - (self.next_u64() >> 11) / (1 << 53) for _ in range(count)]
        return [struct.unpack("<f", struct.pack("<f", value))[0] for value in values]

    def shuffled(self, values):
        for last in range(len(values) - 1, 0, -1):
            other = self.next_u64() * (last + 1) >> 64
            values[last], values[other] = values[other], values[last]
        return values


def main():
    batches = []
    for epoch in range(3):
        order = Random((1 << 62) + epoch).shuffled(list(range(TRAIN)))
        batches += [order[first : first + BATCH] for first in range(0, TRAIN, BATCH)]
    batches = batches[:STEPS]
    steps = [Random((3 << 62) + step).draws(len(rows)) for step, rows in enumerate(batches)]
    print(json.dumps({"batches": batches, "rows": Random(3).draws(ROWS), "steps": steps}))


main()

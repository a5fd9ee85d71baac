// ESMM in TensorFlow.js on its wasm backend, as fast as we know how to write it.
//
// TensorFlow.js computes the towers: products, ReLU, sums. What is by hand, on typed arrays, and why:
// - The embedding table, its gradient and its lazy Adam. The backend has no kernel for the gradient of `gather`, and a product
//   with one-hot rows costs a step as much as the vocabulary is long.
// - The products of the backward pass are given their transposed factor as a tensor: the backend multiplies with XNNPACK only
//   when neither factor is marked as transposed, as those of TensorFlow.js's own gradients are, and with a plain loop otherwise.
// - The losses and their gradient by the logits (two numbers a row), and Adam: as tensors they are a hundred small kernels.
// `EsmmByTape` is the same model with the towers' gradient and Adam from TensorFlow.js itself, as most would write it: the report's
// "plain". `EsmmOnGpu` is all of it from TensorFlow.js, on its WebGPU backend: embeddings, gradient and Adam stay on the device, and
// losses are read back four steps at a time.

/** Mulberry32: the same numbers in every run. */
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `[count]` numbers in ±limit. */
const uniform = (random, limit, count) => Float32Array.from({ length: count }, () => (2 * random() - 1) * limit);

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** Rows of a batch's tensors. Eight rows of nothing are added: a column of a power of two of numbers falls into a few sets of the
 * processor's cache, and to transpose such a tensor takes ten times as long. */
const padded = (batch) => batch + 8;

/** A tensor's values, copied out of the backend's memory; nothing is waited for. */
const valuesOf = (tensor) => tensor.dataSync();

/** A parameter with Adam's moments. */
class Parameter {
  constructor(values, shape) {
    this.values = values;
    this.shape = shape;
    this.moment1 = new Float32Array(values.length);
    this.moment2 = new Float32Array(values.length);
  }

  /** The values on the backend. A new tensor after every move: XNNPACK keeps its own copy of a factor by the tensor's identity. */
  tensor() {
    this.kept ??= tf.keep(tf.tensor(this.values, this.shape, 'float32'));
    return this.kept;
  }

  /** Moves `values[at..at + length]` against `gradient[from..]`. */
  move(adam, gradient, at, from, length) {
    const { beta1, beta2, epsilon, stepSize, rootScale } = adam;
    const { values, moment1, moment2 } = this;
    for (let i = 0; i < length; i += 1) {
      const g = gradient[from + i];
      const m = beta1 * moment1[at + i] + (1 - beta1) * g;
      const v = beta2 * moment2[at + i] + (1 - beta2) * g * g;
      moment1[at + i] = m;
      moment2[at + i] = v;
      values[at + i] -= stepSize * m / (Math.sqrt(v) * rootScale + epsilon);
    }
    this.kept?.dispose();
    this.kept = undefined;
  }
}

/** Embeddings of all fields in one table, pooled by group. */
class Embeddings {
  constructor(network, random) {
    this.size = network.embedding_size;
    this.table = new Parameter(uniform(random, 0.087, network.table_rows * this.size), [network.table_rows, this.size]);
    this.nFields = network.fields.length;
    this.groupOfField = network.fields_by_pooled_group.flatMap((length, group) => Array(length).fill(group));
    this.inputSize = network.fields_by_pooled_group.length * this.size;
    // Place of a table's row among the distinct rows of the batch, and the step that it was given in.
    this.place = new Int32Array(network.table_rows);
    this.seenAt = new Int32Array(network.table_rows).fill(-1);
    this.steps = 0;
  }

  /** `[nRows, inputSize]`, the first rows of which are those of the batch `ids`, `[batch, nFields]`. */
  forward(ids, nRows = padded(ids.length / this.nFields)) {
    const { size, nFields, groupOfField, inputSize } = this;
    const batch = ids.length / nFields;
    const pooled = new Float32Array(nRows * inputSize);
    const table = this.table.values;
    for (let row = 0; row < batch; row += 1) {
      for (let field = 0; field < nFields; field += 1) {
        const from = ids[row * nFields + field] * size;
        const to = row * inputSize + groupOfField[field] * size;
        for (let i = 0; i < size; i += 1) pooled[to + i] += table[from + i];
      }
    }
    return pooled;
  }

  /** Distinct rows of `ids`, and the gradient of each, summed: `{ rows: [n], gradient: [n, size] }`. */
  backward(ids, pooledGradient) {
    const { size, nFields, groupOfField, inputSize, place, seenAt } = this;
    const batch = ids.length / nFields;
    const rows = [];
    const gradient = new Float32Array(ids.length * size);
    this.steps += 1;
    for (let row = 0; row < batch; row += 1) {
      for (let field = 0; field < nFields; field += 1) {
        const id = ids[row * nFields + field];
        if (seenAt[id] !== this.steps) {
          seenAt[id] = this.steps;
          place[id] = rows.length;
          rows.push(id);
        }
        const to = place[id] * size;
        const from = row * inputSize + groupOfField[field] * size;
        for (let i = 0; i < size; i += 1) gradient[to + i] += pooledGradient[from + i];
      }
    }
    return { rows, gradient };
  }

  update(adam, { rows, gradient }) {
    for (let at = 0; at < rows.length; at += 1) this.table.move(adam, gradient, rows[at] * this.size, at * this.size, this.size);
  }
}

/** Mean losses of click and of purchase (pCTR · pCVR) over all rows, and their gradient by the logits, `[padded(batch)]` each. */
function lossOf(clickLogits, purchaseLogits, labels) {
  const batch = labels.length / 2;
  const byClick = new Float32Array(padded(batch));
  const byPurchase = new Float32Array(padded(batch));
  let loss = 0;
  for (let row = 0; row < batch; row += 1) {
    const click = labels[2 * row];
    const purchase = labels[2 * row + 1];
    const ctr = sigmoid(clickLogits[row]);
    const cvr = sigmoid(purchaseLogits[row]);
    const both = Math.min(Math.max(ctr * cvr, 1e-30), 1 - 1e-7);
    loss -= Math.log(Math.max(click ? ctr : 1 - ctr, 1e-30)) + Math.log(purchase ? both : 1 - both);
    const share = (both - purchase) / (1 - both);
    byClick[row] = (ctr - click + share * (1 - ctr)) / batch;
    byPurchase[row] = (share * (1 - cvr)) / batch;
  }
  return { loss: loss / batch, byClick, byPurchase };
}

/** `aᵀ·b` of `[batch, m]` and `[batch, n]`. The narrower one is the second factor: XNNPACK packs it, which is dearer than to
 * transpose the other. */
function productOverRows(a, b) {
  if (b.shape[1] <= a.shape[1]) return tf.matMul(tf.transpose(a), b);
  return tf.transpose(tf.matMul(tf.transpose(b), a));
}

/** One tower: hidden layers with ReLU, one logit. */
class Tower {
  constructor(inputSize, hidden, random) {
    const sizes = [inputSize, ...hidden, 1];
    this.layers = hidden.concat(1).map((out, layer) => {
      const limit = Math.sqrt((layer === hidden.length ? 3 : 6) / sizes[layer]);
      return {
        weight: new Parameter(uniform(random, limit, sizes[layer] * out), [sizes[layer], out]),
        bias: new Parameter(new Float32Array(out), [out]),
      };
    });
  }

  /** What enters each layer, and last the logits. */
  forward(input) {
    const seen = [input];
    this.layers.forEach(({ weight, bias }, at) => {
      const activation = at + 1 < this.layers.length ? 'relu' : 'linear';
      seen.push(tf.fused.matMul({ a: seen[at], b: weight.tensor(), bias: bias.tensor(), activation }));
    });
    return seen;
  }

  /** Gradients of the layers, first to last, and of the input. */
  backward(seen, byLogit) {
    const gradients = [];
    const ones = tf.ones([1, byLogit.shape[0]]);
    let out = byLogit;
    for (let at = this.layers.length - 1; at >= 0; at -= 1) {
      if (at + 1 < this.layers.length) out = tf.mul(out, tf.step(seen[at + 1]));
      gradients.unshift({ weight: productOverRows(seen[at], out), bias: tf.matMul(ones, out) });
      out = tf.matMul(out, tf.transpose(this.layers[at].weight.tensor()));
    }
    return { gradients, byInput: out };
  }
}

/** The model under training. */
class Esmm {
  static backend = 'wasm';

  stepsBetweenReadings = 64;

  /** The losses that `train` returned. */
  read(losses) {
    return losses;
  }

  constructor(network, seed) {
    const random = randomFrom(seed);
    this.network = network;
    this.embeddings = new Embeddings(network, random);
    this.towers = [0, 1].map(() => new Tower(this.embeddings.inputSize, network.hidden, random));
    this.step = 0;
  }

  /** Loss of a batch, and the gradient of every parameter: `{ loss, towers: [tower][layer] {weight, bias}, table }`. */
  gradient(ids, labels) {
    const nRows = padded(labels.length / 2);
    const values = this.embeddings.forward(ids);
    let pooledGradient;
    let loss;
    let towers;
    // Nothing is returned: `tidy` would look for tensors in every number of what is.
    tf.tidy(() => {
      const input = tf.tensor2d(values, [nRows, this.embeddings.inputSize]);
      const seen = this.towers.map((tower) => tower.forward(input));
      const [clickLogits, purchaseLogits] = seen.map((layers) => valuesOf(layers.at(-1)));
      const losses = lossOf(clickLogits, purchaseLogits, labels);
      loss = losses.loss;
      const back = [losses.byClick, losses.byPurchase].map((byLogit, tower) =>
        this.towers[tower].backward(seen[tower], tf.tensor2d(byLogit, [nRows, 1])));
      pooledGradient = valuesOf(tf.add(back[0].byInput, back[1].byInput));
      towers = back.map(({ gradients }) => gradients.map(({ weight, bias }) => ({ weight: valuesOf(weight), bias: valuesOf(bias) })));
    });
    return { loss, towers, table: this.embeddings.backward(ids, pooledGradient) };
  }

  /** One step of Adam, lazy on the table; returns the loss before it. */
  train(ids, labels) {
    const { loss, towers, table } = this.gradient(ids, labels);
    this.step += 1;
    const adam = adamAt(this.network, this.step);
    towers.forEach((layers, tower) => layers.forEach((gradient, at) => {
      const { weight, bias } = this.towers[tower].layers[at];
      weight.move(adam, gradient.weight, 0, 0, gradient.weight.length);
      bias.move(adam, gradient.bias, 0, 0, gradient.bias.length);
    }));
    this.embeddings.update(adam, table);
    return loss;
  }
}

/** Adam's numbers at a step, in the form of `torch.optim.Adam`. */
function adamAt({ learning_rate: rate, beta1, beta2, epsilon }, step) {
  return { beta1, beta2, epsilon, stepSize: rate / (1 - beta1 ** step), rootScale: 1 / Math.sqrt(1 - beta2 ** step) };
}

/** The same model with the towers' losses, gradient and Adam from TensorFlow.js; the table is by hand here, too. */
class EsmmByTape extends Esmm {
  constructor(network, seed) {
    super(network, seed);
    this.variables = this.towers.map(({ layers }) => layers.map(({ weight, bias }) =>
      ({ weight: tf.variable(weight.tensor()), bias: tf.variable(bias.tensor()) })));
    const { learning_rate: rate, beta1, beta2, epsilon } = network;
    this.optimizer = tf.train.adam(rate, beta1, beta2, epsilon);
    this.input = tf.variable(tf.zeros([network.batch_size, this.embeddings.inputSize]));
  }

  logits(layers, input) {
    const last = layers.length - 1;
    return tf.squeeze(layers.reduce((entering, { weight, bias }, at) =>
      tf.fused.matMul({ a: entering, b: weight, bias, activation: at < last ? 'relu' : 'linear' }), input), [1]);
  }

  loss(labels) {
    const [click, purchase] = labels;
    const [clickLogits, purchaseLogits] = this.variables.map((layers) => this.logits(layers, this.input));
    // Not `logSigmoid`, whose gradient asks the wasm backend for a tensor that is gone.
    const logBoth = tf.neg(tf.add(tf.softplus(tf.neg(clickLogits)), tf.softplus(tf.neg(purchaseLogits))));
    const logNeither = tf.log1p(tf.neg(tf.minimum(tf.exp(logBoth), 1 - 1e-6)));
    const ofPurchase = tf.add(tf.mul(purchase, logBoth), tf.mul(tf.sub(1, purchase), logNeither));
    return tf.sub(tf.losses.sigmoidCrossEntropy(click, clickLogits), tf.mean(ofPurchase));
  }

  /** Within `tidy`: the loss and the gradient by every variable. */
  taped(ids, labels) {
    const batch = labels.length / 2;
    this.input.assign(tf.tensor2d(this.embeddings.forward(ids, batch), [batch, this.embeddings.inputSize]));
    const ofRows = tf.unstack(tf.tensor2d(labels, [batch, 2], 'float32'), 1);
    const { value, grads: { [this.input.name]: byInput, ...byTowers } } = tf.variableGrads(() => this.loss(ofRows));
    return { loss: valuesOf(value)[0], table: this.embeddings.backward(ids, valuesOf(byInput)), byTowers };
  }

  gradient(ids, labels) {
    const found = {};
    tf.tidy(() => {
      const { loss, table, byTowers } = this.taped(ids, labels);
      const of = (variable) => valuesOf(byTowers[variable.name]);
      const towers = this.variables.map((layers) => layers.map(({ weight, bias }) => ({ weight: of(weight), bias: of(bias) })));
      Object.assign(found, { loss, towers, table });
    });
    return found;
  }

  train(ids, labels) {
    const found = {};
    tf.tidy(() => {
      const { loss, table, byTowers } = this.taped(ids, labels);
      this.optimizer.applyGradients(byTowers);
      Object.assign(found, { loss, table });
    });
    this.step += 1;
    this.embeddings.update(adamAt(this.network, this.step), found.table);
    return found.loss;
  }
}

/** The same model with all of it on the WebGPU backend. */
class EsmmOnGpu extends EsmmByTape {
  static backend = 'webgpu';

  stepsBetweenReadings = 4;

  constructor(network, seed) {
    super(network, seed);
    this.table = tf.variable(this.embeddings.table.tensor());
  }

  /** Losses of all steps in one readback. */
  async read(losses) {
    if (losses.length === 0) return [];
    const together = tf.stack(losses);
    const values = await together.data();
    tf.dispose([together, losses]);
    return Array.from(values);
  }

  pooled(ids) {
    const { fields: { length: nFields }, fields_by_pooled_group: groups, embedding_size: size } = this.network;
    const batch = ids.length / nFields;
    const rows = tf.gather(this.table, tf.tensor2d(Int32Array.from(ids), [batch, nFields], 'int32'));
    if (groups.every((length) => length === 1)) return tf.reshape(rows, [batch, nFields * size]);
    return tf.concat(tf.split(rows, groups, 1).map((group) => tf.sum(group, 1)), 1);
  }

  lossOf(ids, labels) {
    this.input = this.pooled(ids);
    return this.loss(tf.unstack(tf.tensor2d(labels, [labels.length / 2, 2], 'float32'), 1));
  }

  async gradient(ids, labels) {
    const { value, grads } = tf.tidy(() => tf.variableGrads(() => this.lossOf(ids, labels)));
    const of = (variable) => grads[variable.name].data();
    const rows = Array.from({ length: this.network.table_rows }, (_, row) => row);
    const towers = [];
    for (const variables of this.variables) {
      const layers = [];
      for (const { weight, bias } of variables) layers.push({ weight: await of(weight), bias: await of(bias) });
      towers.push(layers);
    }
    return { loss: (await value.data())[0], towers, table: { rows, gradient: await of(this.table) } };
  }

  train(ids, labels) {
    return tf.tidy(() => this.optimizer.minimize(() => this.lossOf(ids, labels), true));
  }
}

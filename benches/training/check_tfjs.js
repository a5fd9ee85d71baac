// Whether the gradient that TensorFlow.js trains with is the loss's: against central differences of the same loss in f64.

const TINY = {
  embedding_size: 3, hidden: [6, 5], fields: ['a', 'b', 'c', 'd'], fields_by_pooled_group: [2, 1, 1], table_rows: 14, batch_size: 8,
  learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
};
const DIFFERENCE = 1e-5;
/** Of the largest part of the gradient; a step of f32 is 1e-7. */
const TOLERANCE = 1e-5;

/** Loss of a batch in f64. `table`: numbers; `towers`: `[tower][layer] { weight, bias, shape }`. */
function lossInDoubles({ table, towers }, ids, labels) {
  const nFields = TINY.fields.length;
  const groupOfField = TINY.fields_by_pooled_group.flatMap((length, group) => Array(length).fill(group));
  const batch = labels.length / 2;
  let loss = 0;
  for (let row = 0; row < batch; row += 1) {
    const pooled = Array(TINY.fields_by_pooled_group.length * TINY.embedding_size).fill(0);
    groupOfField.forEach((group, field) => {
      const id = ids[row * nFields + field];
      for (let i = 0; i < TINY.embedding_size; i += 1) pooled[group * TINY.embedding_size + i] += table[id * TINY.embedding_size + i];
    });
    const [ctr, cvr] = towers.map((layers) => sigmoid(layers.reduce((entering, { weight, bias, shape: [, n] }, at) => {
      const leaving = Array.from({ length: n }, (_, j) => entering.reduce((sum, x, i) => sum + x * weight[i * n + j], bias[j]));
      return at + 1 < layers.length ? leaving.map((x) => Math.max(x, 0)) : leaving;
    }, pooled)[0]));
    const [click, purchase] = [labels[2 * row], labels[2 * row + 1]];
    loss -= Math.log(click ? ctr : 1 - ctr) + Math.log(purchase ? ctr * cvr : 1 - ctr * cvr);
  }
  return loss / batch;
}

/** The largest error of a gradient, as a share of the gradient's largest part. */
async function gradientError(Model) {
  const model = new Model(TINY, 7);
  const random = randomFrom(5);
  const below = (n) => Math.floor(random() * n);
  const ids = Uint32Array.from({ length: TINY.batch_size * TINY.fields.length }, () => below(TINY.table_rows));
  const labels = Uint8Array.from({ length: 2 * TINY.batch_size }, (_, at) => +(at === 0 || at === 1 || (at % 2 === 0 && random() < 0.4)));
  const found = await model.gradient(ids, labels);
  const doubles = {
    table: Float64Array.from(model.embeddings.table.values),
    towers: model.towers.map(({ layers }) => layers.map(({ weight, bias }) =>
      ({ weight: Float64Array.from(weight.values), bias: Float64Array.from(bias.values), shape: weight.shape }))),
  };
  const dense = new Float32Array(doubles.table.length);
  const { rows, gradient } = found.table;
  rows.forEach((id, at) => dense.set(gradient.subarray(at * TINY.embedding_size, (at + 1) * TINY.embedding_size), id * TINY.embedding_size));
  const pairs = [[doubles.table, dense]];
  doubles.towers.forEach((layers, tower) => layers.forEach((layer, at) => {
    for (const part of ['weight', 'bias']) pairs.push([layer[part], found.towers[tower][at][part]]);
  }));
  let [error, largest] = [Math.abs(found.loss - lossInDoubles(doubles, ids, labels)), 0];
  for (const [values, gradient] of pairs) {
    values.forEach((value, at) => {
      const at_ = (x) => { values[at] = x; return lossInDoubles(doubles, ids, labels); };
      const difference = (at_(value + DIFFERENCE) - at_(value - DIFFERENCE)) / (2 * DIFFERENCE);
      values[at] = value;
      error = Math.max(error, Math.abs(difference - gradient[at]));
      largest = Math.max(largest, Math.abs(difference));
    });
  }
  return error / largest;
}

/** Throws unless the model's gradient is right; returns its error. */
async function checkGradient(Model) {
  const error = await gradientError(Model);
  if (!(error < TOLERANCE)) throw new Error(`the gradient of ${Model.name} is off by ${error} of its largest part`);
  return error;
}

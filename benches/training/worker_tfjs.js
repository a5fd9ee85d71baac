// The worker that trains TensorFlow.js. Told `{ start: { folder, variant } }` it loads a network's files, checks the gradient and
// answers `{ ready }`; told `{ train: seconds }` it trains so long and answers `{ trained: { rows, seconds, losses } }`.
importScripts('tf.min.js', 'tf-backend-wasm.min.js', 'tf-backend-webgpu.min.js', 'esmm_tfjs.js', 'check_tfjs.js');

const VARIANTS = { by_hand: Esmm, tape: EsmmByTape, webgpu: EsmmOnGpu };
let run;

async function start({ folder, variant }) {
  tf.wasm.setWasmPaths('./');
  // One thread, as this project's engine; without cross-origin isolation there are no more anyway.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const backend = VARIANTS[variant].backend;
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} backend here`);
  const fetched = async (name) => (await fetch(`${folder}/${name}`)).arrayBuffer();
  const network = JSON.parse(new TextDecoder().decode(await fetched('network.json')));
  const gradientError = await checkGradient(VARIANTS[variant]);
  const rows = new Uint32Array(await fetched('rows.bin'));
  const labels = new Uint8Array(await fetched('labels.bin'));
  run = new Run(new VARIANTS[variant](network, 1), rows, labels);
  const has_simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return { version: tf.version.tfjs, gradient_error: gradientError, has_simd };
}

/** A model on its way through shuffled rows. */
class Run {
  constructor(model, rows, labels) {
    Object.assign(this, { model, rows, labels, random: randomFrom(2), at: Infinity });
    const { fields, batch_size: batch, train_rows: nRows } = model.network;
    this.order = Uint32Array.from({ length: nRows }, (_, row) => row);
    this.batchRows = new Uint32Array(batch * fields.length);
    this.batchLabels = new Uint8Array(2 * batch);
  }

  /** Full batches; the rest of an epoch is left out. */
  nextBatch() {
    const { order, rows, labels, batchRows, batchLabels } = this;
    const { fields: { length: nFields }, batch_size: batch } = this.model.network;
    if (this.at + batch > order.length) {
      for (let i = order.length - 1; i > 0; i -= 1) {
        const j = Math.floor(this.random() * (i + 1));
        [order[i], order[j]] = [order[j], order[i]];
      }
      this.at = 0;
    }
    for (let i = 0; i < batch; i += 1) {
      const row = order[this.at + i];
      for (let field = 0; field < nFields; field += 1) batchRows[i * nFields + field] = rows[row * nFields + field];
      batchLabels[2 * i] = labels[2 * row];
      batchLabels[2 * i + 1] = labels[2 * row + 1];
    }
    this.at += batch;
  }

  /** The losses of the steps are read where the model says so: numbers of the CPU at once, of a GPU several together. */
  async train(seconds) {
    const losses = [];
    const read = async (pending) => losses.push(...(await this.model.read(pending)));
    const begun = performance.now();
    let pending = [];
    while (performance.now() - begun < seconds * 1e3) {
      this.nextBatch();
      pending.push(this.model.train(this.batchRows, this.batchLabels));
      if (pending.length >= this.model.stepsBetweenReadings) {
        await read(pending);
        pending = [];
      }
    }
    await read(pending);
    return { rows: losses.length * this.model.network.batch_size, seconds: (performance.now() - begun) / 1e3, losses };
  }
}

addEventListener('message', async ({ data }) => {
  try {
    postMessage(data.start ? { ready: await start(data.start) } : { trained: await run.train(data.train) });
  } catch (error) {
    postMessage({ broken: String(error.stack ?? error) });
  }
});

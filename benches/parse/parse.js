// The measured page: makes a log, has both workers read it in turn, reports seconds and bytes.

/** Mulberry32: the same log in every run. */
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An impression log as a warehouse exports it: 12 columns, half of them text. */
function makeLog(rows) {
  const random = randomFrom(1);
  const below = (n) => Math.floor(random() * n);
  const cities = ['Berlin', 'Rome', 'Oslo', 'Paris', 'Lisbon', 'Vienna', 'Prague', 'Madrid'];
  const devices = ['ios', 'android', 'web'];
  const parts = ['user_id,item_id,time,user_segment,item_category,city,device,price,score,position,click,conversion\n'];
  for (let row = 0; row < rows; row += 1) {
    const click = random() < 0.06;
    const bought = click && random() < 0.08;
    parts.push(
      `u${below(50000)},i${below(20000)},${1706700000 + row * 3},s${below(200)},c${below(300)},${cities[below(8)]},`
      + `${devices[below(3)]},${(random() * 200).toFixed(2)},${random().toFixed(6)},${below(40)},${+click},${+bought}\n`,
    );
  }
  return parts.join('');
}

function papa(text, dynamicTyping) {
  return new Promise((resolve, reject) => {
    const worker = new Worker('papa.js');
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
    worker.postMessage({ text, dynamicTyping });
  });
}

// The worker's messages are postcard (src/protocol/wire.rs): a variant's number, then its fields in order.
const [READY, LOADED, LOAD_FAILED] = [0, 1, 6];

/** Seven bits a byte, the least first. */
const varint = (number) => (number < 128 ? [number] : [(number & 127) | 128, ...varint(number >> 7)]);

/** Request::Load { id: 1, origin: 1, source: LogSource::File { name, limit: the default one }, roles: None } */
function loadRequest(name) {
  const text = new TextEncoder().encode(name);
  const limit = [...varint(2_000_000), ...varint(768), 1];
  const noRoles = [4, ...new TextEncoder().encode('null')];
  return new Uint8Array([0, 1, 1, 1, text.length, ...text, ...limit, ...noRoles]);
}

/** Reply::Loaded's rows: after the id, the name and its length. */
function rowsOf([, nameLength, ...rest]) {
  let rows = 0;
  for (let at = nameLength, shift = 1; ; at += 1, shift *= 128) {
    rows += (rest[at] & 127) * shift;
    if (rest[at] < 128) return rows;
  }
}

function ours(file) {
  return new Promise((resolve, reject) => {
    const worker = new Worker('reader.js');
    let start = 0;
    let log = null;
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      if (data.memory) { worker.terminate(); resolve({ ...log, memory: data.memory }); return; }
      const [kind, ...rest] = data.message;
      if (kind === READY) {
        start = performance.now();
        worker.postMessage({ message: loadRequest(file.name), file });
      } else if (kind === LOADED) {
        log = { seconds: (performance.now() - start) / 1000, rows: rowsOf(rest) };
        worker.postMessage({ memory: true });
      } else if (kind === LOAD_FAILED) {
        reject(new Error(new TextDecoder().decode(new Uint8Array(rest.slice(2)))));
      }
    };
  });
}

/** Bytes of the log as columns: codes of 4, numbers of 8, and each distinct text once. */
function columnarBytes(text, rows) {
  const isText = [true, true, false, true, true, true, true, false, false, false, false, false];
  const words = isText.map(() => new Set());
  for (const line of text.split('\n', 200001)) line.split(',').forEach((field, column) => words[column]?.add(field));
  const dictionary = (column) => [...words[column]].reduce((bytes, word) => bytes + word.length, 0);
  return isText.reduce((bytes, yes, column) => bytes + (yes ? 4 * rows + dictionary(column) : 8 * rows), 0);
}

window.measure = async (rows, rounds) => {
  const text = makeLog(rows);
  const file = new File([text], 'impressions.csv', { type: 'text/csv' });
  const best = { ours: Infinity, papa: Infinity, papaTyped: Infinity, peak: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const read = await ours(file);
    if (read.rows !== rows) throw new Error(`read ${read.rows} rows of ${rows}`);
    best.ours = Math.min(best.ours, read.seconds);
    best.peak = Math.max(best.peak, read.memory);
    const plain = await papa(text, false);
    if (plain.rows !== rows) throw new Error(`PapaParse read ${plain.rows} rows of ${rows}`);
    best.papa = Math.min(best.papa, plain.seconds);
    best.papaTyped = Math.min(best.papaTyped, (await papa(text, true)).seconds);
    console.log(`round ${round + 1}: ours ${read.seconds.toFixed(2)} s, PapaParse ${plain.seconds.toFixed(2)} s`);
  }
  return { rows, columns: 12, megabytes: file.size / 1e6, columnar: columnarBytes(text, rows), ...best };
};

// What outlasts the page: its runs in IndexedDB, a record for each tab; and the recording that it opens with. Browser work
// alone, so it is kept out of the wasm module, which finds it as `esmmKeep`.

// Of this deployment: another one of the same site keeps its own.
const BASE = `esmm-playground ${new URL("./", document.baseURI).pathname}`;
const STORE = "tabs";
const TAB = "esmm-tab";
// Records of tabs that were closed: after a week nobody comes back to them.
const LONGEST = 7 * 24 * 3600 * 1000;

const request = (asked) => new Promise((resolve, reject) => {
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

function base() {
  const asked = indexedDB.open(BASE, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  asked.onblocked = () => asked.dispatchEvent(new Event("error"));
  return request(asked);
}

async function within(mode, act) {
  const opened = await base();
  try {
    return await act(opened.transaction(STORE, mode).objectStore(STORE));
  } finally {
    opened.close();
  }
}

// The tab's own name: it survives a reload, and a lock tells a duplicated tab that the name is taken.
let mine = null;
const held = (name) => new Promise((resolve) => {
  if (!navigator.locks) return resolve(true);
  navigator.locks.request(`${TAB} ${name}`, { ifAvailable: true }, (lock) => {
    resolve(lock !== null);
    return lock && new Promise(() => {}); // for as long as the tab lives
  }).catch(() => resolve(false));
});

async function tab() {
  if (mine) return mine;
  const known = sessionStorage.getItem(TAB);
  if (known && (await held(known))) return (mine = known);
  // Without https the browser draws no such names.
  const fresh = crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join("-");
  await held(fresh);
  sessionStorage.setItem(TAB, fresh);
  return (mine = fresh);
}

async function isAlive(name) {
  if (!navigator.locks) return true;
  const { held: locks } = await navigator.locks.query();
  return locks.some((lock) => lock.name === `${TAB} ${name}`);
}

// Reads this tab's record, and forgets those of tabs closed long ago.
async function recall() {
  const name = await tab();
  const [record, names, times] = await within("readonly", async (store) => [
    await request(store.get(name)), await request(store.getAllKeys()), (await request(store.getAll())).map((one) => one.time),
  ]);
  for (const [index, other] of names.entries()) {
    if (other !== name && Date.now() - times[index] > LONGEST && !(await isAlive(other))) {
      await within("readwrite", (store) => request(store.delete(other)));
    }
  }
  return record ?? null;
}

async function keep(link, bytes, files, weights) {
  const name = await tab();
  const record = { link, bytes, files, weights, time: Date.now() };
  await within("readwrite", (store) => request(store.put(record, name)));
  return navigator.storage?.estimate?.().catch(() => null) ?? null;
}

// All that this page has put into the browser, in any tab: runs, settings, its own files. Other pages of this site keep theirs,
// but for the theme, which is one for all.
async function forget() {
  const { caches } = globalThis;
  for (const name of (await caches?.keys()) ?? []) if (name.startsWith(`${BASE} `)) await caches.delete(name);
  const worker = await navigator.serviceWorker?.getRegistration?.("./");
  if (worker?.scope === new URL("./", location.href).href) await worker.unregister();
  await request(indexedDB.deleteDatabase(BASE));
  for (const name of ["theme", "question-mark"]) localStorage.removeItem(name);
  sessionStorage.removeItem(TAB);
}

async function recorded() {
  const answer = await fetch(new URL("recorded.bin", document.baseURI));
  if (!answer.ok) throw new Error(`recorded.bin: ${answer.status}`);
  const unpacked = answer.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

globalThis.esmmKeep = {
  recall, keep, forget, recorded,
  // Whether the reader has pressed or entered anything yet.
  pressed: false,
  isStill: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
};
for (const kind of ["click", "input", "change", "drop"]) {
  addEventListener(kind, () => (esmmKeep.pressed = true), { capture: true, once: true });
}

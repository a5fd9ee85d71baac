// Keeps the page usable without a network after the first visit.
//
// `cargo xtask stamp` writes the build's id and its files here after each build, so this script changes with them and the
// browser takes the new one up, when the last tab with the old one is closed: until then that build's files are kept. Files with
// the hash of their content in their address come from the cache, where they are never stale; all else comes from the network
// while there is one that answers. What runs has its integrity behind a `#`, and nothing is kept when one such file is another.
const BUILD = "unstamped";
const FILES = [];
// Of this deployment: another one of the same site keeps its own.
const OURS = `esmm-playground ${new URL(self.registration.scope).pathname} `;
const CACHE = OURS + BUILD;
// What is kept is shown when the network has not answered by then.
const PATIENCE_MILLIS = 3_000;

// Of the CPU engine there are two, for browsers with relaxed SIMD and without: as in the engine's loader.
const HAS_RELAXED_SIMD = WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123,
  123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 133, 2, 11]));
const isForOthers = (file) =>
  /^\.\/engine_cpu(_relaxed)?_bg\.wasm/.test(file) && file.includes("_relaxed") !== HAS_RELAXED_SIMD;

// What has no hash in its address may be of another build in the browser's own cache.
const asked = (file) => {
  const [address, integrity] = file.split("#");
  return new Request(address, hasHash(new URL(address, self.location)) ? { integrity } : { cache: "reload" });
};

self.addEventListener("install", (event) => {
  const wanted = FILES.filter((file) => !isForOthers(file));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(wanted.map(asked))));
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith(OURS) && name !== CACHE;
  const forget = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter(isOld).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(forget());
});

// A page asks which build waits, and for its turn: it comes when no other tab needs the files of the build before.
self.addEventListener("message", (event) => {
  const { data, source } = event;
  if (data === "which build") source.postMessage({ build: BUILD });
  if (data === "take over") event.waitUntil(takeOver(source));
});

const takeOver = async (page) => {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const isOurs = ({ url }) => url.startsWith(self.registration.scope);
  if (tabs.filter(isOurs).length > 1) page.postMessage({ isWantedElsewhere: true });
  else await self.skipWaiting();
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(answer(event));
});

const hasHash = ({ pathname, search }) => search !== "" || /-[0-9a-f]{14,16}[._-]/.test(pathname);

// The GPU engine is large and not every browser can use it: it is kept once it was asked for.
// What cannot be kept (a full disk, a browser that keeps nothing) is answered all the same.
const answer = async (event) => {
  const { request } = event;
  const cache = await caches.open(CACHE).catch(() => undefined);
  const isDocument = request.mode === "navigate";
  const kept = await cache?.match(isDocument ? "./" : request);
  const isFixed = !isDocument && hasHash(new URL(request.url));
  if (kept && isFixed) return kept;
  const fetched = fetch(request).then((answered) => {
    if (answered.ok && isFixed) event.waitUntil(cache?.put(request, answered.clone()).catch(() => {}));
    return answered.ok ? answered : (kept ?? answered);
  });
  if (!kept) return fetched;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLIS, kept));
  return Promise.race([fetched, late]).catch(() => kept);
};

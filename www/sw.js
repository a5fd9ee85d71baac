// Keeps the page usable without a network after the first visit.
//
// `cargo xtask stamp` writes the build's id and its files here after each build, so this script changes with them and the
// browser takes the new one up. Files with the hash of their content in their address come from the cache, where they are
// never stale; all else comes from the network while there is one.
const BUILD = "unstamped";
const FILES = [];
const CACHE = `esmm-playground ${BUILD}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("esmm-playground ") && name !== CACHE;
  const forget = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter(isOld).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(forget());
});

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
  try {
    const fetched = await fetch(request);
    if (fetched.ok && isFixed) event.waitUntil(cache?.put(request, fetched.clone()).catch(() => {}));
    return fetched.ok ? fetched : (kept ?? fetched);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
};

// Registers the service worker once the page is there: the first visit is not to wait for it. When another build was put up since,
// it says so, and reloads with that one if it is told to.
const UPDATE_MILLIS = 10 * 60 * 1000;
const own = document.querySelector("meta[name=build]").content;

function offerNewer(workers) {
  const [shown, elsewhere] = [document.getElementById("newer"), document.getElementById("newer-elsewhere")];
  let isWanted = false;
  workers.addEventListener("message", ({ data }) => {
    if (data?.build && data.build !== own) shown.hidden = false;
    if (data?.isWantedElsewhere) elsewhere.hidden = false;
  });
  workers.addEventListener("controllerchange", () => isWanted && location.reload());
  document.getElementById("newer-later").addEventListener("click", () => (shown.hidden = true));
  document.getElementById("newer-take").addEventListener("click", async () => {
    isWanted = true;
    (await workers.getRegistration())?.waiting?.postMessage("take over");
  });
}

// A tab that is open for days is told too.
function lookNowAndThen(registration) {
  let looked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - looked < UPDATE_MILLIS) return;
    looked = Date.now();
    registration.update().catch(() => {}); // no network: later
  });
}

async function register(workers) {
  const registration = await workers.register("sw.js");
  const ask = (worker) => worker?.postMessage("which build");
  ask(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const fresh = registration.installing;
    fresh.addEventListener("statechange", () => fresh.state === "installed" && workers.controller && ask(fresh));
  });
  lookNowAndThen(registration);
}

if ("serviceWorker" in navigator) {
  const { serviceWorker } = navigator;
  offerNewer(serviceWorker);
  addEventListener("load", () => {
    register(serviceWorker).catch((error) => console.info(`not kept for offline use: ${error.message}`));
  });
}

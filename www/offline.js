// Registers the service worker once the page is there: the first visit is not to wait for it.
if ("serviceWorker" in navigator) {
  addEventListener("load", () => {
    navigator.serviceWorker.register("sw.js").catch((error) => console.info(`not kept for offline use: ${error.message}`));
  });
}

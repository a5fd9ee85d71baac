// The first script of the page, and within its document: nothing else need have arrived. Puts the remembered theme on the
// document before the first paint, and says which file of the page has not come. `cargo xtask stamp` puts it in.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing has the system's theme.
}

// Longer than a slow network takes for the page, and short enough to wait for.
const PATIENCE_MILLIS = 10_000;

// What the document asks for, and has not got.
function awaited() {
  const arrived = new Set(performance.getEntriesByType("resource").filter((one) => one.responseEnd > 0).map((one) => one.name));
  const asked = [...document.querySelectorAll("script[src], link[rel=modulepreload], link[rel=preload]")];
  return asked.map((one) => one.src || one.href).filter((url) => !arrived.has(url));
}

// Shows the sentence `id` in the place of what is not there yet, and what it is about.
globalThis.esmmTrouble = (id, detail) => {
  const trouble = document.getElementById(id);
  if (!trouble) return; // the page is there, or the document itself is not
  trouble.querySelector("code").textContent = detail;
  trouble.hidden = false;
};

const nameOf = (url) => decodeURIComponent(new URL(url).pathname.split("/").pop());
addEventListener("error", ({ target, error, filename }) => {
  // A script that has not come, or only in part.
  const url = target instanceof HTMLScriptElement ? target.src : error instanceof SyntaxError && filename;
  if (url) esmmTrouble("not-arrived", nameOf(url));
}, true);
setTimeout(() => {
  const isTold = document.querySelector(".first-paint .trouble:not([hidden])");
  if (!isTold) esmmTrouble("not-arrived", awaited().map(nameOf).join(", "));
}, PATIENCE_MILLIS);
document.addEventListener("click", ({ target }) => target.closest?.("[data-reloads]") && location.reload());

// Starts the page's wasm module; Trunk.toml says with which files. A file of its own, so that no inline script is needed.

// Three numbers as the reader's locale writes them: the page writes all others after them (src/app/numbers.rs).
try {
  const inLocale = (value, style) => value.toLocaleString(navigator.languages, { numberingSystem: "latn", ...style });
  const samples = [inLocale(1234567.5), inLocale(1234), inLocale(0.5, { style: "percent" })];
  document.documentElement.dataset.numbers = samples.join("\n");
} catch {
  // A language tag that the browser itself does not know: the page keeps its own way of writing.
}

const { js, wasm } = document.querySelector("script[data-wasm]").dataset;
try {
  const { default: start } = await import(new URL(js, document.baseURI));
  await start({ module_or_path: new URL(wasm, document.baseURI) });
} catch (error) {
  const notice = document.createElement("p");
  notice.setAttribute("role", "alert");
  notice.textContent = `The page could not start (${error}). It needs a browser with WebAssembly SIMD: Chrome or Edge 91, Firefox 89, Safari 16.4, or newer.`;
  document.body.prepend(notice);
  throw error;
}

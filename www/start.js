// Starts the page's wasm module; Trunk.toml says with which files. A file of its own, so that no inline script is needed.

// Three numbers as the reader's locale writes them: the page writes all others after them (src/app/numbers.rs).
try {
  const inLocale = (value, style) => value.toLocaleString(navigator.languages, { numberingSystem: "latn", ...style });
  const samples = [inLocale(1234567.5), inLocale(1234), inLocale(0.5, { style: "percent" })];
  document.documentElement.dataset.numbers = samples.join("\n");
} catch {
  // A language tag that the browser itself does not know: the page keeps its own way of writing.
}

// A module of one function that adds two vectors: what the page's own are made of.
const VECTORS = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 123, 123, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0, 32, 0, 32, 1,
  253, 228, 1, 11]);

const { js, wasm, wasmIntegrity } = document.querySelector("script[data-wasm]").dataset;
if (!globalThis.WebAssembly?.validate(VECTORS)) {
  esmmTrouble("too-old", "");
} else {
  try {
    const { default: start } = await import(new URL(js, document.baseURI));
    await start({ module_or_path: fetch(new URL(wasm, document.baseURI), { integrity: wasmIntegrity }) });
  } catch (error) {
    // A file that is not there, or not whole; or a fault of the page, which its own words tell.
    const isLost = error instanceof TypeError || error instanceof WebAssembly.CompileError || /fetch/.test(error);
    esmmTrouble(isLost ? "not-arrived" : "not-started", String(error.message ?? error));
    console.error(error);
  }
}

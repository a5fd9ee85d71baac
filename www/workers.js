// Workers, each of the files that this build was made of: the browser refuses another by its hash. The text of a program's loader
// is fetched and becomes the worker's own script, since `importScripts` could not ask for a hash. And a worker of a blob has the
// page's content security policy, where one of an address would have what the server sends with the file.

// Of each program the address of its loader and its hash: written by `cargo xtask stamp`.
const LOADERS = {};

async function scriptOf(program, base) {
  const [address, integrity] = LOADERS[program];
  const answer = await fetch(new URL(address, base), { integrity });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  // A blob has no address that files could be relative to.
  const parts = [`self.engineBase = ${JSON.stringify(base)};\n`, await answer.text()];
  return URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
}

// What src/app/browser/port.rs uses of a `Worker`, there before its script is. Nothing is sent to one that has not said that it
// is ready.
globalThis.esmmWorker = (program) => {
  let worker = null;
  let script = null;
  let isEnded = false;
  const port = {
    onmessage: null,
    onerror: null,
    postMessage: (message) => worker?.postMessage(message),
    terminate() {
      isEnded = true;
      worker?.terminate();
      if (script) URL.revokeObjectURL(script);
    },
  };
  const start = async () => {
    script = await scriptOf(program, new URL("./", document.baseURI).href);
    if (isEnded) return port.terminate();
    worker = new Worker(script);
    worker.onmessage = (event) => port.onmessage?.(event);
    // Safari's words for what has not come; the page knows those of the others.
    worker.onerror = (event) => port.onerror?.(/Load failed/.test(event.message) ? new ErrorEvent("error") : event);
  };
  start().catch((error) => {
    console.error(error);
    port.onerror?.(new ErrorEvent("error"));
  });
  return port;
};

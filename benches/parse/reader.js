// The CPU engine's worker as the page starts it, which also tells how much memory it has taken.
self.engineBase = String(new URL('../', location.href));
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const made = await original.apply(WebAssembly, given);
    const { memory } = (made.instance ?? made).exports;
    addEventListener('message', ({ data }) => {
      if (data.memory) postMessage({ memory: memory.buffer.byteLength });
    });
    return made;
  };
}
importScripts('../engine_cpu_loader.js');

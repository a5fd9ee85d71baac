// The CPU engine's worker as the page starts it, which also tells how much memory it has taken.
importScripts('../engine_cpu.js');
wasm_bindgen({ module_or_path: '../engine_cpu_bg.wasm' }).then(({ memory }) => {
  addEventListener('message', ({ data }) => {
    if (data.memory) postMessage({ memory: memory.buffer.byteLength });
  });
}).catch((error) => setTimeout(() => { throw error; }));

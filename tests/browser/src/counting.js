// Put before an engine's loader: counts what the engine asks of WebGPU, and knows its module's memory. Answers the message
// "counts".
let memory = null;
for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...args) => {
    const made = await original.apply(WebAssembly, args);
    memory = (made.instance ?? made).exports.memory ?? memory;
    return made;
  };
}
const gpuCounts = { dispatches: 0, submits: 0, writes: 0, writtenBytes: 0, readbacks: 0, pipelines: 0, buffers: 0, copies: 0 };
// Dispatches by the first line that tells kernels apart: their label, else their entry point.
const kernels = new Map();
const namesOfPipelines = new WeakMap();
const counting = (prototype, name, count) => {
  const original = prototype?.[name];
  if (!original) return;
  prototype[name] = function (...args) {
    count(...args);
    return original.apply(this, args);
  };
};
counting(self.GPUComputePassEncoder?.prototype, "dispatchWorkgroups", () => gpuCounts.dispatches++);
counting(self.GPUComputePassEncoder?.prototype, "dispatchWorkgroupsIndirect", () => gpuCounts.dispatches++);
counting(self.GPUQueue?.prototype, "submit", () => gpuCounts.submits++);
counting(self.GPUQueue?.prototype, "writeBuffer", (buffer, offset, data, start, size) => {
  gpuCounts.writes++;
  gpuCounts.writtenBytes += size ?? data.byteLength;
});
counting(self.GPUCommandEncoder?.prototype, "copyBufferToBuffer", () => gpuCounts.copies++);
counting(self.GPUBuffer?.prototype, "mapAsync", () => gpuCounts.readbacks++);
const createPipeline = self.GPUDevice?.prototype.createComputePipeline;
if (createPipeline) {
  self.GPUDevice.prototype.createComputePipeline = function (descriptor) {
    gpuCounts.pipelines++;
    const pipeline = createPipeline.call(this, descriptor);
    namesOfPipelines.set(pipeline, descriptor.label || descriptor.compute.module.label || descriptor.compute.entryPoint);
    return pipeline;
  };
}
counting(self.GPUComputePassEncoder?.prototype, "setPipeline", (pipeline) => {
  const name = namesOfPipelines.get(pipeline) ?? "unnamed";
  kernels.set(name, (kernels.get(name) ?? 0) + 1);
});
counting(self.GPUDevice?.prototype, "createComputePipelineAsync", () => gpuCounts.pipelines++);
counting(self.GPUDevice?.prototype, "createBuffer", () => gpuCounts.buffers++);
// Answers the message "lose" by losing the device.
const requestDevice = self.GPUAdapter?.prototype.requestDevice;
let devices = [];
if (requestDevice) {
  self.GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    devices.push(device);
    return device;
  };
}
self.addEventListener("message", (event) => {
  if (event.data === "lose") {
    event.stopImmediatePropagation();
    devices.forEach((device) => device.destroy());
    return;
  }
  if (event.data !== "counts") return;
  event.stopImmediatePropagation();
  self.postMessage({ counts: { ...gpuCounts, kernels: Object.fromEntries(kernels), memoryBytes: memory?.buffer.byteLength ?? 0 } });
});

//! A WebGPU device: its kernels, its buffers, and what it hands back.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use futures_channel::oneshot;
use wgpu::{BufferUsages, MapMode};

use crate::engine::EngineError;

/// Bytes of a number.
const WIDTH: u64 = 4;
/// Workgroups along one side of a dispatch, of which every device does so many.
const MOST_GROUPS: usize = 65_535;

/// A device, shared by the runs that it computes.
#[derive(Clone)]
pub(super) struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    /// Kernels by their text: what runs have in common is compiled once.
    kernels: Rc<RefCell<HashMap<String, Kernel>>>,
    /// The first thing that went wrong, which the device tells of when it likes.
    fault: Fault,
}

type Fault = Arc<Mutex<Option<String>>>;

/// A compiled kernel.
pub(super) type Kernel = wgpu::ComputePipeline;

/// A kernel with what it reads and writes.
#[derive(Debug)]
pub(super) struct Bound {
    kernel: Kernel,
    bindings: wgpu::BindGroup,
    /// They last as long as this may run.
    numbers: Rc<[Numbers]>,
}

/// Numbers on the device. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    buffer: Rc<Memory>,
    pub length: usize,
}

/// Memory of the device. A browser does not give it back by itself.
#[derive(Debug)]
struct Memory(wgpu::Buffer);

impl Drop for Memory {
    fn drop(&mut self) {
        // What was sent before is done first.
        self.0.destroy();
    }
}

/// Commands that are sent together.
pub(super) struct Commands {
    encoder: wgpu::CommandEncoder,
    /// What they read and write lasts until they are sent.
    numbers: Vec<Rc<[Numbers]>>,
}

impl Gpu {
    pub fn new(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let fault = Fault::default();
        let note = |fault: &Fault, message: String| {
            fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(message);
        };
        let of_errors = fault.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| note(&of_errors, error.to_string())));
        let of_loss = fault.clone();
        device.set_device_lost_callback(move |reason, message| note(&of_loss, format!("{reason:?} {message}")));
        Self { device, queue, kernels: Rc::default(), fault }
    }

    /// Numbers that the kernels may write, 0 at first.
    pub fn room(&self, length: usize) -> Numbers {
        // A binding is never empty.
        let size = (length.max(1) as u64) * WIDTH;
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
        let buffer =
            self.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        Numbers { buffer: Rc::new(Memory(buffer)), length }
    }

    pub fn numbers(&self, values: &[f32]) -> Numbers {
        let numbers = self.room(values.len());
        self.write(&numbers, bytemuck::cast_slice(values));
        numbers
    }

    pub fn words(&self, values: &[u32]) -> Numbers {
        let numbers = self.room(values.len());
        self.write(&numbers, values);
        numbers
    }

    /// Numbers that are the same for every thread.
    pub fn shape(&self, values: &[usize]) -> Numbers {
        let size = values.len().next_multiple_of(4);
        let words: Vec<u32> = values.iter().map(|&value| value as u32).chain([0; 4]).take(size).collect();
        let usage = BufferUsages::UNIFORM | BufferUsages::COPY_DST;
        let descriptor =
            wgpu::BufferDescriptor { label: None, size: size as u64 * WIDTH, usage, mapped_at_creation: false };
        let numbers = Numbers { buffer: Rc::new(Memory(self.device.create_buffer(&descriptor))), length: size };
        self.write(&numbers, &words);
        numbers
    }

    /// Writes from the first number on.
    pub fn write(&self, to: &Numbers, words: &[u32]) {
        if !words.is_empty() {
            self.queue.write_buffer(&to.buffer.0, 0, bytemuck::cast_slice(words));
        }
    }

    /// A kernel, compiled or found.
    pub fn kernel(&self, name: &str, text: String) -> Kernel {
        if let Some(kernel) = self.kernels.borrow().get(&text) {
            return kernel.clone();
        }
        let source = wgpu::ShaderSource::Wgsl(text.as_str().into());
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(name), source });
        let kernel = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(name),
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        self.kernels.borrow_mut().insert(text, kernel.clone());
        kernel
    }

    /// A kernel with what it reads and writes, in the order of its bindings.
    pub fn bind(&self, kernel: &Kernel, numbers: &[&Numbers]) -> Bound {
        let entries: Vec<wgpu::BindGroupEntry> = (0..)
            .zip(numbers)
            .map(|(binding, numbers)| wgpu::BindGroupEntry { binding, resource: numbers.buffer.0.as_entire_binding() })
            .collect();
        let layout = kernel.get_bind_group_layout(0);
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &layout,
            entries: &entries,
        });
        Bound { kernel: kernel.clone(), bindings, numbers: numbers.iter().map(|&numbers| numbers.clone()).collect() }
    }

    pub fn commands(&self) -> Commands {
        Commands {
            encoder: self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: None }),
            numbers: Vec::new(),
        }
    }

    pub fn send(&self, commands: Commands) {
        self.queue.submit([commands.encoder.finish()]);
    }

    /// Sends the commands and reads the first `length` numbers of each of `from` as they are then, one after the other.
    ///
    /// # Errors
    /// When something has gone wrong on the device.
    pub fn read(
        &self,
        mut commands: Commands,
        from: &[(&Numbers, usize)],
    ) -> impl Future<Output = Result<Vec<f32>, EngineError>> + use<> {
        let size = from.iter().map(|(_, length)| *length as u64 * WIDTH).sum();
        let usage = BufferUsages::MAP_READ | BufferUsages::COPY_DST;
        let descriptor = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        let staging = Memory(self.device.create_buffer(&descriptor));
        let mut at = 0;
        for (numbers, length) in from {
            let size = *length as u64 * WIDTH;
            if size > 0 {
                commands.encoder.copy_buffer_to_buffer(&numbers.buffer.0, 0, &staging.0, at, size);
            }
            at += size;
        }
        self.send(commands);
        let gpu = self.clone();
        async move {
            let failed = |reason: String| EngineError::Readback(gpu.fault().unwrap_or(reason));
            if size > 0 {
                let (tell, told) = oneshot::channel();
                staging.0.map_async(MapMode::Read, .., move |mapped| _ = tell.send(mapped));
                // In a browser this does nothing: it tells by itself.
                _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
                told.await.map_err(|gone| failed(gone.to_string()))?.map_err(|error| failed(error.to_string()))?;
            }
            if let Some(fault) = gpu.fault() {
                return Err(EngineError::Readback(fault));
            }
            if size == 0 {
                return Ok(Vec::new());
            }
            let view = staging.0.get_mapped_range(..).map_err(|error| failed(error.to_string()))?;
            Ok(bytemuck::pod_collect_to_vec(&view[..]))
        }
    }

    /// What has gone wrong since it was told of last: the next run may do better.
    fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Commands {
    /// Runs kernels one after the other, each with its workgroups.
    pub fn run<'a>(&mut self, steps: impl IntoIterator<Item = (&'a Bound, [usize; 3])>) {
        let mut pass = self.encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        for (Bound { kernel, bindings, numbers }, groups) in steps {
            self.numbers.push(numbers.clone());
            let [x, y, z] = groups.map(|count| count as u32);
            pass.set_pipeline(kernel);
            pass.set_bind_group(0, bindings, &[]);
            pass.dispatch_workgroups(x, y, z);
        }
    }

    /// Copies all that fits.
    pub fn copy(&mut self, from: &Numbers, to: &Numbers) {
        self.numbers.push(Rc::new([from.clone(), to.clone()]));
        let (from, to) = (&from.buffer.0, &to.buffer.0);
        self.encoder.copy_buffer_to_buffer(from, 0, to, 0, from.size().min(to.size()));
    }
}

/// So many workgroups on two sides: a side has a limit.
pub(super) fn in_two_sides(groups: usize) -> [usize; 2] {
    let rows = groups.div_ceil(MOST_GROUPS).max(1);
    [groups.div_ceil(rows), rows]
}

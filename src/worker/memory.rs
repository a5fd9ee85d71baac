//! Memory that runs out is said: a module would only stop, as it does for any mistake.

use std::alloc::{GlobalAlloc, Layout, System};

use crate::protocol::OUT_OF_MEMORY;

/// The allocator of an engine's module.
struct Memory;

#[global_allocator]
static MEMORY: Memory = Memory;

// SAFETY: all is the system's allocator's; where it has nothing to give, the module ends here, as it would with null.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        found(unsafe { System.alloc(layout) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        found(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        found(unsafe { System.realloc(pointer, layout, size) })
    }
}

/// The error arrives at the page as the worker's own.
fn found(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() {
        wasm_bindgen::throw_str(OUT_OF_MEMORY);
    }
    pointer
}

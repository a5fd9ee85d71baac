// One layer of every tower (engine/dpm.rs).
struct Layer {
  towers: u32,
  inputs: u32,
  outputs: u32,
  // Whether every tower reads the same inputs, whose gradient is then the sum over all of them.
  is_shared: u32,
  is_hidden: u32,
  // In the towers' parameters.
  weights_at: u32,
  biases_at: u32,
  // Of all parameters.
  n_parameters: u32,
  // Widths of the hidden layers before this one, and of that before it: where their dropout masks are.
  masks_before: u32,
  masks_of_inputs: u32,
  is_first: u32,
}

//! A run as an ONNX graph, made of its two exported files: raw columns of a log in, probabilities out.
//!
//! ```text
//! columns ──encoders──▶ ids, dense ──sem──▶ towers' inputs ──dpm──▶ logits ──scm──▶ p_<event>, p_<question>
//! ```
//! The fitted encoders are nodes of the graph, so that whoever serves it feeds what the log holds and nothing can be encoded
//! differently. Left out are the towers that no answer is read off (imputation, counterfactual, delay).
//!
//! Invariant: fed with a log's columns the outputs are those of PRED.csv within 1e-5, by name.

mod dpm;
mod encoders;
mod graph;
pub mod proto;
mod scm;
mod sem;

use prost::Message;
use safetensors::SafeTensors;

use self::encoders::Encoded;
use self::graph::{Graph, Value};
use self::proto::{ModelProto, OperatorSetIdProto, StringStringEntryProto};
use crate::domain::objective::{Readout, tower_names};
use crate::domain::report::WeightsSheet;

/// The oldest version that has all that is used: read by every runtime since 2020.
const IR_VERSION: i64 = 7;
const OPERATOR_SETS: [(&str, i64); 2] = [("", 13), ("ai.onnx.ml", 2)];

/// Why two files make no graph.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    #[error("{}", words!(onnx::no_safetensors, error = .0))]
    File(#[from] safetensors::SafeTensorError),
    #[error("{}", words!(onnx::no_sheet, error = .0))]
    Sheet(#[from] serde_json::Error),
    #[error("{}", words!(onnx::no_weights, name = .name))]
    Weights { name: String },
    #[error("{}", words!(onnx::unanswered, question = .question))]
    Unanswered { question: String },
    #[error("{}", words!(onnx::certain, event = .event))]
    Certain { event: String },
}

/// The ONNX file of a run, from its `.safetensors` file and the JSON beside it.
///
/// # Errors
/// When the files are damaged or do not belong together.
pub fn from_files(weights: &[u8], sheet: &str) -> Result<Vec<u8>, OnnxError> {
    let (weights, sheet) = (SafeTensors::deserialize(weights)?, serde_json::from_str::<WeightsSheet>(sheet)?);
    let outputs = scm::output_names(&sheet.tree).into_iter();
    let name = format!("{}-{}", sheet.plan.model.name, sheet.plan.seed);
    let mut graph = Graph::new(name, weights, outputs);
    let encoded = Encoded::write(&mut graph, &sheet.features);
    let answers = answers(&mut graph, &sheet, &encoded)?;
    scm::write_outputs(&mut graph, &sheet.tree, &answers)?;
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "ESMM Playground".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: text!(onnx::graph::about).to_owned(),
        graph: Some(graph.finished()),
        opset_import: OPERATOR_SETS.map(|(domain, version)| operator_set(domain, version)).to_vec(),
        metadata_props: metadata(&sheet)?,
    };
    Ok(model.encode_to_vec())
}

/// P(yes) of every question of the tree, in its order.
fn answers(graph: &mut Graph, sheet: &WeightsSheet, encoded: &Encoded) -> Result<Vec<Value>, OnnxError> {
    let network = &sheet.plan.network;
    // A single tower's embeddings are everybody's: they carry no tower's name.
    let are_shared = network.share_embeddings || tower_names(&sheet.plan.model).len() == 1;
    let logit = |graph: &mut Graph, tower: &str| {
        let input = sem::input(graph, encoded, network, (!are_shared).then_some(tower))?;
        dpm::logit(graph, tower, input)
    };
    let answer = |question: &str| {
        let is_about = |readout: &&Readout| readout.question() == question;
        let unanswered = || OnnxError::Unanswered { question: question.to_owned() };
        let readout = sheet.readout.iter().find(is_about).ok_or_else(unanswered)?;
        scm::answer(graph, readout, logit)
    };
    sheet.tree.questions.iter().map(|question| question.name.as_str()).map(answer).collect()
}

fn operator_set(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto { domain: domain.to_owned(), version }
}

/// What of the run the graph does not say.
fn metadata(sheet: &WeightsSheet) -> Result<Vec<StringStringEntryProto>, OnnxError> {
    let entry = |key: &str, value: String| StringStringEntryProto { key: key.to_owned(), value };
    Ok(vec![
        entry("model", sheet.plan.model.name.clone()),
        entry("seed", sheet.plan.seed.to_string()),
        entry("tree", serde_json::to_string(&sheet.tree)?),
    ])
}

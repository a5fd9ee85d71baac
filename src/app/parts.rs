//! The page's parts: what is not needed to paint comes in modules of its own, each fetched when it is first wanted.
//!
//! With feature `split`, the crate `page-splitter` cuts the page along the functions below: `opening` is everything that
//! the page shows first and what reads experiments and engines; `data` is the tab of that name and what makes ONNX files,
//! `views` are the others. Without it (`serve --quick`, tests) they are there from the start.

use leptos::prelude::*;
#[cfg(feature = "split")]
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::address::Tab;
use super::export_menu::ExportsView;
use super::late_functions::LateFunctions;
use super::rail::Rail;
use super::tabs::data::DataView;
use super::tabs::metrics::MetricsView;
use super::tabs::questions::QuestionsView;
use super::tabs::rows::RowsView;
use super::tabs::story::StoryView;
use super::tabs::towers::TowersView;
use super::tabs::tree::TreeView;
use crate::domain::log::Roles;
use crate::domain::onnx;

/// What can be shown by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartName {
    View(Tab),
    Rail,
    Exports,
}

/// Makes a part's components.
pub type Part = fn() -> AnyView;

/// Makes an ONNX graph of a run's weights and the sheet beside them, or says what is wrong with them.
pub type WriteGraph = fn(&[u8], &str) -> Result<Vec<u8>, String>;

/// A part's file did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartLost;

#[cfg(feature = "split")]
impl From<SplitLoaderError> for PartLost {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// A function that its module is fetched for.
macro_rules! part {
    ($module:ident, $name:ident -> $kind:ty, $made:expr) => {
        #[cfg(feature = "split")]
        #[wasm_split($module, wasm_split_path = leptos::wasm_split, fallible)]
        fn $name() -> Result<$kind, PartLost> {
            Ok($made)
        }
        #[cfg(not(feature = "split"))]
        async fn $name() -> Result<$kind, PartLost> {
            Ok($made)
        }
    };
}

part!(opening, late_functions -> LateFunctions, LateFunctions::TABLE);
part!(data, roles_reader -> fn(&str) -> Result<Roles, String>, |text| Roles::from_toml(text).map_err(|error| error.to_string()));
part!(data, graph_writer -> WriteGraph, |weights, sheet| onnx::from_files(weights, sheet).map_err(|error| error.to_string()));
part!(opening, rail -> Part, || view! { <Rail/> }.into_any());
part!(opening, story -> Part, || view! { <StoryView/> }.into_any());
part!(views, exports_part -> Part, || view! { <ExportsView/> }.into_any());
part!(views, tree -> Part, || view! { <TreeView/> }.into_any());
part!(views, towers -> Part, || view! { <TowersView/> }.into_any());
part!(views, metrics -> Part, || view! { <MetricsView/> }.into_any());
part!(views, questions -> Part, || view! { <QuestionsView/> }.into_any());
part!(views, rows -> Part, || view! { <RowsView/> }.into_any());
part!(data, data -> Part, || view! { <DataView/> }.into_any());

/// Fetches a part; at once when it is there already.
///
/// # Errors
/// When its file does not come.
pub async fn load(name: PartName) -> Result<Part, PartLost> {
    match name {
        PartName::Rail => rail().await,
        PartName::Exports => exports_part().await,
        PartName::View(Tab::Story) => story().await,
        PartName::View(Tab::Tree) => tree().await,
        PartName::View(Tab::Towers) => towers().await,
        PartName::View(Tab::Metrics) => metrics().await,
        PartName::View(Tab::Rows) => rows().await,
        PartName::View(Tab::Questions) => questions().await,
        PartName::View(Tab::Data) => data().await,
    }
}

/// Fetches what makes ONNX graphs.
///
/// # Errors
/// When its file does not come.
pub async fn load_graph_writer() -> Result<WriteGraph, PartLost> {
    graph_writer().await
}

/// Fetches the table of functions that the page starts with.
///
/// # Errors
/// When its file does not come.
pub async fn load_late_functions() -> Result<LateFunctions, PartLost> {
    late_functions().await
}

/// Fetches what reads a ROLES file.
///
/// # Errors
/// When its file does not come.
pub async fn load_roles_reader() -> Result<fn(&str) -> Result<Roles, String>, PartLost> {
    roles_reader().await
}

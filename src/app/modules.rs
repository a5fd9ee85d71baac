//! The page's late wasm modules, each fetched on first use: code that the first paint does not need.
//!
//! With feature `split`, the crate `page-splitter` cuts the page along the functions below: `opening` is the first view and
//! the reading of experiments and messages; `data` is the tab of that name and the writing of ONNX files, `views` are the
//! others. Without it (`serve --quick`, tests) they are part of the first module.

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

/// A view with its own module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewName {
    Tab(Tab),
    Rail,
    Exports,
}

/// Constructor of a view.
pub type MakeView = fn() -> AnyView;

/// Writes an ONNX graph of a run's weights and their sheet, or returns the error as text.
pub type WriteGraph = fn(&[u8], &str) -> Result<Vec<u8>, String>;

/// A module could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleLost;

#[cfg(feature = "split")]
impl From<SplitLoaderError> for ModuleLost {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// Defines a function that fetches its module.
macro_rules! late {
    ($module:ident, $name:ident -> $kind:ty, $made:expr) => {
        #[cfg(feature = "split")]
        #[wasm_split($module, wasm_split_path = leptos::wasm_split, fallible)]
        fn $name() -> Result<$kind, ModuleLost> {
            Ok($made)
        }
        #[cfg(not(feature = "split"))]
        async fn $name() -> Result<$kind, ModuleLost> {
            Ok($made)
        }
    };
}

late!(opening, late_functions -> LateFunctions, LateFunctions::TABLE);
late!(data, roles_reader -> fn(&str) -> Result<Roles, String>, |text| Roles::from_toml(text).map_err(|error| error.to_string()));
late!(data, graph_writer -> WriteGraph, |weights, sheet| onnx::from_files(weights, sheet).map_err(|error| error.to_string()));
late!(opening, rail -> MakeView, || view! { <Rail/> }.into_any());
late!(opening, story -> MakeView, || view! { <StoryView/> }.into_any());
late!(views, exports_view -> MakeView, || view! { <ExportsView/> }.into_any());
late!(views, tree -> MakeView, || view! { <TreeView/> }.into_any());
late!(views, towers -> MakeView, || view! { <TowersView/> }.into_any());
late!(views, metrics -> MakeView, || view! { <MetricsView/> }.into_any());
late!(views, questions -> MakeView, || view! { <QuestionsView/> }.into_any());
late!(views, rows -> MakeView, || view! { <RowsView/> }.into_any());
late!(data, data -> MakeView, || view! { <DataView/> }.into_any());

/// Fetches a view's constructor; immediately if it is loaded.
///
/// # Errors
/// If the module cannot be fetched.
pub async fn load(name: ViewName) -> Result<MakeView, ModuleLost> {
    match name {
        ViewName::Rail => rail().await,
        ViewName::Exports => exports_view().await,
        ViewName::Tab(Tab::Story) => story().await,
        ViewName::Tab(Tab::Tree) => tree().await,
        ViewName::Tab(Tab::Towers) => towers().await,
        ViewName::Tab(Tab::Metrics) => metrics().await,
        ViewName::Tab(Tab::Rows) => rows().await,
        ViewName::Tab(Tab::Questions) => questions().await,
        ViewName::Tab(Tab::Data) => data().await,
    }
}

/// Fetches the writer of ONNX graphs.
///
/// # Errors
/// If the module cannot be fetched.
pub async fn load_graph_writer() -> Result<WriteGraph, ModuleLost> {
    graph_writer().await
}

/// Fetches the late functions.
///
/// # Errors
/// If the module cannot be fetched.
pub async fn load_late_functions() -> Result<LateFunctions, ModuleLost> {
    late_functions().await
}

/// Fetches the parser of ROLES files.
///
/// # Errors
/// If the module cannot be fetched.
pub async fn load_roles_reader() -> Result<fn(&str) -> Result<Roles, String>, ModuleLost> {
    roles_reader().await
}

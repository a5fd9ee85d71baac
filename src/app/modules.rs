//! The page's late modules: what is not needed to paint comes in wasm modules of its own, each fetched when it is first wanted.
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

/// A view that is fetched by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewName {
    Tab(Tab),
    Rail,
    Exports,
}

/// Makes a view's components.
pub type MakeView = fn() -> AnyView;

/// Makes an ONNX graph of a run's weights and the sheet beside them, or says what is wrong with them.
pub type WriteGraph = fn(&[u8], &str) -> Result<Vec<u8>, String>;

/// A module's file did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleLost;

#[cfg(feature = "split")]
impl From<SplitLoaderError> for ModuleLost {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// A function that its module is fetched for.
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

/// Fetches what makes a view; at once when it is there already.
///
/// # Errors
/// When its file does not come.
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

/// Fetches what makes ONNX graphs.
///
/// # Errors
/// When its file does not come.
pub async fn load_graph_writer() -> Result<WriteGraph, ModuleLost> {
    graph_writer().await
}

/// Fetches the table of functions that the page starts with.
///
/// # Errors
/// When its file does not come.
pub async fn load_late_functions() -> Result<LateFunctions, ModuleLost> {
    late_functions().await
}

/// Fetches what reads a ROLES file.
///
/// # Errors
/// When its file does not come.
pub async fn load_roles_reader() -> Result<fn(&str) -> Result<Roles, String>, ModuleLost> {
    roles_reader().await
}

//! The page's state for Leptos: a handle of the one [`Page`], and a signal for each of its parts that fires when that part
//! has changed.
//!
//! Components read parts and send messages; nothing but [`Page::update`] changes them.

use std::cell::{Ref, RefCell};

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::address::{Address, Tab, Theme};
use super::browser::{self, Browser};
use super::device::DeviceState;
use super::late_functions::LateFunctions;
use super::models::RunKey;
use super::page::{
    AnsweredPreview, Drafts, InspectedRow, LogState, Mapping, Message, Notice, Page, SessionKeys, TrainingMode,
};
use super::rows::{RowsChoice, RowsShown, SubsetShown};
use crate::domain::log::RowLimit;
use crate::domain::report::RowsPart;
use crate::domain::spec::RunSpec;
use crate::domain::synth::SynthSpec;
use crate::protocol::{Question, Session};

/// The page; never dropped.
type PageCell = StoredValue<&'static RefCell<Page>, LocalStorage>;

/// A part of the page's state. `Copy`: pass it around.
pub struct Slice<T: 'static> {
    page: PageCell,
    of: fn(&Page) -> &T,
    /// The part's change count when it was last published.
    changes: RwSignal<u32>,
}

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<T> {}

impl<T> Slice<T> {
    fn new(page: PageCell, of: fn(&Page) -> &T) -> Self {
        Self { page, of, changes: RwSignal::new(0) }
    }

    /// The value, tracked: its reader is run again when it has changed.
    pub fn read(&self) -> Ref<'static, T> {
        self.changes.track();
        self.peek()
    }

    /// The value, untracked: for event handlers.
    pub fn peek(&self) -> Ref<'static, T> {
        Ref::map(self.page.get_value().borrow(), self.of)
    }

    /// The result of `of` on the value; tracked as by [`Slice::read`].
    pub fn with<R>(&self, of: impl FnOnce(&T) -> R) -> R {
        of(&self.read())
    }

    /// A copy of the value; tracked as by [`Slice::read`].
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.read().clone()
    }

    fn publish(&self, changes: u32) {
        if self.changes.get_untracked() != changes {
            self.changes.set(changes);
        }
    }
}

macro_rules! app_state {
    ($($name:ident: $type:ty,)*) => {
        /// State that components share. `Copy`: pass it around, or take it from context.
        #[derive(Clone, Copy)]
        pub struct AppState {
            page: PageCell,
            browser: StoredValue<Browser, LocalStorage>,
            pub functions: LateFunctions,
            $(pub $name: Slice<$type>,)*
            /// The session for drawings of evaluations: changes as [`SessionKeys`] says.
            pub evaluated: Slice<Session>,
            /// The session for loss curves: changes as [`SessionKeys`] says.
            pub progressed: Slice<Session>,
            keys: StoredValue<SessionKeys>,
        }

        impl AppState {
            pub fn new(page: Page, functions: LateFunctions) -> Self {
                let page: PageCell = StoredValue::new_local(Box::leak(Box::new(RefCell::new(page))));
                Self {
                    page,
                    browser: StoredValue::new_local(Browser::new(functions)),
                    functions,
                    $($name: Slice::new(page, |page| &page.$name),)*
                    evaluated: Slice::new(page, |page| &page.session),
                    progressed: Slice::new(page, |page| &page.session),
                    keys: StoredValue::new(SessionKeys::default()),
                }
            }

            /// Notifies the readers of the parts that have changed.
            fn publish(&self) {
                let page = self.page.get_value().borrow();
                $(let $name = page.$name.changes();)*
                let keys = self.keys.try_update_value(|keys| keys.follow(&page.session)).unwrap_or_default();
                drop(page);
                $(self.$name.publish($name);)*
                self.evaluated.publish(keys.evaluations);
                self.progressed.publish(keys.progress);
            }
        }
    };
}

app_state! {
    session: Session,
    spec: RunSpec,
    tab: Tab,
    log_state: LogState,
    mapping: Mapping,
    device: DeviceState,
    mode: TrainingMode,
    moment: Option<f64>,
    plays: bool,
    status: String,
    notice: Option<Notice>,
    synth: SynthSpec,
    preview: Option<AnsweredPreview>,
    limit: RowLimit,
    chosen: Option<RunKey>,
    pinned: Option<String>,
    inspected: Option<InspectedRow>,
    exported: String,
    rows_choice: RowsChoice,
    rows: RowsShown,
    subset: Option<RowsPart>,
    subset_shown: SubsetShown,
    drafts: Option<Drafts>,
    opened_itself: bool,
    keeps_log: bool,
    storage_message: String,
    theme: Theme,
    palette: u32,
}

impl AppState {
    /// The state from the context.
    pub fn get() -> Self {
        expect_context()
    }

    /// The address by which the user came.
    pub fn address(&self) -> Ref<'static, Address> {
        Ref::map(self.page.get_value().borrow(), |page| &page.address)
    }

    /// Sends a message to the page.
    pub fn send(&self, message: Message) {
        self.send_all(vec![message]);
    }

    /// Sends messages to the page, in order; readers are notified once.
    pub fn send_all(&self, messages: Vec<Message>) {
        let state = *self;
        let Ok(mut page) = self.page.get_value().try_borrow_mut() else {
            // It is borrowed: in a later task.
            return spawn_local(async move { state.send_all(messages) });
        };
        let surroundings = browser::surroundings();
        let effects: Vec<_> = messages.into_iter().flat_map(|message| page.update(message, surroundings)).collect();
        drop(page);
        self.publish();
        for effect in effects {
            browser::carry_out(state, effect);
        }
    }

    /// Changes a copy of the experiment, and makes that the experiment.
    pub fn edit_spec(&self, edit: impl FnOnce(&mut RunSpec)) {
        let mut spec = self.spec.peek().clone();
        edit(&mut spec);
        self.send(Message::SetSpec(Box::new(spec)));
    }

    /// Changes a view's own state, and sends the messages that `update` returns, in order.
    pub fn update<S: Send + Sync + 'static, I: IntoIterator<Item = Message>>(
        &self,
        own: RwSignal<S>,
        update: impl FnOnce(&mut S) -> I,
    ) {
        let messages = own.try_update(update);
        self.send_all(messages.into_iter().flatten().collect());
    }

    /// Asks the question of `question`, and again whenever a signal that it has read changes.
    pub fn keep_asking(&self, question: impl Fn() -> Option<Question> + 'static) {
        let state = *self;
        Effect::new(move |_| {
            if let Some(question) = question() {
                state.send(Message::Ask(question));
            }
        });
    }

    /// Calls `act` with the browser.
    pub fn with_browser<T>(&self, act: impl FnOnce(&mut Browser) -> T) -> Option<T> {
        self.browser.try_update_value(act)
    }
}

//! A leptos signal of any type.
//!
//! Each type of value in a leptos signal brings the whole code of signals into the wasm once more, 3 to 6 KB before
//! compression; the panel has twenty such types. Here all values stand behind one: `Rc<dyn Any>`.

use std::any::Any;
use std::marker::PhantomData;
use std::rc::Rc;

use leptos::prelude::{GetUntracked, LocalStorage, RwSignal, Set, With, WithUntracked};

/// A value that views follow. It belongs to the owner inside which it was made, and goes with it.
pub struct Signal<T> {
    any: RwSignal<Rc<dyn Any>, LocalStorage>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Signal<T> {}

impl<T: 'static> Signal<T> {
    /// A signal with a first value.
    pub fn new(value: T) -> Self {
        Signal { any: RwSignal::new_local(Rc::new(value)), of: PhantomData }
    }

    /// The value, shared; whoever asks inside a view is asked again when it changes.
    pub fn share(self) -> Rc<T> {
        typed(self.any.with(Rc::clone))
    }

    /// The value as it is now, shared.
    pub fn share_now(self) -> Rc<T> {
        typed(self.any.with_untracked(Rc::clone))
    }

    /// Whether its owner is there: an answer may come when the view that asked is gone.
    pub fn is_there(self) -> bool {
        is_there(self.any)
    }

    /// Changes the value, and with it whatever shows it. Nothing happens when its owner is gone.
    pub fn set(self, value: T) {
        set(self.any, Rc::new(value));
    }
}

impl<T: Clone + 'static> Signal<T> {
    /// A copy of the value; whoever asks inside a view is asked again when it changes.
    pub fn get(self) -> T {
        (*self.share()).clone()
    }

    /// A copy of the value as it is now.
    pub fn now(self) -> T {
        (*self.share_now()).clone()
    }

    /// Changes the value in place.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        let mut value = self.now();
        change(&mut value);
        self.set(value);
    }
}

fn typed<T: 'static>(any: Rc<dyn Any>) -> Rc<T> {
    any.downcast().unwrap_or_else(|_| unreachable!("only `new` and `set` of this very type write it"))
}

fn is_there(signal: RwSignal<Rc<dyn Any>, LocalStorage>) -> bool {
    signal.try_get_untracked().is_some()
}

fn set(signal: RwSignal<Rc<dyn Any>, LocalStorage>, value: Rc<dyn Any>) {
    if is_there(signal) {
        signal.set(value);
    }
}

//! The core's plain data as JavaScript's objects, and back.
//!
//! `serde` could do it, at 60 kB gzipped: an enum tagged by one of its members makes it buffer and re-read every
//! value, with a copy of the code for every type. Here a type is a row that names its fields, in `table`; a row that
//! lacks a field or a variant does not compile. Names become `camelCase` and words `kebab-case` by the rule that the
//! generated TypeScript follows too (`serde(rename_all)`, which `tsify` reads).

mod name;
mod table;
#[cfg(test)]
mod tests;

use core::cell::RefCell;
use core::mem::ManuallyDrop;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::text;
use crate::time::Instant;
use crate::usage::data::{Content, Misuse};

/// What crosses the boundary.
pub(super) trait Object: Sized {
    /// The value; where it is not what it should be, `wrong` is told and what comes back is of no use. (A result at
    /// every step would double the code.)
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self;

    /// The value for JavaScript.
    fn write(&self) -> JsValue;

    /// Makes it the member `name` of `object`.
    fn put(&self, object: &Target, name: &'static str) {
        set(object, name, &self.write());
    }
}

/// Reads a whole value, which people know as `what`.
///
/// # Errors
/// The first thing that is wrong with it, with the name of the member it is about.
pub(super) fn read<T: Object>(value: &JsValue, what: &'static str) -> Result<T, Misuse> {
    let mut wrong = Wrong { member: what, found: None };
    let result = T::read(value, &mut wrong);
    wrong.found.map_or(Ok(result), |found| Err(Misuse(found)))
}

/// What is wrong with a value.
pub(super) struct Wrong {
    /// The member that is being read.
    member: &'static str,
    /// The first thing found.
    found: Option<String>,
}

impl Wrong {
    #[cold]
    fn expected(&mut self, what: &str) {
        if self.found.is_none() {
            self.found = Some(format!("{}: {what} is expected", self.member));
        }
    }

    #[cold]
    fn unknown(&mut self, word: &str) {
        if self.found.is_none() {
            self.found = Some(format!("{}: “{word}” is unknown", self.member));
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// An object, to be read or in the making.
    #[wasm_bindgen(js_name = Object)]
    #[derive(Clone)]
    pub(super) type Target;
    #[wasm_bindgen(constructor, js_class = "Object")]
    fn new() -> Target;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn get(this: &Target, name: &JsValue) -> JsValue;
    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set(this: &Target, name: &JsValue, value: &JsValue);
}

thread_local! {
    /// Names already made, by where their text lies. Never dropped: the thread ends with its memory, and what runs at its
    /// end would be code for nothing.
    static NAMES: RefCell<ManuallyDrop<Vec<(Place, JsValue)>>> = const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// Address and length of a text that never moves.
type Place = (usize, usize);

/// A name or word as JavaScript's string, made once.
fn with_word<R>(text: &'static str, work: impl FnOnce(&JsValue) -> R) -> R {
    NAMES.with_borrow_mut(|names| work(find_word(names, text).unwrap_or(&JsValue::UNDEFINED)))
}

#[inline(never)]
fn find_word<'a>(names: &'a mut Vec<(Place, JsValue)>, text: &'static str) -> Option<&'a JsValue> {
    let place: Place = (text.as_ptr() as usize, text.len());
    let index = names.binary_search_by_key(&place, |(place, _)| *place).unwrap_or_else(|index| {
        names.insert(index, (place, JsValue::from_str(text)));
        index
    });
    names.get(index).map(|(_, word)| word)
}

#[inline(never)]
fn word(text: &'static str) -> JsValue {
    with_word(text, JsValue::clone)
}

#[inline(never)]
fn set(object: &Target, name: &'static str, value: &JsValue) {
    with_word(name, |name| object.set(name, value));
}

#[inline(never)]
fn get(object: &Target, name: &'static str) -> JsValue {
    with_word(name, |name| object.get(name))
}

/// The value as an object whose members can be read.
fn object(value: &JsValue, wrong: &mut Wrong) -> Target {
    if value.is_object() {
        return value.unchecked_ref::<Target>().clone();
    }
    wrong.expected("an object");
    Target::new()
}

/// The value as an array.
fn array(value: &JsValue, wrong: &mut Wrong) -> Array {
    if let Some(array) = value.dyn_ref::<Array>() {
        return array.clone();
    }
    wrong.expected("an array");
    Array::new()
}

/// A member of an object.
fn member<T: Object>(object: &Target, name: &'static str, wrong: &mut Wrong) -> T {
    wrong.member = name;
    T::read(&get(object, name), wrong)
}

/// A whole number from 0 to `most`.
fn number(value: &JsValue, most: f64, wrong: &mut Wrong) -> u64 {
    let number = value.as_f64().unwrap_or(-1.0);
    // `as` saturates, so what comes back unchanged is whole and not negative.
    let whole = number as u64;
    if whole as f64 != number || number > most {
        wrong.expected("a whole number within bounds");
    }
    whole
}

impl Object for String {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        if value.is_string() {
            return Self::from_utf8(text::octets(value)).unwrap_or_default();
        }
        wrong.expected("a string");
        Self::new()
    }

    fn write(&self) -> JsValue {
        JsValue::from_str(self)
    }
}

impl Object for bool {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        let truth = value.as_bool();
        if truth.is_none() {
            wrong.expected("true or false");
        }
        truth == Some(true)
    }

    fn write(&self) -> JsValue {
        JsValue::from_bool(*self)
    }
}

impl Object for u64 {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        // The largest whole number a JavaScript number holds exactly.
        number(value, 9_007_199_254_740_991.0, wrong)
    }

    fn write(&self) -> JsValue {
        JsValue::from_f64(*self as f64)
    }
}

impl Object for u32 {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        number(value, f64::from(Self::MAX), wrong) as Self
    }

    fn write(&self) -> JsValue {
        JsValue::from_f64(f64::from(*self))
    }
}

impl Object for u16 {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        number(value, f64::from(Self::MAX), wrong) as Self
    }

    fn write(&self) -> JsValue {
        JsValue::from_f64(f64::from(*self))
    }
}

impl Object for Instant {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        Self(u64::read(value, wrong))
    }

    fn write(&self) -> JsValue {
        self.0.write()
    }
}

impl<T: Object> Object for Option<T> {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        if value.is_undefined() || value.is_null() { None } else { Some(T::read(value, wrong)) }
    }

    fn write(&self) -> JsValue {
        self.as_ref().map_or(JsValue::UNDEFINED, T::write)
    }

    /// What is not there is no member.
    fn put(&self, object: &Target, name: &'static str) {
        if let Some(value) = self {
            value.put(object, name);
        }
    }
}

impl<T: Object> Object for Vec<T> {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        let array = array(value, wrong);
        let mut all = Self::new();
        for at in 0..array.length() {
            all.push(T::read(&array.get(at), wrong));
        }
        all
    }

    fn write(&self) -> JsValue {
        let array = Array::new();
        for item in self {
            array.push(&item.write());
        }
        array.into()
    }
}

impl<A: Object, B: Object> Object for (A, B) {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        let pair = array(value, wrong);
        (A::read(&pair.get(0), wrong), B::read(&pair.get(1), wrong))
    }

    fn write(&self) -> JsValue {
        let pair = Array::new();
        pair.push(&self.0.write());
        pair.push(&self.1.write());
        pair.into()
    }
}

impl Object for Content {
    fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
        match value.dyn_ref::<Uint8Array>() {
            Some(octets) => Self::Binary(octets.to_vec()),
            None => Self::Text(String::read(value, wrong)),
        }
    }

    fn write(&self) -> JsValue {
        match self {
            Self::Text(text) => text.write(),
            Self::Binary(octets) => Uint8Array::from(octets.as_slice()).into(),
        }
    }
}

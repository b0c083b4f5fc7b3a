//! Known words: values that a shell completes, beside which there may be others.

use std::ffi::OsStr;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{PossibleValue, TypedValueParser};

/// What reads a value, and knows some words for it. Which are allowed is for the value to say.
pub(super) struct Known<T> {
    words: fn() -> Vec<&'static str>,
    value: PhantomData<fn() -> T>,
}

/// A value of which a shell is told these words.
pub(super) fn known<T>(words: fn() -> Vec<&'static str>) -> Known<T> {
    let value = PhantomData;
    Known { words, value }
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        known(self.words)
    }
}

impl<T> TypedValueParser for Known<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        option: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        str::parse::<T>.parse_ref(command, option, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.words)().into_iter().map(PossibleValue::new)))
    }
}

//! The names JavaScript knows things by, made from Rust's at compile time: `retry_at` is `retryAt`, `CreateOffer` is
//! `create-offer`.

/// The name of a member, from that of a field.
macro_rules! camel {
    ($field:ident) => {{
        const NAME: $crate::web::object::name::Name = $crate::web::object::name::member(stringify!($field));
        const TEXT: [u8; NAME.length()] = NAME.octets();
        const { $crate::web::object::name::text(&TEXT) }
    }};
}

/// A word, from the name of a variant.
macro_rules! kebab {
    ($variant:ident) => {{
        const NAME: $crate::web::object::name::Name = $crate::web::object::name::word(stringify!($variant));
        const TEXT: [u8; NAME.length()] = NAME.octets();
        const { $crate::web::object::name::text(&TEXT) }
    }};
}

pub(super) use {camel, kebab};

/// A name of at most 32 octets; a longer one does not compile.
pub(in crate::web) struct Name {
    octets: [u8; 32],
    length: usize,
}

impl Name {
    pub(in crate::web) const fn length(&self) -> usize {
        self.length
    }

    /// The name and nothing behind it, so that only this goes into the package.
    pub(in crate::web) const fn octets<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let mut octets = [0; LENGTH];
        octets.copy_from_slice(self.octets.split_at(LENGTH).0);
        octets
    }

    const fn push(mut self, octet: u8) -> Self {
        assert!(self.length < self.octets.len(), "the name is longer than its room");
        if let [place, ..] = self.octets.split_at_mut(self.length).1 {
            *place = octet;
        }
        self.length += 1;
        self
    }
}

/// The octets of a name as text.
pub(in crate::web) const fn text(octets: &[u8]) -> &str {
    match core::str::from_utf8(octets) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// `snake_case` into `camelCase`.
pub(in crate::web) const fn member(snake: &str) -> Name {
    let mut name = Name { octets: [0; 32], length: 0 };
    let mut rest = snake.as_bytes();
    let mut is_start_of_word = false;
    while let [octet, more @ ..] = rest {
        if *octet != b'_' {
            name = name.push(if is_start_of_word { octet.to_ascii_uppercase() } else { *octet });
        }
        is_start_of_word = *octet == b'_';
        rest = more;
    }
    name
}

/// `PascalCase` into `kebab-case`.
pub(in crate::web) const fn word(pascal: &str) -> Name {
    let mut name = Name { octets: [0; 32], length: 0 };
    let mut rest = pascal.as_bytes();
    while let [octet, more @ ..] = rest {
        if octet.is_ascii_uppercase() && name.length > 0 {
            name = name.push(b'-');
        }
        name = name.push(octet.to_ascii_lowercase());
        rest = more;
    }
    name
}

//! The names JavaScript knows things by, made from Rust's at compile time: `retry_at` is `retryAt`, `CreateOffer` is
//! `create-offer`.

/// The name of a member, from that of a field.
macro_rules! camel {
    ($field:ident) => {{
        const NAME: $crate::web::object::name::Name = $crate::web::object::name::member(stringify!($field));
        const { NAME.as_str() }
    }};
}

/// A word, from the name of a variant.
macro_rules! kebab {
    ($variant:ident) => {{
        const NAME: $crate::web::object::name::Name = $crate::web::object::name::word(stringify!($variant));
        const { NAME.as_str() }
    }};
}

pub(super) use {camel, kebab};

/// A name of at most 32 octets; a longer one does not compile.
pub(in crate::web) struct Name {
    octets: [u8; 32],
    length: usize,
}

impl Name {
    /// The name as text.
    pub(in crate::web) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.octets.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
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

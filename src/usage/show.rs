//! SIP values turned into plain data for people to see.

use super::data::{Address, Body, Content, MessageData, ResponseData};
use crate::message::{Headers, Name, NameAddr, Response};

/// A message's header fields, secrets masked, and body.
#[must_use]
pub fn message_data(headers: &Headers, octets: &[u8]) -> MessageData {
    MessageData { headers: headers.to_shown(), body: body(headers, octets) }
}

/// A response.
#[must_use]
pub fn response_data(response: &Response) -> ResponseData {
    ResponseData {
        status: response.status.code(),
        phrase: response.phrase.clone(),
        message: message_data(&response.headers, &response.body),
    }
}

/// A body, if there is one.
#[must_use]
pub fn body(headers: &Headers, octets: &[u8]) -> Option<Body> {
    if octets.is_empty() {
        return None;
    }
    let content = match core::str::from_utf8(octets) {
        Ok(text) => Content::Text(text.to_owned()),
        Err(_) => Content::Binary(octets.to_vec()),
    };
    Some(Body {
        content_type: headers.get(&Name::ContentType).map(String::from).unwrap_or_default(),
        content,
        disposition: headers.get(&Name::ContentDisposition).map(String::from),
    })
}

impl From<&NameAddr> for Address {
    fn from(address: &NameAddr) -> Self {
        let mut params = Vec::new();
        for (name, value) in address.params.iter() {
            params.push((name.to_owned(), value.map(str::to_owned)));
        }
        Self { uri: address.uri.to_string(), display_name: address.display_name.clone(), params }
    }
}

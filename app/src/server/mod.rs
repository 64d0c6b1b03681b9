//! Server functions, one file per room. Only islands call them; forms post to the address of their own page.

#![expect(missing_docs, reason = "the macro makes a struct of a function's arguments and leaves it without")]
#![cfg_attr(feature = "ssr", expect(clippy::unused_async, reason = "a server function is async in the browser, where it asks"))]

pub mod calendar;

//! Server functions, one file per room. Only islands call them; forms post to the address of their own page.

pub mod calendar;

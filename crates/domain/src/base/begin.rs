//! A transaction whose beginning is not cut off.
//!
//! sqlx 0.9.0 leaves a connection in the middle of a transaction when `begin` is dropped while its answer is on the way, and gives it back to
//! the pool: whoever has it next writes into a transaction that nobody commits, and its locks stay. A client that goes away is enough. The
//! mend is merged there and not released (<https://github.com/transact-rs/sqlx/issues/4393>); until it is, a beginning that nobody waits for
//! any longer is finished aside and rolled back.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tokio::runtime::Handle;

use super::Tx;

type Beginning = BoxFuture<'static, Result<Tx, sqlx::Error>>;

/// The beginning of a transaction, which may be dropped at any moment.
pub(super) struct Begin(Option<Beginning>);

impl Begin {
    pub fn new(beginning: impl Future<Output = Result<Tx, sqlx::Error>> + Send + 'static) -> Self {
        Self(Some(Box::pin(beginning)))
    }
}

impl Future for Begin {
    type Output = Result<Tx, sqlx::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(beginning) = &mut self.0 else { return Poll::Pending };
        let begun = beginning.as_mut().poll(context);
        if begun.is_ready() {
            self.0 = None;
        }
        begun
    }
}

impl Drop for Begin {
    fn drop(&mut self) {
        if let (Some(beginning), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async { drop(beginning.await) });
        }
    }
}

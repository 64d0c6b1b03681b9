//! Islands: small parts of a page that a browser with scripts makes nicer. The page is whole without them.

mod browser_zone;
mod passkey_button;
mod sync_progress;
mod viewer_zone;

pub use browser_zone::BrowserZone;
pub use passkey_button::{Ceremony, PasskeyButton};
pub use sync_progress::SyncProgressIsland;
pub use viewer_zone::ViewerZone;

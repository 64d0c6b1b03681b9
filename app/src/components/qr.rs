//! A QR code as one path, dark on light in every scheme: cameras expect it so.

use std::fmt::Write;

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code (ISO/IEC 18004, 5.3.8).
const QUIET: usize = 4;

/// The code for a text; nothing when the text is too long for one.
#[component]
pub fn Qr(
    /// What a camera reads.
    text: String,
    /// What it is, for those who do not see it.
    label: &'static str,
) -> impl IntoView {
    QrCode::with_error_correction_level(text, EcLevel::M).ok().map(|code| {
        let (width, side) = (code.width(), code.width() + 2 * QUIET);
        let mut path = String::new();
        for (line, colors) in code.to_colors().chunks(width).enumerate() {
            let mut column = 0;
            for run in colors.chunk_by(|one, other| one == other) {
                if run[0] == Color::Dark {
                    let (x, y, length) = (column + QUIET, line + QUIET, run.len());
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
                }
                column += run.len();
            }
        }
        view! {
            <svg class="qr" role="img" aria-label=label viewBox=format!("0 0 {side} {side}") shape-rendering="crispEdges">
                <rect width=side height=side fill="#fff"></rect>
                <path d=path fill="#000"></path>
            </svg>
        }
    })
}

//! What is read of a file, before it is parsed. A parser makes a value of every comma; whatever is not looked at afterwards is not parsed.

/// The properties that are read.
const USED: [&str; 21] = [
    "BEGIN",
    "END",
    "UID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "SUMMARY",
    "ATTENDEE",
    "STATUS",
    "TRANSP",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "TZID",
    "TZOFFSETFROM",
    "TZOFFSETTO",
    "VERSION",
    "PRODID",
    "CALSCALE",
];

/// More of it than any resource has: a year of changed days is a tenth of it.
const MAX_BYTES: usize = 512 * 1024;

/// The lines of `data` that are read, unfolded. `None`: there are more of them than there can be in a sound file.
pub(super) fn used(data: &str) -> Option<String> {
    let mut used = String::new();
    let mut lines = data.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let is_used = is_used(line);
        let mut logical = is_used.then(|| line.trim_end_matches(['\r', '\n']).to_owned());
        let mut is_soft = is_soft_break(line, line);
        // A fold goes with the line before it (RFC 5545, 3.1), and so does what follows a soft break of quoted-printable (vCalendar 1.0).
        while let Some(more) = lines.next_if(|next| is_soft || next.starts_with([' ', '\t'])) {
            if let Some(logical) = &mut logical {
                if is_soft {
                    logical.pop();
                }
                logical.push_str(if is_soft { more } else { &more[1..] }.trim_end_matches(['\r', '\n']));
            }
            is_soft = is_soft_break(line, more);
        }
        let Some(logical) = logical else { continue };
        // Of those who are invited, only who declined makes a difference.
        if name(&logical).eq_ignore_ascii_case("ATTENDEE") && !contains_ignoring_case(&logical, "DECLINED") {
            continue;
        }
        used.push_str(&logical);
        used.push_str("\r\n");
        if used.len() > MAX_BYTES {
            return None;
        }
    }
    Some(used)
}

fn is_used(line: &str) -> bool {
    let name = name(line);
    USED.iter().any(|used| used.eq_ignore_ascii_case(name))
}

/// Whether `line`, the last so far of the property that begins with `first`, goes on in the next one.
fn is_soft_break(first: &str, line: &str) -> bool {
    let parameters = first.split(':').next().unwrap_or_default();
    line.trim_end_matches(['\r', '\n']).ends_with('=') && contains_ignoring_case(parameters, "QUOTED-PRINTABLE")
}

/// Of a content line, up to its parameters or its value.
fn name(line: &str) -> &str {
    // Some producers begin the file with a byte order mark, or a line with a space.
    let line = line.trim_start_matches(['\u{feff}', ' ', '\t']);
    line.split([';', ':', '\r', '\n']).next().unwrap_or_default().trim_end()
}

fn contains_ignoring_case(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::used;

    #[test]
    fn only_what_is_read_is_left_with_its_folds_joined() {
        let data = "\u{feff}BEGIN:VEVENT\r\nUID:a\r\n b\r\nDESCRIPTION:x\r\n UID:not one\r\nsummary;LANGUAGE=fr:Caf\r\n\té\r\nCATEGORIES:a,b,c\r\n\
                    ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.com\r\nATTENDEE;PARTSTAT=decl\r\n ined:mailto:b@example.com\r\nEND:VEVENT";
        let wanted = "\u{feff}BEGIN:VEVENT\r\nUID:ab\r\nsummary;LANGUAGE=fr:Café\r\nATTENDEE;PARTSTAT=declined:mailto:b@example.com\r\nEND:VEVENT\r\n";
        assert_eq!(used(data).as_deref(), Some(wanted));
    }

    #[test]
    fn a_soft_break_of_quoted_printable_goes_with_its_line_whether_that_is_read_or_not() {
        let data = "SUMMARY;ENCODING=QUOTED-PRINTABLE:=C3=89=\r\nt=C3=A9\r\nDTSTART:20261110T090000Z\r\n\
                    DESCRIPTION;ENCODING=quoted-printable:a=\r\nUID:not one=\r\nEND:VEVENT\r\nUID:a=\r\n";
        let wanted = "SUMMARY;ENCODING=QUOTED-PRINTABLE:=C3=89t=C3=A9\r\nDTSTART:20261110T090000Z\r\nUID:a=\r\n";
        assert_eq!(used(data).as_deref(), Some(wanted));
    }

    #[test]
    fn a_file_is_as_large_as_what_is_read_of_it() {
        let large = |line: &str| used(&format!("BEGIN:VEVENT\n{line}{}\nEND:VEVENT\n", ",".repeat(2 << 20)));
        assert_eq!(large("CATEGORIES:").as_deref(), Some("BEGIN:VEVENT\r\nEND:VEVENT\r\n"));
        assert_eq!(large("EXDATE:"), None);
    }
}

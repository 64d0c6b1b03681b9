//! Reads a 207 answer (RFC 4918, 13) by expanded names; prefixes are the server's own business.
//!
//! The XML reader resolves no external entity and expands none but the five predefined ones; depth and size are bounded.

use std::borrow::Cow;

use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::ical::unfold;

const DAV: &[u8] = b"DAV:";
const CALDAV: &[u8] = b"urn:ietf:params:xml:ns:caldav";
const CALENDARSERVER: &[u8] = b"http://calendarserver.org/ns/";
const MAX_DEPTH: usize = 32;
/// Stands for a status line that is none.
const UNREADABLE_STATUS: u16 = 0;

/// What one `response` said.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub href: String,
    pub current_user_principal: Option<String>,
    pub calendar_home_set: Vec<String>,
    pub calendar_user_addresses: Vec<String>,
    pub display_name: Option<String>,
    pub is_calendar: bool,
    /// `None` when the server does not say, which means: everything.
    pub components: Option<Vec<String>>,
    pub calendar_data: Option<String>,
    pub time_zone: Option<String>,
    pub transparent: bool,
    /// `getctag` of a collection: changes with anything in it.
    pub ctag: Option<String>,
    /// `sync-token` as a property of a collection.
    pub sync_token: Option<String>,
    /// The status of the whole `response`: 404 for a member that is gone, 507 for "there is more".
    pub status: Option<u16>,
    /// The worst status of a group of properties that is neither 200 nor 404: what it holds is not absent, but was not given.
    pub withheld: Option<u16>,
}

/// A whole answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Multistatus {
    pub items: Vec<Item>,
    /// At its end, in answers to `sync-collection`.
    pub sync_token: Option<String>,
}

/// Not a multistatus answer, or one beyond all bounds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotMultistatus;

/// Every `response` of the answer. Properties inside a `propstat` whose status is not 200 are absent.
pub(super) fn parse(body: &[u8]) -> Result<Multistatus, NotMultistatus> {
    // A server that stores what it was given may send lines folded inside a letter.
    let text = std::str::from_utf8(body).map_or_else(|_| Cow::Owned(unfold(body)), Cow::Borrowed);
    let mut reader = NsReader::from_str(&text);
    let mut sync_token = None;
    let (mut items, mut path): (Vec<Item>, Vec<Name>) = (Vec::new(), Vec::new());
    let (mut item, mut propstat, mut status_ok) = (Item::default(), Item::default(), true);
    let mut value = String::new();
    let mut seen_root = false;
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|_| NotMultistatus)?;
        match event {
            Event::Start(ref element) | Event::Empty(ref element) => {
                let name = Name::of(&resolved, element.local_name().as_ref());
                if !seen_root {
                    if name != Name::Multistatus {
                        return Err(NotMultistatus);
                    }
                    seen_root = true;
                }
                match name {
                    Name::Response => item = Item::default(),
                    Name::Propstat => (propstat, status_ok) = (Item::default(), true),
                    Name::Calendar if path.last() == Some(&Name::ResourceType) => propstat.is_calendar = true,
                    Name::Transparent if path.last() == Some(&Name::ScheduleTransp) => propstat.transparent = true,
                    // An empty one has no end to be read at.
                    Name::Status if matches!(event, Event::Empty(_)) && path.last() == Some(&Name::Response) => {
                        item.status = Some(UNREADABLE_STATUS);
                    }
                    Name::Status if matches!(event, Event::Empty(_)) => {
                        status_ok = false;
                        item.withheld = item.withheld.max(Some(UNREADABLE_STATUS));
                    }
                    Name::ComponentSet => propstat.components = Some(Vec::new()),
                    Name::Component => {
                        if let (Some(components), Some(attribute)) = (&mut propstat.components, attribute(element, "name")) {
                            components.push(attribute.to_ascii_uppercase());
                        }
                    }
                    _ => {}
                }
                if matches!(event, Event::Start(_)) {
                    path.push(name);
                    value.clear();
                    if path.len() > MAX_DEPTH {
                        return Err(NotMultistatus);
                    }
                }
            }
            Event::Text(text) => value.push_str(&text.xml_content(quick_xml::XmlVersion::Implicit1_0)),
            Event::CData(text) => value.push_str(&text.xml_content(quick_xml::XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => value.push(resolve_reference(&reference)?),
            Event::DocType(_) => return Err(NotMultistatus),
            Event::End(_) => {
                let name = path.pop().ok_or(NotMultistatus)?;
                let parent = path.last().copied();
                let text = || value.trim().to_owned();
                match (name, parent) {
                    (Name::Href, Some(Name::Response)) => item.href = text(),
                    (Name::Href, Some(Name::CurrentUserPrincipal)) => propstat.current_user_principal = Some(text()),
                    (Name::Href, Some(Name::CalendarHomeSet)) => propstat.calendar_home_set.push(text()),
                    (Name::Href, Some(Name::CalendarUserAddressSet)) => propstat.calendar_user_addresses.push(text()),
                    (Name::DisplayName, _) => propstat.display_name = Some(text()).filter(|text| !text.is_empty()),
                    (Name::CalendarData, _) => propstat.calendar_data = Some(value.clone()),
                    (Name::Ctag, _) => propstat.ctag = Some(text()).filter(|text| !text.is_empty()),
                    (Name::SyncToken, Some(Name::Multistatus)) => sync_token = Some(text()).filter(|text| !text.is_empty()),
                    (Name::SyncToken, _) => propstat.sync_token = Some(text()).filter(|text| !text.is_empty()),
                    (Name::Status, Some(Name::Response)) => item.status = Some(code(&text())),
                    (Name::CalendarTimezone, _) => propstat.time_zone = Some(value.clone()),
                    (Name::Status, Some(Name::Propstat)) => {
                        let code = code(&text());
                        status_ok = code == 200;
                        if !matches!(code, 200 | 404) {
                            item.withheld = item.withheld.max(Some(code));
                        }
                    }
                    (Name::Propstat, _) if status_ok => item.take(&mut propstat),
                    (Name::Response, _) => items.push(std::mem::take(&mut item)),
                    _ => {}
                }
                value.clear();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if seen_root && path.is_empty() { Ok(Multistatus { items, sync_token }) } else { Err(NotMultistatus) }
}

/// The code of a status line. One that cannot be read is none that says "here it is" or "it is gone".
fn code(line: &str) -> u16 {
    line.split_ascii_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or(UNREADABLE_STATUS)
}

impl Item {
    fn take(&mut self, from: &mut Self) {
        let from = std::mem::take(from);
        self.is_calendar |= from.is_calendar;
        self.transparent |= from.transparent;
        self.calendar_home_set.extend(from.calendar_home_set);
        self.calendar_user_addresses.extend(from.calendar_user_addresses);
        self.current_user_principal = from.current_user_principal.or(self.current_user_principal.take());
        self.display_name = from.display_name.or(self.display_name.take());
        self.components = from.components.or(self.components.take());
        self.calendar_data = from.calendar_data.or(self.calendar_data.take());
        self.time_zone = from.time_zone.or(self.time_zone.take());
        self.ctag = from.ctag.or(self.ctag.take());
        self.sync_token = from.sync_token.or(self.sync_token.take());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the element is called displayname")]
enum Name {
    Multistatus,
    Response,
    Href,
    Propstat,
    Status,
    ResourceType,
    DisplayName,
    CurrentUserPrincipal,
    CalendarHomeSet,
    CalendarUserAddressSet,
    Calendar,
    ComponentSet,
    Component,
    CalendarData,
    CalendarTimezone,
    ScheduleTransp,
    Transparent,
    Ctag,
    SyncToken,
    Other,
}

impl Name {
    fn of(resolved: &ResolveResult<'_>, local: impl AsRef<[u8]>) -> Self {
        let ResolveResult::Bound(Namespace(namespace)) = resolved else { return Self::Other };
        match (AsRef::<[u8]>::as_ref(namespace), local.as_ref()) {
            (DAV, b"multistatus") => Self::Multistatus,
            (DAV, b"response") => Self::Response,
            (DAV, b"href") => Self::Href,
            (DAV, b"propstat") => Self::Propstat,
            (DAV, b"status") => Self::Status,
            (DAV, b"sync-token") => Self::SyncToken,
            (CALENDARSERVER, b"getctag") => Self::Ctag,
            (DAV, b"resourcetype") => Self::ResourceType,
            (DAV, b"displayname") => Self::DisplayName,
            (DAV, b"current-user-principal") => Self::CurrentUserPrincipal,
            (CALDAV, b"calendar-home-set") => Self::CalendarHomeSet,
            (CALDAV, b"calendar-user-address-set") => Self::CalendarUserAddressSet,
            (CALDAV, b"calendar") => Self::Calendar,
            (CALDAV, b"supported-calendar-component-set") => Self::ComponentSet,
            (CALDAV, b"comp") => Self::Component,
            (CALDAV, b"calendar-data") => Self::CalendarData,
            (CALDAV, b"calendar-timezone") => Self::CalendarTimezone,
            (CALDAV, b"schedule-calendar-transp") => Self::ScheduleTransp,
            (CALDAV, b"transparent") => Self::Transparent,
            _ => Self::Other,
        }
    }
}

fn attribute(element: &quick_xml::events::BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    Some(attribute.value.into_owned())
}

fn resolve_reference(reference: &quick_xml::events::BytesRef<'_>) -> Result<char, NotMultistatus> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character);
    }
    match AsRef::<[u8]>::as_ref(&**reference) {
        b"lt" => Ok('<'),
        b"gt" => Ok('>'),
        b"amp" => Ok('&'),
        b"apos" => Ok('\''),
        b"quot" => Ok('"'),
        _ => Err(NotMultistatus),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_expanded_and_failed_properties_are_absent() {
        let items = parse(
            br#"<?xml version='1.0'?><ns0:multistatus xmlns:ns0="DAV:" xmlns:ns1="urn:ietf:params:xml:ns:caldav">
                <ns0:response><ns0:href>/a%20b/</ns0:href>
                  <ns0:propstat><ns0:prop><ns0:displayname>Work &amp; home</ns0:displayname>
                    <ns0:resourcetype><ns0:collection/><ns1:calendar/></ns0:resourcetype>
                    <ns1:supported-calendar-component-set><ns1:comp name="VEVENT"/></ns1:supported-calendar-component-set></ns0:prop>
                    <ns0:status>HTTP/1.1 200 OK</ns0:status></ns0:propstat>
                  <ns0:propstat><ns0:prop><ns1:calendar-home-set><ns0:href>/wrong</ns0:href></ns1:calendar-home-set></ns0:prop>
                    <ns0:status>HTTP/1.1 404 Not Found</ns0:status></ns0:propstat>
                </ns0:response></ns0:multistatus>"#,
        )
        .unwrap()
        .items;
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].href, "/a%20b/");
        assert_eq!(items[0].display_name.as_deref(), Some("Work & home"));
        assert!(items[0].is_calendar && items[0].calendar_home_set.is_empty());
        assert_eq!(items[0].components, Some(vec!["VEVENT".to_owned()]));
    }

    #[test]
    fn a_login_page_a_document_type_and_an_unknown_entity_are_refused() {
        for body in [
            "<html><body>Sign in</body></html>",
            "",
            "not xml at all",
            r#"<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:"><response><href>&x;</href></response></multistatus>"#,
            r#"<multistatus xmlns="DAV:"><response><href>&x;</href></response></multistatus>"#,
            r#"<multistatus xmlns="DAV:"><response>"#,
        ] {
            assert_eq!(parse(body.as_bytes()), Err(NotMultistatus), "{body}");
        }
    }

    #[test]
    fn nesting_beyond_all_reason_is_refused() {
        let body = format!(r#"<multistatus xmlns="DAV:">{}"#, "<response>".repeat(100));
        assert_eq!(parse(body.as_bytes()), Err(NotMultistatus));
    }
}

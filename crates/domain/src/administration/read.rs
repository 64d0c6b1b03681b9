//! What the page's statement returned, as each page shows it. `None`: there is no such thing.

use super::{JobsPage, KeysPage, Overview, PersonPage, PersonView, PrivacyPage, WebhooksPage};
use crate::base::Threshold;
use crate::calendar::Page;
use crate::incidents::{self, IncidentPage, IncidentView};

/// How it all is.
pub fn overview(page: &Page) -> Option<Overview> {
    page.looked(|deps, text| Ok(Overview::of(deps, serde_json::from_str(text)?)))
}

/// People, newest first, one more than fit on a page.
pub fn people(page: &Page) -> Option<Vec<PersonView>> {
    page.looked(|_, text| serde_json::from_str(text))
}

/// One person.
pub fn person(page: &Page) -> Option<PersonPage> {
    page.looked(|deps, text| Ok(PersonPage::of(deps, serde_json::from_str(text)?)))
}

/// The queue.
pub fn jobs(page: &Page) -> Option<JobsPage> {
    page.looked(|_, text| serde_json::from_str(text))
}

/// Every key and secret.
pub fn keys(page: &Page) -> Option<KeysPage> {
    page.looked(|deps, text| Ok(KeysPage::of(deps, serde_json::from_str(text)?)))
}

/// What was asked about privacy.
pub fn privacy(page: &Page) -> Option<PrivacyPage> {
    page.looked(|_, text| serde_json::from_str(text))
}

/// What came in from providers.
pub fn webhooks(page: &Page) -> Option<WebhooksPage> {
    page.looked(|_, text| serde_json::from_str(text))
}

/// Incidents, newest first, one more than fit on a page.
pub fn incidents(page: &Page) -> Option<Vec<IncidentView>> {
    page.looked(|_, text| serde_json::from_str(text))
}

/// One incident, and how much of it is too much.
pub fn incident(page: &Page) -> Option<(IncidentPage, Threshold)> {
    page.looked(|deps, text| {
        let found: IncidentPage = serde_json::from_str(text)?;
        let threshold = incidents::threshold(&deps.settings.thresholds, found.incident.rule);
        Ok((found, threshold))
    })
}

//! Incidents and what is done about them, in words.

use types::{Provider, Rule};

/// What an incident means, and what usually helps: two sentences for whoever is woken by it.
pub const fn incident_meaning(rule: Rule) -> &'static str {
    match rule {
        Rule::RefusedSignInsOfAccount => {
            "Somebody guesses at the password of one account. Nobody got in by it so far: if they do, that is an incident of its own. Block the address in the evidence, or have the person set a second factor."
        }
        Rule::RefusedSignInsFromAddress => {
            "Somebody tries passwords from one place, of one account or of many. Block the address. Evidence that names a person is about an account that is there; the rest was made up."
        }
        Rule::RefusedSignInsOverall => {
            "Passwords that leaked elsewhere are being tried, each from another place. No single block helps: look in the evidence for accounts that were entered, and tell people to set a second factor."
        }
        Rule::SignInAfterRefusals => {
            "After wrong passwords a right one came, from a browser that was never seen before: the account is probably taken over. Lock it or force a new password, and ask the person by another way whether it was them."
        }
        Rule::RefusedCodesOfAccount => {
            "Somebody has the password and guesses at the code. Force a new password; the second factor has held so far."
        }
        Rule::NewBrowsersOfAccount => {
            "One account was entered from several browsers that were not known, within an hour. Either the person moves through many devices, or the password is shared. Ask them; end the sessions if it was not them."
        }
        Rule::SessionInTwoPlaces => {
            "One session went back and forth between two networks within minutes. A phone between two networks does that now and then; a stolen session does it all the time. End the sessions: whoever is who they say signs in again."
        }
        Rule::SessionPlanted => {
            "Somebody signed in on a browser that held a session of this account, begun elsewhere. Whoever planted it hoped that the sign-in would end up in it. It did not: every sign-in gets a session of its own. End the sessions of this account, and look at what else it did."
        }
        Rule::EndedKeyUsed => {
            "A key that was ended, or a token of it, was used: somebody else has it. Nothing was answered. Find out where it leaked, and end the person’s other keys if they were kept in the same place."
        }
        Rule::GuessedKeys => {
            "Keys that do not exist are being tried from one place. They cannot be guessed, but nobody honest tries. Block the address."
        }
        Rule::OauthStateMisused => {
            "Ways back from a provider were used twice, or by somebody who did not begin them. That is how a stranger’s calendar is put into an account, or an account’s into a stranger’s. Nothing was connected. End the sessions of the account."
        }
        Rule::ForgedWebhooks => {
            "Messages that pretend to come from a provider are being sent to this server. None was taken. Block the address; if it is the provider’s own, the path token of the webhooks has changed."
        }
        Rule::DeadLinks => {
            "Links from mails are being used again, or made up, from one place. None of them works. Somebody may be reading somebody else’s mail: look in the audit log for resets at that time."
        }
        Rule::Probing => {
            "One account asks again and again for what it may not see. It saw nothing. Lock the account, or end its keys if it was a program."
        }
        Rule::UnusualVolume => {
            "Far more was asked from one place than may be. Nothing was given beyond the limit. Look for a program that went wrong, or a key that leaked; block the address if neither."
        }
        Rule::MassExport => {
            "One admin took the whole audit log several times within an hour. If they do not know why, somebody else has their session: end it, and lock the account."
        }
        Rule::ConnectionReported => {
            "The person saw something on a connection of theirs that was not them. Give the provider’s tokens back, and ask them to look at the account at the provider."
        }
        Rule::AuditLogChanged => {
            "What is in the audit log is not what was signed. Keep a copy of the database as it is before anything else, export the log, and compare it with the checkpoints that were kept elsewhere."
        }
        Rule::OverdueRequests => {
            "Somebody asked about what is kept of them, and the month that the law gives is over. The page of requests says who, and what it waits for. Answer it, and write down why it took longer."
        }
        Rule::OverdueSecrets => {
            "A secret of this installation is older than it may be. Nothing is wrong with it that is known; the longer it is used, the more hands it may have passed through. The page of keys says which, and how it is changed."
        }
        Rule::UnreadableValues => {
            "Something that is encrypted does not open any more: a key is missing, or a value was changed. The page of keys names each. Whoever it belongs to cannot use it; add the key, or restore it from a copy."
        }
    }
}

/// A measure of an incident’s timeline, in words.
pub fn measure(detail: &serde_json::Value) -> String {
    let text = |name: &str| detail[name].as_str().unwrap_or_default();
    let provider = text("provider").parse::<Provider>().map_or("a provider", Provider::label);
    let hours = detail["hours"].as_i64().unwrap_or_default();
    let ended = detail["ended"].as_i64().unwrap_or_default();
    match text("measure") {
        "block_address" => format!("Address blocked for {}", crate::format::counted(hours, "hour", "hours")),
        "block_network" => format!("Network {} blocked for {}", text("network"), crate::format::counted(hours, "hour", "hours")),
        "lift_block" => "Block lifted".to_owned(),
        "end_sessions" => format!("{} ended", crate::format::counted(ended, "session", "sessions")),
        "end_api_keys" => format!("{} ended", crate::format::counted(ended, "API key", "API keys")),
        "disconnect" => match detail["not_revoked"].as_i64().unwrap_or_default() {
            0 => format!("Connections at {provider} removed, tokens given back"),
            count => format!(
                "Connections at {provider} removed; {} not given back yet, which is tried for a week",
                crate::format::counted(count, "grant", "grants")
            ),
        },
        "force_reset" => "New password forced".to_owned(),
        "lock" => "Account locked".to_owned(),
        "unlock" => "Account unlocked".to_owned(),
        "isolate" => format!("{provider} isolated"),
        "rejoin" => format!("{provider} is asked again"),
        "breach_noted" => format!(
            "Personal data may have got out: {}",
            text("scope").parse::<types::BreachScope>().map_or("whose is not known", types::BreachScope::label)
        ),
        "breach_told" => format!("The authority was told: {}", text("reference")),
        "breach_not_needed" => "The authority need not be told".to_owned(),
        other => other.replace('_', " "),
    }
}

//! Public error codes. What a person or script may know; causes stay in the log under the same request id.

use crate::text_enum::text_enum;

/// A text that is not in the closed list it was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownText;

impl std::fmt::Display for UnknownText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not in the list of known values")
    }
}

impl std::error::Error for UnknownText {}

text_enum! {
    /// The `code` of an RFC 9457 problem document.
    Problem {
        /// 400: the request could not be understood.
        Malformed => "malformed",
        /// 401: sign in first.
        Unauthenticated => "unauthenticated",
        /// 403: the request came from another site.
        CrossSite => "cross_site",
        /// 403: nothing is answered there for now.
        Blocked => "blocked",
        /// 403: the token does not allow this.
        ScopeMissing => "scope_missing",
        /// 403: show once more that it is you, on the page for that.
        ProofNeeded => "proof_needed",
        /// 404: not there, or not yours.
        NotFound => "not_found",
        /// 404: no such provider.
        UnknownProvider => "unknown_provider",
        /// 405: wrong method.
        MethodNotAllowed => "method_not_allowed",
        /// 408: the request took too long to arrive.
        RequestTimeout => "request_timeout",
        /// 413: the body is too large.
        TooLarge => "too_large",
        /// 415: the body's type is not the one expected.
        UnsupportedMediaType => "unsupported_media_type",
        /// 422: a value is not acceptable.
        Invalid => "invalid",
        /// 429: too many requests.
        TooMany => "too_many",
        /// 431: the headers are too large.
        HeadersTooLarge => "headers_too_large",
        /// 500: our fault.
        Internal => "internal",
        /// 502: a provider failed.
        ProviderDown => "provider_down",
        /// 503: a part of Kairos is not available.
        Unavailable => "unavailable",
    }
}

impl Problem {
    /// The HTTP status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::CrossSite | Self::Blocked | Self::ScopeMissing | Self::ProofNeeded => 403,
            Self::NotFound | Self::UnknownProvider => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::TooMany => 429,
            Self::HeadersTooLarge => 431,
            Self::Internal => 500,
            Self::ProviderDown => 502,
            Self::Unavailable => 503,
        }
    }

    /// One generic sentence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request could not be understood",
            Self::Unauthenticated => "Sign in first",
            Self::CrossSite => "The request came from another site",
            Self::Blocked => "Requests from your network are turned away for now",
            Self::ScopeMissing => "The token does not allow this",
            Self::ProofNeeded => "Confirm on the website that it is you, then try again",
            Self::NotFound => "There is nothing here, or it is not yours",
            Self::UnknownProvider => "There is no such provider",
            Self::MethodNotAllowed => "This address does not take that method",
            Self::RequestTimeout => "The request took too long",
            Self::TooLarge => "The request is too large",
            Self::UnsupportedMediaType => "The body is of a type this address does not take",
            Self::Invalid => "A value is not acceptable",
            Self::TooMany => "Too many requests",
            Self::HeadersTooLarge => "The request's headers are too large",
            Self::Internal => "Kairos failed",
            Self::ProviderDown => "The provider could not be reached",
            Self::Unavailable => "Kairos cannot answer right now",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_an_error_status() {
        for problem in Problem::ALL {
            assert!((400..=599).contains(&problem.status()), "{problem}");
            assert_eq!(problem.as_str().parse(), Ok(*problem));
        }
    }
}

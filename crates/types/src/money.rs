//! Money: whole minor units of one currency, never a float, never added over currencies.
//!
//! How many digits a currency has when it is charged is Stripe's rule, which is not ISO 4217's everywhere
//! (<https://docs.stripe.com/currencies>): ISK and UGX have no minor unit and are sent with two zeros all the same; the third decimal of BHD,
//! JOD, KWD, OMR and TND must be zero.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::UnknownText;

/// Currencies without decimals.
const ZERO_DECIMAL: &str = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";
/// Currencies without decimals that are sent with two, both of them zero.
const SENT_WITH_TWO_ZEROS: &str = "ISK UGX";
/// Currencies with three decimals, of which the last must be zero.
const THREE_DECIMAL: &str = "BHD JOD KWD OMR TND";
/// All others that Stripe charges in, with two decimals.
const TWO_DECIMAL: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE CZK \
                           DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT LAK \
                           LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR \
                           RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD YER ZAR \
                           ZMW";
/// The least that is charged, in minor units, where it is known; Stripe says no to less. Others are left to Stripe.
const LEAST: &[(&str, i64)] = &[
    ("USD", 50),
    ("EUR", 50),
    ("CHF", 50),
    ("CAD", 50),
    ("AUD", 50),
    ("NZD", 50),
    ("SGD", 50),
    ("BRL", 50),
    ("INR", 50),
    ("GBP", 30),
    ("AED", 200),
    ("MYR", 200),
    ("PLN", 200),
    ("RON", 200),
    ("DKK", 250),
    ("NOK", 300),
    ("SEK", 300),
    ("HKD", 400),
    ("MXN", 1_000),
    ("THB", 1_000),
    ("CZK", 1_500),
    ("JPY", 50),
    ("HUF", 17_500),
];
/// Stripe takes eight digits.
const MOST: i64 = 99_999_999;

/// A currency that sessions can be sold in: an ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency with this code, in capitals or not. `None`: Stripe does not charge in it.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.trim().to_ascii_uppercase();
        let is_listed = |list: &str| list.split_ascii_whitespace().any(|other| other == code);
        let known = [ZERO_DECIMAL, SENT_WITH_TWO_ZEROS, THREE_DECIMAL, TWO_DECIMAL].into_iter().any(is_listed);
        known.then(|| Self(code.as_bytes().try_into().unwrap_or(*b"XXX")))
    }

    /// Every one, by code.
    pub fn all() -> Vec<Self> {
        let lists = [ZERO_DECIMAL, SENT_WITH_TWO_ZEROS, THREE_DECIMAL, TWO_DECIMAL];
        let mut all: Vec<Self> = lists.into_iter().flat_map(str::split_ascii_whitespace).filter_map(Self::parse).collect();
        all.sort_unstable();
        all
    }

    /// Its code, in capitals.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn is_in(self, list: &str) -> bool {
        list.split_ascii_whitespace().any(|other| other == self.code())
    }

    /// How many of the digits of an amount in minor units come after the point.
    pub fn exponent(self) -> u32 {
        match () {
            () if self.is_in(ZERO_DECIMAL) => 0,
            () if self.is_in(THREE_DECIMAL) => 3,
            () => 2,
        }
    }

    /// How many decimals people write.
    fn decimals(self) -> u32 {
        if self.is_in(SENT_WITH_TWO_ZEROS) { 0 } else { self.exponent() }
    }

    /// Amounts in minor units are whole multiples of this.
    pub fn step(self) -> i64 {
        match () {
            () if self.is_in(SENT_WITH_TWO_ZEROS) => 100,
            () if self.is_in(THREE_DECIMAL) => 10,
            () => 1,
        }
    }

    fn symbol(self) -> Option<&'static str> {
        Some(match self.code() {
            "EUR" => "€",
            "GBP" => "£",
            "USD" => "US$",
            "JPY" => "¥",
            "CAD" => "CA$",
            "AUD" => "A$",
            "NZD" => "NZ$",
            "INR" => "₹",
            "KRW" => "₩",
            "BRL" => "R$",
            _ => return None,
        })
    }
}

impl std::str::FromStr for Currency {
    type Err = UnknownText;

    fn from_str(code: &str) -> Result<Self, UnknownText> {
        Self::parse(code).ok_or(UnknownText)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom("not a currency that can be charged in"))
    }
}

/// Why a text is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceError {
    /// It is no number.
    NotANumber,
    /// It has more decimals than the currency.
    TooManyDecimals {
        /// As many as it may have.
        at_most: u32,
    },
    /// Less than Stripe charges.
    TooSmall {
        /// As much as it must be.
        least: Money,
    },
    /// More than Stripe charges.
    TooLarge,
}

/// An amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units, as Stripe counts them.
    pub minor: i64,
    /// Of this currency.
    pub currency: Currency,
}

impl Money {
    /// So many minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// What somebody typed as a price: `140`, `140.50` or `140,50`.
    ///
    /// # Errors
    /// See [`PriceError`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, PriceError> {
        let text = text.trim().replace(',', ".");
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(decimals) || (text.contains('.') && decimals.is_empty()) {
            return Err(PriceError::NotANumber);
        }
        let at_most = if currency.step() == 10 { 2 } else { currency.decimals() };
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > at_most as usize {
            return Err(PriceError::TooManyDecimals { at_most });
        }
        if whole.len() > 12 {
            return Err(PriceError::TooLarge);
        }
        let digits = format!("{whole}{decimals:0<width$}", width = currency.exponent() as usize);
        let minor: i64 = digits.parse().map_err(|_| PriceError::TooLarge)?;
        let least = LEAST.iter().find(|(code, _)| *code == currency.code()).map_or(currency.step(), |(_, least)| *least);
        match minor {
            _ if minor < least => Err(PriceError::TooSmall { least: Self { minor: least, currency } }),
            _ if minor > MOST => Err(PriceError::TooLarge),
            _ => Ok(Self { minor, currency }),
        }
    }

    /// A share of it in percent. What does not come out even is rounded up to the next amount that can be charged, and never beyond the whole:
    /// in favour of who gets it back.
    #[must_use]
    pub fn percent(self, percent: u8) -> Self {
        let step = i128::from(self.currency.step());
        let share = (i128::from(self.minor) * i128::from(percent.min(100))).div_euclid(100);
        let is_even = i128::from(self.minor) * i128::from(percent.min(100)) % (100 * step) == 0;
        let minor = if is_even { share } else { (share / step + 1) * step };
        Self { minor: i64::try_from(minor).unwrap_or(self.minor).min(self.minor), ..self }
    }

    /// Only the number, with the currency's own decimals: `140.00`, for a field of a form.
    pub fn number(self) -> String {
        let (exponent, decimals) = (self.currency.exponent(), self.currency.decimals());
        let scale = 10_i64.pow(exponent);
        let (whole, rest) = (self.minor / scale, (self.minor % scale).abs());
        if decimals == 0 { whole.to_string() } else { format!("{whole}.{rest:0width$}", width = exponent as usize) }
    }
}

impl fmt::Display for Money {
    /// `€140.00`, `¥14,000`, `CHF 1,250.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = Self { minor: self.minor.abs(), ..*self }.number();
        let (whole, rest) = number.split_once('.').map_or((number.as_str(), None), |(whole, rest)| (whole, Some(rest)));
        let groups: Vec<&str> = whole.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
        let sign = if self.minor < 0 { "−" } else { "" };
        match self.currency.symbol() {
            Some(symbol) => write!(f, "{sign}{symbol}{}", groups.join(","))?,
            None => write!(f, "{sign}{} {}", self.currency, groups.join(","))?,
        }
        rest.map_or(Ok(()), |rest| write!(f, ".{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str, code: &str) -> Result<Money, PriceError> {
        Money::parse(text, Currency::parse(code).unwrap())
    }

    #[test]
    fn every_currency_has_its_own_digits() {
        for (text, code, minor, shown) in [
            ("140", "eur", 14_000, "€140.00"),
            ("1250,5", "CHF", 125_050, "CHF 1,250.50"),
            ("14000", "JPY", 14_000, "¥14,000"),
            ("12.34", "KWD", 12_340, "KWD 12.340"),
            ("5000", "ISK", 500_000, "ISK 5,000"),
            ("5000.00", "UGX", 500_000, "UGX 5,000"),
            ("1000000", "HUF", 100_000_000, ""),
            ("175", "HUF", 17_500, "HUF 175.00"),
        ] {
            match money(text, code) {
                Ok(money) => assert_eq!((money.minor, money.to_string()), (minor, shown.to_owned()), "{text} {code}"),
                Err(error) => assert_eq!((shown, error), ("", PriceError::TooLarge), "{text} {code}"),
            }
        }
    }

    #[test]
    fn what_is_no_price_is_told_apart() {
        for text in ["", ".", "5.", ".5", "-3", "1e3", "12 EUR", "1.2.3"] {
            assert_eq!(money(text, "EUR"), Err(PriceError::NotANumber), "{text}");
        }
        assert_eq!(money("1.005", "EUR"), Err(PriceError::TooManyDecimals { at_most: 2 }));
        assert_eq!(money("1.005", "KWD"), Err(PriceError::TooManyDecimals { at_most: 2 }));
        assert_eq!(money("100.5", "JPY"), Err(PriceError::TooManyDecimals { at_most: 0 }));
        assert!(matches!(money("0.49", "EUR"), Err(PriceError::TooSmall { least }) if least.to_string() == "€0.50"));
        assert_eq!(money("99999999999999999999", "EUR"), Err(PriceError::TooLarge));
        assert_eq!(Currency::parse("XYZ"), None);
    }

    #[test]
    fn a_share_is_an_amount_that_can_be_charged_and_never_more_than_the_whole() {
        for currency in Currency::all() {
            for minor in [currency.step(), 3 * currency.step(), 1_001 * currency.step()] {
                let whole = Money { minor, currency };
                assert_eq!((whole.percent(0).minor, whole.percent(100)), (0, whole));
                for percent in 1..100 {
                    let part = whole.percent(percent);
                    assert!(part.minor % currency.step() == 0 && part.minor <= minor, "{percent} % of {whole:?}");
                    assert!(i128::from(part.minor) * 100 >= i128::from(minor) * i128::from(percent), "{percent} % of {whole:?}");
                }
            }
        }
    }

    #[test]
    fn a_number_in_a_form_is_read_back_as_the_same_amount() {
        for currency in Currency::all() {
            let amount = Money { minor: 2_000_000, currency };
            assert_eq!(Money::parse(&amount.number(), currency), Ok(amount));
        }
    }
}

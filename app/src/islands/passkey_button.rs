//! The button of a passkey. Only the browser can make or use one, so without scripts there is no button, and the form around it is never sent.

use leptos::prelude::*;

/// What the button asks the browser for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Ceremony {
    /// Another passkey for the signed-in person.
    Register,
    /// One that is there.
    Authenticate,
}

/// Fetches a challenge, lets the browser answer it, and sends the form that it stands in, with the answer in the field `credential`.
#[island]
pub fn PasskeyButton(
    /// What is asked for.
    ceremony: Ceremony,
    /// What stands on it.
    label: String,
    /// Its look.
    class: String,
    /// What stands in the field for the name of a new one; without it there is no such field.
    #[prop(optional_no_strip)]
    name: Option<String>,
) -> impl IntoView {
    let (supported, set_supported) = signal(false);
    let (busy, set_busy) = signal(false);
    let (problem, set_problem) = signal(String::new());
    let credential = NodeRef::<leptos::html::Input>::new();
    #[cfg(feature = "hydrate")]
    let press = {
        Effect::new(move |_| set_supported.set(browser::is_able()));
        move |event: leptos::ev::MouseEvent| {
            // Enter in the field above it presses it too, and the form is sent only with an answer.
            event.prevent_default();
            set_busy.set(true);
            set_problem.set(String::new());
            leptos::task::spawn_local(async move {
                if let Some(sentence) = browser::hold(ceremony, credential).await {
                    set_problem.set(sentence);
                    set_busy.set(false);
                }
            });
        }
    };
    #[cfg(not(feature = "hydrate"))]
    let press = {
        let _ = (ceremony, set_supported, set_busy, set_problem);
        |_: leptos::ev::MouseEvent| ()
    };
    view! {
        <div class="stack">
            {name.map(|name| view! {
                <p class="hint" hidden=move || supported.get()>"A passkey needs a browser with scripts that knows them. A code of an app works everywhere."</p>
                <div class="field" hidden=move || !supported.get()>
                    <label for="passkey-name">"Name of a new passkey"</label>
                    <input class="input" id="passkey-name" name="name" maxlength="60" value=name autocomplete="off" aria-describedby="hint-passkey-name" />
                    <p class="hint" id="hint-passkey-name">"So that you know it again: your phone, your laptop, your password manager."</p>
                </div>
            })}
            <button class=class hidden=move || !supported.get() disabled=move || busy.get() on:click=press>{label}</button>
            <p class="error" role="alert" hidden=move || problem.get().is_empty()>{move || problem.get()}</p>
            <input type="hidden" name="credential" node_ref=credential />
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::html::Input;
    use leptos::prelude::*;
    use leptos::wasm_bindgen::prelude::*;
    use leptos::wasm_bindgen::{JsCast, JsValue};
    use leptos::web_sys::js_sys::{Function, JSON, Object, Promise, Reflect};
    use wasm_bindgen_futures::JsFuture;

    use super::Ceremony;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = parseCreationOptionsFromJSON, catch)]
        fn parse_creation_options(options: &JsValue) -> Result<JsValue, JsValue>;
        #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = parseRequestOptionsFromJSON, catch)]
        fn parse_request_options(options: &JsValue) -> Result<JsValue, JsValue>;
        #[wasm_bindgen(js_namespace = ["navigator", "credentials"], js_name = create, catch)]
        fn create_credential(options: &JsValue) -> Result<Promise, JsValue>;
        #[wasm_bindgen(js_namespace = ["navigator", "credentials"], js_name = get, catch)]
        fn get_credential(options: &JsValue) -> Result<Promise, JsValue>;
        #[wasm_bindgen(js_name = fetch, catch)]
        fn fetch(url: &str, init: &JsValue) -> Result<Promise, JsValue>;
    }

    fn get(of: &JsValue, name: &str) -> JsValue {
        Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
    }

    /// An object with one field.
    fn object(name: &str, value: &JsValue) -> JsValue {
        let object = Object::new();
        // Only a frozen object refuses.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
        object.into()
    }

    /// Whether the browser has passkeys and writes them as JSON (WebAuthn Level 3, 5.1).
    pub fn is_able() -> bool {
        let class = get(&window(), "PublicKeyCredential");
        class.is_function()
            && get(&class, "parseRequestOptionsFromJSON").is_function()
            && get(&get(&class, "prototype"), "toJSON").is_function()
    }

    /// Goes through the ceremony. Returns what went wrong, if something did; else the page is being left.
    pub async fn hold(ceremony: Ceremony, field: NodeRef<Input>) -> Option<String> {
        match answer(ceremony).await {
            Ok(text) => {
                let field = field.get_untracked()?;
                field.set_value(&text);
                let form = get(&field, "form");
                let sent = get(&form, "requestSubmit").dyn_into::<Function>().and_then(|send| send.call0(&form));
                sent.err().map(|_| "The form could not be sent. Load the page again.".to_owned())
            }
            Err(Trouble::Said(sentence)) => Some(sentence.to_owned()),
            Err(Trouble::ProofNeeded) => {
                let path = window().location().pathname().unwrap_or_default();
                let _ = window().location().set_href(&format!("/app/settings/security/confirm?next={path}"));
                None
            }
        }
    }

    enum Trouble {
        Said(&'static str),
        ProofNeeded,
    }

    impl From<JsValue> for Trouble {
        fn from(error: JsValue) -> Self {
            Self::Said(match get(&error, "name").as_string().as_deref() {
                Some("InvalidStateError") => "This device holds a passkey for your account already.",
                // Cancelled, too late, or there is none: browsers do not say which, so that no site learns it.
                Some("NotAllowedError" | "AbortError") => "No passkey was used. Press the button to try again.",
                Some("SecurityError") => "The browser makes no passkeys for this address.",
                Some("TypeError") => "There was no answer. Look whether you are connected, then try again.",
                _ => "The browser could not do it. Try another way, or another browser.",
            })
        }
    }

    async fn answer(ceremony: Ceremony) -> Result<String, Trouble> {
        let path = match ceremony {
            Ceremony::Register => "/sf/passkey/register",
            Ceremony::Authenticate => "/sf/passkey/authenticate",
        };
        let reply = JsFuture::from(fetch(path, &object("method", &"POST".into()))?).await?;
        let json: Promise = get(&reply, "json").dyn_into::<Function>()?.call0(&reply)?.dyn_into()?;
        let json = JsFuture::from(json).await?;
        match get(&reply, "status").as_f64().unwrap_or_default() as u16 {
            200 => {}
            403 if get(&json, "code").as_string().as_deref() == Some("proof_needed") => return Err(Trouble::ProofNeeded),
            401 => return Err(Trouble::Said("You are signed out. Sign in again.")),
            404 => return Err(Trouble::Said("No other passkey can be added here.")),
            429 => return Err(Trouble::Said("Too many were asked for. Try again in a few minutes.")),
            _ => return Err(Trouble::Said("Kairos could not begin it. Try again.")),
        }
        let credential = match ceremony {
            Ceremony::Register => create_credential(&object("publicKey", &parse_creation_options(&json)?))?,
            Ceremony::Authenticate => get_credential(&object("publicKey", &parse_request_options(&json)?))?,
        };
        let credential = JsFuture::from(credential).await?;
        Ok(JSON::stringify(&credential)?.into())
    }
}

// Chromium, and a person in front of it.
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** One browser for a whole file of tests. */
export async function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: ARGUMENTS });
}

/** A window of its own: cookies, size, scheme, scripts on or off. Collects what the console says is wrong. */
export async function openWindow(browser, { scripts = true, width = 1440, height = 900, scheme = "light", bypassCSP = false } = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: scripts, bypassCSP, viewport: { width, height }, colorScheme: scheme, timezoneId: "Europe/Lisbon", locale: "en-GB",
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("status of 4")) page.problems.push(message.text());
  });
  return page;
}

/** The admin among the demo people, and the password of all of them. */
export const ADMIN = { email: "ada@kairos.example", password: "daylight-falls-through" };
/** The user and the builder among them. */
export const USER = { email: "noor@kairos.example", password: "daylight-falls-through" };
export const BUILDER = { email: "bruno@kairos.example", password: "daylight-falls-through" };

let people = 0;

/** Signs up, confirms the address by the link in the outbox, signs in. */
export async function newPerson(page, origin) {
  const email = `person${process.pid}x${people++}@example.com`;
  const password = "weaving-light-9";
  await page.goto(`${origin}/sign-up`);
  await page.getByLabel("Name").fill("Noor Haddad");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await page.goto(await linkInMail(page, origin, email, "/verify?token="));
  await page.getByRole("button", { name: "Confirm my address" }).click();
  await page.getByText("Your address is confirmed").waitFor();
  await signIn(page, origin, email, password);
  return { email, password };
}

export async function signIn(page, origin, email, password) {
  await page.goto(`${origin}/sign-in`);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`${origin}/app`);
}

/** The newest link of a kind in the mail to `email`, as soon as the job that sends it has run. */
export async function linkInMail(page, origin, email, kind) {
  return until(async () => {
    await page.goto(`${origin}/dev/mail`);
    const mail = page.locator("article", { hasText: email }).first();
    if ((await mail.count()) === 0) return null;
    const link = mail.locator(`a[href*="${kind}"]`).first();
    return (await link.count()) > 0 ? link.getAttribute("href") : null;
  }, `a mail with ${kind} to ${email}`);
}

/** Asks again until there is an answer; the limit is for a server that is stuck, not a rhythm. */
export async function until(ask, what, limit = 20_000) {
  const began = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() - began > limit) throw new Error(`there was never ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Presses a button whose page looks the same afterwards, and is answered before anything else is asked for. */
export async function press(page, name) {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name }).click();
  await answered;
}

/** Goes to the stand-in's consent page and decides there. */
export async function consent(page, decision, account = "noor.haddad@example.com") {
  await page.getByRole("heading", { name: "Sign in with Google" }).waitFor();
  await page.locator(`input[name=account][value="${account}"]`).check();
  await page.getByRole("button", { name: decision, exact: true }).click();
}

/** Decides like `consent`, but stays: the answer is the address of the way back, not yet visited. */
export async function consentWithoutReturning(page, sandbox, account) {
  await page.getByRole("heading", { name: "Sign in with Google" }).waitFor();
  const hidden = await page.locator("input[type=hidden]").evaluateAll((inputs) => inputs.map((input) => [input.name, input.value]));
  const response = await fetch(`${sandbox}/google/consent`, {
    method: "POST", redirect: "manual", body: new URLSearchParams([...hidden, ["account", account], ["decision", "allow"]]),
  });
  return response.headers.get("location");
}

/** Switches a fault on at the stand-in. */
export async function fault(sandbox, fields) {
  const response = await fetch(`${sandbox}/control/fault`, {
    method: "POST", redirect: "manual", body: new URLSearchParams({ times: "1", kind: "status", status: "503", reason: "backendError", ...fields }),
  });
  if (response.status !== 303) throw new Error(`the fault page answered ${response.status}`);
}

export async function switchGoogle(sandbox, what, account = "noor.haddad@example.com") {
  await fetch(`${sandbox}/control/google`, { method: "POST", redirect: "manual", body: new URLSearchParams({ account, what }) });
}

/** Asks for reads until the settings page says `text`. Looks before it asks: what it looks at is a page that has arrived. */
export async function syncUntil(page, origin, text) {
  await until(async () => {
    await page.goto(`${origin}/app/settings`);
    if ((await page.getByText(text).count()) > 0) return true;
    await page.getByRole("button", { name: "Sync now" }).first().click();
    await page.locator('[data-notice="sync_queued"], [data-notice="sync_too_soon"], [data-notice="sync_too_many"]').waitFor();
    return false;
  }, text, 60_000);
}

/** Waits until the connection on the settings page is healthy. */
export async function untilHealthy(page, origin) {
  await until(async () => {
    await page.goto(`${origin}/app/settings`);
    return (await page.getByText("Healthy, read").count()) > 0;
  }, "a healthy connection");
}

export async function switchMicrosoft(sandbox, what, account = "mira.okafor@contoso.example") {
  await fetch(`${sandbox}/control/microsoft`, { method: "POST", redirect: "manual", body: new URLSearchParams({ account, what }) });
}

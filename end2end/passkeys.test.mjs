// A person signs in with a passkey, in a Chromium that has an authenticator of its own (WebDriver's virtual one, by the DevTools protocol).
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { newPerson, openWindow, startBrowser } from "./support/browser.mjs";

/** A phone with a fingerprint reader, plugged into this window. `finger(false)`: its owner's is not the one on it. */
async function plugIn(page) {
  const client = await page.context().newCDPSession(page);
  await client.send("WebAuthn.enable");
  const { authenticatorId } = await client.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    finger: (isUserVerified) => client.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
    credentials: async () => (await client.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
  };
}

describe("passkeys", () => {
  let browser, server;
  before(async () => ([browser, server] = [await startBrowser(), await startServer()]));
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("are added, open the account alone, confirm what matters, and are removed", async () => {
    const page = await openWindow(browser);
    const person = await newPerson(page, server.origin);
    const phone = await plugIn(page);
    await page.getByRole("link", { name: "Security" }).click();
    await page.getByLabel("Name of a new passkey").fill("My phone");
    await phone.finger(false);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("No passkey was used.").waitFor();
    await phone.finger(true);
    // Enter does what the button does.
    await page.getByLabel("Name of a new passkey").press("Enter");
    await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
    assert.equal(await page.locator(".codes code").count(), 10);
    const [recovery] = await page.locator(".codes code").allTextContents();
    await page.getByText("My phone").waitFor();
    const [credential] = await phone.credentials();
    assert.ok(credential.isResidentCredential && credential.rpId === "localhost", JSON.stringify(credential));
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("This device holds a passkey for your account already.").waitFor();

    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.goto(`${server.origin}/sign-in?next=%2Fapp%2Fcalendar`);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.waitForURL(`${server.origin}/app/calendar`);
    await page.goto(`${server.origin}/app/settings/security/confirm?next=%2Fapp%2Fsettings%2Fsecurity`);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${server.origin}/app/settings/security`);
    await page.getByText("Signed in with a passkey").first().waitFor();

    // Without scripts there is no passkey: the password, and a recovery code.
    const plain = await openWindow(browser, { scripts: false, width: 360 });
    await plain.goto(`${server.origin}/sign-in`);
    assert.equal(await plain.getByRole("button", { name: "Sign in with a passkey" }).count(), 0);
    await plain.getByLabel("Email").fill(person.email);
    await plain.getByLabel("Password").fill(person.password);
    await plain.getByRole("button", { name: "Sign in", exact: true }).click();
    await plain.getByLabel("Code").fill(recovery);
    await plain.getByRole("button", { name: "Sign in", exact: true }).click();
    await plain.waitForURL(`${server.origin}/app`);
    await plain.goto(`${server.origin}/app/settings/security`);
    await plain.getByText("A passkey needs a browser with scripts").waitFor();
    assert.equal(await plain.getByLabel("Name of a new passkey").isVisible(), false);

    await page.getByRole("button", { name: "Remove the passkey My phone" }).click();
    await page.getByText("The passkey is removed").waitFor();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.goto(`${server.origin}/sign-in`);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText("This passkey opens no account here").waitFor();
    assert.deepEqual(page.problems, []);
  });

  it("stand in for the code, where the password was typed", async () => {
    const page = await openWindow(browser);
    const person = await newPerson(page, server.origin);
    await plugIn(page);
    await page.goto(`${server.origin}/app/settings/security`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
    await page.getByText("Chrome on Linux").first().waitFor();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.goto(`${server.origin}/sign-in`);
    await page.getByLabel("Email").fill(person.email);
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.waitForURL(`${server.origin}/app`);
    assert.deepEqual(page.problems, []);
  });
});

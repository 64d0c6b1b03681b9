// A person makes their account harder to take, with scripts off: an authenticator app, recovery codes, other sessions, another password.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { newPerson, openWindow, startBrowser, until } from "./support/browser.mjs";

/** What an authenticator app shows (RFC 6238) for a key in base32, some steps from now. */
function codeOf(key, steps = 0) {
  const bits = [...key.replaceAll(" ", "")].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac("sha1", secret).update(counter).digest();
  const offset = hash.at(-1) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

describe("one's own security", () => {
  let browser, server;
  before(async () => ([browser, server] = [await startBrowser(), await startServer()]));
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const password = async (page, { email, password }) => {
    await page.goto(`${server.origin}/sign-in`);
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  };

  it("asks for a code after the password, takes a recovery code once, and is removed again", async () => {
    const page = await openWindow(browser, { scripts: false });
    const person = await newPerson(page, server.origin);
    await page.getByRole("link", { name: "Security" }).click();
    await page.getByRole("button", { name: "Set up an authenticator app" }).click();
    await page.getByRole("img", { name: "QR code for an authenticator app" }).waitFor();
    const key = await page.locator(".fingerprint").textContent();
    await page.getByLabel("Code", { exact: true }).fill("000000");
    await page.getByRole("button", { name: "Turn it on" }).click();
    await page.getByText("This code is not right, or it was used already.").waitFor();
    await page.getByLabel("Code", { exact: true }).fill(codeOf(key));
    await page.getByRole("button", { name: "Turn it on" }).click();
    await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
    const [recovery] = await page.locator(".codes code").allTextContents();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();

    const phone = await openWindow(browser, { scripts: false, width: 360 });
    await password(phone, person);
    await phone.getByRole("heading", { name: "Your code" }).waitFor();
    // The next step's code is taken too: this one was used to turn it on.
    await phone.getByLabel("Code").fill(codeOf(key, 1));
    await phone.getByRole("button", { name: "Sign in", exact: true }).click();
    await phone.waitForURL(`${server.origin}/app`);

    await password(page, person);
    for (const [code, seen] of [[recovery, null], [recovery, "This code is not right"]]) {
      if (seen) {
        await page.getByRole("button", { name: "Sign out", exact: true }).click();
        await password(page, person);
      }
      await page.getByLabel("Code").fill(code.toLowerCase());
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      if (seen) await page.getByText(seen).waitFor();
      else await page.waitForURL(`${server.origin}/app`);
    }

    await phone.goto(`${server.origin}/app/settings/security`);
    await phone.getByText("9 recovery codes left").waitFor();
    await phone.getByRole("button", { name: "Remove the app" }).click();
    await phone.getByText("Your authenticator app is removed").waitFor();
    await password(page, person);
    await page.waitForURL(`${server.origin}/app`);
    await until(async () => {
      await page.goto(`${server.origin}/dev/mail`);
      return (await page.getByText("Your authenticator app was removed").count()) > 0;
    }, "a mail that says so");
  });

  it("signs out elsewhere, and everywhere else with another password", async () => {
    const page = await openWindow(browser, { scripts: false });
    const person = await newPerson(page, server.origin);
    const [other, third] = [await openWindow(browser, { scripts: false }), await openWindow(browser, { scripts: false })];
    for (const window of [other, third]) {
      await password(window, person);
      await window.waitForURL(`${server.origin}/app`);
    }
    await page.goto(`${server.origin}/app/settings/security`);
    await page.getByRole("button", { name: /^Sign out of Chrome on Linux/ }).first().click();
    await page.getByText("Signed out there.").waitFor();
    await page.getByRole("button", { name: "Sign out everywhere else (1)" }).click();
    await page.getByText("Signed out there.").waitFor();
    for (const window of [other, third]) {
      await window.goto(`${server.origin}/app`);
      assert.match(window.url(), /\/sign-in\?notice=sign_in_first/);
    }
    await page.getByLabel("Current password").fill(person.password);
    await page.getByLabel("New password").fill("openings-between-threads");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("Your password is changed.").waitFor();
    await page.getByText("Password changed", { exact: true }).waitFor();
    await password(other, { ...person, password: "openings-between-threads" });
    await other.waitForURL(`${server.origin}/app`);
  });
});

// Somebody signs in with Google, scripts on and off: an account is made, left, come back to, and given a password of its own.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { consent, linkInMail, newPerson, openWindow, startBrowser } from "./support/browser.mjs";

describe("sign in with Google", () => {
  let browser, server;
  before(async () => ([browser, server] = [await startBrowser(), await startServer()]));
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const account = "noor.haddad@example.com";

  it("makes an account, opens it again, and leaves room for a password", async () => {
    const page = await openWindow(browser, { scripts: false, width: 360 });
    await page.goto(`${server.origin}/sign-up`);
    await page.getByRole("link", { name: "Continue with Google" }).click();
    await consent(page, "Deny", account);
    await page.getByText("You turned back at Google.").waitFor();
    await page.getByRole("link", { name: "Continue with Google" }).click();
    await consent(page, "Allow", account);
    await page.getByText("Your account is made.").waitFor();
    await page.goto(`${server.origin}/app/settings/security`);
    await page.getByRole("region", { name: "Sign in with Google" }).getByText(account).waitFor();
    await page.getByText("Signed in with Google").waitFor();
    await page.getByRole("button", { name: "Unlink" }).click();
    await page.getByText("Google is your only way in.").waitFor();
    await page.getByRole("button", { name: "Mail me a link to set one" }).click();
    await page.goto(await linkInMail(page, server.origin, account, "/reset?token="));
    await page.getByLabel("New password").fill("openings-between-threads");
    await page.getByRole("button", { name: "Set it and sign out everywhere" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();

    const scripted = await openWindow(browser);
    await scripted.goto(`${server.origin}/sign-in?next=%2Fapp%2Fcalendar`);
    await scripted.getByRole("link", { name: "Continue with Google" }).click();
    await consent(scripted, "Allow", account);
    await scripted.waitForURL(`${server.origin}/app/calendar`);
    await scripted.goto(`${server.origin}/app/settings/security`);
    await scripted.getByLabel("Current password").waitFor();
    assert.deepEqual(scripted.problems, []);
  });

  it("is linked to an account that is there, and unlinked", async () => {
    const page = await openWindow(browser, { scripts: false });
    await newPerson(page, server.origin);
    await page.getByRole("link", { name: "Security" }).click();
    await page.getByRole("link", { name: "Link an account at Google" }).click();
    await consent(page, "Allow", "quiet@example.com");
    await page.getByText("Google signs you in now").waitFor();
    await page.getByText("quiet@example.com").waitFor();
    await page.getByRole("button", { name: "Unlink" }).click();
    await page.getByText("Google does not sign you in any more").waitFor();
    await page.getByRole("link", { name: "Link an account at Google" }).waitFor();
  });
});

// Outlook as a stranger meets it: connect, choose, break each way, mend by the link the page offers, disconnect.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { newPerson, openWindow, startBrowser, switchMicrosoft, syncUntil, untilHealthy } from "./support/browser.mjs";

const WORK = "mira.okafor@contoso.example";

for (const scripts of [true, false]) {
  describe(`Outlook, with scripts ${scripts ? "on" : "off"}`, () => {
    let browser, server, page;
    before(async () => {
      server = await startServer();
      browser = await startBrowser();
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    const decide = async (decision, account = WORK) => {
      await page.getByRole("heading", { name: "Sign in with Microsoft" }).waitFor();
      await page.locator(`input[name=account][value="${account}"]`).check();
      await page.getByRole("button", { name: decision, exact: true }).click();
    };
    const connect = async (decision, account) => {
      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("link", { name: "Connect Outlook" }).click();
      await decide(decision, account);
    };
    const says = (notice) => page.locator(`[data-notice="${notice}"]`).waitFor();

    it("connects, chooses, is mended by the link the page offers when the app was removed there, and disconnects", async () => {
      page = await openWindow(browser, { scripts });
      await newPerson(page, server.origin);
      await connect("Accept");
      assert.equal(page.url(), `${server.origin}/app/settings?connected=success`);
      await untilHealthy(page, server.origin);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      assert.equal(await page.getByLabel("Delivery team").isChecked(), true);
      assert.equal(await page.getByLabel("Birthdays").isChecked(), false);
      await page.getByLabel("Delivery team").uncheck();
      await page.getByRole("button", { name: "Save choices" }).click();
      await says("choice_saved");

      await switchMicrosoft(server.sandbox, "revoke", WORK);
      await syncUntil(page, server.origin, "The permission you gave was withdrawn or has run out.");
      await page.getByRole("link", { name: "Give consent again" }).first().click();
      await decide("Accept");
      await untilHealthy(page, server.origin);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      assert.equal(await page.getByLabel("Delivery team").isChecked(), false, "the choice is kept");

      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("link", { name: "Disconnect…" }).click();
      await page.getByText("Microsoft gives apps no way to hand a permission back").waitFor();
      await page.getByRole("button", { name: "Disconnect and delete what was read" }).click();
      await says("disconnected_by_person_only");
      await page.getByText("myapps.microsoft.com").waitFor();
      assert.equal(await page.locator("[data-connection]").count(), 0);
      assert.deepEqual(page.problems, []);
    });

    it("says what to do when consent is declined, when an administrator is needed, and when there is no mailbox", async () => {
      page = await openWindow(browser, { scripts });
      await newPerson(page, server.origin);
      await connect("Cancel");
      await says("consent_denied");
      await connect("Needs an administrator");
      await says("admin_policy");
      await switchMicrosoft(server.sandbox, "mailbox", "mira@outlook.example");
      await connect("Accept", "mira@outlook.example");
      await says("no_mailbox");
      assert.equal(await page.locator("[data-connection]").count(), 0);
    });
  });
}

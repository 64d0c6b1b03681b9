// The calendar by day, week and month, the feed, and the mail that says a calendar needs somebody; scripts on and off.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { consent, newPerson, openWindow, startBrowser, switchGoogle, syncUntil, until, untilHealthy } from "./support/browser.mjs";

for (const scripts of [true, false]) {
  describe(`the calendar, scripts ${scripts ? "on" : "off"}`, () => {
    let browser, server, page, person;

    before(async () => {
      server = await startServer();
      browser = await startBrowser();
      page = await openWindow(browser, { scripts });
      person = await newPerson(page, server.origin);
      // The stand-in's people live in Lisbon, so that hours are the same in summer.
      await page.goto(`${server.origin}/app/settings/profile`);
      await page.getByLabel("Time zone").fill("Europe/Lisbon");
      await page.getByRole("button", { name: "Save profile" }).click();
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    it("says that nothing is known while nothing is connected, and leads to where that changes", async () => {
      await page.goto(`${server.origin}/app/calendar`);
      await page.getByText("No calendar is connected, so nothing is known about these days.").waitFor();
      await page.getByRole("link", { name: "Connect a calendar" }).click();
      await page.getByRole("link", { name: "Connect Google" }).click();
      await consent(page, "Allow");
      await untilHealthy(page, server.origin);
    });

    it("is walked by links alone: week, next week, an event, its day, the month, today", async () => {
      await page.getByRole("link", { name: "Calendar", exact: true }).click();
      await page.getByRole("group", { name: /November|December|\d{4}/ }).waitFor();
      const title = await page.getByRole("heading", { level: 1 }).textContent();
      await page.getByRole("link", { name: "Next week" }).click();
      assert.notEqual(await page.getByRole("heading", { level: 1 }).textContent(), title);
      const event = page.getByRole("link", { name: /^Pricing review/ }).first();
      const said = await event.getAttribute("aria-label");
      assert.match(said, /^Pricing review 11:00 Noor Haddad, Tue \d+, 11:00 to 12:00$/);
      await event.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: /^Tuesday/ }).waitFor();
      await page.locator(".agenda").getByText("Pricing review").waitFor();
      await page.getByRole("link", { name: "Month", exact: true }).click();
      await page.locator("table.month").getByText("11:00 Pricing review").first().waitFor();
      await page.getByRole("link", { name: "Next month" }).click();
      await page.getByRole("link", { name: "This month" }).click();
      await page.locator('table.month [aria-current="date"] a').click();
      await page.getByRole("link", { name: "Previous day" }).waitFor();
      assert.deepEqual(page.problems, []);
    });

    it("shows far days as unknown and not as free", async () => {
      const far = new Date(Date.now() + 400 * 86_400_000).toISOString().slice(0, 10);
      await page.goto(`${server.origin}/app/calendar?view=week&date=${far}`);
      await page.getByText(/^0 min open, 40 h 00 unknown/).waitFor();
    });

    it("is a list on a narrow window", async () => {
      await page.setViewportSize({ width: 360, height: 800 });
      await page.goto(`${server.origin}/app/calendar`);
      await page.getByRole("heading", { name: /^Wednesday/ }).waitFor();
      assert.equal(await page.locator(".week").isVisible(), false);
      await page.setViewportSize({ width: 1440, height: 900 });
    });

    it("can be read by other programs at an address that can be ended", async () => {
      await page.goto(`${server.origin}/app/settings/profile`);
      await page.getByRole("button", { name: "Make an address" }).click();
      await page.locator('[data-notice="feed_made"]').waitFor();
      const address = (await page.getByLabel("Address to subscribe to").inputValue()).replace("http://localhost:3000", server.origin);
      const file = await (await fetch(address)).text();
      assert.match(file, /^BEGIN:VCALENDAR\r\n/);
      assert.match(file, /SUMMARY:Pricing review\r\n/);
      await page.getByRole("button", { name: "End this address" }).click();
      await page.locator('[data-notice="feed_ended"]').waitFor();
      assert.equal((await fetch(address)).status, 404);
    });

    it("mails once that it needs somebody, with the link that mends it", async () => {
      await switchGoogle(server.sandbox, "revoke");
      await switchGoogle(server.sandbox, "expire_access");
      await syncUntil(page, server.origin, "The permission you gave was withdrawn or has run out.");
      const mail = await until(async () => {
        await page.goto(`${server.origin}/dev/mail`);
        const found = page.locator("article", { hasText: "A calendar needs you" }).filter({ hasText: person.email });
        return (await found.count()) > 0 ? found : null;
      }, "the mail");
      assert.equal(await mail.count(), 1);
      const link = await mail.locator("a").first().getAttribute("href");
      await page.goto(link.replace("http://localhost:3000", server.origin));
      await page.getByRole("link", { name: "Give consent again" }).first().click();
      await consent(page, "Allow");
      await untilHealthy(page, server.origin);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      await page.getByRole("heading", { name: "Health", exact: true }).waitFor();
      await page.getByRole("button", { name: "Report suspicious activity" }).click();
      await page.locator('[data-notice="reported"]').waitFor();
      assert.deepEqual(page.problems, []);
    });
  });
}

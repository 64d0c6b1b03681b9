// The whole way through Kairos as a stranger walks it, with scripts and without.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { consent, consentWithoutReturning, fault, linkInMail, newPerson, openWindow, signIn, startBrowser, switchGoogle, syncUntil, untilHealthy } from "./support/browser.mjs";

const WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

for (const scripts of [true, false]) {
  describe(`with scripts ${scripts ? "on" : "off"}`, () => {
    let browser, server, page;

    before(async () => {
      server = await startServer();
      browser = await startBrowser();
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    const fresh = async () => {
      page = await openWindow(browser, { scripts });
      const person = await newPerson(page, server.origin);
      return person;
    };
    const connect = async (decision = "Allow") => {
      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("link", { name: "Connect Google" }).click();
      await consent(page, decision);
    };
    const says = (notice) => page.locator(`[data-notice="${notice}"]`).waitFor();
    const connections = () => page.locator("[data-connection]").count();

    it("signs up, connects Google, chooses calendars, sees the day, syncs, disconnects", async () => {
      await fresh();
      await page.getByText("No calendar is connected").waitFor();
      // Every day is a working day here, so that the walk is the same on a Sunday.
      await page.goto(`${server.origin}/app/settings/profile`);
      for (const day of ["Saturday", "Sunday"]) await page.getByLabel(day, { exact: true }).fill("09:00 to 17:00");
      await page.getByRole("button", { name: "Save profile" }).click();
      await page.getByText("Saved.").waitFor();
      await connect();
      assert.equal(page.url(), `${server.origin}/app/settings?connected=success`);
      await says("success");
      await untilHealthy(page, server.origin);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      assert.equal(await page.getByLabel("Team").isChecked(), true);
      assert.equal(await page.getByLabel("Holidays in Portugal").isChecked(), false);
      await page.getByLabel("Team").uncheck();
      await page.getByRole("button", { name: "Save choices" }).click();
      await says("choice_saved");
      assert.equal(await page.getByLabel("Team").isChecked(), false);
      await page.goto(`${server.origin}/app`);
      await page.getByRole("heading", { name: "Agenda" }).waitFor();
      await page.getByRole("heading", { name: "The next seven days" }).waitFor();
      await page.getByText("How these numbers were made").click();
      await page.getByText("from rules version 1").waitFor();
      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("button", { name: "Sync now" }).click();
      await page.locator('[data-notice="sync_queued"], [data-notice="sync_too_soon"]').waitFor();
      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("link", { name: "Disconnect…" }).click();
      await page.getByText("What goes").waitFor();
      await page.getByRole("button", { name: "Disconnect and delete what was read" }).click();
      await says("disconnected");
      assert.equal(await connections(), 0);
      assert.deepEqual(page.problems, []);
    });

    it("says so when consent is denied, partial or forbidden, and leaves nothing behind", async () => {
      await fresh();
      for (const [decision, notice] of [["Deny", "consent_denied"], ["Allow, but not the calendar", "consent_partial"], ["Forbidden by an administrator", "admin_policy"]]) {
        await connect(decision);
        await says(notice);
        await page.getByText("What to do").waitFor();
        assert.equal(await connections(), 0, decision);
      }
    });

    it("says so when the provider fails mid-way, and a second try works", async () => {
      await fresh();
      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("link", { name: "Connect Google" }).click();
      await fault(server.sandbox, { route: "google.token" });
      await consent(page, "Allow");
      await says("provider_down");
      assert.equal(await connections(), 0);
      await connect();
      await says("success");
    });

    it("refuses a way back that was used before or belongs to another session", async () => {
      await fresh();
      let back;
      page.on("request", (request) => {
        if (request.url().includes("/api/calendar/callback/")) back = request.url();
      });
      await connect();
      await says("success");
      await page.goto(back);
      await says("state_used");
      assert.equal(await connections(), 1);
      // Somebody else is sent the link of an attempt that is still open.
      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("link", { name: "Connect Google" }).click();
      const open = await consentWithoutReturning(page, server.sandbox, "quiet@example.com");
      await fresh();
      await page.goto(open);
      await says("state_foreign");
      assert.equal(await connections(), 0);
    });

    it("tells that consent was withdrawn and mends it by the link it offers, choices kept", async () => {
      await fresh();
      await connect();
      await untilHealthy(page, server.origin);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      await page.getByLabel("Family").uncheck();
      await page.getByRole("button", { name: "Save choices" }).click();
      await says("choice_saved");
      await switchGoogle(server.sandbox, "revoke");
      await syncUntil(page, server.origin, "Needs your consent again");
      await page.getByText("The permission you gave was withdrawn").first().waitFor();
      await page.getByRole("link", { name: "Give consent again" }).click();
      await consent(page, "Allow");
      await says("success");
      await untilHealthy(page, server.origin);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      assert.equal(await page.getByLabel("Family").isChecked(), false);
    });

    it("keeps what was typed when a form comes back, except the password", async () => {
      page = await openWindow(browser, { scripts });
      await page.goto(`${server.origin}/sign-up`);
      await page.getByLabel("Name").fill("Noor");
      await page.getByLabel("Email").fill("noor@localhost");
      await page.getByLabel("Password").fill("password");
      await page.getByRole("button", { name: "Sign up" }).click();
      await page.getByText("This is not an address mail can be sent to").first().waitFor();
      await page.getByText("guessed first").first().waitFor();
      assert.equal(await page.getByLabel("Name").inputValue(), "Noor");
      assert.equal(await page.getByLabel("Email").inputValue(), "noor@localhost");
      assert.equal(await page.getByLabel("Password").inputValue(), "");
      assert.equal(await page.getByLabel("Email").getAttribute("aria-invalid"), "true");
    });

    it("sets a new password by a link in the mail, once", async () => {
      const { email } = await fresh();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("You are signed out").waitFor();
      await page.goto(`${server.origin}/forgot`);
      await page.getByLabel("Email").fill(email);
      await page.getByRole("button", { name: "Mail me a link" }).click();
      await page.getByText("If the address has an account").waitFor();
      const link = await linkInMail(page, server.origin, email, "/reset?token=");
      await page.goto(link);
      await page.getByLabel("New password").fill("openings-between-threads");
      await page.getByRole("button", { name: "Set it and sign out everywhere" }).click();
      await page.getByText("Your password is set").waitFor();
      await page.goto(link);
      await page.getByLabel("New password").fill("openings-between-threads-2");
      await page.getByRole("button", { name: "Set it and sign out everywhere" }).click();
      await page.getByText("This link does not work any more").waitFor();
      await signIn(page, server.origin, email, "openings-between-threads");
    });

    it("keeps working hours and counts capacity in them", async () => {
      await fresh();
      await page.goto(`${server.origin}/app/settings/profile`);
      await page.getByLabel("Time zone").fill("Nowhere/Land");
      await page.getByRole("button", { name: "Save profile" }).click();
      await page.getByText("This is not a time zone").first().waitFor();
      await page.getByLabel("Time zone").fill("America/New_York");
      const hours = "10:30 to 13:00, 14:00 to 17:00";
      for (const day of WEEK) await page.getByLabel(day, { exact: true }).fill(hours);
      await page.getByLabel("Tuesday", { exact: true }).fill("17:00 to 10:30");
      await page.getByRole("button", { name: "Save profile" }).click();
      await page.getByText("These are no working hours").first().waitFor();
      assert.equal(await page.getByLabel("Tuesday", { exact: true }).inputValue(), "17:00 to 10:30", "nothing typed is lost");
      assert.equal(await page.getByLabel("Sunday", { exact: true }).inputValue(), hours);
      await page.getByLabel("Tuesday", { exact: true }).fill(hours);
      await page.getByRole("button", { name: "Save profile" }).click();
      await page.getByText("Saved.").waitFor();
      assert.equal(await page.getByLabel("Tuesday", { exact: true }).inputValue(), hours);
      await connect();
      await untilHealthy(page, server.origin);
      await page.goto(`${server.origin}/app`);
      await page.getByText("New York, ").waitFor();
      await page.getByText("How these numbers were made").click();
      await page.getByText(`Working hours, ${hours}`).waitFor();
      // Today is a holiday, of which no hour counts, until it is removed.
      const today = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());
      await page.goto(`${server.origin}/app/settings/profile`);
      await page.getByLabel("Day", { exact: true }).fill(today);
      await page.getByRole("button", { name: "Add this day" }).click();
      await page.getByText("Saved.").waitFor();
      await page.goto(`${server.origin}/app`);
      await page.getByText("day off").first().waitFor();
      await page.goto(`${server.origin}/app/settings/profile`);
      await page.getByRole("button", { name: /^Remove/ }).click();
      await page.getByText("Saved.").waitFor();
      await page.goto(`${server.origin}/app`);
      await page.getByText("How these numbers were made").click();
      await page.getByText(`Working hours, ${hours}`).waitFor();
    });
  });
}

// CalDAV against a real Radicale, with the entries real calendars hold.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { newPerson, openWindow, startBrowser, untilHealthy } from "./support/browser.mjs";
import { startRadicale } from "./support/radicale.mjs";

const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "");

describe("a real CalDAV server", () => {
  let browser, server, radicale;

  before(async () => {
    server = await startServer();
    radicale = await startRadicale();
    browser = await startBrowser();
    await radicale.put("timed", ["BEGIN:VEVENT", "UID:timed", `DTSTART:${day(0)}T093000Z`, `DTEND:${day(0)}T101500Z`, "SUMMARY:Rehearsal\\, altos", "END:VEVENT"]);
    await radicale.put("folded", ["BEGIN:VEVENT", "UID:folded", `DTSTART:${day(0)}T120000Z`, "DURATION:PT45M", "SUMMARY:A title that is so long that it has to be folded over two li", " nes: Łukasz", "END:VEVENT"]);
    await radicale.put("weekly", ["BEGIN:VEVENT", "UID:weekly", `DTSTART;TZID=Europe/Lisbon:${day(-14)}T180000`, `DTEND;TZID=Europe/Lisbon:${day(-14)}T190000`, "RRULE:FREQ=WEEKLY", `EXDATE;TZID=Europe/Lisbon:${day(-7)}T180000`, "SUMMARY:Weekly choir", "END:VEVENT"]);
    await radicale.put("allday", ["BEGIN:VEVENT", "UID:allday", `DTSTART;VALUE=DATE:${day(0)}`, "TRANSP:TRANSPARENT", "SUMMARY:Name day", "END:VEVENT"]);
    await radicale.put("windows", ["BEGIN:VEVENT", "UID:windows", `DTSTART;TZID="GMT Standard Time":${day(0)}T140000`, `DTEND;TZID="GMT Standard Time":${day(0)}T150000`, "SUMMARY:From Outlook", "END:VEVENT"]);
    await radicale.put("cancelled", ["BEGIN:VEVENT", "UID:cancelled", `DTSTART:${day(0)}T160000Z`, `DTEND:${day(0)}T170000Z`, "STATUS:CANCELLED", "SUMMARY:Not happening", "END:VEVENT"]);
  });
  after(async () => {
    await browser?.close();
    await radicale?.stop();
    await server?.stop();
  });

  for (const scripts of [true, false]) {
    it(`connects, reads awkward entries rightly and shows them, scripts ${scripts ? "on" : "off"}`, async () => {
      const page = await openWindow(browser, { scripts });
      await newPerson(page, server.origin);
      await page.goto(`${server.origin}/app/settings/profile`);
      await page.getByLabel("Time zone").fill("Europe/Lisbon");
      await page.getByRole("button", { name: "Save profile" }).click();
      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("link", { name: "Connect CalDAV" }).click();
      await page.getByLabel("Address of the server").fill(radicale.origin);
      await page.getByLabel("User name").fill("noor");
      await page.getByLabel("App password").fill("wrong");
      await page.getByRole("button", { name: "Connect and read" }).click();
      await page.getByText("The server refuses this user name or password").waitFor();
      assert.equal(await page.getByLabel("User name").inputValue(), "noor");
      await page.getByLabel("App password").fill("app-password-1");
      await page.getByRole("button", { name: "Connect and read" }).click();
      await page.locator('[data-notice="success"]').waitFor();
      await untilHealthy(page, server.origin);
      await page.getByText("1 of 1 calendars count: Choir & friends.").waitFor();
      await page.goto(`${server.origin}/app`);
      const agenda = page.locator(".agenda");
      await agenda.getByText("Rehearsal, altos").waitFor();
      await agenda.getByText("A title that is so long that it has to be folded over two lines: Łukasz").waitFor();
      await agenda.getByText("Weekly choir").waitFor();
      await agenda.locator("li", { hasText: "From Outlook" }).getByText("14:00").waitFor();
      await agenda.locator("li", { hasText: "Name day" }).getByText("does not block").waitFor();
      assert.equal(await agenda.getByText("Not happening").count(), 0);
      assert.deepEqual(page.problems, []);
    });
  }

  it("says what is wrong with an address, beside the field", async () => {
    const page = await openWindow(browser);
    await newPerson(page, server.origin);
    for (const [address, sentence] of [
      ["ftp://example.com", "This is not an address"],
      ["http://169.254.169.254/", "Kairos may not connect to this address"],
      ["https://10.0.0.1/", "Kairos may not connect to this address"],
      [server.origin, "but not as a calendar server"],
      ["http://localhost:9", "This server did not answer"],
    ]) {
      await page.goto(`${server.origin}/app/settings/caldav`);
      await page.getByLabel("Address of the server").fill(address);
      await page.getByLabel("User name").fill("noor");
      await page.getByLabel("App password").fill("app-password-1");
      await page.getByRole("button", { name: "Connect and read" }).click();
      await page.locator("#error-server").getByText(sentence).waitFor();
    }
  });
});

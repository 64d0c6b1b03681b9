// CalDAV against real servers, with the entries real calendars hold.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { newPerson, openWindow, startBrowser, syncUntil, until, untilHealthy } from "./support/browser.mjs";
import { startFront, startRadicale, startXandikos } from "./support/caldav.mjs";

const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "");

async function awkward(dav) {
  await dav.put("timed", ["BEGIN:VEVENT", "UID:timed", `DTSTART:${day(0)}T093000Z`, `DTEND:${day(0)}T101500Z`, "SUMMARY:Rehearsal\\, altos", "END:VEVENT"]);
  await dav.put("folded", ["BEGIN:VEVENT", "UID:folded", `DTSTART:${day(0)}T120000Z`, "DURATION:PT45M", "SUMMARY:A title that is so long that it has to be folded over two li", " nes: Łukasz", "END:VEVENT"]);
  await dav.put("weekly", ["BEGIN:VEVENT", "UID:weekly", `DTSTART;TZID=Europe/Lisbon:${day(-14)}T180000`, `DTEND;TZID=Europe/Lisbon:${day(-14)}T190000`, "RRULE:FREQ=WEEKLY", `EXDATE;TZID=Europe/Lisbon:${day(-7)}T180000`, "SUMMARY:Weekly choir", "END:VEVENT"]);
  await dav.put("allday", ["BEGIN:VEVENT", "UID:allday", `DTSTART;VALUE=DATE:${day(0)}`, "TRANSP:TRANSPARENT", "SUMMARY:Name day", "END:VEVENT"]);
  await dav.put("windows", ["BEGIN:VEVENT", "UID:windows", `DTSTART;TZID="GMT Standard Time":${day(0)}T140000`, `DTEND;TZID="GMT Standard Time":${day(0)}T150000`, "SUMMARY:From Outlook", "END:VEVENT"]);
  await dav.put("cancelled", ["BEGIN:VEVENT", "UID:cancelled", `DTSTART:${day(0)}T160000Z`, `DTEND:${day(0)}T170000Z`, "STATUS:CANCELLED", "SUMMARY:Not happening", "END:VEVENT"]);
  // More than one page of resources.
  for (let number = 0; number < 60; number++) {
    await dav.put(`far${number}`, ["BEGIN:VEVENT", `UID:far${number}`, `DTSTART:${day(20)}T080000Z`, `DTEND:${day(20)}T081000Z`, `SUMMARY:Far ${number}`, "END:VEVENT"]);
  }
}

async function fill(page, origin, server, password = "app-password-1") {
  await page.goto(`${origin}/app/settings/caldav`);
  await page.getByLabel("Address of the server").fill(server);
  await page.getByLabel("User name").fill("noor");
  await page.getByLabel("App password").fill(password);
  await page.getByRole("button", { name: "Connect and read" }).click();
}

async function inLisbon(page, origin) {
  await newPerson(page, origin);
  await page.goto(`${origin}/app/settings/profile`);
  await page.getByLabel("Time zone").fill("Europe/Lisbon");
  await page.getByRole("button", { name: "Save profile" }).click();
}

async function seesTheDay(page, origin) {
  await page.goto(`${origin}/app`);
  const agenda = page.locator(".agenda");
  await agenda.getByText("Rehearsal, altos").waitFor();
  await agenda.getByText("A title that is so long that it has to be folded over two lines: Łukasz").waitFor();
  await agenda.getByText("Weekly choir").waitFor();
  await agenda.locator("li", { hasText: "From Outlook" }).getByText("14:00").waitFor();
  await agenda.locator("li", { hasText: "Name day" }).getByText("does not block").waitFor();
  assert.equal(await agenda.getByText("Not happening").count(), 0);
}

/** Asks for a sync until the day shows, or does not show, a title. */
async function untilAgenda(page, origin, title, count) {
  await until(async () => {
    await page.goto(`${origin}/app/settings`);
    await page.getByRole("button", { name: "Sync now" }).first().click();
    await page.locator('[data-notice="sync_queued"], [data-notice="sync_too_soon"]').waitFor();
    await page.goto(`${origin}/app`);
    return (await page.locator(".agenda").getByText(title).count()) === count;
  }, `${title} ${count} times in the agenda`, 40_000);
}

describe("real CalDAV servers", () => {
  let browser, server;
  const running = {};

  before(async () => {
    server = await startServer();
    browser = await startBrowser();
    running.Radicale = await startRadicale();
    running.Xandikos = await startXandikos();
    await Promise.all(Object.values(running).map(awkward));
  });
  after(async () => {
    await browser?.close();
    for (const dav of Object.values(running)) await dav.stop();
    await server?.stop();
  });

  for (const [name, scripts] of [["Radicale", true], ["Radicale", false], ["Xandikos", true]]) {
    it(`${name}: connects, reads awkward entries rightly and follows changes, scripts ${scripts ? "on" : "off"}`, async () => {
      const dav = running[name];
      const page = await openWindow(browser, { scripts });
      await dav.put("changing", ["BEGIN:VEVENT", "UID:changing", `DTSTART:${day(0)}T160000Z`, `DTEND:${day(0)}T163000Z`, "SUMMARY:Before the change", "END:VEVENT"]);
      await dav.put("going", ["BEGIN:VEVENT", "UID:going", `DTSTART:${day(0)}T170000Z`, `DTEND:${day(0)}T173000Z`, "SUMMARY:Soon gone", "END:VEVENT"]);
      await inLisbon(page, server.origin);
      if (name === "Radicale") {
        await fill(page, server.origin, dav.origin, "wrong");
        await page.getByText("The server refuses this user name or password").waitFor();
        assert.equal(await page.getByLabel("User name").inputValue(), "noor");
      }
      await fill(page, server.origin, dav.origin);
      await page.locator('[data-notice="success"]').waitFor();
      await untilHealthy(page, server.origin);
      await page.getByText("Choir & friends").first().waitFor();
      await seesTheDay(page, server.origin);
      // Something new, something changed, something gone, in one round.
      const [added, renamed] = [`Added ${scripts}`, `Renamed ${scripts}`];
      const event = (uid, hour, title) => ["BEGIN:VEVENT", `UID:${uid}`, `DTSTART:${day(0)}T${hour}0000Z`, `DTEND:${day(0)}T${hour}3000Z`, `SUMMARY:${title}`, "END:VEVENT"];
      await dav.put("added", event("added", "11", added));
      await dav.put("changing", event("changing", "16", renamed));
      await dav.remove("going");
      await untilAgenda(page, server.origin, added, 1);
      const agenda = page.locator(".agenda");
      assert.equal(await agenda.getByText(renamed).count(), 1);
      assert.equal(await agenda.getByText("Before the change").count(), 0);
      assert.equal(await agenda.getByText("Soon gone").count(), 0);
      await seesTheDay(page, server.origin);
      await page.goto(`${server.origin}/app/settings`);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      await page.getByText("changes", { exact: true }).first().waitFor();
      assert.deepEqual(page.problems, []);
    });
  }

  it("finds an account whose home is on another host of the same site, and takes the password to no other site", async () => {
    const { origin } = running.Radicale;
    const page = await openWindow(browser);
    await inLisbon(page, server.origin);
    const front = await startFront({ home: `${origin}/noor/` });
    await fill(page, server.origin, front.origin);
    await page.locator('[data-notice="success"]').waitFor();
    await untilHealthy(page, server.origin);
    await seesTheDay(page, server.origin);
    front.stop();
    const elsewhere = await startFront({ home: "/" });
    const strange = await startFront({ home: "/", redirect: elsewhere.origin.replace("localhost", "127.0.0.1") + "/principals/noor" });
    await fill(page, server.origin, strange.origin);
    await page.locator("#error-server").getByText("Kairos may not connect to this address").waitFor();
    assert.equal(elsewhere.seen.length, 0, "nothing was asked there, so no password went there");
    strange.stop();
    elsewhere.stop();
  });

  for (const scripts of [true, false]) {
    it(`says that the app password ended, keeps what was read, and is mended by the link it offers, scripts ${scripts ? "on" : "off"}`, async () => {
      const control = (what) => fetch(`${server.sandbox}/control/caldav`, { method: "POST", redirect: "manual", body: new URLSearchParams({ what }) });
      const page = await openWindow(browser, { scripts });
      await newPerson(page, server.origin);
      const give = async (password) => {
        await page.getByLabel("Address of the server").fill(server.sandbox);
        await page.getByLabel("User name").fill("lina.haddad@icloud.example");
        await page.getByLabel("App password").fill(password);
        await page.getByRole("button", { name: "Connect and read" }).click();
      };
      await page.goto(`${server.origin}/app/settings/caldav`);
      await give("abcd-efgh-ijkl-mnop");
      await page.locator('[data-notice="success"]').waitFor();
      await untilHealthy(page, server.origin);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      await page.getByText("CalDAV servers tell nobody when something changes").waitFor();
      await page.getByLabel("Band & choir").uncheck();
      await page.getByRole("button", { name: "Save choices" }).click();
      await page.locator('[data-notice="choice_saved"]').waitFor();
      await control("end_passwords");
      await syncUntil(page, server.origin, "Connect again with a new app password");
      await page.getByRole("link", { name: "Connect again with a new app password" }).click();
      await give("zyxw-vuts-rqpo-nmlk");
      await page.locator('[data-notice="success"]').waitFor();
      await untilHealthy(page, server.origin);
      await page.getByRole("link", { name: "Calendars and history" }).click();
      assert.equal(await page.getByLabel("Band & choir").isChecked(), false, "the choice is kept");
      assert.equal(await page.getByLabel("Home").isChecked(), true);
      // Apple moves the account to another partition: nothing is to be done about it.
      await control("move");
      await page.getByRole("button", { name: "Sync now" }).click();
      await page.locator('[data-notice="sync_queued"], [data-notice="sync_too_soon"]').waitFor();
      await untilHealthy(page, server.origin);
      assert.deepEqual(page.problems, []);
      await control("restore_password");
    });
  }

  it("keeps an Apple Account password to itself", async () => {
    const page = await openWindow(browser, { scripts: false });
    await newPerson(page, server.origin);
    await page.goto(`${server.origin}/app/settings`);
    await page.getByRole("link", { name: "Connect Apple" }).click();
    await page.getByLabel("Apple Account email").fill("noor@icloud.com");
    await page.getByLabel("App-specific password").fill("My own Passw0rd!");
    await page.getByRole("button", { name: "Connect and read" }).click();
    await page.getByText("looks like the one of your Apple Account. It was not sent anywhere.").waitFor();
    assert.equal(await page.getByLabel("Apple Account email").inputValue(), "noor@icloud.com");
    await page.getByRole("heading", { name: "Connect your Apple calendars" }).waitFor();
  });

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
      await fill(page, server.origin, address);
      await page.locator("#error-server").getByText(sentence).waitFor();
    }
  });
});

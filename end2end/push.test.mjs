// A change at the provider is seen without anybody asking: through the stand-ins' pushes, over HTTP, to the running server.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { consent, newPerson, openWindow, startBrowser, until, untilHealthy } from "./support/browser.mjs";

const GOOGLE = "noor.haddad@example.com";
const OUTLOOK = "mira.okafor@contoso.example";

describe("push", () => {
  let browser, server, page;
  before(async () => {
    server = await startServer();
    browser = await startBrowser();
    page = await openWindow(browser);
    await newPerson(page, server.origin);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const control = (path, fields) =>
    fetch(`${server.sandbox}/control/${path}`, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
  const add = (account, title) => control("events", { account, title, in_minutes: "90", minutes: "30" });
  const seen = (title) =>
    until(async () => (await (await page.request.get(`${server.origin}/api/events`)).text()).includes(title), title, 60_000);
  const told = (account) =>
    until(async () => {
      await page.goto(`${server.origin}/app/settings`);
      await page.locator("article", { hasText: account }).getByRole("link", { name: "Calendars and history" }).click();
      return (await page.getByText("By push notification", { exact: true }).count()) > 0;
    }, "a page that says changes are told", 60_000);

  it("shows what was added at Google, though nobody asked for a read", async () => {
    await page.goto(`${server.origin}/app/settings`);
    await page.getByRole("link", { name: "Connect Google" }).click();
    await consent(page, "Allow");
    await untilHealthy(page, server.origin);
    await told(GOOGLE);
    await page.getByText("Google tells Kairos when something changes in all 3 calendars in use").waitFor();
    await add(GOOGLE, "Added behind our back");
    await seen("Added behind our back");
  });

  it("shows what was added at Outlook, though every push comes twice", async () => {
    await page.goto(`${server.origin}/app/settings`);
    await page.getByRole("link", { name: "Connect Outlook" }).click();
    await page.locator(`input[name=account][value="${OUTLOOK}"]`).check();
    await page.getByRole("button", { name: "Accept", exact: true }).click();
    await told(OUTLOOK);
    await control("delivery", { how: "twice" });
    await add(OUTLOOK, "Added at Contoso");
    await seen("Added at Contoso");
    assert.deepEqual(page.problems, []);
  });

  it("stops being told when it is disconnected", async () => {
    await page.goto(`${server.origin}/app/settings`);
    await page.locator("article", { hasText: GOOGLE }).getByRole("link", { name: "Disconnect…" }).click();
    await page.getByRole("button", { name: "Disconnect and delete what was read" }).click();
    await page.locator('[data-notice="disconnected"]').waitFor();
    const stops = (await (await fetch(server.sandbox)).text()).match(/google\.stop<\/th><td>(\d+)/)[1];
    assert.ok(Number(stops) >= 3, `${stops} channels were closed`);
  });
});

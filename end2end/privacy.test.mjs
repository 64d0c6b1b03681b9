// Somebody looks at what is kept of them, takes a copy, wants to be forgotten and thinks better of it: with and without scripts, and signed out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { ADMIN, BUILDER, USER, newPerson, openWindow, signIn, startBrowser, until } from "./support/browser.mjs";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

describe("privacy", () => {
  let browser, server;
  before(async () => ([browser, server] = [await startBrowser(), await startServer()]));
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  for (const scripts of [true, false]) {
    it(`shows what is kept, gives a copy, and lets somebody leave and stay, scripts ${scripts ? "on" : "off"}`, async () => {
      const page = await openWindow(browser, { scripts, width: scripts ? 1440 : 360 });
      const { email } = await newPerson(page, server.origin);
      await page.goto(`${server.origin}/app/settings/privacy`);
      await page.getByText("Browsers that are signed in").waitFor();
      await page.getByRole("button", { name: "Make a copy" }).click();
      await page.getByText("Your copy is being written").first().waitFor();
      await until(async () => {
        await page.goto(`${server.origin}/app/settings/privacy`);
        return (await page.getByRole("button", { name: "Download your copy" }).count()) > 0;
      }, "the copy that is ready");
      const coming = page.waitForEvent("download");
      await page.getByRole("button", { name: "Download your copy" }).click();
      const copy = await readFile(await (await coming).path());
      assert.ok(copy.subarray(0, 2).toString() === "PK" && copy.includes("manifest.json"), "an archive");
      await page.goto(`${server.origin}/app/settings/privacy`);
      assert.equal(await page.getByRole("button", { name: "Download your copy" }).count(), 0, "it is fetched once");
      await page.getByRole("link", { name: "Erase my account…" }).click();
      await page.getByText("Until then one click takes it back").waitFor();
      await page.getByRole("button", { name: "Erase my account in 14 days" }).click();
      await page.getByText("Your account will be erased in 14 days.").waitFor();

      // The mail's link works in a browser that is signed in nowhere.
      const elsewhere = await openWindow(browser, { scripts });
      const link = await until(async () => {
        await elsewhere.goto(`${server.origin}/dev/mail`);
        const found = elsewhere.locator("article", { hasText: email }).locator('a[href*="/privacy/requests/"]').first();
        return (await found.count()) > 0 ? found.getAttribute("href") : null;
      }, "the mail about leaving");
      await elsewhere.goto(link);
      await elsewhere.getByRole("heading", { name: "Your account will be erased" }).waitFor();
      await elsewhere.getByRole("button", { name: "Keep my account" }).click();
      await elsewhere.getByRole("heading", { name: "Your account stays" }).waitFor();
      await page.reload();
      await page.getByRole("link", { name: "Erase my account…" }).waitFor();
      assert.equal(await page.getByRole("button", { name: "Keep my account" }).count(), 0);
    });
  }

  it("has no barrier that a program finds, at any width, light and dark", async () => {
    const pages = [
      [USER, "/app/settings/privacy"],
      [USER, "/app/settings/privacy/erase"],
      [BUILDER, "/builder/reconciliation"],
      [BUILDER, "/builder/bookings?which=all"],
      [BUILDER, "/builder/connect"],
      [ADMIN, "/admin/keys"],
      [ADMIN, "/admin/privacy"],
      [null, "/privacy"],
      [null, "/terms"],
    ];
    for (const [width, scheme] of [[360, "light"], [768, "dark"], [1440, "light"]]) {
      let who = null, page = await openWindow(browser, { width, scheme, bypassCSP: true });
      for (const [person, path] of pages) {
        if (person && person !== who) {
          page = await openWindow(browser, { width, scheme, bypassCSP: true });
          await signIn(page, server.origin, person.email, person.password);
          who = person;
        }
        await page.goto(`${server.origin}${path}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${path} at ${width} is ${wide} px too wide`);
        await page.evaluate(axe);
        const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
        const violations = await page.evaluate(async (runOnly) => (await globalThis.axe.run(document, { runOnly })).violations, rules);
        assert.deepEqual(violations.map(({ id, nodes }) => `${path}: ${id} ${nodes[0].html}`), []);
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${path.replaceAll(/\W+/g, "-")}-${width}-${scheme}.png`, fullPage: true });
      }
    }
  });
});

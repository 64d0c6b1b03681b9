// What an admin does with keys and secrets: sees where each stands, reads what stops without one, and revokes it. With scripts and without.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { ADMIN, openWindow, signIn, startBrowser } from "./support/browser.mjs";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const [NEW, OLD] = ["fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef"];

describe("keys and secrets", () => {
  let browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
  });

  for (const scripts of [true, false]) {
    it(`says what stops before a secret is revoked, and revokes it, scripts ${scripts ? "on" : "off"}`, async () => {
      const server = await startServer({ CALENDLY_WEBHOOK_SECRET: `${NEW},${OLD}` });
      try {
        const page = await openWindow(browser, { scripts, width: scripts ? 1440 : 360 });
        await signIn(page, server.origin, ADMIN.email, ADMIN.password);
        await page.goto(`${server.origin}/admin/keys`);
        const waiting = page.getByRole("row", { name: /CALENDLY_WEBHOOK_SECRET.*pending/ });
        const address = await waiting.getByRole("link").getAttribute("href");
        await waiting.getByRole("link").click();
        await page.getByRole("heading", { name: "When it is revoked" }).waitFor();
        await page.getByText("What is signed by it is refused").waitFor();
        await page.getByRole("link", { name: "Keep it" }).click();
        await page.waitForURL(`${server.origin}/admin/keys`);
        await page.goto(server.origin + address);
        await page.getByRole("button", { name: "Revoke it now" }).click();
        await page.getByText("It is revoked. Every server stops using it within seconds").waitFor();
        await page.getByRole("row", { name: /CALENDLY_WEBHOOK_SECRET.*revoked/ }).waitFor();
        await page.goto(server.origin + address);
        await page.getByText("That is not taken back").waitFor();
        assert.equal(await page.getByRole("button", { name: "Revoke it now" }).count(), 0);
        // Without the one that is in use nothing goes on.
        await page.goto(`${server.origin}/admin/keys`);
        await page.getByRole("row", { name: /SESSION_KEY/ }).getByRole("link").click();
        await page.getByText("nothing goes on without one").waitFor();
        assert.equal(await page.getByRole("button", { name: "Revoke it now" }).count(), 0);
        assert.deepEqual(page.problems, []);
        await page.context().close();
        for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 360]]) {
          const window = await openWindow(browser, { scheme, width, bypassCSP: true });
          await signIn(window, server.origin, ADMIN.email, ADMIN.password);
          await window.goto(server.origin + address);
          await window.evaluate(axe);
          const found = await window.evaluate(async () => (await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })).violations);
          assert.deepEqual(found.map((violation) => [violation.id, violation.nodes[0].html, violation.nodes[0].failureSummary]), []);
          const overflow = await window.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(overflow <= 0, `${overflow} px wider than ${width}`);
          await window.context().close();
        }
      } finally {
        await server.stop();
      }
    });
  }
});

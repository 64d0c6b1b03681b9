// Every page at three widths, light and dark: accessible, nothing cut off, islands awake, small enough.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { consent, fault, newPerson, openWindow, startBrowser, until, untilHealthy } from "./support/browser.mjs";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

describe("pages", () => {
  let browser, server, state, connection;

  before(async () => {
    server = await startServer();
    browser = await startBrowser();
    const page = await openWindow(browser);
    await newPerson(page, server.origin);
    await page.goto(`${server.origin}/app/settings`);
    await page.getByRole("link", { name: "Connect Google" }).click();
    await consent(page, "Allow");
    await untilHealthy(page, server.origin);
    connection = await page.locator("[data-connection]").getAttribute("data-connection");
    state = await page.context().storageState();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const paths = () => [
    "/", "/sign-in", "/sign-up", "/forgot", "/dev/mail", "/nowhere", "/app", "/app/calendar", "/app/calendar?view=month", "/app/calendar?view=day", "/app/settings", "/app/settings/profile", "/app/settings/security", "/app/settings/caldav",
    "/app/settings/caldav?for=apple",
    `/app/settings/connections/${connection}`, `/app/settings/connections/${connection}/disconnect`, "/app/settings?notice=consent_denied",
  ];

  for (const [width, scheme] of [[1440, "light"], [1440, "dark"], [768, "light"], [360, "light"], [360, "dark"]]) {
    it(`hold WCAG 2.2 AA and cut nothing off at ${width} px, ${scheme}`, async () => {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, storageState: state, bypassCSP: true });
      const page = await context.newPage();
      for (const path of paths()) {
        await page.goto(server.origin + path);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => (await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })).violations);
        assert.deepEqual(found.map((violation) => [path, violation.id, violation.nodes[0].html, violation.nodes[0].failureSummary]), []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
      }
      await context.close();
    });
  }

  it("can be used with the keyboard alone, from the skip link on", async () => {
    const page = await openWindow(browser);
    await page.goto(server.origin);
    await page.keyboard.press("Tab");
    const first = await page.evaluate(() => document.activeElement.textContent);
    assert.equal(first, "Skip to content");
    await page.keyboard.press("Enter");
    assert.equal(new URL(page.url()).hash, "#main");
  });

  it("show progress that moves by itself where there are scripts", async () => {
    const page = await openWindow(browser);
    await newPerson(page, server.origin);
    await fault(server.sandbox, { route: "google.events", kind: "slow", delay: "2500" });
    await page.goto(`${server.origin}/app/settings`);
    await page.getByRole("link", { name: "Connect Google" }).click();
    await consent(page, "Allow");
    await page.getByText("First sync").waitFor();
    // Nobody touches the page: the island asks, and loads the page anew when the sync has ended.
    await page.getByText("Healthy, read").waitFor({ timeout: 20_000 });
    assert.deepEqual(page.problems, []);
  });

  it("stay small: what a first visit loads, compressed", async () => {
    const page = await openWindow(browser);
    await page.context().addCookies(state.cookies);
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    const weights = new Map();
    const urls = new Map();
    session.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, response.url));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => weights.set(requestId, encodedDataLength));
    await page.goto(`${server.origin}/app/settings`, { waitUntil: "networkidle" });
    await until(() => [...urls.values()].some((url) => url.endsWith(".wasm")), "the browser half");
    await page.waitForLoadState("networkidle");
    let total = 0;
    for (const weight of weights.values()) total += weight;
    assert.ok(weights.size >= 4, "something was loaded");
    assert.ok(total <= 180_000, `${total} bytes`);
  });

  it("never let a script run that has no nonce, and say so in the policy of every reply", async () => {
    for (const path of ["/", "/nowhere", "/api/nowhere", "/kairos.css"]) {
      const reply = await fetch(server.origin + path);
      const policy = reply.headers.get("content-security-policy");
      assert.match(policy, /frame-ancestors 'none'/, path);
      assert.doesNotMatch(policy, /'unsafe-inline'|'unsafe-eval'/, path);
      assert.equal(reply.headers.get("x-content-type-options"), "nosniff", path);
    }
  });
});

// What an admin does with the audit log, with scripts off: look, find, open an entry, take its proof and the whole log away and check them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { folder, startServer } from "./support/server.mjs";
import { ADMIN, openWindow, press, signIn, startBrowser, until } from "./support/browser.mjs";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const BINARY = process.env.KAIROS_BINARY ?? "target/debug/kairos";

describe("the audit log", () => {
  let browser, server, page;
  before(async () => {
    [browser, server] = [await startBrowser(), await startServer()];
    page = await openWindow(browser, { scripts: false });
    await signIn(page, server.origin, ADMIN.email, ADMIN.password);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const verify = (...words) => spawnSync(BINARY, ["audit", "verify", ...words], { encoding: "utf8", timeout: 30_000 });

  it("is reached from the menu, and finds what is asked for", async () => {
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("heading", { name: "Audit log", level: 1 }).waitFor();
    await page.getByLabel("Action or id").fill("user.signed_in");
    await page.getByRole("button", { name: "Filter" }).click();
    assert.ok((await page.locator("tbody tr").count()) >= 1);
    assert.equal(await page.locator("tbody tr", { hasText: "user.signed_up" }).count(), 0);
    assert.equal(await page.getByLabel("Action or id").inputValue(), "user.signed_in", "what was typed stays");
    await page.getByLabel("Result").selectOption("Refused");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByText("No entry is like that.").waitFor();
    await page.getByRole("link", { name: "Show all of them" }).click();
    assert.ok((await page.locator("tbody tr").count()) > 3);
  });

  it("checks itself and says what it found", async () => {
    await page.goto(`${server.origin}/admin/audit`);
    await press(page, "Check it all again");
    await until(async () => {
      await page.goto(`${server.origin}/admin/audit`);
      return (await page.getByRole("heading", { name: "The record is whole" }).count()) > 0;
    }, "a finished check");
  });

  it("hands out an entry's proof and the whole log, which are checked without the server", async () => {
    await page.goto(`${server.origin}/admin/audit/0`);
    await page.getByText("This entry is in the signed log").waitFor();
    const save = async (name) => {
      const path = join(folder(), "file");
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
      await download.saveAs(path);
      return path;
    };
    const proof = await save("Download proof");
    await page.goto(`${server.origin}/admin/audit`);
    const key = (await page.locator(".fingerprint").textContent()).trim();
    const log = await save("Export with proofs");
    const proved = verify(proof, "--key", key);
    assert.equal(proved.status, 0, proved.stderr);
    assert.match(proved.stdout, /^entry 0 is in the log of localhost:\d+: \{"action":"user\.signed_up"/);
    const whole = verify(log, "--key", key);
    assert.equal(whole.status, 0, whole.stderr);
    assert.match(whole.stdout, /^the log is whole: \d+ entries/);
    const other = verify(log, "--key", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    assert.equal(other.status, 1, "another key checks nothing of it");
    assert.ok(!readFileSync(log, "utf8").includes(ADMIN.email), "nobody is named in it");
  });

  it("is accessible, light and dark, and fits a phone", async () => {
    for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 360]]) {
      const window = await openWindow(browser, { scheme, width, bypassCSP: true });
      await signIn(window, server.origin, ADMIN.email, ADMIN.password);
      for (const path of ["/admin/audit", "/admin/audit?when=all", "/admin/audit/0"]) {
        await window.goto(server.origin + path);
        await window.evaluate(axe);
        const found = await window.evaluate(async () => (await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })).violations);
        assert.deepEqual(found.map((violation) => [path, violation.id, violation.nodes[0].html, violation.nodes[0].failureSummary]), []);
        const overflow = await window.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${path} is ${overflow} px wider than ${width}`);
      }
      assert.deepEqual(window.problems, []);
      await window.context().close();
    }
  });
});

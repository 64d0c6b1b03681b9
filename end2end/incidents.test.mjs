// What an admin does when something is wrong, with scripts off: an account is guessed at, found, locked, and the incident worked on to its review.
// And what a person does with a key for a program.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { ADMIN, BUILDER, USER, openWindow, signIn, startBrowser, until } from "./support/browser.mjs";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

describe("incidents, people, jobs and keys", () => {
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

  const post = (path, form, headers = {}) =>
    fetch(server.origin + path, { method: "POST", redirect: "manual", headers: { "content-type": "application/x-www-form-urlencoded", ...headers }, body: new URLSearchParams(form) });

  it("begins with nothing to do", async () => {
    await page.goto(`${server.origin}/admin/incidents`);
    await page.getByText("Nothing suspicious was found").waitFor();
    await page.getByRole("link", { name: "Jobs" }).click();
    await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
    await page.getByText("None is like that.").waitFor();
  });

  it("is found within seconds when an account is guessed at, and explains itself", async () => {
    for (let number = 0; number < 10; number += 1) await post("/sign-in", { email: BUILDER.email, password: `guess-number-${number}` });
    await post("/sign-in", { email: "nobody@example.com", password: "guess-number-11" });
    await until(async () => {
      await page.goto(`${server.origin}/admin`);
      return (await page.getByRole("link", { name: "Work on it" }).count()) > 0;
    }, "an incident");
    await page.getByRole("link", { name: "Work on it" }).first().click();
    await page.getByRole("link", { name: /^INC-/ }).first().click();
    await page.getByRole("heading", { name: "Wrong passwords from one address", level: 1 }).waitFor();
    await page.getByText("more than 10 is too much").waitFor();
    await page.getByText("Somebody tries passwords from one place, of one account or of many").waitFor();
  });

  it("does not let an admin lock themselves out", async () => {
    // Whoever guessed and the admin are on the same machine.
    await page.getByRole("button", { name: /Block the address/ }).click();
    await page.getByText("That would lock you out yourself").waitFor();
    await page.getByLabel("Network", { exact: true }).fill("all of them");
    await page.getByRole("button", { name: "Block the network" }).click();
    await page.getByText("A network such as 192.0.2.0/24").waitFor();
    assert.equal(await page.getByLabel("Network", { exact: true }).inputValue(), "all of them", "what was typed stays");
    await page.getByLabel("Network", { exact: true }).fill("192.0.2.0/24");
    await page.getByRole("button", { name: "Block the network" }).click();
    await page.getByText("Network 192.0.2.0/24 is blocked").waitFor();
    await page.getByRole("button", { name: "Lift the block" }).click();
    await page.getByText("lifted just now").or(page.getByText(/lifted .*ago/)).first().waitFor();
  });

  it("has its clock where personal data may have got out, lists whom it concerns, and keeps what was decided", async () => {
    const incident = page.url().split("?")[0];
    for (const scripts of [true, false]) {
      const window = await openWindow(browser, { scripts, width: scripts ? 1440 : 360 });
      await signIn(window, server.origin, ADMIN.email, ADMIN.password);
      await window.goto(incident);
      await window.getByText(scripts ? "It may have" : "It is others’ data, or was known earlier", { exact: true }).click();
      await window.getByLabel("Since when it is known here (UTC)").fill("2099-01-01T10:00");
      await window.getByLabel("Whose data").selectOption("Everybody here");
      await window.getByRole("button", { name: "Note it" }).click();
      await window.getByText("A moment that is not still to come, in UTC.").waitFor();
      assert.equal(await window.getByLabel("Whose data").inputValue(), "everyone", "what was chosen stays");
      await window.getByLabel("Since when it is known here (UTC)").fill("2026-11-01T10:00");
      await window.getByRole("button", { name: "Note it" }).click();
      await window.getByText(/Tell the authority by|Overdue since/).first().waitFor();
      const coming = window.waitForEvent("download");
      await window.getByRole("link", { name: "Download who, with what is kept of each" }).click();
      const list = readFileSync(await (await coming).path(), "utf8");
      assert.ok(list.includes(`"${USER.email}"`) && list.includes(`"${ADMIN.email}"`), list);
      assert.deepEqual(window.problems, []);
      await window.context().close();
    }
    await page.goto(`${server.origin}/admin/privacy`);
    await page.getByRole("link", { name: /^INC-/ }).click();
    await page.getByLabel("Number at the authority").fill("Dear Sirs");
    await page.getByRole("button", { name: "The authority was told" }).click();
    await page.getByText("such as CNPD-2026-114").waitFor();
    assert.equal(await page.getByLabel("Number at the authority").inputValue(), "Dear Sirs", "what was typed stays");
    await page.getByLabel("Number at the authority").fill("CNPD-2026-114");
    await page.getByRole("button", { name: "The authority was told" }).click();
    await page.getByText(/The authority was told on .*CNPD-2026-114/).first().waitFor();
    await page.goto(incident);
  });

  it("is worked on to its end", async () => {
    await page.getByLabel("Add a note").fill("It was a script of our own.");
    await page.getByRole("button", { name: "Add to the timeline" }).click();
    await page.getByRole("button", { name: "It is contained" }).click();
    await page.getByLabel(/^Why/).fill("Nothing made it possible: the limit held.");
    await page.getByRole("button", { name: "It is eradicated" }).click();
    await page.getByRole("button", { name: "It is recovered" }).click();
    await page.getByText("check first").waitFor();
    await until(async () => {
      await page.getByRole("button", { name: "Check now" }).click();
      return (await page.locator(".state", { hasText: "The audit log is what was signed" }).count()) > 0;
    }, "a check of everything");
    await page.getByRole("button", { name: "It is recovered" }).click();
    await page.getByRole("button", { name: "Close the incident" }).click();
    await page.getByText("Write the review first").waitFor();
    await page.getByLabel("Review").fill("The script was given a wrong password. It reads with an API key now.");
    await page.getByRole("button", { name: "Close the incident" }).click();
    await page.getByText("What the same rule finds from here on").waitFor();
    assert.equal(await page.getByRole("button", { name: /Block/ }).count(), 0, "nothing is offered any more");
  });

  it("finds a person, and shows their name to who says why", async () => {
    await page.getByRole("link", { name: "People" }).click();
    await page.getByLabel("Id or whole email address").fill(USER.email);
    await page.getByRole("button", { name: "Show" }).click();
    assert.equal(await page.locator("tbody tr").count(), 1);
    await page.locator("tbody th a").click();
    assert.equal(await page.getByText(USER.email).count(), 0);
    await page.getByLabel("Ticket or case, if there is one").fill("HELP-7");
    await page.getByRole("button", { name: "Show name and address" }).click();
    await page.getByText(USER.email).waitFor();
    await page.goto(`${server.origin}/admin/audit?q=user.opened`);
    assert.equal(await page.locator("tbody tr").count(), 1);
  });

  it("gives a program a key that reads what it may until it is ended", async () => {
    const own = await openWindow(browser, { scripts: false });
    await signIn(own, server.origin, USER.email, USER.password);
    await own.goto(`${server.origin}/app/settings/security`);
    await own.getByRole("link", { name: "Keys and scopes" }).click();
    await own.getByText("No program reads Kairos in your name").waitFor();
    await own.getByLabel("Name").fill("Kitchen display");
    await own.getByRole("button", { name: "Make the key" }).click();
    await own.getByText("Choose at least one thing").waitFor();
    assert.equal(await own.getByLabel("Name").inputValue(), "Kitchen display");
    await own.getByLabel(/Busy times/).check();
    await own.getByRole("button", { name: "Make the key" }).click();
    const key = (await own.locator(".fingerprint").textContent()).trim();
    const exchanged = await post("/api/token", {}, { authorization: `Bearer ${key}` });
    const { access_token: token } = await exchanged.json();
    const ask = (path) => fetch(server.origin + path, { headers: { authorization: `Bearer ${token}` } });
    const reply = await ask("/api/free-busy");
    assert.equal(reply.status, 200);
    assert.ok(Number(reply.headers.get("x-ratelimit-remaining")) < 100);
    assert.equal((await ask("/api/events")).status, 403);
    await own.getByRole("button", { name: "End the key Kitchen display" }).click();
    await own.getByText("The key is ended").waitFor();
    assert.equal((await ask("/api/free-busy")).status, 401);
    await own.context().close();
  });

  it("is accessible, light and dark, and fits a phone", async () => {
    const incident = new URL((await (await page.goto(`${server.origin}/admin/incidents?status=all`), page.locator("tbody th a").first()).getAttribute("href")), server.origin).pathname;
    const person = new URL((await (await page.goto(`${server.origin}/admin/users`), page.locator("tbody th a").first()).getAttribute("href")), server.origin).pathname;
    for (const [scheme, width] of [["light", 1440], ["dark", 1440], ["light", 360]]) {
      const window = await openWindow(browser, { scheme, width, bypassCSP: true });
      await signIn(window, server.origin, ADMIN.email, ADMIN.password);
      for (const path of ["/admin", "/admin/incidents?status=all", incident, "/admin/users", person, "/admin/jobs", "/admin/jobs?state=waiting", "/app/settings/security/keys"]) {
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

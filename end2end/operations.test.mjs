// What an operator does to the process: start it twice, kill it, take its database away, give it the wrong key.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { folder, freePort, startServer } from "./support/server.mjs";
import { ADMIN, consent, fault, newPerson, openWindow, press, signIn, startBrowser, until, untilHealthy } from "./support/browser.mjs";

const BINARY = process.env.KAIROS_BINARY ?? "target/debug/kairos";
const key = () => randomBytes(32).toString("base64");

async function connectGoogle(page, origin) {
  await page.goto(`${origin}/app/settings`);
  await page.getByRole("link", { name: "Connect Google" }).click();
  await consent(page, "Allow");
}

describe("operations", () => {
  let browser;
  before(async () => (browser = await startBrowser()));
  after(async () => browser?.close());

  const run = (environment) => spawnSync(BINARY, [], { env: { ...process.env, DATA_DIR: folder(), ...environment }, encoding: "utf8", timeout: 30_000 });

  it("refuses a malformed key with one line that names the variable and the command", () => {
    const { status, stderr } = run({ CALENDAR_ENCRYPTION_KEY: "too short" });
    assert.equal(status, 1);
    assert.equal(stderr.trim(), "kairos: CALENDAR_ENCRYPTION_KEY is not base64: make one with: openssl rand -base64 32");
  });

  it("names a port that is taken, in one line", async () => {
    const port = await freePort();
    const holder = createServer().listen(port, "127.0.0.1");
    await once(holder, "listening");
    const { status, stderr } = run({ LISTEN_ADDR: `127.0.0.1:${port}` });
    holder.close();
    assert.equal(status, 1);
    assert.match(stderr.trim(), /^kairos: LISTEN_ADDR: 127\.0\.0\.1:\d+ is in use by another program/);
  });

  it("names a database that does not answer, in one line", async () => {
    const { status, stderr } = run({ LISTEN_ADDR: "127.0.0.1:0", METRICS_ADDR: "127.0.0.1:0", DATABASE_URL: "postgres://kairos_server@127.0.0.1:9/kairos" });
    assert.equal(status, 1);
    assert.match(stderr.trim(), /^kairos: DATABASE_URL: the database does not answer/);
  });

  it("keeps the data over a restart, and over being killed in the middle of a sync", async () => {
    const data = folder();
    let server = await startServer({}, data);
    const page = await openWindow(browser, { scripts: false });
    const { email, password } = await newPerson(page, server.origin);
    await fault(server.sandbox, { route: "google.events", kind: "slow", delay: "30000", skip: "1" });
    await connectGoogle(page, server.origin);
    await page.getByText("First sync").waitFor();
    await server.kill();
    const began = Date.now();
    server = await startServer({}, data);
    assert.ok(Date.now() - began < 10_000, "a second start takes seconds");
    // The stand-in forgot its tokens with its process, so the finished state is the word that consent is missing, not silence.
    await signIn(page, server.origin, email, password);
    await page.goto(`${server.origin}/app/settings`);
    assert.equal(await page.locator("[data-connection]").count(), 1);
    assert.equal(await server.stop(), 0);
  });

  it("loses no entry of the audit log that was answered for, however often it is killed before the seal", async () => {
    const data = folder();
    let answered = 0;
    for (let round = 0; round < 3; round += 1) {
      const server = await startServer({}, data);
      const tries = Array.from({ length: 5 }, async (_, number) => {
        const body = new URLSearchParams({ email: `person-${round}-${number}@example.com`, password: "not-the-right-one" });
        const reply = await fetch(`${server.origin}/sign-in`, { method: "POST", body });
        if (reply.status === 422) answered += 1;
      });
      await Promise.all(tries);
      // In less than the half second that a seal may take to come.
      await server.kill();
    }
    assert.equal(answered, 15);
    const server = await startServer({}, data);
    const page = await openWindow(browser, { scripts: false });
    await signIn(page, server.origin, ADMIN.email, ADMIN.password);
    await until(async () => {
      await page.goto(`${server.origin}/admin/audit?q=user.sign_in_refused`);
      return (await page.locator("tbody tr").count()) === 15 && (await page.getByText("to be sealed").count()) === 0;
    }, "fifteen sealed entries");
    await page.goto(`${server.origin}/admin/audit`);
    await press(page, "Check it all again");
    await until(async () => {
      await page.goto(`${server.origin}/admin/audit`);
      return (await page.getByRole("heading", { name: "The record is whole" }).count()) > 0;
    }, "a finished check");
    await page.context().close();
    assert.equal(await server.stop(), 0);
  });

  it("stops in order when its terminal is gone, in the middle of a sync and with a browser connected", async () => {
    const server = await startServer();
    const page = await openWindow(browser, { scripts: false });
    await newPerson(page, server.origin);
    await fault(server.sandbox, { route: "google.events", kind: "slow", delay: "30000", skip: "1" });
    await connectGoogle(page, server.origin);
    await page.getByText("First sync").waitFor();
    server.hangUp();
    assert.equal((await fetch(`${server.origin}/healthz`)).status, 200);
    assert.equal(await server.stop(), 0);
  });

  it("with the wrong key stays up, signs people in, and names what cannot be read", async () => {
    const data = folder();
    const keys = { CALENDAR_ENCRYPTION_KEY: key(), SESSION_KEY: key(), AUDIT_SIGNING_KEY: key() };
    let server = await startServer(keys, data);
    const page = await openWindow(browser);
    const { email, password } = await newPerson(page, server.origin);
    await connectGoogle(page, server.origin);
    await untilHealthy(page, server.origin);
    await server.stop({ keep: true });
    server = await startServer({ ...keys, CALENDAR_ENCRYPTION_KEY: key() }, data);
    await signIn(page, server.origin, email, password);
    await page.goto(`${server.origin}/app/settings`);
    await page.getByText("Kairos cannot read its own record of this connection").waitFor();
    await page.getByText(/Missing key: [0-9a-f]{8}\./).waitFor();
    const ready = await fetch(`${server.origin}/readyz`);
    assert.equal(ready.status, 503);
    assert.equal((await ready.json()).keys, "failing");
    await server.stop({ keep: true });
    // With the old key beside the new one, all is readable again.
    server = await startServer({ ...keys, CALENDAR_ENCRYPTION_KEY: key(), CALENDAR_ENCRYPTION_KEYS_OLD: keys.CALENDAR_ENCRYPTION_KEY }, data);
    await signIn(page, server.origin, email, password);
    await page.goto(`${server.origin}/app/settings`);
    await page.getByRole("link", { name: "noor.haddad@example.com" }).waitFor();
    await server.stop();
  });

  it("counts sign-ins and security events on an address of its own", async () => {
    const server = await startServer();
    const page = await openWindow(browser);
    await newPerson(page, server.origin);
    await fetch(`${server.origin}/sign-in`, { method: "POST", body: new URLSearchParams({ email: "nobody@example.com", password: "x" }), headers: { origin: "https://evil.example" } });
    const metrics = await (await fetch(`${server.metrics}/metrics`)).text();
    assert.match(metrics, /auth_attempts_duration_seconds_count\{status="success"\} 1/);
    assert.match(metrics, /security_events_total\{event_type="cross_site_request",severity="medium"\} 1/);
    assert.equal((await fetch(`${server.origin}/metrics`)).status, 404);
    await server.stop();
  });
});

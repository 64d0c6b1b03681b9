// Pictures of the pages, taken by a browser from a running server: docs/shots/today.png is the README's.
import { mkdirSync } from "node:fs";
import { startServer } from "./support/server.mjs";
import { ADMIN, consent, newPerson, openWindow, signIn, startBrowser, until, untilHealthy } from "./support/browser.mjs";

const server = await startServer();
const browser = await startBrowser();
const page = await openWindow(browser);
await newPerson(page, server.origin);
await page.goto(`${server.origin}/app/settings/profile`);
for (const day of ["Saturday", "Sunday"]) await page.getByLabel(day, { exact: true }).fill("09:00 to 17:00");
await page.getByRole("button", { name: "Save profile" }).click();
await page.goto(`${server.origin}/app/settings`);
await page.getByRole("link", { name: "Connect Google" }).click();
await consent(page, "Allow");
await untilHealthy(page, server.origin);
const connection = await page.locator("[data-connection]").getAttribute("data-connection");
const state = await page.context().storageState();
const admin = await openWindow(browser);
await signIn(admin, server.origin, ADMIN.email, ADMIN.password);
const adminState = await admin.context().storageState();
const pages = {
  home: "/", "sign-in": "/sign-in", "sign-up": "/sign-up", today: "/app", week: "/app/calendar", month: "/app/calendar?view=month", day: "/app/calendar?view=day", settings: "/app/settings", caldav: "/app/settings/caldav", apple: "/app/settings/caldav?for=apple",
  profile: "/app/settings/profile", security: "/app/settings/security", connection: `/app/settings/connections/${connection}`, disconnect: `/app/settings/connections/${connection}/disconnect`,
  failure: "/app/settings?notice=consent_partial", nowhere: "/nowhere",
};
// Something to look at: an account is guessed at.
if (process.argv.includes("--all")) {
  for (let number = 0; number < 12; number += 1) {
    await fetch(`${server.origin}/sign-in`, { method: "POST", body: new URLSearchParams({ email: `person-${number % 4}@example.com`, password: `guess-number-${number}` }) });
  }
  await until(async () => {
    await admin.goto(`${server.origin}/admin/incidents`);
    return (await admin.locator("tbody th a").count()) > 0;
  }, "an incident");
}
const link = async (path) => (await admin.goto(server.origin + path), (await admin.locator("tbody th a").count()) > 0 ? admin.locator("tbody th a").first().getAttribute("href") : path);
const adminPages = { admin: "/admin", incidents: "/admin/incidents", incident: await link("/admin/incidents"), people: "/admin/users", person: await link("/admin/users"), jobs: "/admin/jobs?state=waiting", keys: "/app/settings/security/keys", audit: "/admin/audit", "audit-all": "/admin/audit?when=all", "audit-entry": "/admin/audit/3", "audit-none": "/admin/audit?result=refused" };
mkdirSync("docs/shots", { recursive: true });
const all = process.argv.includes("--all");
for (const [width, scheme] of all ? [[1440, "light"], [1440, "dark"], [768, "light"], [360, "light"], [360, "dark"]] : [[1440, "light"]]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, storageState: state, javaScriptEnabled: false });
  const window = await context.newPage();
  for (const [name, path] of Object.entries(all ? pages : { today: "/app" })) {
    await window.goto(server.origin + path);
    if (name === "today") await window.getByText("How these numbers were made").click();
    await window.screenshot({ path: all ? `docs/shots/${name}-${width}-${scheme}.png` : "docs/shots/today.png", fullPage: all });
  }
  await context.close();
  if (!all) continue;
  const other = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, storageState: adminState, javaScriptEnabled: false });
  const adminWindow = await other.newPage();
  for (const [name, path] of Object.entries(adminPages)) {
    await adminWindow.goto(server.origin + path);
    await adminWindow.screenshot({ path: `docs/shots/${name}-${width}-${scheme}.png`, fullPage: true });
  }
  await other.close();
}
await browser.close();
await server.stop();

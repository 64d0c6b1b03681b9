// A stranger books and pays, in a browser with scripts and in one without; declined first, then asked by the bank; what comes back when they cancel;
// a builder who gives money back and cancels.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { BUILDER, openWindow, signIn, startBrowser, until } from "./support/browser.mjs";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const SESSION = "/b/bruno-costa/pricing-review";

describe("selling", () => {
  let browser, server;
  before(async () => ([browser, server] = [await startBrowser(), await startServer()]));
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Fills in the order and holds the nth opening that is shown. */
  async function hold(page, email, nth = 0, name = "Tomasz Wrona") {
    await page.goto(`${server.origin}${SESSION}`);
    await page.locator(".slot input").nth(nth).check({ force: true });
    await page.getByLabel("Your name").fill(name);
    await page.getByLabel("Email").fill(email);
    await page.getByLabel(/I accept this policy/).check();
    await page.getByRole("button", { name: "Hold the time and pay €140.00" }).click();
    await page.getByRole("heading", { name: "Pay", exact: true }).waitFor();
  }

  async function pay(page, card) {
    await page.getByLabel("Card number").fill(card);
    await page.getByRole("button", { name: "Pay", exact: true }).click();
  }

  async function confirmed(page) {
    // The page looks again by itself while a booking is made. To load it beside that would be two ways at once.
    await page.getByText("Paid and confirmed").first().waitFor({ timeout: 30_000 });
  }

  for (const [name, scripts, width] of [["with scripts", true, 1440], ["without scripts", false, 360]]) {
    it(`a stranger books ${name}: declined, asked by the bank, confirmed, mailed, and cancels for all of it`, async () => {
      const page = await openWindow(browser, { scripts, width });
      const email = `tomasz-${scripts}@example.com`;
      await page.goto(`${server.origin}/b/bruno-costa`);
      await page.getByRole("link", { name: "Pricing review" }).click();
      await page.getByRole("heading", { name: "Choose an opening" }).waitFor();
      // Sent empty: what is missing is said beside each field, and nothing is lost.
      await page.getByLabel("Your name").fill("Tomasz Wrona");
      await page.getByLabel("Email").evaluate((field) => field.removeAttribute("required"));
      await page.getByRole("button", { name: "Hold the time and pay €140.00" }).click();
      await page.locator("p.error", { hasText: "Choose a time." }).waitFor();
      assert.equal(await page.getByLabel("Your name").inputValue(), "Tomasz Wrona");
      await hold(page, email, scripts ? -1 : -2);
      await pay(page, "4000 0000 0000 0002");
      await page.getByText("Your card was declined.").waitFor();
      await pay(page, "4000 0025 0000 3155");
      await page.getByRole("button", { name: "Complete authentication" }).click();
      await page.waitForURL(`${server.origin}/bookings/*`);
      await confirmed(page);
      await page.getByText("Visa ending 3155").waitFor();
      const own = page.url().split("?")[0];
      const mails = await openWindow(browser, { scripts: false });
      await until(async () => {
        await mails.goto(`${server.origin}/dev/mail`);
        return (await mails.getByText(own).count()) > 0;
      }, "the mail with the link");
      await mails.getByText(/Booked: Pricing review/).first().waitFor();
      const file = await page.request.get(`${own}/session.ics`);
      assert.match(await file.text(), /BEGIN:VEVENT[\s\S]*STATUS:CONFIRMED/);
      await page.getByRole("link", { name: "Cancel and get €140.00 back…" }).click();
      await page.getByText("All of it: €140.00.").waitFor();
      await page.getByRole("button", { name: "Cancel and get €140.00 back" }).click();
      await page.getByText("It is cancelled.").waitFor();
      await until(async () => {
        await page.goto(own);
        return (await page.getByText("Cancelled and refunded").count()) > 0;
      }, "the refund");
      assert.deepEqual(page.problems, []);
    });
  }

  it("a payment that is left alone keeps the time for half an hour, and can be gone back to or given up", async () => {
    const page = await openWindow(browser);
    await hold(page, "ida@example.com", -3);
    await page.getByRole("link", { name: "Back without paying" }).click();
    await page.getByText(/Held for you until/).waitFor();
    await page.getByRole("link", { name: "Pay €140.00 at Stripe" }).click();
    await page.getByRole("heading", { name: "Pay", exact: true }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "Cancel it…" }).click();
    await page.getByText("Nothing, because nothing was paid yet.").waitFor();
    await page.getByRole("button", { name: "Cancel it" }).click();
    await page.getByText("It is cancelled.").waitFor();
  });

  it("a builder sees who booked, gives money back after they proved themselves, and cancels", async () => {
    const client = await openWindow(browser);
    await hold(client, "eva@example.com", -4, "Eva Lind");
    await pay(client, "4242 4242 4242 4242");
    await client.waitForURL(`${server.origin}/bookings/*`);
    await confirmed(client);
    const page = await openWindow(browser, { scripts: false });
    await signIn(page, server.origin, BUILDER.email, BUILDER.password);
    await page.goto(`${server.origin}/builder`);
    await page.getByText("You can sell.").or(page.getByText("Your next session is")).first().waitFor();
    await page.getByRole("row", { name: /Eva Lind.*Paid and confirmed/ }).getByRole("link").click();
    await page.getByLabel("How much").fill("40");
    await page.getByLabel("Why").selectOption("goodwill");
    await page.getByRole("button", { name: /Refund up to €140.00/ }).click();
    await page.getByText("The money is on its way back.").waitFor();
    await until(async () => {
      await page.reload();
      return (await page.getByText("Given back €40.00").count()) > 0;
    }, "the refund");
    await page.getByRole("link", { name: "Cancel this booking…" }).click();
    await page.getByText("€100.00, which is everything that is left").waitFor();
    await page.getByRole("button", { name: "Cancel and give €100.00 back" }).click();
    await page.getByText("It is cancelled.").waitFor();
    await until(async () => {
      await page.reload();
      return (await page.getByText("Cancelled and refunded").count()) > 0;
    }, "the rest");
    await client.reload();
    await client.getByText("Cancelled by the host").waitFor();
  });

  it("a builder makes a session, opens it, and everybody finds it", async () => {
    const page = await openWindow(browser, { scripts: false, width: 360 });
    await signIn(page, server.origin, BUILDER.email, BUILDER.password);
    await page.goto(`${server.origin}/builder/sessions`);
    await page.getByRole("link", { name: "New session" }).click();
    await page.getByLabel("Event type at Calendly").selectOption({ label: "Quick question, 20 min" });
    await page.getByLabel("Title").fill("Office hour");
    await page.getByLabel("Price", { exact: true }).fill("0.10");
    await page.getByLabel(/Strict/).check();
    await page.getByRole("button", { name: "Save session" }).click();
    await page.getByText("Stripe charges €0.50 at least.").waitFor();
    assert.equal(await page.getByLabel("Title").inputValue(), "Office hour");
    await page.getByLabel("Price", { exact: true }).fill("12.50");
    await page.getByRole("button", { name: "Save session" }).click();
    await page.getByRole("button", { name: /Open it for booking.*Office hour/ }).click();
    await page.getByText("It can be booked now.").waitFor();
    await page.goto(`${server.origin}/b/bruno-costa`);
    await page.getByRole("link", { name: "Office hour" }).click();
    await page.getByText("€12.50").first().waitFor();
  });

  it("what an event type asks is answered before it is paid, and the builder reads it", async () => {
    const builder = await openWindow(browser, { scripts: false });
    await signIn(builder, server.origin, BUILDER.email, BUILDER.password);
    await builder.goto(`${server.origin}/builder/sessions/new`);
    await builder.getByLabel("Event type at Calendly").selectOption({ label: "With homework, 60 min" });
    await builder.getByLabel("Title").fill("Homework read");
    await builder.getByLabel("Price", { exact: true }).fill("60");
    await builder.getByLabel(/Flexible/).check();
    await builder.getByLabel(/Stripe makes an invoice/).check();
    await builder.getByRole("button", { name: "Save session" }).click();
    await builder.getByRole("button", { name: /Open it for booking.*Homework read/ }).click();

    const page = await openWindow(browser, { scripts: false, width: 360 });
    await page.goto(`${server.origin}/b/bruno-costa`);
    await page.getByRole("link", { name: "Homework read" }).click();
    await page.locator(".slot input").nth(-6).check({ force: true });
    await page.getByLabel("Your name").fill("Ida Berg");
    await page.getByLabel("Email").fill("ida.berg@example.com");
    await page.getByLabel("Prices").check();
    await page.getByLabel(/I accept this policy/).check();
    await page.getByLabel("What is it about?").evaluate((field) => field.removeAttribute("required"));
    await page.getByRole("button", { name: "Hold the time and pay €60.00" }).click();
    await page.getByText("Your host needs an answer to this.").waitFor();
    assert.ok(await page.getByLabel("Prices").isChecked(), "what was ticked stays ticked");
    await page.getByLabel("What is it about?").fill("Chapter two");
    await page.getByRole("button", { name: "Hold the time and pay €60.00" }).click();
    await page.getByRole("heading", { name: "Pay", exact: true }).waitFor();
    await pay(page, "4242 4242 4242 4242");
    await page.waitForURL(`${server.origin}/bookings/*`);
    await confirmed(page);
    await builder.goto(`${server.origin}/builder/bookings`);
    await builder.getByRole("row", { name: /Ida Berg/ }).getByRole("link").click();
    await builder.getByText("Chapter two").waitFor();
    await builder.getByText("Which of these?").waitFor();
  });

  for (const [width, scheme] of [[1440, "light"], [768, "dark"], [360, "light"], [360, "dark"]]) {
    it(`its pages hold WCAG 2.2 AA and cut nothing off at ${width} px, ${scheme}`, async () => {
      const client = await openWindow(browser, { scripts: true, width, scheme, bypassCSP: true });
      await hold(client, `axe-${width}-${scheme}@example.com`, -5);
      await pay(client, "4242 4242 4242 4242");
      await client.waitForURL(`${server.origin}/bookings/*`);
      await confirmed(client);
      const own = new URL(client.url()).pathname;
      const builder = await openWindow(browser, { scripts: true, width, scheme, bypassCSP: true });
      await signIn(builder, server.origin, BUILDER.email, BUILDER.password);
      await builder.goto(`${server.origin}/builder/bookings`);
      const booking = await builder.locator("tbody th a").first().getAttribute("href");
      await builder.goto(`${server.origin}/builder/sessions`);
      const session = await builder.locator("tbody th a").first().getAttribute("href");
      const paths = [
        [client, "/b/bruno-costa"], [client, SESSION], [client, own], [client, `${own}/cancel`], [builder, "/builder"], [builder, "/builder/bookings"], [builder, booking],
        [builder, `${booking}/cancel`], [builder, "/builder/sessions"], [builder, session], [builder, "/builder/sessions/new"], [builder, "/builder/profile"], [builder, "/builder/connect"],
        [builder, "/app/bookings"],
      ];
      for (const [page, path] of paths) {
        await page.goto(server.origin + path);
        await page.waitForLoadState("networkidle");
        await page.evaluate(axe);
        const found = await page.evaluate(async () => (await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })).violations);
        assert.deepEqual(found.map((violation) => [path, violation.id, violation.nodes[0].html, violation.nodes[0].failureSummary]), []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${path.replace(own, "own").replace(booking, "booking").replace(session, "session").replaceAll("/", "_")}-${width}-${scheme}.png`, fullPage: true });
      }
    });
  }
});

// A builder connects Calendly with scripts off, sees what can be sold, and gives it up; no user sees the page.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startServer } from "./support/server.mjs";
import { BUILDER, USER, openWindow, signIn, startBrowser } from "./support/browser.mjs";

describe("Calendly", () => {
  let browser, server;
  before(async () => ([browser, server] = [await startBrowser(), await startServer()]));
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const sandboxSays = (what) =>
    fetch(`${server.sandbox}/control/calendly`, { method: "POST", redirect: "manual", body: new URLSearchParams({ account: "New offer", what }) });

  it("is connected by a builder, told of when it fails, and given up", async () => {
    const page = await openWindow(browser, { scripts: false, width: 360 });
    await signIn(page, server.origin, BUILDER.email, BUILDER.password);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("link", { name: "Calendly" }).click();
    // The demo builder has an account already.
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("Disconnected,").waitFor();
    await page.getByText("With a personal token instead").click();
    await page.getByLabel("Personal access token").fill("not-a-token-of-theirs");
    await page.getByRole("button", { name: "Connect Calendly" }).click();
    await page.getByText("Calendly does not know this token.").waitFor();
    await page.getByLabel("Personal access token").fill("sandbox-calendly-token");
    await page.getByRole("button", { name: "Connect Calendly" }).click();
    await page.getByText("Your Calendly account is connected").waitFor();
    await page.getByRole("row", { name: /Consultation.*can be sold/ }).waitFor();
    await page.getByRole("row", { name: /Paid in Calendly.*your client would pay twice/ }).waitFor();
    await sandboxSays("revoke");
    await page.getByRole("button", { name: "Read it now" }).click();
    await page.getByText("Calendly lets Kairos in no more").waitFor();
    await page.getByText("Consultation").waitFor();
    await sandboxSays("restore");
    await page.getByText("With a personal token instead").click();
    await page.getByLabel("Personal access token").fill("sandbox-calendly-token");
    await page.getByRole("button", { name: "Use this token" }).click();
    await page.getByText("Your Calendly account is connected").waitFor();
    assert.equal(await page.getByText("Calendly lets Kairos in no more").count(), 0);
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("Disconnected,").waitFor();
    await page.getByRole("heading", { name: "Connect your account" }).waitFor();

    // By consent, which is declined first.
    await page.getByRole("link", { name: "Continue at Calendly" }).click();
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByText("You declined on Calendly’s page.").waitFor();
    await page.getByRole("link", { name: "Continue at Calendly" }).click();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByText("Your Calendly account is connected").waitFor();
    await page.getByRole("row", { name: /Consultation.*can be sold/ }).waitFor();
    await sandboxSays("revoke_consents");
    await page.getByRole("button", { name: "Read it now" }).click();
    await page.getByText("Calendly lets Kairos in no more").waitFor();
    await page.getByRole("link", { name: "Continue at Calendly" }).click();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByText("Your Calendly account is connected").waitFor();
    await page.getByText("gives the permission back").waitFor();

    const user = await openWindow(browser, { scripts: false });
    await signIn(user, server.origin, USER.email, USER.password);
    assert.equal(await user.getByRole("link", { name: "Calendly" }).count(), 0);
    const reply = await user.goto(`${server.origin}/builder/connect`);
    assert.equal(reply.status(), 404);
  });
});

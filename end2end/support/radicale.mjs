// A real CalDAV server that nobody here wrote: Radicale, with passwords and awkward calendars.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, freePort } from "./server.mjs";
import { until } from "./browser.mjs";

const PYTHON = process.env.RADICALE ?? `${process.env.XDG_CACHE_HOME ?? `${process.env.HOME}/.cache`}/kairos/radicale/bin/python`;

/** Starts it with one account, `noor` / `app-password-1`, and one calendar named Choir. */
export async function startRadicale() {
  const port = await freePort();
  const data = folder();
  writeFileSync(join(data, "users"), "noor:app-password-1\n");
  writeFileSync(join(data, "config"), `[server]
hosts = 127.0.0.1:${port}
[auth]
type = htpasswd
htpasswd_filename = ${join(data, "users")}
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = ${join(data, "collections")}
[logging]
level = warning
`);
  const child = spawn(PYTHON, ["-m", "radicale", "--config", join(data, "config")], { stdio: "ignore" });
  const origin = `http://localhost:${port}`;
  const authorization = `Basic ${Buffer.from("noor:app-password-1").toString("base64")}`;
  const dav = (method, path, body, type = "text/calendar; charset=utf-8") =>
    fetch(`${origin}${path}`, { method, body, headers: { authorization, "content-type": type } });
  await until(() => fetch(origin).then(() => true, () => false), "an answer of Radicale");
  const made = await dav("MKCALENDAR", "/noor/choir/", `<?xml version="1.0"?><c:mkcalendar xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>Choir &amp; friends</displayname></prop></set></c:mkcalendar>`, "application/xml");
  if (made.status !== 201) throw new Error(`MKCALENDAR answered ${made.status}`);
  return {
    origin,
    async put(name, lines) {
      const body = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//made for the test//EN", ...lines, "END:VCALENDAR", ""].join("\r\n");
      const response = await dav("PUT", `/noor/choir/${name}.ics`, body);
      if (response.status !== 201) throw new Error(`PUT ${name} answered ${response.status}`);
    },
    async stop() {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
    },
  };
}

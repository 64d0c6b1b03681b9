// Real CalDAV servers that nobody here wrote: Radicale (with passwords) and Xandikos (without), and a front that sends people on.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { folder, freePort } from "./server.mjs";
import { until } from "./browser.mjs";

const PYTHON = process.env.CALDAV_PYTHON ?? `${process.env.XDG_CACHE_HOME ?? `${process.env.HOME}/.cache`}/kairos/caldav/bin/python`;
const NAME = `<?xml version="1.0"?><c:mkcalendar xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>Choir &amp; friends</displayname></prop></set></c:mkcalendar>`;

/** Waits for a server and gives it one calendar named Choir & friends, at `calendar`. */
async function prepared(child, origin, calendar) {
  const authorization = `Basic ${Buffer.from("noor:app-password-1").toString("base64")}`;
  const dav = (method, path, body, type = "text/calendar; charset=utf-8") =>
    fetch(`${origin}${path}`, { method, body, headers: { authorization, "content-type": type } });
  await until(() => fetch(origin).then(() => true, () => false), "an answer of the CalDAV server");
  const made = await dav("MKCALENDAR", calendar, NAME, "application/xml");
  if (made.status !== 201) throw new Error(`MKCALENDAR answered ${made.status}`);
  return {
    origin,
    async put(name, lines) {
      const body = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//made for the test//EN", ...lines, "END:VCALENDAR", ""].join("\r\n");
      const response = await dav("PUT", `${calendar}${name}.ics`, body);
      if (![201, 204].includes(response.status)) throw new Error(`PUT ${name} answered ${response.status}`);
    },
    async remove(name) {
      const response = await dav("DELETE", `${calendar}${name}.ics`);
      if (![200, 204].includes(response.status)) throw new Error(`DELETE ${name} answered ${response.status}`);
    },
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

/** Radicale with one account, `noor` / `app-password-1`. */
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
  return prepared(child, `http://localhost:${port}`, "/noor/choir/");
}

/** Xandikos, which asks for no password. */
export async function startXandikos() {
  const port = await freePort();
  const data = join(folder(), "xandikos");
  mkdirSync(data);
  const child = spawn(PYTHON, ["-m", "xandikos", "serve", "-d", data, "--defaults", "-l", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  return prepared(child, `http://localhost:${port}`, "/user/calendars/choir/");
}

/** A host that knows only where the account lives: its well-known place redirects, its principal names a home set on another host. */
export async function startFront({ home, redirect }) {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push({ path: request.url, authorization: request.headers.authorization });
    if (request.url === "/.well-known/caldav") {
      response.writeHead(301, { location: redirect ?? "/principals/noor" });
      return response.end();
    }
    const answer = (property) => {
      response.writeHead(207, { "content-type": "application/xml; charset=utf-8" });
      response.end(`<?xml version="1.0"?><x:multistatus xmlns:x="DAV:" xmlns:y="urn:ietf:params:xml:ns:caldav"><x:response><x:href>${request.url}</x:href><x:propstat><x:prop>${property}</x:prop><x:status>HTTP/1.1 200 OK</x:status></x:propstat></x:response></x:multistatus>`);
    };
    answer(`<x:current-user-principal><x:href>/principals/noor</x:href></x:current-user-principal><y:calendar-home-set><x:href>${home}</x:href></y:calendar-home-set>`);
  });
  server.listen(await freePort(), "127.0.0.1");
  await once(server, "listening");
  return { origin: `http://localhost:${server.address().port}`, seen, stop: () => server.close() };
}

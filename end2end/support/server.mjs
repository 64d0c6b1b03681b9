// Starts the built server on free ports with a data folder of its own, and stops it.
import { spawn } from "node:child_process";
import { mkdtempSync, chmodSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Whatever happens to a test, its servers go with it; a private database goes with its server's own shutdown.
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGTERM");
});

const BINARY = process.env.KAIROS_BINARY ?? "target/debug/kairos";

/** A port nobody listens on right now. */
export async function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** A folder that the database's user can enter too. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "kairos-e2e-"));
  chmodSync(path, 0o755);
  return path;
}

/** Starts a server; resolves when it answers. `log()` is everything it wrote. */
export async function startServer(environment = {}, data = folder()) {
  const [web, sandbox, metrics] = [await freePort(), await freePort(), await freePort()];
  let log = "";
  const child = spawn(BINARY, [], {
    env: {
      ...process.env,
      APP_ENV: "development",
      LISTEN_ADDR: `127.0.0.1:${web}`,
      SANDBOX_ADDR: `127.0.0.1:${sandbox}`,
      METRICS_ADDR: `127.0.0.1:${metrics}`,
      DATA_DIR: data,
      OUTBOUND_ALLOW: "localhost,127.0.0.1",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.stdout.on("data", (chunk) => (log += chunk));
  child.stderr.on("data", (chunk) => (log += chunk));
  const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  const origin = `http://localhost:${web}`;
  await new Promise((resolve, reject) => {
    const look = () => {
      if (log.includes("Ctrl-C stops it")) resolve();
      else if (child.exitCode !== null) reject(new Error(`the server ended: ${log}`));
      else setTimeout(look, 25);
    };
    look();
  });
  return {
    origin,
    sandbox: `http://localhost:${sandbox}`,
    metrics: `http://localhost:${metrics}`,
    data,
    log: () => log,
    /** Nobody reads what it writes any more, as when the terminal it was started from is gone. */
    hangUp() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    async stop({ keep = false } = {}) {
      child.kill("SIGTERM");
      const code = await ended;
      if (!keep) rmSync(data, { recursive: true, force: true });
      return code;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

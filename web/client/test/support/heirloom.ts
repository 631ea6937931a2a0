import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binary =
  process.env.HEIRLOOM_BINARY ?? fileURLToPath(new URL("../../../../target/debug/heirloom", import.meta.url));

/** The real server with its own database. */
export class Heirloom {
  private child: ChildProcess | undefined;
  private log = "";

  private constructor(
    private readonly directory: string,
    private readonly settings: Record<string, string>,
    public port: number,
  ) {}

  /** Starts a server with these environment variables. */
  static async start(settings: Record<string, string> = {}): Promise<Heirloom> {
    if (!existsSync(binary)) throw new Error(`${binary} is missing; run \`cargo build\` first`);
    const directory = await mkdtemp(join(tmpdir(), "heirloom-web-"));
    // For root, Postgres runs as another user, which must be able to enter this directory.
    await chmod(directory, 0o755);
    const heirloom = new Heirloom(directory, settings, 0);
    await heirloom.launch();
    return heirloom;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Starts the process, after `stop` with the same port and data. */
  async launch() {
    const { PATH = "", TMPDIR } = process.env;
    const child = spawn(binary, ["serve"], {
      cwd: this.directory,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH,
        ...(TMPDIR && { TMPDIR }),
        HOME: this.directory,
        HEIRLOOM_DATA_DIR: join(this.directory, "data"),
        HEIRLOOM_BIND: `127.0.0.1:${this.port}`,
        HEIRLOOM_ADMIN_BIND: "off",
        HEIRLOOM_LOGIN_RATE: "off",
        HEIRLOOM_REFRESH_RATE: "off",
        ...this.settings,
      },
    });
    this.child = child;
    child.stderr.on("data", (text: Buffer) => (this.log += text.toString()));
    this.port = await new Promise<number>((resolve, reject) => {
      let output = "";
      child.stdout.on("data", (text: Buffer) => {
        output += text.toString();
        const port = /^Heirloom .*?http:\/\/\S+:(\d+)/m.exec(output)?.[1];
        if (port) resolve(Number(port));
      });
      child.once("exit", (code) => reject(new Error(`heirloom exited with ${String(code)}:\n${this.log}`)));
    });
  }

  /** Stops gracefully and keeps the data. */
  async stop() {
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }

  /** Runs another command, such as `session list`, while the server runs. Returns its output. */
  async run(...command: string[]): Promise<string> {
    const child = spawn(binary, command, {
      cwd: this.directory,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: process.env.PATH,
        HOME: this.directory,
        HEIRLOOM_DATA_DIR: join(this.directory, "data"),
        ...this.settings,
      },
    });
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`heirloom ${command.join(" ")} exited with ${String(code)}`);
    return output;
  }

  async remove() {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

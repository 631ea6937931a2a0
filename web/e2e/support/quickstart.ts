import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { installClient, repository } from "../../client/test/support/package.js";
import { filesOf } from "../../client/test/support/pages.js";

const run = promisify(execFile);
const installed = join(repository, "web/node_modules");
/** The address of Heirloom on the page. */
const HEIRLOOM = "127.0.0.1:8080";

/** A new app from the template of Vite, with the files that the quickstart shows, and Vite's development server. */
export class QuickstartApp {
  private vite: ChildProcess | undefined;
  url = "";

  private constructor(
    private readonly directory: string,
    readonly folder: string,
  ) {}

  static async create(): Promise<QuickstartApp> {
    const directory = await mkdtemp(join(tmpdir(), "heirloom-quickstart-"));
    const create = ["my-app", "--template", "react-ts", "--no-interactive"];
    await run(process.execPath, [join(installed, "create-vite/index.js"), ...create], { cwd: directory });
    const app = new QuickstartApp(directory, join(directory, "my-app"));
    // What `npm install` installs, from the packages of this workspace.
    await mkdir(join(app.folder, "node_modules"));
    for (const name of await readdir(installed)) {
      if (name !== "@heirloom" && !name.startsWith(".")) {
        await symlink(join(installed, name), join(app.folder, "node_modules", name));
      }
    }
    await installClient(join(app.folder, "node_modules/@heirloom/client"), directory);
    return app;
  }

  /** Writes the files of the quickstart. Heirloom listens on another port than on the page; `change` changes the code. */
  async write(port: number, change: (name: string, code: string) => string = (_, code) => code) {
    const files = filesOf(await readFile(join(repository, "docs/quickstart.md"), "utf8"));
    for (const [name, code] of Object.entries(files)) {
      const file = join(this.folder, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, change(name, code.replaceAll(HEIRLOOM, `127.0.0.1:${port}`)));
    }
  }

  /** Checks the types and builds the app, with the settings of the template. Returns the names of the scripts. */
  async build(): Promise<string[]> {
    const options = { cwd: this.folder };
    await run(process.execPath, ["node_modules/typescript/bin/tsc", "-b"], options);
    await run(process.execPath, ["node_modules/vite/bin/vite.js", "build"], options);
    return (await readdir(join(this.folder, "dist/assets"))).filter((name) => name.endsWith(".js"));
  }

  /** `npm run dev`, again with the same port. */
  async start() {
    const port = this.url ? ["--port", new URL(this.url).port, "--strictPort"] : [];
    const vite = spawn(process.execPath, ["node_modules/vite/bin/vite.js", ...port], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    this.vite = vite;
    this.url = await new Promise<string>((resolve, reject) => {
      let output = "";
      vite.stdout.on("data", (text: Buffer) => {
        output += text.toString();
        const url = /Local:\s+(http:\/\/localhost:\d+)\//.exec(output)?.[1];
        if (url) resolve(url);
      });
      vite.once("exit", (code) => reject(new Error(`vite exited with ${String(code)}:\n${output}`)));
    });
  }

  async stop() {
    const vite = this.vite;
    this.vite = undefined;
    if (!vite || vite.exitCode !== null) return;
    const exited = once(vite, "exit");
    vite.kill("SIGTERM");
    await exited;
  }

  async remove() {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { repository } from "../../client/test/support/package.js";

const installed = join(repository, "web/node_modules");

/** The server of `examples/websocket`, as Node runs it. */
export class LiveServer {
  private child: ChildProcess | undefined;
  port = 0;

  private constructor(
    private readonly directory: string,
    private readonly settings: Record<string, string>,
  ) {}

  /** Installs what its `package.json` names, and removes the types, as newer versions of Node do by themselves. */
  static async install(settings: Record<string, string>): Promise<LiveServer> {
    const directory = await mkdtemp(join(tmpdir(), "heirloom-live-"));
    const folder = join(repository, "examples/websocket");
    const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    await mkdir(join(directory, "node_modules/@heirloom"), { recursive: true });
    await mkdir(join(directory, "verify"));
    await promisify(execFile)(
      "npx",
      ["vite", "build", "--logLevel", "error", "--outDir", join(directory, "verify/dist")],
      {
        cwd: join(repository, "web/verify"),
      },
    );
    await symlink(join(repository, "web/verify/package.json"), join(directory, "verify/package.json"));
    await symlink(join(installed, "jose"), join(directory, "node_modules/jose"));
    for (const name of Object.keys(dependencies)) {
      const target = name === "@heirloom/verify" ? join(directory, "verify") : join(installed, name);
      await symlink(target, join(directory, "node_modules", name));
    }
    const source = await readFile(join(folder, "server.ts"), "utf8");
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
    const { outputText } = ts.transpileModule(source, { compilerOptions: options });
    await writeFile(join(directory, "server.mjs"), outputText);
    return new LiveServer(directory, settings);
  }

  async start() {
    const { PATH = "" } = process.env;
    const child = spawn(process.execPath, ["server.mjs"], {
      cwd: this.directory,
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH, PORT: String(this.port), ...this.settings },
    });
    this.child = child;
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    this.port = Number(/"port":(\d+)/.exec(line.toString())?.[1]);
  }

  async stop() {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null;
  }

  async remove() {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

// Prints a CycloneDX 1.6 document of what is in the binary: the crates that it links, and the npm packages that the web app
// bundles. Both come from the lock files. Crates that only build or test it are left out.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--locked", "--format-version", "1"], { encoding: "utf8", maxBuffer: 1 << 28 }),
);
const checksums = new Map(
  [...readFileSync("Cargo.lock", "utf8").matchAll(/name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"/g)].map(
    ([, name, version, sum]) => [`${name}@${version}`, sum],
  ),
);
const crates = new Map(metadata.packages.map((crate) => [crate.id, crate]));
const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
const purl = (id) => `pkg:cargo/${crates.get(id).name}@${crates.get(id).version}`;
const root = metadata.packages.find((crate) => crate.name === "heirloom").id;

const components = new Map();
const dependencies = new Map();

const licences = (expression) => (expression ? [{ expression: expression.replaceAll("/", " OR ") }] : undefined);

const visitCrate = (id) => {
  if (dependencies.has(purl(id))) return;
  const linked = nodes.get(id).deps.filter((dep) => dep.dep_kinds.some(({ kind, target }) => kind === null && isLinux(target)));
  dependencies.set(purl(id), linked.map((dep) => purl(dep.pkg)));
  const { name, version, license } = crates.get(id);
  const content = checksums.get(`${name}@${version}`);
  components.set(purl(id), {
    type: "library",
    "bom-ref": purl(id),
    name,
    version,
    licenses: licences(license),
    hashes: content && [{ alg: "SHA-256", content }],
    purl: purl(id),
  });
  for (const dep of linked) visitCrate(dep.pkg);
};

/** The targets that `make dist` builds are Linux. Conditions that name another system only are left out. */
function isLinux(target) {
  return target === null || !/windows|macos|apple|wasm|android|ios|wasi|redox|hermit/.test(target) || /not\(|linux|unix/.test(target);
}

visitCrate(root);

const lock = JSON.parse(readFileSync("web/package-lock.json", "utf8")).packages;
const visitPackage = (from, name) => {
  let folder = from;
  let path = `${folder}/node_modules/${name}`.replace(/^\//, "");
  while (!lock[path] && folder !== "") {
    folder = folder.replace(/\/?(node_modules\/(@[^/]+\/)?[^/]+|[^/]+)$/, "");
    path = `${folder}/node_modules/${name}`.replace(/^\//, "");
  }
  let entry = lock[path];
  if (entry?.link) {
    path = entry.resolved;
    entry = lock[path];
  }
  if (!entry) throw new Error(`web/package-lock.json has no ${name}`);
  const ref = `pkg:npm/${name.replace("@", "%40")}@${entry.version}`;
  if (dependencies.has(ref)) return ref;
  dependencies.set(ref, []);
  components.set(ref, {
    type: "library",
    "bom-ref": ref,
    name,
    version: entry.version,
    licenses: licences(entry.license),
    hashes: entry.integrity && [{ alg: "SHA-512", content: Buffer.from(entry.integrity.replace("sha512-", ""), "base64").toString("hex") }],
    purl: ref,
  });
  dependencies.set(ref, Object.keys(entry.dependencies ?? {}).map((dependency) => visitPackage(path, dependency)));
  return ref;
};
for (const name of Object.keys(lock.app.dependencies ?? {})) dependencies.get(purl(root)).push(visitPackage("app", name));

const self = components.get(purl(root));
components.delete(purl(root));
const sorted = [...components.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
const digest = createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
const document = {
  $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  // The same components give the same number.
  serialNumber: `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`,
  version: 1,
  metadata: {
    timestamp: new Date(1000 * Number(process.env.SOURCE_DATE_EPOCH ?? 0)).toISOString(),
    component: { ...self, type: "application" },
  },
  components: sorted,
  dependencies: [...dependencies].map(([ref, dependsOn]) => ({ ref, dependsOn: [...new Set(dependsOn)].sort() })),
};
console.log(JSON.stringify(document, null, 1));

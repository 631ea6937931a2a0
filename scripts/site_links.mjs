// Checks a built site: every link leads to a file and an anchor of it, and no page loads anything from another host.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const site = process.argv[2];
const files = readdirSync(site, { recursive: true }).map(String).filter((file) => statSync(join(site, file)).isFile());
const pages = new Map(
  files.filter((file) => file.endsWith(".html")).map((file) => [file, readFileSync(join(site, file), "utf8")]),
);
const anchors = new Map([...pages].map(([file, html]) => [file, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))]));
const known = new Set(files);
const problems = [];
let links = 0;

for (const [file, html] of pages) {
  // mdBook writes this page with the address of the site, which is not known here.
  if (file === "404.html") continue;
  for (const [, tag, attribute, address] of html.matchAll(/<(\w+)[^>]*?\s(href|src)="([^"]*)"/g)) {
    const isElsewhere = /^([a-z]+:|\/\/)/.test(address);
    if (isElsewhere && tag === "a") continue;
    links += 1;
    const [path, anchor] = address.split("#").map(decodeURIComponent);
    const target = path === "" ? file : normalize(join(dirname(file), path));
    if (isElsewhere) problems.push(`${file}: <${tag} ${attribute}> loads ${address}`);
    else if (!known.has(target)) problems.push(`${file}: there is no ${address}`);
    else if (anchor && !anchors.get(target)?.has(anchor)) problems.push(`${file}: ${address} has no such heading`);
  }
}
if (pages.size < 10 || links < 100) problems.push(`only ${pages.size} pages and ${links} links were found`);
for (const problem of problems) console.error(problem);
console.log(`${pages.size} pages, ${links} links, ${problems.length} broken`);
process.exit(problems.length === 0 ? 0 : 1);

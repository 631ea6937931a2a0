import { fileURLToPath } from "node:url";

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The packages of this workspace, from their sources. */
export const SOURCES = [
  { find: /^@heirloom\/client$/, replacement: pathOf("../../client/src/index.ts") },
  { find: /^@heirloom\/client\/(.*)/, replacement: pathOf("../../client/src/$1.ts") },
  { find: /^@heirloom\/verify$/, replacement: pathOf("../../verify/src/index.ts") },
];

// Installs the fonts and browser libraries of package-lock.json and copies the
// few files that the pages use into vendor/, which the Go package embeds.
//
//   node web/install.mjs           does nothing when vendor/ is up to date
//
// npm works in .npm/, a folder that Go does not look into.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(fileURLToPath(import.meta.url));
const work = join(web, ".npm");
const vendor = join(web, "vendor");

// vendor/ file → file of a package
const files = {
  "source-sans-3-latin.woff2": "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2",
  "source-sans-3-latin-ext.woff2": "@fontsource-variable/source-sans-3/files/source-sans-3-latin-ext-wght-normal.woff2",
  "source-sans-3-latin-italic.woff2": "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-italic.woff2",
  "source-serif-4-latin.woff2": "@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-normal.woff2",
  "source-serif-4-latin-ext.woff2": "@fontsource-variable/source-serif-4/files/source-serif-4-latin-ext-opsz-normal.woff2",
  "htmx.min.js": "htmx.org/dist/htmx.min.js",
};

const lock = readFileSync(join(web, "package-lock.json"));
const script = readFileSync(fileURLToPath(import.meta.url));
const stamp = createHash("sha256").update(lock).update(script).digest("hex");
const stampFile = join(work, "installed");
const current = existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;
if (current && Object.keys(files).every((f) => existsSync(join(vendor, f)))) {
  process.exit(0);
}

mkdirSync(work, { recursive: true });
for (const f of ["package.json", "package-lock.json"]) copyFileSync(join(web, f), join(work, f));
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const run = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], { cwd: work, stdio: "inherit" });
if (run.status !== 0) {
  console.error("npm ci failed in " + work);
  process.exit(run.status ?? 1);
}
for (const [to, from] of Object.entries(files)) copyFileSync(join(work, "node_modules", from), join(vendor, to));
writeFileSync(stampFile, stamp);
console.log("web/vendor is up to date");

// Copies what the browser needs from the npm packages into platform/linggong/web/static/vendor/ (ignored by git).
// Every file carries a hash of its content in its name, so that pages may be cached for ever; manifest.json maps
// the logical name that a page asks for ("bootstrap.css") to that file.
//
// Packages under "tarballs" in package.json are fetched one file at a time instead of installed: the browser build
// of the API reference stands alone, but installing its package would bring 270 others (390 MB) along.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { transform } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "platform/linggong/web/static/vendor");
const fresh = `${target}.new`;
// The oldest browsers on clerks' desks (requirements: Chromium 86 class).
const browsers = "chrome80";
const noto = "@expo-google-fonts/noto-sans-sc";

const fromPackage = (path) => readFileSync(join(root, "node_modules", path));
const withoutSourceMap = (bytes) => bytes.toString("utf8").replace(/\n?(\/\/|\/\*)[#@] sourceMappingURL=.*\s*$/, "\n");

/** Bytes of one file of a package that is fetched, checked against its integrity and not installed. */
function fromTarball(spec, { integrity, use }) {
  const folder = mkdtempSync(join(tmpdir(), "linggong-assets-"));
  try {
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    execFileSync(npm, ["pack", spec, "--silent", "--pack-destination", folder], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const packed = readFileSync(join(folder, readdirSync(folder)[0]));
    const [algorithm, expected] = integrity.split(/-(.*)/s);
    if (createHash(algorithm).update(packed).digest("base64") !== expected) {
      throw new Error(`${spec}: what was fetched does not match the integrity in package.json`);
    }
    const tar = gunzipSync(packed);
    const { license } = JSON.parse(fromTar(tar, "package/package.json"));
    return { file: fromTar(tar, `package/${use}`), license };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One member of a tar archive; blocks of 512 bytes, the name in the first 100, the size in octal at 124. */
function fromTar(tar, name) {
  for (let at = 0; at + 512 <= tar.length; ) {
    const text = (from, length) => tar.toString("utf8", at + from, at + from + length).split("\0", 1)[0];
    const size = Number.parseInt(text(124, 12).trim() || "0", 8);
    const prefix = text(345, 155);
    if ((prefix ? `${prefix}/` : "") + text(0, 100) === name) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`no ${name} in the archive`);
}

/** One sprite of the icons named in scripts/icons.txt: <use href="...#name"> draws one. */
function sprite() {
  const names = readFileSync(join(root, "scripts/icons.txt"), "utf8").split("\n").filter(Boolean);
  const symbols = names.map((name) => {
    const svg = fromPackage(`bootstrap-icons/icons/${name}.svg`).toString("utf8");
    const [, box] = svg.match(/viewBox="([^"]+)"/);
    const [, inside] = svg.match(/<svg[^>]*>([\s\S]*)<\/svg>/);
    return `<symbol id="${name}" viewBox="${box}" fill="currentColor">${inside.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

const [[spec, tarball]] = Object.entries(JSON.parse(readFileSync(join(root, "package.json"))).tarballs);
const scalar = fromTarball(spec, tarball);
// Wrapped, because the helpers that esbuild adds for old browsers would otherwise become globals of the page.
const htmx = await transform(`${fromPackage("htmx.org/dist/htmx.js")}\nwindow.htmx = htmx;`, {
  minify: true,
  format: "iife",
  target: browsers,
});

const files = {
  "bootstrap.css": withoutSourceMap(fromPackage("bootstrap/dist/css/bootstrap.min.css")),
  "bootstrap.js": withoutSourceMap(fromPackage("bootstrap/dist/js/bootstrap.bundle.min.js")),
  "htmx.js": htmx.code,
  "echarts.js": fromPackage("echarts/dist/echarts.min.js"),
  "icons.svg": sprite(),
  "scalar.js": withoutSourceMap(scalar.file),
  // Not for pages: what contracts are set in, so that a machine without Chinese fonts prints them alike.
  "fonts/noto-sans-sc.ttf": fromPackage(`${noto}/400Regular/NotoSansSC_400Regular.ttf`),
  "fonts/noto-sans-sc-bold.ttf": fromPackage(`${noto}/700Bold/NotoSansSC_700Bold.ttf`),
};

const licenses = ["bootstrap", "bootstrap-icons", "htmx.org", "echarts"].map((name) => [
  name,
  fromPackage(`${name}/LICENSE`).toString("utf8"),
]);
licenses.push([noto, fromPackage(`${noto}/LICENSE_FONT`).toString("utf8")]);
licenses.push([spec, `Licence: ${scalar.license}`]);

// Built beside its place and moved in whole: a reader of manifest.json never meets half of it.
rmSync(fresh, { recursive: true, force: true });
mkdirSync(join(fresh, "fonts"), { recursive: true });
const manifest = {};
for (const [name, content] of Object.entries(files)) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  manifest[name] = name.replace(/\.(\w+)$/, `.${hash}.$1`);
  writeFileSync(join(fresh, manifest[name]), content);
}
writeFileSync(join(fresh, "LICENSES.txt"), licenses.map(([name, text]) => `${name}\n\n${text.trim()}\n`).join("\n\n"));
writeFileSync(join(fresh, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
rmSync(target, { recursive: true, force: true });
renameSync(fresh, target);
console.log(`${Object.keys(manifest).length} browser assets in ${target.slice(root.length + 1)}`);

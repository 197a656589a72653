// Writes ../world.json: countries as SVG paths in a 1000 x 490 Natural Earth projection, from Natural Earth's borders.
// Countries too small for the coarse borders become a point. Run by `npm install && npm run build` in this folder.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { geoNaturalEarth1, geoPath } from "d3-geo";
import { feature } from "topojson-client";

const read = (scale) =>
  feature(...(() => {
    const topology = JSON.parse(readFileSync(`node_modules/world-atlas/countries-${scale}.json`, "utf8"));
    return [topology, topology.objects.countries];
  })()).features.filter((country) => country.properties.name !== "Antarctica");

const coarse = read("110m");
const projection = geoNaturalEarth1().fitSize([1000, 490], { type: "FeatureCollection", features: coarse });
const path = geoPath(projection).digits(1);
const shapes = coarse.map((country) => ({ numeric: country.id ?? null, name: country.properties.name, path: path(country) }));
const known = new Set(shapes.map((shape) => shape.numeric));
for (const country of read("50m")) {
  if (country.id === undefined || known.has(country.id)) continue;
  const [x, y] = path.centroid(country);
  shapes.push({ numeric: country.id, name: country.properties.name, x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 });
}
writeFileSync("../world.json", JSON.stringify(shapes));
for (const name of ["dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"]) {
  const target = name === "LICENSE" ? "uPlot.LICENSE" : name.replace("dist/", "");
  copyFileSync(`node_modules/uplot/${name}`, `../static/vendor/${target}`);
}
copyFileSync("node_modules/world-atlas/LICENSE", "../static/vendor/world-atlas.LICENSE");

// Cuts the four model files out of @mediapipe/face_mesh's packed assets: node unpack_models.mjs PACKAGE_DIR OUT_DIR
// The loader script beside the data holds the table of contents as JSON: {"files":[{"filename","start","end"}, …]}.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [packageDir, outDir] = process.argv.slice(2);
const stem = join(packageDir, 'face_mesh_solution_packed_assets');
const data = readFileSync(`${stem}.data`);
const table = readFileSync(`${stem}_loader.js`, 'utf8').match(/loadPackage\((\{.*?"files".*?\})\)/s);
if (!table) throw new Error(`${stem}_loader.js: no table of contents`);

for (const { filename, start, end } of JSON.parse(table[1]).files) {
  if (!(start >= 0 && start < end && end <= data.length)) throw new Error(`${filename}: outside the data file`);
  const path = join(outDir, basename(filename));
  writeFileSync(`${path}.part`, data.subarray(start, end));
  renameSync(`${path}.part`, path);
}

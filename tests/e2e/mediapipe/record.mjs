// Records what the official MediaPipe Face Mesh (npm @mediapipe/face_mesh, in headless Chromium) answers for
// our sample pictures, as golden files for the C++ tests. See README.md.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../../..');
const packageName = '@mediapipe/face_mesh';
const packageDir = dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
const packageVersion = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')).version;

const models = { plain: { refine: false, points: 468 }, attention: { refine: true, points: 478 } };
const faceFolders = ['photos', 'groups', 'dlib_train', 'wider', 'landmarks68', 'aflw2000', 'negative'];
const maxNumFaces = 20;
const maxFileBytes = 1.4e6;

// Two runs of one picture, in different company, may differ by this much before recording stops.
const sameAnswerPx = 0.02;
// --check: the median point distance to the golden file, in parts of the inter-ocular distance.
const checkTolerance = 0.002;
const checkedFiles = [
  'samples/astronaut.png',
  'photos/obama.jpg',
  'photos/obama_partial_face.jpg',
  'aflw2000/image00251.jpg',
  'wider/12_Group_Group_12_Group_Group_12_12.jpg',
  'negative/dogs.jpg',
];

const video = {
  golden: 'attention/video_pexels00.json',
  file: 'videos/pexels_video00.mp4',
  frames: 60,
  maxNumFaces: 4,
  fps: 25,
};

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    video: { type: 'boolean', default: false },
    data: { type: 'string', default: join(root, '../shared/data') },
    out: { type: 'string', default: join(root, 'tests/data/mediapipe') },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    'no-sandbox': { type: 'boolean', default: process.getuid?.() === 0 },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const usage = `node record.mjs            record the pictures, both models
node record.mjs --video    record the video sequence (needs ffmpeg)
node record.mjs --check    re-run a few pictures and compare with the golden files (--all: every picture)
  --data DIR      the sample data (default ../shared/data beside the repository)
  --out DIR       the golden files (default tests/data/mediapipe)
  --chromium EXE  the browser (default /usr/bin/chromium)
  --no-sandbox    run Chromium without its sandbox (the default for root, who cannot have one)`;

const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Pictures by golden file name: { samples: [{file, path}], photos: [...], ... }. */
function findPictures() {
  const folders = {};
  const astronaut = join(root, 'samples/astronaut.png');
  if (existsSync(astronaut)) folders.samples = [{ file: 'samples/astronaut.png', path: astronaut }];
  for (const folder of faceFolders) {
    const dir = join(options.data, 'faces', folder);
    if (!existsSync(dir)) continue;
    folders[folder] = readdirSync(dir)
      .filter((name) => /\.(jpe?g|png)$/i.test(name))
      .sort()
      .map((name) => ({ file: `${folder}/${name}`, path: join(dir, name) }));
  }
  return folders;
}

/** Serves the page, the package and, at /picture/<number>, the pictures registered with `share`. Loopback only. */
async function serve() {
  const shared = [];
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
  const send = (response, path) => {
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' });
    response.end(readFileSync(path));
  };
  const packageFiles = new Set(readdirSync(packageDir));
  const server = createServer((request, response) => {
    const [, kind, name] = new URL(request.url, 'http://localhost').pathname.split('/');
    if (kind === '') send(response, join(here, 'page.html'));
    else if (kind === 'package' && packageFiles.has(name)) send(response, join(packageDir, name));
    else if (kind === 'picture' && shared[Number(name)]) send(response, shared[Number(name)]);
    else response.writeHead(404).end();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    share: (path) => `/picture/${shared.push(path) - 1}`,
    stop: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }),
  };
}

/** Opens the page in Chromium on its software renderer, calls `work(recorder)`, and closes everything. */
async function withRecorder(work) {
  const server = await serve();
  let browser;
  try {
    browser = await chromium.launch({
      executablePath: options.chromium,
      headless: true,
      chromiumSandbox: !options['no-sandbox'],
      args: [
        '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist',
        '--force-color-profile=srgb', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ],
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    const problems = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => { if (process.env.VERBOSE) console.error(`page: ${message.text()}`); });
    await page.goto(server.address);
    const check = (result) => {
      if (problems.length) throw new Error(`in the page: ${problems.join('; ')}`);
      return result;
    };
    await work({
      start: async (model, faces) =>
        check(await page.evaluate(([refine, n]) => start(refine, n), [models[model].refine, faces])),
      run: async (path, how) =>
        check(await page.evaluate(([url, how]) => run(url, how), [server.share(path), how])),
    });
  } finally {
    await browser?.close();
    await server.stop();
  }
}

/** Largest difference of a coordinate between two answers; infinity if they hold different faces. */
function difference(a, b) {
  if (a.faces.length !== b.faces.length) return Infinity;
  let largest = 0;
  a.faces.forEach((face, i) => face.forEach((value, k) => {
    largest = Math.max(largest, Math.abs(value - b.faces[i][k]));
  }));
  return largest;
}

/** Distance of the outer eye corners, points 33 and 263. */
function interOcular(face) {
  return Math.hypot(face[33 * 3] - face[263 * 3], face[33 * 3 + 1] - face[263 * 3 + 1]);
}

/** Median over the points of the distance in the picture, over the inter-ocular distance of `expected`. */
function medianError(expected, actual) {
  const distances = [];
  for (let i = 0; i < expected.length; i += 3) {
    distances.push(Math.hypot(expected[i] - actual[i], expected[i + 1] - actual[i + 1]));
  }
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] / interOcular(expected);
}

/** Compact JSON with one face a line. */
function format(head, listName, entries, decimals) {
  const scale = 10 ** decimals;
  const entryText = ({ faces, ...rest }) => {
    const lines = faces.map((face) => `{"landmarks":[${face.map((v) => Math.round(v * scale) / scale || 0).join(',')}]}`);
    const start = JSON.stringify(rest).slice(0, -1);
    return lines.length ? `${start},"faces":[\n${lines.join(',\n')}]}` : `${start},"faces":[]}`;
  };
  return `${JSON.stringify(head).slice(0, -1)},"${listName}":[\n${entries.map(entryText).join(',\n')}\n]}\n`;
}

function writeGolden(name, text) {
  if (text.length > maxFileBytes) throw new Error(`${name} would be ${text.length} bytes, more than ${maxFileBytes}`);
  const path = join(options.out, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const header = (model, more) => ({ package: `${packageName} ${packageVersion}`, model, points: models[model].points, ...more });

async function recordPictures(recorder) {
  const folders = findPictures();
  for (const name of ['samples', ...faceFolders]) {
    if (!folders[name]) throw new Error(`no pictures for ${name}: run scripts/setup, or give --data`);
  }
  const pictures = Object.values(folders).flat();
  for (const model of Object.keys(models)) {
    const pass = async (list) => {
      const answers = new Map();
      await recorder.start(model, maxNumFaces);
      for (const { file, path } of list) answers.set(file, await recorder.run(path, { reset: true }));
      return answers;
    };
    // Once in order and once backwards, each in a solution of its own: an answer must not depend on its company.
    const answers = await pass(pictures);
    const again = await pass([...pictures].reverse());
    let largest = 0;
    for (const { file } of pictures) {
      const d = difference(answers.get(file), again.get(file));
      largest = Math.max(largest, d);
      if (d > sameAnswerPx) throw new Error(`${model} ${file}: two runs differ by ${d} px`);
    }
    console.log(`${model}: two runs in opposite order differ by at most ${largest} px`);

    for (const [folder, list] of Object.entries(folders)) {
      const entries = list.map(({ file, path }) => {
        const { width, height, faces } = answers.get(file);
        return { file, sha256: sha256(path), width, height, faces };
      });
      writeGolden(`${model}/${folder}.json`, format(header(model, { max_faces: maxNumFaces }), 'pictures', entries, 2));
      const count = entries.reduce((sum, entry) => sum + entry.faces.length, 0);
      console.log(`${model} ${folder}: ${entries.length} pictures, ${count} faces`);
    }
  }
}

async function recordVideo(recorder) {
  const path = join(options.data, video.file);
  const scratch = mkdtempSync(join(tmpdir(), 'vigil-frames-'));
  try {
    const made = spawnSync('ffmpeg', [
      '-v', 'error', '-i', path, '-frames:v', String(video.frames), '-fps_mode', 'passthrough',
      '-sws_flags', 'bicubic+accurate_rnd+full_chroma_int', '-pix_fmt', 'rgb24', join(scratch, '%04d.png'),
    ], { stdio: 'inherit' });
    if (made.error || made.status !== 0) throw new Error(`ffmpeg: ${made.error ?? `exit ${made.status}`}`);
    const frames = readdirSync(scratch).sort();
    const pass = async () => {
      const answers = [];
      await recorder.start('attention', video.maxNumFaces);
      for (const [i, frame] of frames.entries()) {
        answers.push(await recorder.run(join(scratch, frame), { reset: i === 0, at: (i * 1000) / video.fps, hash: true }));
      }
      return answers;
    };
    const answers = await pass();
    const again = await pass();
    const largest = Math.max(...answers.map((answer, i) => difference(answer, again[i])));
    if (largest > sameAnswerPx) throw new Error(`two runs of the video differ by ${largest} px`);
    const { width, height } = answers[0];
    const head = header('attention', {
      max_faces: video.maxNumFaces, video: video.file.replace('videos/', ''), sha256: sha256(path), fps: video.fps, width, height,
    });
    const entries = answers.map(({ rgb, faces }, i) => ({ frame: i + 1, rgb_sha256: rgb, faces }));
    writeGolden(video.golden, format(head, 'frames', entries, 1));
    console.log(`${video.golden}: ${frames.length} frames, ${entries.map((e) => e.faces.length).join('')} faces, ` +
      `two runs differ by at most ${largest} px`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Re-runs pictures and compares. Returns whether everything checked agreed, and something was checked. */
async function checkGoldens(recorder) {
  const pictures = Object.entries(findPictures()).flatMap(([folder, list]) => list.map((p) => ({ ...p, folder })));
  const wanted = options.all ? pictures : pictures.filter(({ file }) => checkedFiles.includes(file));
  let failures = 0;
  for (const model of Object.keys(models)) {
    await recorder.start(model, maxNumFaces);
    for (const { file, path, folder } of wanted) {
      const golden = JSON.parse(readFileSync(join(options.out, model, `${folder}.json`), 'utf8'));
      const expected = golden.pictures.find((entry) => entry.file === file);
      let verdict;
      if (!expected || expected.sha256 !== sha256(path)) {
        verdict = 'FAILED: not the picture that was recorded';
      } else {
        const actual = await recorder.run(path, { reset: true });
        const sameShape = actual.width === expected.width && actual.height === expected.height &&
          actual.faces.length === expected.faces.length;
        const worst = sameShape
          ? Math.max(0, ...expected.faces.map((face, i) => medianError(face.landmarks, actual.faces[i]))) : Infinity;
        verdict = !sameShape
          ? `FAILED: ${actual.faces.length} faces in ${actual.width}x${actual.height}, recorded ` +
            `${expected.faces.length} in ${expected.width}x${expected.height}`
          : `${worst <= checkTolerance ? 'ok' : 'FAILED'}: ${expected.faces.length} faces, ` +
            `${(worst * 100).toFixed(4)} % of the inter-ocular distance`;
      }
      if (verdict.startsWith('FAILED')) failures += 1;
      console.log(`${model} ${file}: ${verdict}`);
    }
  }
  if (wanted.length === 0) console.error('no picture to check: run scripts/setup, or give --data');
  return failures === 0 && wanted.length > 0;
}

if (options.help) {
  console.log(usage);
} else {
  await withRecorder(async (recorder) => {
    if (options.check) process.exitCode = (await checkGoldens(recorder)) ? 0 : 1;
    else if (options.video) await recordVideo(recorder);
    else await recordPictures(recorder);
  });
}

// Packs what was built, so that the host has nothing to compress; and puts the file back that keeps `dist` in the repository empty.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const assets = join(dist, "assets");
for (const name of readdirSync(assets).filter((name) => !/\.(br|gz)$/.test(name))) {
  const plain = readFileSync(join(assets, name));
  const best = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const packed = { br: brotliCompressSync(plain, { params: best }), gz: gzipSync(plain, { level: 9 }) };
  for (const [ending, octets] of Object.entries(packed)) {
    if (octets.length < plain.length * 0.95) writeFileSync(join(assets, `${name}.${ending}`), octets);
  }
}
writeFileSync(join(dist, ".gitignore"), "*\n!.gitignore\n");

// Answers cases read from standard input with @noble/post-quantum: ML-DSA-44 lines below checkpoints. The signed message
// is laid out here from the text of C2SP tlog-cosignature. The folder with its packages is the first argument.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const library = path.join(process.argv[2], "node_modules/@noble/post-quantum/ml-dsa.js");
const { ml_dsa44 } = await import(pathToFileURL(library));

const short = (text) => Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
const u64 = (number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
};

function verdict(one) {
  const [name, id, ...rest] = one.vkeys[0].split("+");
  const key = Buffer.from(rest.join("+"), "base64").subarray(1);
  const [origin, size, root] = one.note.split("\n");
  const lines = one.note.split("\n").filter((line) => line.startsWith(`\u2014 ${name} `));
  const blobs = lines.map((line) => Buffer.from(line.split(" ").at(-1), "base64"));
  const blob = blobs.find((bytes) => bytes.subarray(0, 4).toString("hex") === id);
  if (!blob) return false;
  const label = Buffer.from("subtree/v1\n\0");
  const hash = Buffer.from(root, "base64");
  const message = Buffer.concat([label, short(name), blob.subarray(4, 12), short(origin), u64(0), u64(size), hash]);
  try {
    return ml_dsa44.verify(blob.subarray(12), message, key);
  } catch {
    return false;
  }
}

const cases = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(verdict)));

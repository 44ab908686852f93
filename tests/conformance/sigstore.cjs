// Answers cases read from standard input with @sigstore/verify: checkpoint signature and inclusion proof, in the shape of
// a transparency log entry of a Sigstore bundle. The folder with its packages is the first argument.
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const dist = path.join(process.argv[2], "node_modules/@sigstore/verify/dist/tlog/index.js");
const { verifyTLogInclusion } = require(dist);

const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");

function authority(vkey) {
  const [name, id, ...rest] = vkey.split("+");
  const point = Buffer.from(rest.join("+"), "base64").subarray(1);
  const publicKey = crypto.createPublicKey({ key: Buffer.concat([SPKI_ED25519, point]), format: "der", type: "spki" });
  return { logID: Buffer.from(id, "hex"), publicKey, baseURL: `https://${name}` };
}

function verdict(one) {
  const entry = {
    canonicalizedBody: Buffer.from(one.leaf, "base64"),
    inclusionProof: {
      logIndex: String(one.index),
      hashes: one.proof.map((hash) => Buffer.from(hash, "base64")),
      checkpoint: { envelope: one.note },
    },
  };
  try {
    verifyTLogInclusion(entry, one.vkeys.map(authority));
    return true;
  } catch (error) {
    if (error.name !== "VerificationError" && error.code === undefined) throw error;
    return false;
  }
}

const cases = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(verdict)));

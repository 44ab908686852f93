// tus-js-client as it is, sending one file from Node: ADDRESS FILE STORAGE CHUNK HEADERS.
import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";

// The package lies in .venv and not beside this file.
const require = createRequire(`${process.env.TUS_JS_CLIENT}/package.json`);
const tus = require("tus-js-client");

const [address, file, storage, chunk, headers] = process.argv.slice(2);
const upload = new tus.Upload(createReadStream(file), {
  endpoint: address,
  chunkSize: Number(chunk),
  uploadSize: statSync(file).size,
  metadata: { filename: basename(file), filetype: "application/octet-stream" },
  headers: JSON.parse(headers),
  retryDelays: [0, 500, 1000, 1000],
  urlStorage: new tus.FileUrlStorage(storage),
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess: () => {
    console.log(upload.url);
    process.exit(0);
  },
});
const [previous] = await upload.findPreviousUploads();
if (previous) upload.resumeFromPreviousUpload(previous);
upload.start();

/* Runs a verification beside the page, which stays free to show how far it is. */
"use strict";

importScripts("ithaca.js");
importScripts(...ithaca.files);

const BETWEEN_WORDS = 100; // milliseconds

onmessage = async ({ data: { file, options } }) => {
  let last = 0;
  const onward = (done, total) => {
    if (performance.now() - last < BETWEEN_WORDS) return;
    last = performance.now();
    postMessage({ done, total });
  };
  try {
    postMessage({ result: await ithaca.main.verify(file, { ...options, onward }) });
  } catch (error) {
    postMessage({ defect: String(error.stack ?? error) });
  }
};

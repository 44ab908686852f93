/* The RFC 6962 Merkle tree with SHA-256, growing and verifying: `ledger_bridge/tlog/merkle.py`. */
"use strict";

ithaca.merkle = (() => {
  const { ProofError } = ithaca.errors;
  const { equal } = ithaca.bytes;
  const { sha256 } = ithaca.sha256;
  const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1);
  const EMPTY_ROOT = sha256();

  const leafHash = (leaf) => sha256(LEAF, leaf);
  const nodeHash = (left, right) => sha256(NODE, left, right);

  /** The right edge of a growing tree: all that is needed to append leaves and to know the root. */
  class Frontier {
    size = 0;
    #pending = []; // by level; meaningful only where the size has a one-bit

    append(hash) {
      let level = 0;
      for (let size = this.size; size % 2 === 1; size = (size - 1) / 2) hash = nodeHash(this.#pending[level++], hash);
      this.#pending[level] = hash;
      this.size++;
    }

    root() {
      let result = null;
      for (let level = 0, size = this.size; size > 0; level++, size = Math.floor(size / 2)) {
        if (size % 2 === 1) result = result ? nodeHash(this.#pending[level], result) : this.#pending[level];
      }
      return result ?? EMPTY_ROOT;
    }
  }

  /** Check that the leaf is number `index` of the tree with this size and root (RFC 9162, 2.1.3.2). */
  function verifyInclusion({ leafHash: leaf, index, size, proof, root }) {
    if (index >= size) throw new ProofError(`a tree of ${size} leaves has no leaf ${index}`);
    let fn = BigInt(index), sn = BigInt(size) - 1n, result = leaf;
    for (const sibling of proof) {
      if (sn === 0n) throw new ProofError("the inclusion proof is too long");
      if (fn & 1n || fn === sn) {
        result = nodeHash(sibling, result);
        for (; fn && !(fn & 1n); fn >>= 1n) sn >>= 1n;
      } else {
        result = nodeHash(result, sibling);
      }
      fn >>= 1n;
      sn >>= 1n;
    }
    if (sn) throw new ProofError("the inclusion proof is too short");
    if (!equal(result, root)) throw new ProofError("the inclusion proof leads to another root");
  }

  /** Check that the new tree begins with the whole old tree (RFC 9162, 2.1.4.2); the old one is not empty. */
  function verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof }) {
    let right = BigInt(oldSize) - 1n, left = 0n, last = BigInt(newSize) - 1n;
    // Go up to the lowest node that belongs to both trees alike.
    while (left !== right && (right & 1n || right === last)) [left, right, last] = [left >> 1n, right >> 1n, last >> 1n];
    const parts = left === right ? [oldRoot, ...proof] : [...proof];
    if (!parts.length) throw new ProofError("the consistency proof is empty");
    let inner = parts[0], outer = parts[0];
    for (const part of parts.slice(1)) {
      if (last === 0n) throw new ProofError("the consistency proof is too long");
      if (right & 1n || right === last) {
        // A sibling on the left belongs to both trees, one on the right only to the larger.
        if (left < right) inner = nodeHash(part, inner);
        outer = nodeHash(part, outer);
        for (; right && !(right & 1n); right >>= 1n) [left, last] = [left >> 1n, last >> 1n];
      } else {
        outer = nodeHash(outer, part);
      }
      [left, right, last] = [left >> 1n, right >> 1n, last >> 1n];
    }
    if (last) throw new ProofError("the consistency proof is too short");
    if (!equal(inner, oldRoot)) throw new ProofError("the consistency proof leads to another root of the old tree");
    if (!equal(outer, newRoot)) throw new ProofError("the consistency proof leads to another root of the new tree");
  }

  return { EMPTY_ROOT, Frontier, leafHash, nodeHash, verifyConsistency, verifyInclusion };
})();

/* An anchor on an EVM chain, from the bytes of its evidence alone: `ledger_bridge/tlog/anchors/` (`fields.py`, `rlp.py`,
   `trie.py`, `chain.py`). What the evidence looks like: `docs/formats/anchors.md`. */
"use strict";

ithaca.chain = (() => {
  const { FormatError, ProofError } = ithaca.errors;
  const { ascii, concat, equal, exact, fromHex, integer, toHex, toUtf8 } = ithaca.bytes;
  const { sha256 } = ithaca.sha256;
  const { keccak256 } = ithaca.keccak;

  /** Keccak-256 of the code of every version of `log_anchors.vy` as it stands on a chain. */
  const CODE_HASHES = ["ea88fa11166da16fa3e62ffe219c3608a9aa9d2e1b85c0e8ba2888a65e13569e"];
  const HEADS_SLOT = 1;
  const NAME_DOMAIN = ascii("ithaca.anchor.v1\0");
  const ADDRESS_SIZE = 20, WORD = 32;
  const STATE_ROOT = 3, NUMBER = 8, TIMESTAMP = 11, FEWEST_HEADER_FIELDS = 15;

  /* fields.py: every field is there, is hexadecimal or a number, and has a bearable size. */

  const LARGEST_PROOF = 128, LARGEST_BYTES = 1 << 16;

  function readBytes(value, name, size) {
    if (typeof value !== "string" || value.length > 2 * LARGEST_BYTES + 2 || !/^0x(?:[0-9a-f]{2})*$/.test(value)) {
      throw new FormatError(`${name} is not “0x” and at most ${LARGEST_BYTES} bytes in lower-case hexadecimal`);
    }
    const data = fromHex(value.slice(2));
    if (size !== undefined && data.length !== size) {
      throw new FormatError(`${name} has ${data.length} bytes instead of ${size}`);
    }
    return data;
  }

  function readProof(nodes, name) {
    if (!Array.isArray(nodes) || nodes.length < 1 || nodes.length > LARGEST_PROOF) {
      throw new FormatError(`${name} is not a list of 1 to ${LARGEST_PROOF} trie nodes`);
    }
    return nodes.map((node, place) => readBytes(node, `${name}[${place}]`));
  }

  function readInteger(value, name) {
    if (typeof value !== "number" || value < 0) throw new FormatError(`${name} is not a number from 0 to 2^53 - 1`);
    return value;
  }

  /* rlp.py: byte strings and lists, in one way only. */

  const DEEPEST = 16, SHORT = 55, STRING = 0x80, LIST = 0xc0;

  function decodeItem(data) {
    const [item, end] = readItem(data, 0, data.length, 0);
    if (end !== data.length) throw new FormatError("bytes are left after the RLP item");
    return item;
  }

  function decodeList(data) {
    const item = decodeItem(data);
    if (!Array.isArray(item)) throw new FormatError("an RLP list was expected, not a byte string");
    return item;
  }

  function readItem(data, at, limit, depth) {
    if (at >= limit) throw new FormatError("the RLP item is cut");
    const first = data[at];
    if (first < STRING) return [data.subarray(at, at + 1), at + 1];
    const kind = first >= LIST ? LIST : STRING;
    const [start, end] = span(data, at, limit, first - kind);
    if (kind === STRING) {
      if (end - start === 1 && data[start] < STRING) {
        throw new FormatError("an RLP byte has a prefix that it does not need");
      }
      return [data.subarray(start, end), end];
    }
    if (depth === DEEPEST) throw new FormatError("the RLP item is nested too deeply");
    const parts = [];
    for (let next = start; next < end; ) {
      const [item, after] = readItem(data, next, end, depth + 1);
      parts.push(item);
      next = after;
    }
    return [parts, end];
  }

  /** Where the content begins and ends, from the prefix. */
  function span(data, at, limit, length) {
    let start = at + 1;
    if (length > SHORT) {
      const size = data.subarray(start, start + length - SHORT);
      start += length - SHORT;
      length = integer(size);
      if (size[0] === 0 || length <= SHORT) throw new FormatError("an RLP length is not in its shortest form");
    }
    if (length > limit - start) throw new FormatError("the RLP item is cut");
    return [start, start + Number(length)];
  }

  function encode(item) {
    if (!Array.isArray(item)) {
      return item.length === 1 && item[0] < STRING ? item : concat(prefix(item.length, STRING), item);
    }
    const body = concat(...item.map(encode));
    return concat(prefix(body.length, LIST), body);
  }

  function prefix(length, kind) {
    if (length <= SHORT) return Uint8Array.of(kind + length);
    const size = fromHex(length.toString(16).padStart(2 * Math.ceil(length.toString(16).length / 2), "0"));
    return concat(Uint8Array.of(kind + SHORT + size.length), size);
  }

  /* trie.py: a path through a Merkle-Patricia trie. */

  const BRANCH = 17, SHORT_NODE = 2;

  /** Return the value under the hash of a key, if the nodes are exactly those that lead to it. */
  function prove(root, key, proof) {
    const left = [...proof];
    let reference = root, path = nibbles(keccak256(key)), done = false;
    while (!done) {
      const node = openNode(reference, left);
      [reference, path, done] = node.length === BRANCH ? branch(node, path) : shortNode(node, path);
    }
    if (left.length) throw new ProofError("the trie proof has more nodes than the path needs");
    if (Array.isArray(reference)) throw new ProofError("the path through the trie ends without a value");
    return reference;
  }

  function openNode(reference, left) {
    if (Array.isArray(reference)) return reference; // a node shorter than its hash stands in its parent
    if (!left.length) throw new ProofError("the path through the trie ends early");
    const encoded = left.shift();
    if (!equal(keccak256(encoded), reference)) {
      throw new ProofError("a node of the trie is not the one that its parent names");
    }
    const node = decodeList(encoded);
    if (!equal(encode(node), encoded) || ![BRANCH, SHORT_NODE].includes(node.length)) {
      throw new FormatError("a node of the trie is not well formed");
    }
    return node;
  }

  function branch(node, path) {
    if (!path.length) return [node[16], [], true];
    const child = node[path[0]];
    if (!Array.isArray(child) && !child.length) throw new ProofError("the trie holds nothing under this key");
    return [child, path.slice(1), false];
  }

  function shortNode(node, path) {
    const malformed = new FormatError("a node of the trie is not well formed");
    if (node.length !== SHORT_NODE || Array.isArray(node[0]) || !node[0].length) throw malformed;
    const halves = nibbles(node[0]), flag = halves[0], odd = flag & 1;
    const part = halves.slice(odd ? 1 : 2);
    if (flag > 3 || (!odd && halves[1])) throw malformed;
    const rest = path.slice(part.length), leaf = flag >= 2;
    if (part.some((half, at) => half !== path[at]) || (leaf && rest.length)) {
      throw new ProofError("the trie holds nothing under this key");
    }
    if (!leaf && !part.length) throw malformed;
    return [node[1], rest, leaf];
  }

  const nibbles = (data) => Array.from(data).flatMap((byte) => [byte >> 4, byte & 15]);

  /* chain.py: from the hash of a block to size and root of a log. */

  const word = (data) => concat(new Uint8Array(WORD - data.length), data);
  const wordOf = (number) => fromHex(BigInt.asUintN(256, number).toString(16).padStart(2 * WORD, "0"));

  /** The id under which `founder` opened the log with this origin. */
  const logId = (founder, origin) => keccak256(word(founder), sha256(NAME_DOMAIN, toUtf8(origin)));

  /** Read the evidence from JSON. */
  const readEvidence = (raw) => ({
    chainId: readInteger(raw.get("chain_id"), "chain_id"),
    contract: readBytes(raw.get("contract"), "contract", ADDRESS_SIZE),
    founder: readBytes(raw.get("founder"), "founder", ADDRESS_SIZE),
    transaction: readBytes(raw.get("transaction"), "transaction", WORD),
    header: readBytes(raw.get("header"), "header"),
    accountProof: readProof(raw.get("account_proof"), "account_proof"),
    sizeProof: readProof(raw.get("size_proof"), "size_proof"),
    rootProof: readProof(raw.get("root_proof"), "root_proof"),
  });

  /** Follow the proofs and return what they show for the log of this origin. */
  function check(evidence, origin) {
    const header = readHeader(evidence.header);
    const storageRoot = readStorageRoot(evidence, header.stateRoot);
    const slot = BigInt(`0x${toHex(keccak256(wordOf(BigInt(HEADS_SLOT)), logId(evidence.founder, origin)))}`);
    const size = storedWord(prove(storageRoot, wordOf(slot), evidence.sizeProof));
    const root = storedWord(prove(storageRoot, wordOf(slot + 1n), evidence.rootProof));
    return {
      size: exact(BigInt(`0x${toHex(size)}`)),
      root: word(root),
      blockNumber: header.number,
      blockHash: keccak256(evidence.header),
      blockTime: header.time,
    };
  }

  function readStorageRoot(evidence, stateRoot) {
    const account = decodeList(prove(stateRoot, evidence.contract, evidence.accountProof));
    const [, , storageRoot, codeHash] = account;
    if (account.length !== 4 || Array.isArray(storageRoot) || storageRoot.length !== WORD) {
      throw new FormatError("the contract's account is not well formed");
    }
    if (Array.isArray(codeHash) || !CODE_HASHES.includes(toHex(codeHash))) {
      throw new ProofError("the code at this address is not that of the anchor contract");
    }
    return storageRoot;
  }

  function readHeader(encoded) {
    const items = decodeList(encoded);
    if (items.length < FEWEST_HEADER_FIELDS) {
      throw new FormatError("this is not a block header: it has too few fields");
    }
    const stateRoot = items[STATE_ROOT];
    if (Array.isArray(stateRoot) || stateRoot.length !== WORD) {
      throw new FormatError("this is not a block header: its state root has no 32 bytes");
    }
    return { stateRoot, number: headerNumber(items[NUMBER]), time: headerNumber(items[TIMESTAMP]) };
  }

  function headerNumber(item) {
    if (Array.isArray(item) || item.length > 8 || item[0] === 0) {
      throw new FormatError("this is not a block header: a number is not one");
    }
    return integer(item);
  }

  function storedWord(encoded) {
    const value = decodeItem(encoded);
    if (Array.isArray(value) || value.length < 1 || value.length > WORD || value[0] === 0) {
      throw new FormatError("a storage value is not well formed");
    }
    return value;
  }

  return { readBytes, readInteger, readEvidence, check, logId };
})();

/* Opens a trail export and hands out members only as the signed manifest describes them: `verifier/archive.py`, which
   lists the rules. The zip is read as Python's `zipfile` does: from the directory at its end. Members are read piece by
   piece, so memory stays flat however large the file is. */
"use strict";

ithaca.archive = (() => {
  const { MismatchError, TlogError, UnusableError, translateLater } = ithaca.errors;
  const { concat, exact, fromUtf8, quoted, start, toHex } = ithaca.bytes;
  const { Sha256 } = ithaca.sha256;

  const MEMBERS = [
    "README.txt", "checkpoint", "events.csv", "events.jsonl", "fhir-auditevents.ndjson", "manifest", "names.json",
    "policy", "scope.json", "summary.html",
  ];
  /** What an export of version 1 has besides, and what one of version 2 has in its place. */
  const WHOLE = ["leaves.bin"], SHORT = ["log-hashes.bin", "some-leaves.bin", "span-tags.bin", "spans.jsonl"];
  /** Members that an export has when there is something to put into them. */
  const OPTIONAL = ["anchors.json", "notices.jsonl"];
  /** What an export says of the log itself is held against every leaf, so one of version 2 has none. */
  const NOTICES = "notices.jsonl";
  const KNOWN = [...MEMBERS, ...WHOLE, ...SHORT, ...OPTIONAL];
  const MANIFEST_LINE = /^([0-9a-f]{64}) (0|[1-9][0-9]{0,15}) ([A-Za-z.-]+)$/;
  const LARGEST_DIRECTORY = 1 << 20, LARGEST_SMALL_MEMBER = 16 << 20;
  const LARGEST_RATIO = 200; // deflate reaches 1000 on hostile input; our own members stay below 50
  const RATIO_MATTERS_FROM = 64 << 20;
  const STORED = 0, DEFLATED = 8;
  const ENCRYPTED = 0x1, PATCHED = 0x20, STRONGLY_ENCRYPTED = 0x40, UTF8_NAME = 0x800;
  const BLOCK = 1 << 18;

  /* The zip container. */

  const LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50;
  const LOCAL_SIZE = 30, CENTRAL_SIZE = 46, END_SIZE = 22, END64_SIZE = 56, LOCATOR64_SIZE = 20;
  const LARGEST_COMMENT = 1 << 16, NEWEST_VERSION = 63;
  const ALL_32 = 0xffffffff;

  /** Something about the container is wrong; the caller says what that means. */
  class ZipError extends Error {}

  const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });

  function crc32(crc, data) {
    crc = ~crc;
    for (let at = 0; at < data.length; at++) crc = CRC_TABLE[(crc ^ data[at]) & 0xff] ^ (crc >>> 8);
    return ~crc;
  }

  const view = (data) => new DataView(data.buffer, data.byteOffset, data.byteLength);

  async function readAt(file, from, size) {
    if (from < 0) throw new ZipError("a place before the beginning");
    try {
      return new Uint8Array(await file.slice(Number(from), Number(from) + size).arrayBuffer());
    } catch (error) {
      throw new UnusableError(`${file.name} cannot be read: ${error.message}.`);
    }
  }

  const begins = (data, signature) => data.length >= 4 && view(data).getUint32(0, true) === signature;

  /** Where the directory lies: its beginning and size, and how far the whole archive is shifted in the file. */
  async function findDirectory(file) {
    const [at, end] = await findEnd(file);
    let signature = END, size = view(end).getUint32(12, true), offset = view(end).getUint32(16, true);
    const locator = at >= LOCATOR64_SIZE ? await readAt(file, at - LOCATOR64_SIZE, LOCATOR64_SIZE) : new Uint8Array(0);
    if (begins(locator, LOCATOR64)) {
      if (view(locator).getUint32(4, true) !== 0 || view(locator).getUint32(16, true) > 1) throw new ZipError("several disks");
      const end64 = await readAt(file, at - LOCATOR64_SIZE - END64_SIZE, END64_SIZE);
      if (begins(end64, END64)) {
        signature = END64;
        size = exact(view(end64).getBigUint64(40, true));
        offset = exact(view(end64).getBigUint64(48, true));
      }
    }
    const after = signature === END64 ? END64_SIZE + LOCATOR64_SIZE : 0;
    const begin = BigInt(at) - BigInt(size) - BigInt(after);
    if (begin < 0n) throw new ZipError("bad offset of the directory");
    return { begin, size, shift: begin - BigInt(offset) };
  }

  async function findEnd(file) {
    if (file.size < END_SIZE) throw new ZipError("too short");
    const end = await readAt(file, file.size - END_SIZE, END_SIZE);
    if (begins(end, END) && end[20] === 0 && end[21] === 0) return [file.size - END_SIZE, end];
    const from = Math.max(file.size - LARGEST_COMMENT - END_SIZE, 0);
    const tail = await readAt(file, from, file.size - from);
    for (let at = tail.length - 4; at >= 0; at--) {
      if (!begins(tail.subarray(at), END)) continue;
      if (at + END_SIZE > tail.length) break;
      return [from + at, tail.subarray(at, at + END_SIZE)];
    }
    throw new ZipError("no end of the directory");
  }

  async function readDirectory(file) {
    const { begin, size, shift } = await findDirectory(file);
    if (size > LARGEST_DIRECTORY) {
      throw new UnusableError("The directory of the zip is far too large for a trail export.");
    }
    const data = await readAt(file, begin, Number(size)), infos = [];
    for (let at = 0; at < size; ) {
      if (at + CENTRAL_SIZE > data.length) throw new ZipError("the directory is cut");
      if (!begins(data.subarray(at), CENTRAL)) throw new ZipError("bad magic number in the directory");
      const info = readEntry(data, at, shift);
      infos.push(info);
      at += info.entrySize;
    }
    return infos;
  }

  function readEntry(data, at, shift) {
    const fields = view(data.subarray(at)), u16 = (place) => fields.getUint16(place, true);
    const nameEnd = CENTRAL_SIZE + u16(28), extraEnd = nameEnd + u16(30);
    const flags = u16(8), fullName = decodeName(data.subarray(at + CENTRAL_SIZE, at + nameEnd), flags);
    if (data[at + 6] > NEWEST_VERSION) throw new ZipError("a zip of a later version");
    const info = {
      name: fullName.split("\0")[0],
      fullName,
      flags,
      method: u16(10),
      crc: fields.getInt32(16, true),
      packedSize: fields.getUint32(20, true),
      size: fields.getUint32(24, true),
      offset: fields.getUint32(42, true),
      entrySize: extraEnd + u16(32),
    };
    readExtra(info, data.subarray(at + nameEnd, at + extraEnd));
    info.offset = exact(BigInt(info.offset) + shift);
    return info;
  }

  /** Sizes and offsets beyond 32 bits stand in an extra field. */
  function readExtra(info, extra) {
    while (extra.length >= 4) {
      const kind = view(extra).getUint16(0, true), size = view(extra).getUint16(2, true);
      if (size + 4 > extra.length) throw new ZipError("a broken extra field");
      if (kind === 1) {
        let rest = extra.subarray(4, size + 4);
        for (const name of ["size", "packedSize", "offset"]) {
          if (info[name] !== ALL_32) continue;
          if (rest.length < 8) throw new ZipError("a broken zip64 field");
          info[name] = exact(view(rest).getBigUint64(0, true));
          rest = rest.subarray(8);
        }
      }
      extra = extra.subarray(size + 4);
    }
  }

  function decodeName(data, flags) {
    if (!(flags & UTF8_NAME)) return Array.from(data, (byte) => String.fromCharCode(byte)).join("");
    try {
      return fromUtf8(data);
    } catch {
      throw new ZipError("a name that is not UTF-8");
    }
  }

  /** Where the packed bytes of a member begin, after its own header. */
  async function bodyStart(file, info) {
    const header = await readAt(file, info.offset, LOCAL_SIZE);
    if (header.length < LOCAL_SIZE || !begins(header, LOCAL)) throw new ZipError("bad header of a member");
    const fields = view(header), nameSize = fields.getUint16(26, true);
    if (info.flags & (PATCHED | STRONGLY_ENCRYPTED)) throw new ZipError("a packing that is not known");
    const name = decodeName(await readAt(file, info.offset + LOCAL_SIZE, nameSize), fields.getUint16(6, true));
    if (name !== info.fullName) throw new ZipError("two names for one member");
    return info.offset + LOCAL_SIZE + nameSize + fields.getUint16(28, true);
  }

  /** The content of a member, in pieces as they come. */
  async function* unpack(file, info) {
    const from = await bodyStart(file, info);
    let stream = file.slice(from, from + Number(info.packedSize)).stream();
    if (info.method === DEFLATED) stream = stream.pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = stream.getReader();
    let left = info.size, crc = 0;
    try {
      while (left > 0) {
        const { done, value } = await reader.read();
        if (done) break;
        const piece = value.length > left ? value.subarray(0, left) : value;
        left -= piece.length;
        crc = crc32(crc, piece);
        yield piece;
      }
    } catch (error) {
      throw new ZipError(error.message);
    } finally {
      reader.cancel().catch(() => {});
    }
    if (crc !== info.crc) throw new ZipError("a wrong checksum");
  }

  /* A trail export. */

  /** An open trail export. Nothing in it is trusted before `checkManifest` and `checkMembers` have passed. */
  class Archive {
    #file;
    #infos;
    #listed = new Map();
    #onward;

    constructor(file, infos, onward) {
      this.#file = file;
      this.#infos = infos;
      this.#onward = onward;
    }

    /** Open the file and look at the list of its members. `onward` is awaited with the size of every block that was read. */
    static async open(file, onward) {
      const head = await readAt(file, 0, 512);
      const notZip = () =>
        beginsLikeOurs(head)
          ? new MismatchError("the archive is cut or its directory is damaged; copy it again")
          : new UnusableError("This is neither a trail export nor a receipt.");
      const infos = await translateLater(ZipError, notZip, () => readDirectory(file));
      return new Archive(file, memberList(infos), onward);
    }

    /** Check the manifest's signature and its list, and return the key that signed. */
    async checkManifest(policy) {
      const refused = (error) => new MismatchError(error.message, { member: "manifest" });
      const note = await this.read("manifest");
      const { text, key } = await translateLater(TlogError, refused, () => policy.openLogNote(note));
      this.#listed = parseManifest(text, this.#infos);
      for (const [name, { size }] of this.#listed) {
        const actual = this.#infos.get(name).size;
        if (actual !== size) {
          throw new MismatchError(`it has ${actual} bytes, but the manifest says ${size}`, { member: name });
        }
      }
      return key;
    }

    /** Compare every member with the size and hash in the manifest. */
    async checkMembers() {
      for (const name of [...this.#listed.keys()].sort()) {
        const { hash, size } = this.#listed.get(name), digest = new Sha256();
        let seen = 0;
        for await (const block of this.blocks(name, BLOCK)) {
          digest.update(block);
          seen += block.length;
        }
        if (toHex(digest.digest()) !== hash || seen !== size) {
          throw new MismatchError("its SHA-256 is not the one in the signed manifest", { member: name });
        }
      }
    }

    /** A small member as a whole. */
    async read(name) {
      if (this.#infos.get(name).size > LARGEST_SMALL_MEMBER) {
        throw new MismatchError("it is larger than any export needs", { member: name });
      }
      const blocks = [];
      for await (const block of this.blocks(name, BLOCK)) blocks.push(block);
      return concat(...blocks);
    }

    /** The version of the format, by its members; the manifest must name the same. */
    get version() {
      return versionOf([...this.#infos.keys()]);
    }

    holds(name) {
      return this.#infos.has(name);
    }

    /** How many bytes a member has: as the directory says, which `checkMembers` has compared. */
    size(name) {
      return this.#infos.get(name).size;
    }

    /** How many bytes all members have. */
    get total() {
      return [...this.#infos.values()].reduce((sum, info) => sum + Number(info.size), 0);
    }

    /** A member in blocks of this size; only the last may be shorter. */
    async *blocks(name, size) {
      let block = new Uint8Array(size), filled = 0;
      for await (let piece of this.#pieces(name)) {
        while (piece.length) {
          const taken = Math.min(piece.length, size - filled);
          block.set(piece.subarray(0, taken), filled);
          filled += taken;
          piece = piece.subarray(taken);
          if (filled < size) continue;
          await this.#onward(size);
          yield block;
          [block, filled] = [new Uint8Array(size), 0];
        }
      }
      if (!filled) return;
      await this.#onward(filled);
      yield block.subarray(0, filled);
    }

    async *#pieces(name) {
      try {
        yield* unpack(this.#file, this.#infos.get(name));
      } catch (error) {
        if (!(error instanceof ZipError)) throw error;
        throw new MismatchError("it is damaged: its checksum or its packing is wrong", { member: name });
      }
    }
  }

  function beginsLikeOurs(head) {
    if (!begins(head, LOCAL) || head.length < LOCAL_SIZE) return false;
    const name = head.subarray(LOCAL_SIZE, LOCAL_SIZE + view(head).getUint16(26, true));
    return KNOWN.includes(decodeName(name, 0));
  }

  // What either verifier takes bytes beyond ASCII for is its own affair: both show them alike.
  function inAscii(name) {
    return name.replace(/[^\x00-\x7f]/gu, "?");
  }

  function memberList(infos) {
    const names = infos.map((info) => info.name);
    if (!names.some((name) => MEMBERS.includes(name))) {
      throw new UnusableError("This zip holds no member of a trail export.");
    }
    for (const info of infos) {
      if (!KNOWN.includes(info.name)) {
        throw new MismatchError("an export has no such member", { member: quoted(inAscii(start(info.name, 80))) });
      }
      if (names.filter((name) => name === info.name).length > 1) {
        throw new MismatchError("it is in the archive more than once", { member: info.name });
      }
      refuseOdd(info);
    }
    const [wanted, unwanted] = versionOf(names) === 1 ? [WHOLE, SHORT] : [SHORT, [...WHOLE, NOTICES]];
    const missing = [...MEMBERS, ...wanted].sort().find((name) => !names.includes(name));
    if (missing) throw new MismatchError("it is missing", { member: missing });
    const strange = unwanted.find((name) => names.includes(name));
    if (strange) {
      throw new MismatchError("it belongs to another version of the format than the other members", { member: strange });
    }
    return new Map(infos.map((info) => [info.name, info]));
  }

  const versionOf = (names) => (names.includes("leaves.bin") ? 1 : 2);

  function refuseOdd(info) {
    const where = { member: info.name };
    if (info.flags & ENCRYPTED) throw new MismatchError("it is encrypted, which members of an export never are", where);
    if (info.method !== STORED && info.method !== DEFLATED) {
      throw new MismatchError("it is packed in a way that exports do not use", where);
    }
    if (info.size > RATIO_MATTERS_FROM && info.size > BigInt(LARGEST_RATIO) * BigInt(info.packedSize)) {
      throw new MismatchError("it would expand out of all proportion", where);
    }
  }

  function parseManifest(text, infos) {
    const lines = fromUtf8(text).split("\n");
    const matches = lines.slice(2, -1).map((line) => MANIFEST_LINE.exec(line));
    const found = matches.filter((match) => match);
    const listed = new Map(found.map(([, hash, size, name]) => [name, { hash, size: exact(BigInt(size)) }]));
    const others = [...infos.keys()].filter((name) => name !== "manifest").sort();
    const sound = lines[0] === `ithaca-trail/v${versionOf(others)}` && lines[1] === "members" && listed.size === matches.length
      && [...listed.keys()].join() === others.join();
    if (!sound) throw new MismatchError("it does not list exactly the other members", { member: "manifest" });
    return listed;
  }

  return { Archive };
})();

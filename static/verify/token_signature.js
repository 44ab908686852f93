/* Whose timestamp it is, and the chain to an authority: `ledger_bridge/tlog/anchors/token_signature.py`. */
"use strict";

ithaca.token_signature = (() => {
  const { FormatError, ProofError, TlogError } = ithaca.errors;
  const { equal, toHex } = ithaca.bytes;
  const { TAG, encode, member, readAll } = ithaca.der;
  const { unbase64 } = ithaca.encoding;
  const { Certificate } = ithaca.certificate;
  const { digest, readAlgorithm, readHash, verify } = ithaca.signatures;
  const { TST_INFO, openToken, signedContent } = ithaca.timestamp;
  const MOST_CERTIFICATES = 50;
  const CONTENT_TYPE = "2a864886f70d010903", MESSAGE_DIGEST = "2a864886f70d010904";
  const SIGNING_CERTIFICATE = "2a864886f70d010910020c", SIGNING_CERTIFICATE_2 = "2a864886f70d010910022f";
  const BEGIN = "-----BEGIN CERTIFICATE-----";
  const PEM = /-----BEGIN CERTIFICATE-----[ \t]*\r?\n([A-Za-z0-9+/=\r\n]{1,40000})-----END CERTIFICATE-----/g;

  /** Read certificates in PEM: roots that an auditor trusts, and others that help to reach them. */
  function parseAuthorities(text) {
    const found = [...text.matchAll(PEM)].map(([, one]) => one.replace(/\s/g, ""));
    if (found.length !== text.split(BEGIN).length - 1 || found.length < 1 || found.length > MOST_CERTIFICATES) {
      throw new FormatError(`it does not hold 1 to ${MOST_CERTIFICATES} certificates in PEM`);
    }
    const certificates = found.map((one) => new Certificate(unbase64(one, "certificate")));
    const roots = certificates.filter((one) => one.isSelfIssued);
    if (!roots.length) throw new FormatError("none of its certificates is a root, which names itself as its issuer");
    return { roots, others: certificates.filter((one) => !one.isSelfIssued) };
  }

  /** Check a token's signature, and that it is by an authority below one of the roots. */
  async function checkSignature(token, { roots, others }, time) {
    const signed = openToken(token), known = [...readCertificates(signed), ...others, ...roots];
    const infos = member(signed, signed.length - 1, "the signers").members(TAG.SET, "the signers");
    if (infos.length !== 1) throw new ProofError(`the timestamp has ${infos.length} signers instead of one`);
    const signer = await checkSigner(infos[0].members(TAG.SEQUENCE, "the signer"), signedContent(signed), known);
    signer.requireValidAt(time);
    signer.requireTimestamping();
    return { signer, root: await findRoot(signer, known, roots, time) };
  }

  function readCertificates(signed) {
    const sets = signed.slice(3).filter((one) => one.tag === TAG.CONTEXT_0);
    const held = sets.flatMap((every) => readAll(every.content)).filter((one) => one.tag === TAG.SEQUENCE);
    if (held.length > MOST_CERTIFICATES) throw new FormatError(`the token brings more than ${MOST_CERTIFICATES} certificates`);
    return held.map((one) => new Certificate(one.encoded));
  }

  async function checkSigner(info, content, known) {
    const signer = findSigner(member(info, 1, "the signer's name"), known);
    const hash = readHash(member(info, 2, "the signer's hash"), "the timestamp");
    const attributes = member(info, 3, "the signed attributes");
    attributes.expect(TAG.CONTEXT_0, "the signed attributes");
    await checkAttributes(readAttributes(attributes), await digest(hash, content), signer);
    const what = "the timestamp's signature", algorithm = readAlgorithm(member(info, 4, "the algorithm"), what, hash);
    const signature = member(info, 5, "the signature").expect(TAG.OCTET_STRING, "the signature");
    // The attributes are signed as the set they are, not under the tag that they have in the token.
    await verify(signer.publicKey, algorithm, signature, encode(TAG.SET, attributes.content), what);
    return signer;
  }

  function findSigner(name, known) {
    let isMeant;
    if (name.tag === TAG.IMPLICIT_0) {
      isMeant = (one) => one.keyIdentifier !== null && equal(one.keyIdentifier, name.content);
    } else {
      const parts = name.members(TAG.SEQUENCE, "the signer's name"), issuer = member(parts, 0, "the signer's issuer").encoded;
      const serial = member(parts, 1, "the signer's serial number").expect(TAG.INTEGER, "the signer's serial number");
      isMeant = (one) => equal(one.issuer, issuer) && equal(one.serial, serial);
    }
    const [found] = known.filter(isMeant);
    if (!found) {
      throw new ProofError("the certificate of the timestamp's signer is neither in the token nor among those you gave");
    }
    return found;
  }

  function readAttributes(attributes) {
    const found = new Map(), what = "a signed attribute";
    for (const one of readAll(attributes.content)) {
      const parts = one.members(TAG.SEQUENCE, what), oid = member(parts, 0, what).oid(what);
      const values = member(parts, 1, what).members(TAG.SET, what);
      if (found.has(oid) || values.length !== 1) {
        throw new FormatError(`the signed attribute ${oid} does not stand there once, with one value`);
      }
      found.set(oid, values[0]);
    }
    return found;
  }

  async function checkAttributes(attributes, expected, signer) {
    for (const [oid, name] of [[CONTENT_TYPE, "content type"], [MESSAGE_DIGEST, "message digest"]]) {
      if (!attributes.has(oid)) throw new ProofError(`the signed attributes hold no ${name}`);
    }
    if (attributes.get(CONTENT_TYPE).oid("the content type") !== TST_INFO) {
      throw new ProofError("the signed attributes are about something else than a TSTInfo");
    }
    if (!equal(attributes.get(MESSAGE_DIGEST).expect(TAG.OCTET_STRING, "the message digest"), expected)) {
      throw new ProofError("the signed attributes hold another hash than that of the TSTInfo");
    }
    const named = [SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_2].filter((one) => attributes.has(one));
    if (!named.length) throw new ProofError("the signed attributes do not name the signer's certificate");
    for (const oid of named) await checkNamed(attributes.get(oid), signer, oid === SIGNING_CERTIFICATE ? "sha1" : "sha256");
  }

  async function checkNamed(attribute, signer, usual) {
    const what = "the signing certificate";
    const listed = member(attribute.members(TAG.SEQUENCE, what), 0, what).members(TAG.SEQUENCE, what);
    const parts = member(listed, 0, what).members(TAG.SEQUENCE, what);
    const names = usual !== "sha1" && parts[0]?.tag === TAG.SEQUENCE;
    const hash = names ? readHash(parts.shift(), what) : usual;
    const held = member(parts, 0, what).expect(TAG.OCTET_STRING, what);
    if (!equal(held, await digest(hash, signer.encoded))) {
      throw new ProofError("the signed attributes name another certificate than the signer's");
    }
  }

  /** Go up from the signer, nearest first, so that every certificate is looked at once and by its shortest way. */
  async function findRoot(signer, known, roots, time) {
    const seen = new Set([toHex(signer.encoded)]), waiting = [[signer, 0]];
    let refusal = null;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [below, authorities] = next;
      if (roots.some((one) => equal(one.encoded, below.encoded))) return below;
      for (const one of known) {
        if (!equal(one.subject, below.issuer) || seen.has(toHex(one.encoded))) continue;
        try {
          await requireAbove(one, below, authorities, time);
        } catch (error) {
          if (!(error instanceof TlogError)) throw error;
          refusal ??= error;
          continue;
        }
        seen.add(toHex(one.encoded));
        waiting.push([one, authorities + (one.isSelfIssued ? 0 : 1)]);
      }
    }
    throw refusal ?? new ProofError("the signer's certificate does not lead to a root that you gave");
  }

  async function requireAbove(one, below, authorities, time) {
    const what = `the signature below ${below.label}`;
    await verify(one.publicKey, readAlgorithm(below.algorithm, what), below.signature, below.signed, what);
    one.requireAuthority(authorities);
    one.requireValidAt(time);
  }

  return { parseAuthorities, checkSignature };
})();
